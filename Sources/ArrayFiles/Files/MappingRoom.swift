import Platform
import Synchronization

/// The number of files that may stay mapped at a time: the system limits the mappings of a process, and memory that is
/// allocated needs some, too.
package final class MappingRoom: Sendable {
    /// The room of this process: three quarters of what the system allows.
    package static let ofProcess = MappingRoom(files: limitOfSystem / 4 * 3)

    /// vm.max_map_count of Linux, or its usual value where the system does not tell.
    private static let limitOfSystem =
        (try? FileSystem.contents(of: "/proc/sys/vm/max_map_count"))
        .flatMap { Int(String(decoding: $0, as: UTF8.self).filter(\.isNumber)) } ?? 65530

    private let files: Int
    private let taken = Atomic<Int>(0)

    /// Room for a number of files.
    package init(files: Int) { self.files = files }

    /// Takes room for a file, until it is given back; false if there is none.
    func take() -> Bool {
        if taken.wrappingAdd(1, ordering: .relaxed).newValue <= files { return true }
        giveBack()
        return false
    }

    /// Gives back the room of a file.
    func giveBack() { taken.wrappingSubtract(1, ordering: .relaxed) }

    /// Why the system has refused a mapping; of the limits that may be the cause, the one that is reached.
    static func reason(errno code: Int32) -> String {
        let reason = ArrayFileError.reason(errno: code)
        guard code == ENOMEM else { return reason }
        let mappings = (try? FileSystem.contents(of: "/proc/self/maps"))?.count { $0 == UInt8(ascii: "\n") } ?? 0
        if mappings + 8 >= limitOfSystem {
            let more = limitOfSystem * 4
            return "\(reason): a process may have \(limitOfSystem) mappings: sysctl -w vm.max_map_count=\(more)"
        }
        if let limit = AddressSpace.limit {
            return "\(reason): a process may have \(limit / 1024) KiB of address space: ulimit -v unlimited"
        }
        return reason
    }
}
