import Platform
import Synchronization

/// The MPI call in progress and the time spent in MPI by this process: for the watchdog, which reads them from another
/// thread, and for the activity reported at the end of a job.
package enum MPIStatistics {
    /// The name of the MPI function in progress, as the address of its characters; 0 for none.
    private static let call = Atomic<UInt>(0)
    private static let calls = Atomic<Int>(0)
    private static let nanoseconds = Atomic<Int>(0)
    private static let nanosecondsWaiting = Atomic<Int>(0)
    private static let processorNanoseconds = Atomic<Int>(0)
    private static let isSeparatingWaiting = Atomic<Bool>(false)

    /// Makes an MPI call and measures it.
    static func during(_ name: StaticString, _ body: () -> Int32) -> Int32 {
        let (code, elapsed) = timed(name, body)
        calls.add(1, ordering: .relaxed)
        nanoseconds.add(elapsed, ordering: .relaxed)
        return code
    }

    /// Waits for the other ranks of a collective, by a barrier, and measures it.
    static func waiting(_ barrier: () -> Int32) -> Int32 {
        let (code, elapsed) = timed("MPI_Barrier", barrier)
        nanoseconds.add(elapsed, ordering: .relaxed)
        nanosecondsWaiting.add(elapsed, ordering: .relaxed)
        return code
    }

    private static func timed(_ name: StaticString, _ body: () -> Int32) -> (code: Int32, nanoseconds: Int) {
        let (start, startOnProcessor) = (ContinuousClock.now, threadSeconds)
        call.store(UInt(bitPattern: name.utf8Start), ordering: .relaxed)
        let code = body()
        call.store(0, ordering: .relaxed)
        processorNanoseconds.add(Int((threadSeconds - startOnProcessor) * 1e9), ordering: .relaxed)
        return (code, Int((ContinuousClock.now - start) / .nanoseconds(1)))
    }

    /// Whether ranks wait for one another before each collective, so that waiting is measured apart from moving data.
    /// The same on every rank.
    package static var separatesWaiting: Bool {
        get { isSeparatingWaiting.load(ordering: .relaxed) }
        set { isSeparatingWaiting.store(newValue, ordering: .relaxed) }
    }

    /// The name of the MPI function in progress; nil for none.
    static var currentCall: String? {
        UnsafePointer<UInt8>(bitPattern: call.load(ordering: .relaxed)).map { String(cString: $0) }
    }

    /// Number of MPI calls that have returned.
    static var callsReturned: Int { calls.load(ordering: .relaxed) }

    /// Processor seconds of all threads of this process.
    static var processorSeconds: Double { seconds(CLOCK_PROCESS_CPUTIME_ID) }

    /// Processor seconds of the calling thread, which other load on the machine does not increase.
    package static var threadSeconds: Double { seconds(CLOCK_THREAD_CPUTIME_ID) }

    private static func seconds(_ clock: clockid_t) -> Double {
        var time = timespec()
        clock_gettime(clock, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    /// The statistics of this process so far.
    package static var reading: Reading {
        Reading(
            processorSeconds: processorSeconds,
            processorSecondsInMPI: Double(processorNanoseconds.load(ordering: .relaxed)) / 1e9,
            secondsInMPI: Double(nanoseconds.load(ordering: .relaxed)) / 1e9,
            secondsWaiting: Double(nanosecondsWaiting.load(ordering: .relaxed)) / 1e9, calls: callsReturned)
    }

    /// The statistics of a process at one moment, or of an interval.
    package struct Reading: Sendable {
        /// Processor seconds of all threads, including those spent waiting in MPI.
        package let processorSeconds: Double
        /// The part of `processorSeconds` spent in MPI: a waiting rank polls again and again whether the others are
        /// ready.
        package let processorSecondsInMPI: Double
        /// Seconds in MPI, both moving data and waiting for other ranks.
        package let secondsInMPI: Double
        /// The part of `secondsInMPI` spent waiting, if ``MPIStatistics/separatesWaiting``; 0 otherwise.
        package let secondsWaiting: Double
        /// Number of MPI calls.
        package let calls: Int

        /// The statistics of the interval since an earlier reading.
        package func since(_ earlier: Reading) -> Reading {
            Reading(
                processorSeconds: processorSeconds - earlier.processorSeconds,
                processorSecondsInMPI: processorSecondsInMPI - earlier.processorSecondsInMPI,
                secondsInMPI: secondsInMPI - earlier.secondsInMPI,
                secondsWaiting: secondsWaiting - earlier.secondsWaiting, calls: calls - earlier.calls)
        }
    }
}
