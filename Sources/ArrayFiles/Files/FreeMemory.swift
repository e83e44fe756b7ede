import Platform

/// The memory that this process can still take.
enum FreeMemory {
    /// Bytes free on this machine and in the control groups of this process; nil where the system does not tell.
    ///
    /// Pages of files do not count as taken, since the system gives them up for others. Source: proc(5),
    /// "Documentation/admin-guide/cgroup-v2.rst" of Linux.
    static var byteCount: Int? {
        ([ofMachine] + groups.map { free(inGroup: $0) }).compactMap(\.self).min()
    }

    private static var ofMachine: Int? { number(after: "MemAvailable:", in: "/proc/meminfo").map { $0 * 1024 } }

    /// The folders of the control groups, the innermost first.
    private static var groups: [String] {
        guard let text = text(of: "/proc/self/cgroup"),
            let line = text.split(separator: "\n").first(where: { $0.hasPrefix("0::/") })
        else { return [] }
        var names = line.dropFirst("0::/".count).split(separator: "/")
        var folders: [String] = []
        while true {
            folders.append((["/sys/fs/cgroup"] + names).joined(separator: "/"))
            guard names.popLast() != nil else { return folders }
        }
    }

    private static func free(inGroup folder: String) -> Int? {
        guard let limit = text(of: "\(folder)/memory.max").flatMap({ Int($0.filter(\.isNumber)) }),
            let taken = number(after: "anon ", in: "\(folder)/memory.stat")
        else { return nil }
        return max(0, limit - taken)
    }

    /// The number that follows `word` at the start of a line.
    private static func number(after word: String, in path: String) -> Int? {
        text(of: path)?.split(separator: "\n").first { $0.hasPrefix(word) }
            .flatMap { Int($0.dropFirst(word.count).drop { $0 == " " }.prefix { $0.isNumber }) }
    }

    private static func text(of path: String) -> String? {
        (try? FileSystem.contents(of: path)).map { String(decoding: $0, as: UTF8.self) }
    }
}
