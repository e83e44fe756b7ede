import ArgumentParser
import ArrayFiles
import Explorer
import MessagePassing
import Platform
import UserMessages

/// `explore`: what a report has found, in a browser.
struct ExploreCommand: RankCommand {
    static let configuration = CommandConfiguration(
        commandName: "explore",
        abstract: "Explore a report in a browser: any example, its neighbors, and decisions about labels and copies.",
        discussion: """
            Serves the page of a report on this machine only, at an address with a random token that it prints. Each \
            example leads to its own page with its nearest training examples by the kernel, by local scaling, by \
            pixels and by features. Lists show all examples, suspects, copies, near-duplicates or mistakes, by class. \
            Ctrl-C ends it. From another machine: ssh -L 8000:localhost:8000 HOST with --port 8000.

            Labels can be marked as right or wrong, examples to keep or to drop. Each decision is saved at once beside \
            the tables of the report: in decisions.csv, and in leave_out.txt, the numbers of training examples for \
            train --leave-out-examples.

            EXAMPLES
              ensemble-kernel-mpi explore report.html
              ensemble-kernel-mpi explore results/report.html --port 8000
            """)

    @Argument(help: ArgumentHelp("The page of a report, or the folder of its tables.", valueName: "report"))
    var report = "report.html"

    @Option(help: ArgumentHelp("Port; 0 for a free one.", valueName: "n"))
    var port: UInt16 = 0

    @Option(help: "Data set of the images, if they are not where report found them: \(DatasetHelp.values)")
    var dataset: String?

    var parallelOptions: ParallelOptions? { nil }

    func run(world: Communicator) throws {
        guard world.size == 1 else { throw ValidationError("explore runs on one rank: leave mpirun out") }
        StopRequest.listen()
        let token = (0..<2).map { _ in NumberText.digits(UInt64.random(in: 0...UInt64.max), width: 16, radix: 16) }
        let explorer = try Explorer(of: report, dataset: dataset, token: token.joined()) { Diagnostics.warn($0) }
        let server = try LoopbackServer(explorer, port: Int(port))
        if let code = Terminal.write("\(server.address)\n", to: STDOUT_FILENO) {
            throw ArrayFileError.writing("standard output", errno: code)
        }
        Diagnostics.report("open this address in a browser; Ctrl-C ends it")
        while StopRequest.signal == nil { usleep(100_000) }
        server.close()
    }
}
