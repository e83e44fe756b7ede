import Foundation
import Synchronization

/// What this process does at the moment, and how long it has been in MPI: for the watchdog, which looks on from another
/// thread, and for what is said of a job at its end.
package enum Activity {
    /// The name of the MPI function that this process is in, as the address of its characters; 0 for none.
    private static let call = Atomic<UInt>(0)
    private static let calls = Atomic<Int>(0)
    private static let nanoseconds = Atomic<Int>(0)

    /// Makes a call of MPI.
    static func during(_ name: StaticString, _ body: () -> Int32) -> Int32 {
        let start = ContinuousClock.now
        call.store(UInt(bitPattern: name.utf8Start), ordering: .relaxed)
        let code = body()
        call.store(0, ordering: .relaxed)
        calls.add(1, ordering: .relaxed)
        nanoseconds.add(Int((ContinuousClock.now - start) / .nanoseconds(1)), ordering: .relaxed)
        return code
    }

    /// The MPI function that this process is in; nil for none.
    static var currentCall: String? {
        UnsafePointer<UInt8>(bitPattern: call.load(ordering: .relaxed)).map { String(cString: $0) }
    }

    /// Calls of MPI that have returned.
    package static var callsReturned: Int { calls.load(ordering: .relaxed) }

    /// Seconds that this process has spent in MPI: moving data, and waiting for other ranks.
    package static var secondsInMPI: Double { Double(nanoseconds.load(ordering: .relaxed)) / 1e9 }

    /// Seconds that all threads of this process have computed.
    package static var processorSeconds: Double {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}
