import Foundation

/// A process and all its descendants, which are found and killed by a variable that they inherit.
///
/// Process groups and sessions would not do: Open MPI gives every rank a group of its own, MPICH a session.
struct ProcessFamily {
    private let leader: pid_t
    /// A variable and a value that no other process has.
    private let mark: String

    /// Starts `command`, looked up in PATH, with empty input and its output in two new files.
    init(command: [String], environment: [String: String], output: String, error: String) throws {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, output, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        posix_spawn_file_actions_addopen(&actions, 2, error, O_WRONLY | O_CREAT | O_APPEND, 0o600)

        mark = "\(ParallelProcess.familyVariable)=\(UUID().uuidString)"
        var arguments = command.map { strdup($0) } + [nil]
        var variables = environment.map { strdup("\($0.key)=\($0.value)") } + [strdup(mark), nil]
        defer { for string in arguments + variables { free(string) } }
        var pid: pid_t = 0
        let code = posix_spawnp(&pid, command[0], &actions, nil, &arguments, &variables)
        guard code == 0 else {
            throw ParallelProcess.Failure(description: "cannot start \(command[0]): \(String(cString: strerror(code)))")
        }
        leader = pid
    }

    /// Waits for the leader, then kills what is left of the family.
    ///
    /// - Parameter meanwhile: called again and again, until it says that it is done.
    /// - Returns: The exit code, or nil where the time was over and everything had to be killed.
    func end(within timeLimit: Duration, meanwhile: () -> Bool) -> Int32? {
        let hasExited = waitForExit(timeLimit, meanwhile)
        if !hasExited {
            // A launcher that is asked to terminate cleans up behind itself.
            kill(leader, SIGTERM)
            _ = waitForExit(.seconds(2)) { true }
        }
        killMembers()
        var status: Int32 = 0
        while waitpid(leader, &status, 0) == -1 && errno == EINTR {}
        guard hasExited else { return nil }
        let signal = status & 0x7f
        return signal == 0 ? (status >> 8) & 0xff : 128 + signal
    }

    private func waitForExit(_ timeLimit: Duration, _ meanwhile: () -> Bool) -> Bool {
        let deadline = ContinuousClock.now + timeLimit
        var isDone = false
        repeat {
            isDone = isDone || meanwhile()
            var information = siginfo_t()
            let code = waitid(P_PID, id_t(leader), &information, WEXITED | WNOHANG | WNOWAIT)
            if code == 0 && information.si_signo == SIGCHLD { return true }
            usleep(5_000)
        } while ContinuousClock.now < deadline
        return false
    }

    /// Kills the members of the family again and again, since they may start others, until none runs.
    private func killMembers() {
        let deadline = ContinuousClock.now + .seconds(5)
        while case let members = runningMembers(), !members.isEmpty, ContinuousClock.now < deadline {
            for member in members { kill(member, SIGKILL) }
            usleep(5_000)
        }
    }

    /// The members that run a program.
    func members(running program: String) -> [pid_t] {
        runningMembers().filter { member in
            (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(member)/exe")) == program
        }
    }

    /// A process that has ended, though its parent has not asked for it yet, has no environment any more.
    private func runningMembers() -> [pid_t] {
        let entries = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return entries.compactMap { pid_t($0) }.filter { pid in
            let environment = try? Data(contentsOf: URL(fileURLWithPath: "/proc/\(pid)/environ"))
            return environment?.range(of: Data(mark.utf8)) != nil
        }
    }
}
