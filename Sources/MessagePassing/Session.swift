internal import CMPI
import Foundation

/// MPI, from its start to its end, in this process.
///
/// A session works under `mpirun` or `srun` and alone, where the world has one rank. MPI is entered from
/// one thread (`MPI_THREAD_FUNNELED`): the one that called `start()`. Nothing here is `Sendable`, so the
/// compiler keeps it there.
///
/// Nothing finalizes on unwind: a rank that leaves by an error while others wait in a collective would
/// wait for them in `MPI_Finalize`, and they for it. End a session by `finalize()` where every rank
/// arrives, else by `abort(exitCode:)`.
public final class Session {
    /// All ranks of the job. Borrowed from MPI: never freed.
    public let world: Communicator

    private init(world: Communicator) {
        self.world = world
    }

    /// Initializes MPI with errors returned rather than fatal. Collective: every process of the job calls it.
    ///
    /// - Throws: `MPIError`, also where a session was started before or the library lacks thread support.
    public static func start() throws -> Session {
        let call: StaticString = "MPI_Init_thread"
        var isInitialized = false
        try MPIError.check("MPI_Initialized", CMPI_Initialized(&isInitialized))
        guard !isInitialized else {
            throw MPIError(call: "\(call)", code: CMPIErrorOther(), text: "a process can start one session only")
        }
        var isFunneled = false
        try MPIError.check(call, CMPI_Init_thread_funneled(&isFunneled))
        guard isFunneled else {
            throw MPIError(call: "\(call)", code: CMPIErrorOther(), text: "the MPI library lacks MPI_THREAD_FUNNELED")
        }
        for communicator in [CMPIWorld(), CMPISelf()] {
            try MPIError.check("MPI_Comm_set_errhandler", CMPI_Comm_set_errhandler_return(communicator))
        }
        return Session(world: try Communicator(world: CMPIWorld()))
    }

    /// Ends MPI. Collective: every rank calls it, once, when nothing is left to communicate, and none returns before
    /// all have.
    ///
    /// It first completes the sends and reductions whose `Request` was dropped before they were done.
    public func finalize() throws {
        try world.abandoned.complete()
        // By MPI_Finalize alone, with SLURM's PMIx on a loaded machine, rank 0 was through before rank 1 had come in 20
        // of 80 jobs.
        try world.barrier()
        try MPIError.check("MPI_Finalize", CMPI_Finalize())
    }

    /// Ends all processes of the job at once, also those that wait in a collective; this one may call it alone.
    ///
    /// The job's exit code is `exitCode`. Print what happened before: nothing runs after it. The
    /// launcher gets a moment to pass that on.
    public func abort(exitCode: Int32) -> Never {
        fflush(nil)
        // MPICH's launcher, told of the abort before it has read the pipe, now and then drops what was printed.
        usleep(200_000)
        _ = CMPI_Abort(CMPIWorld(), exitCode)
        _exit(exitCode)
    }
}
