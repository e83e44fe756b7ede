internal import CMPI
import Platform

/// MPI in this process, from initialization to finalization.
///
/// A session works under `mpirun` or `srun` and alone, with a world of one rank. MPI is called from one thread
/// (`MPI_THREAD_FUNNELED`): the one that called `start()`. Nothing here is `Sendable`, so the compiler keeps it there.
///
/// Nothing finalizes on unwind: a rank that leaves with an error while others wait in a collective would wait for them
/// in `MPI_Finalize`, and they for it. End a session with `finalize()` if every rank arrives there, otherwise with
/// `abort(exitCode:)`.
public final class Session {
    /// All ranks of the job. Borrowed from MPI: never freed.
    public let world: Communicator

    private init(world: Communicator) {
        self.world = world
    }

    /// Initializes MPI so that errors are returned rather than fatal. Collective: every process of the job calls it.
    ///
    /// - Throws: `MPIError`, also if a session was started before or the library lacks thread support; `UserError` (71)
    ///   if the library of the launcher that started this process cannot be loaded.
    public static func start() throws -> Session {
        try MPIFunctions.choose()
        let call: StaticString = "MPI_Init_thread"
        var isInitialized = false
        try MPIError.check("MPI_Initialized", mpi.initialized(&isInitialized))
        guard !isInitialized else {
            throw MPIError(call: "\(call)", code: mpi.error_other, text: "a process can start one session only")
        }
        StartSettings.apply()
        var isFunneled = false
        try MPIError.check(call, mpi.init_funneled(&isFunneled))
        guard isFunneled else {
            throw MPIError(call: "\(call)", code: mpi.error_other, text: "the MPI library lacks MPI_THREAD_FUNNELED")
        }
        for communicator in [mpi.world(), mpi.this_process()] {
            try MPIError.check("MPI_Comm_set_errhandler", mpi.comm_return_errors(communicator))
        }
        return Session(world: try Communicator(world: mpi.world()))
    }

    /// Finalizes MPI. Collective: every rank calls it, once, when nothing is left to communicate, and none returns
    /// before all have entered it.
    ///
    /// It first completes the sends and reductions whose `Request` was dropped before they were done.
    ///
    /// - Throws: `MPIError`, also of a dropped send or reduction that fails.
    public func finalize() throws {
        try world.abandoned.complete()
        // With MPI_Finalize alone, under SLURM's PMIx on a loaded machine, rank 0 returned before rank 1 had entered it
        // in 20 of 80 jobs.
        try world.barrier()
        try MPIError.check("MPI_Finalize", mpi.finalize())
    }

    /// Ends all processes of the job at once, also those waiting in a collective; a single rank may call it.
    ///
    /// The job's exit code is `exitCode`. Print messages before: nothing runs after this call. The launcher gets a
    /// moment to pass them on.
    public func abort(exitCode: Int32) -> Never {
        fflush(nil)
        // MPICH's launcher, if told of the abort before it has read the pipe, now and then drops printed text.
        usleep(200_000)
        _ = mpi.abort(mpi.world(), exitCode)
        _exit(exitCode)
    }
}
