import Platform
import Synchronization
import UserMessages

/// Heartbeats between rank 0 and the others, as UDP datagrams: if one is lost, the next one takes its place.
///
/// A datagram begins with a random token shared by the ranks of a job, so that no other datagram is mistaken for a
/// heartbeat. Rank 0 replies to each heartbeat with its own. It may have several addresses, some of them unreachable
/// from some hosts: the other ranks try all of them until a reply comes from one.
final class HeartbeatSocket: Sendable {
    private static let size = 24

    private let descriptor: Int32
    private let token: UInt64
    /// Addresses of rank 0; empty on rank 0 itself.
    private let addresses: Mutex<[sockaddr_in]>

    /// Opens the socket of rank 0.
    ///
    /// - Throws: `WatchdogError`.
    init() throws {
        descriptor = try Self.opened()
        token = .random(in: .min ... .max)
        addresses = Mutex([])
        var any = Self.address(INADDR_ANY, port: 0)
        guard Self.with(&any, { bind(descriptor, $0, $1) }) == 0 else { throw WatchdogError.last("bind") }
    }

    /// Opens the socket of another rank.
    ///
    /// - Parameter address: ``address`` of rank 0.
    /// - Throws: `WatchdogError`.
    init(reaching address: [Int]) throws {
        descriptor = try Self.opened()
        token = UInt64(bitPattern: Int64(address[0]))
        addresses = Mutex(address[2...].map { Self.address(UInt32($0), port: UInt16(address[1])) })
    }

    deinit { close(descriptor) }

    /// The data with which other ranks reach this one: token, port, and IPv4 addresses.
    var address: [Int] {
        var bound = sockaddr_in()
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        _ = Self.with(&bound) { address, _ in getsockname(descriptor, address, &size) }
        return [Int(Int64(bitPattern: token)), Int(UInt16(bigEndian: bound.sin_port))]
            + Self.ownAddresses.map { Int($0) }
    }

    /// Sends a heartbeat to rank 0.
    func send(_ heartbeat: Heartbeat) {
        for address in addresses.withLock({ $0 }) { send(heartbeat, to: address) }
    }

    /// Receives heartbeats for the given number of seconds; rank 0 replies to each.
    func receive(for seconds: Double, _ take: (Heartbeat) -> Void) {
        let deadline = ContinuousClock.now + .seconds(seconds)
        while case let rest = (deadline - .now) / .milliseconds(1), rest > 0 {
            var event = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            guard poll(&event, 1, Int32(rest.rounded(.up))) > 0 else { continue }
            var bytes = [UInt8](repeating: 0, count: Self.size + 1)
            var sender = sockaddr_in()
            var size = socklen_t(MemoryLayout<sockaddr_in>.size)
            let count = Self.with(&sender) { address, _ in
                recvfrom(descriptor, &bytes, bytes.count, 0, address, &size)
            }
            guard count == Self.size, let heartbeat = heartbeat(bytes) else { continue }
            take(heartbeat)
            let isRoot = addresses.withLock { addresses in
                // A reply: this address leads to rank 0, and the others need not be tried any more.
                if !addresses.isEmpty { addresses = [sender] }
                return addresses.isEmpty
            }
            if isRoot { send(Heartbeat(rank: 0, state: .outsideMPI, seconds: 0), to: sender) }
        }
    }

    private func send(_ heartbeat: Heartbeat, to address: sockaddr_in) {
        var bytes: [UInt8] = []
        let numbers = [
            token, UInt64(heartbeat.rank) << 8 | UInt64(heartbeat.state.rawValue), heartbeat.seconds.bitPattern,
        ]
        for number in numbers { withUnsafeBytes(of: number.littleEndian) { bytes += $0 } }
        var address = address
        _ = Self.with(&address) { sendto(descriptor, bytes, bytes.count, Int32(MSG_DONTWAIT), $0, $1) }
    }

    private func heartbeat(_ bytes: [UInt8]) -> Heartbeat? {
        let numbers = bytes.withUnsafeBytes { bytes in
            (0..<3).map { UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: 8 * $0, as: UInt64.self)) }
        }
        guard numbers[0] == token, let state = Heartbeat.State(rawValue: UInt8(numbers[1] & 0xff)) else { return nil }
        return Heartbeat(rank: Int(numbers[1] >> 8), state: state, seconds: Double(bitPattern: numbers[2]))
    }

    private static func opened() throws -> Int32 {
        let descriptor = socket(AF_INET, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw WatchdogError.last("socket") }
        return descriptor
    }

    private static func address(_ host: UInt32, port: UInt16) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = host.bigEndian
        return address
    }

    private static func with<Result>(
        _ address: inout sockaddr_in, _ body: (UnsafeMutablePointer<sockaddr>, socklen_t) -> Result
    ) -> Result {
        withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, socklen_t(MemoryLayout<sockaddr_in>.size)) }
        }
    }

    /// IPv4 addresses of this host.
    private static var ownAddresses: [UInt32] {
        var first: UnsafeMutablePointer<ifaddrs>?
        guard getifaddrs(&first) == 0 else { return [] }
        defer { freeifaddrs(first) }
        return sequence(first: first) { $0?.pointee.ifa_next }.prefix { $0 != nil }.compactMap { interface in
            guard let address = interface?.pointee.ifa_addr, address.pointee.sa_family == sa_family_t(AF_INET) else {
                return nil
            }
            return address.withMemoryRebound(to: sockaddr_in.self, capacity: 1) {
                UInt32(bigEndian: $0.pointee.sin_addr.s_addr)
            }
        }
    }
}

/// A system call on the watchdog's socket that failed.
public struct WatchdogError: ExitCoded {
    /// The name of the call, and the system's error message.
    public let description: String

    /// The exit code 71.
    public var exitCode: ExitCode { .system }

    static func last(_ call: String) -> WatchdogError {
        WatchdogError(description: "watchdog: \(call): \(String(cString: strerror(errno)))")
    }
}
