import Foundation
import Synchronization

/// What this process does at the moment, and how long it has been in MPI: for the watchdog, which looks on from another
/// thread, and for what is said of a job at its end.
package enum MPIStatistics {
    /// The name of the MPI function that this process is in, as the address of its characters; 0 for none.
    private static let call = Atomic<UInt>(0)
    private static let calls = Atomic<Int>(0)
    private static let nanoseconds = Atomic<Int>(0)
    private static let nanosecondsWaiting = Atomic<Int>(0)
    private static let processorNanoseconds = Atomic<Int>(0)
    private static let isSeparatingWaiting = Atomic<Bool>(false)

    /// Makes a call of MPI.
    static func during(_ name: StaticString, _ body: () -> Int32) -> Int32 {
        let (code, elapsed) = timed(name, body)
        calls.add(1, ordering: .relaxed)
        nanoseconds.add(elapsed, ordering: .relaxed)
        return code
    }

    /// Waits for the other ranks of a call of all of them, by a barrier.
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

    /// Whether ranks wait for one another before each collective, so that the time they wait is not taken for that of
    /// moving data. It is the same on every rank.
    package static var separatesWaiting: Bool {
        get { isSeparatingWaiting.load(ordering: .relaxed) }
        set { isSeparatingWaiting.store(newValue, ordering: .relaxed) }
    }

    /// The MPI function that this process is in; nil for none.
    static var currentCall: String? {
        UnsafePointer<UInt8>(bitPattern: call.load(ordering: .relaxed)).map { String(cString: $0) }
    }

    /// Calls of MPI that have returned.
    static var callsReturned: Int { calls.load(ordering: .relaxed) }

    /// Seconds that all threads of this process have computed.
    static var processorSeconds: Double { seconds(CLOCK_PROCESS_CPUTIME_ID) }

    /// Seconds that the thread that asks has computed. What else the machine does makes them no more.
    package static var threadSeconds: Double { seconds(CLOCK_THREAD_CPUTIME_ID) }

    private static func seconds(_ clock: clockid_t) -> Double {
        var time = timespec()
        clock_gettime(clock, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    /// What this process has done by now.
    package static var reading: Reading {
        Reading(
            processorSeconds: processorSeconds,
            processorSecondsInMPI: Double(processorNanoseconds.load(ordering: .relaxed)) / 1e9,
            secondsInMPI: Double(nanoseconds.load(ordering: .relaxed)) / 1e9,
            secondsWaiting: Double(nanosecondsWaiting.load(ordering: .relaxed)) / 1e9, calls: callsReturned)
    }

    /// What a process has done up to some moment.
    package struct Reading: Sendable {
        /// Seconds that all its threads have computed, waiting in MPI included.
        package let processorSeconds: Double
        /// Of these the seconds in MPI: a rank that waits asks again and again whether the others are ready.
        package let processorSecondsInMPI: Double
        /// Seconds in MPI: moving data, and waiting for other ranks.
        package let secondsInMPI: Double
        /// Of these the seconds spent waiting, where ``MPIStatistics/separatesWaiting``.
        package let secondsWaiting: Double
        /// Calls of MPI.
        package let calls: Int

        /// What it has done since an earlier moment.
        package func since(_ earlier: Reading) -> Reading {
            Reading(
                processorSeconds: processorSeconds - earlier.processorSeconds,
                processorSecondsInMPI: processorSecondsInMPI - earlier.processorSecondsInMPI,
                secondsInMPI: secondsInMPI - earlier.secondsInMPI,
                secondsWaiting: secondsWaiting - earlier.secondsWaiting, calls: calls - earlier.calls)
        }
    }
}
