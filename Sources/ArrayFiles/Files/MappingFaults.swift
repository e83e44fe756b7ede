import Platform
import Synchronization
import UserMessages

/// The handling of pages of a mapped file that can no longer be read, because the file was truncated or its disk
/// failed: the system sends SIGBUS, and the process ends with a line that names the file.
public enum MappingFaults {
    /// A mapped range, for the handler: a node of a list that only grows, whose nodes are reused.
    private struct Node {
        var start: UnsafeRawPointer?
        var count = 0
        var path: UnsafeMutablePointer<CChar>?
        let next: UnsafeMutablePointer<Node>?
        /// The next of the nodes without a mapping, if this is one of them.
        var nextFree: UnsafeMutablePointer<Node>?
    }

    /// The list of all nodes, which the handler walks.
    private static let first = Atomic<UInt>(0)
    /// The list of the nodes without a mapping.
    private static let firstFree = Mutex<UInt>(0)
    private nonisolated(unsafe) static var prefix = UnsafeMutablePointer<CChar>(mutating: strdup(""))

    private nonisolated(unsafe) static var tenths: UInt32 = 0

    /// EX_IOERR of sysexits.h.
    private static let exitCode: Int32 = 74

    /// Installs the handler, which reports such a fault in a line on standard error that begins with `prefix`.
    ///
    /// - Parameter tenths: Tenths of a second to wait before the report, so that of many processes that read the same
    ///   file only the first one reports it.
    public static func report(as prefix: String, after tenths: Int) {
        self.prefix = strdup(TerminalText.line(prefix))
        self.tenths = UInt32(tenths)
        _ = node(first.load(ordering: .relaxed))
        var action = sigaction()
        action.__sigaction_handler.sa_sigaction = { _, information, _ in
            MappingFaults.end(at: information?.pointee._sifields._sigfault.si_addr)
        }
        action.sa_flags = SA_SIGINFO
        sigaction(SIGBUS, &action, nil)
    }

    /// Registers a mapping; returns a token for `forget`. Takes the same time however many there are.
    static func note(_ bytes: UnsafeRawBufferPointer, path: String) -> UInt {
        // The handler writes the path as it is.
        let path = strdup(TerminalText.line(path))
        return firstFree.withLock { firstFree in
            if let free = node(firstFree) {
                let place = firstFree
                firstFree = UInt(bitPattern: free.pointee.nextFree)
                free.pointee.path = path
                free.pointee.start = bytes.baseAddress
                free.pointee.count = bytes.count
                return place
            }
            let new = UnsafeMutablePointer<Node>.allocate(capacity: 1)
            new.initialize(
                to: Node(
                    start: bytes.baseAddress, count: bytes.count, path: path,
                    next: node(first.load(ordering: .relaxed)), nextFree: nil))
            first.store(UInt(bitPattern: new), ordering: .releasing)
            return UInt(bitPattern: new)
        }
    }

    /// Unregisters a mapping that is about to end.
    static func forget(_ place: UInt) {
        firstFree.withLock { firstFree in
            guard let node = node(place) else { return }
            node.pointee.count = 0
            free(node.pointee.path)
            node.pointee.path = nil
            node.pointee.nextFree = Self.node(firstFree)
            firstFree = place
        }
    }

    private static func node(_ place: UInt) -> UnsafeMutablePointer<Node>? { UnsafeMutablePointer(bitPattern: place) }

    /// Nothing may be allocated or locked within the handler.
    private static func end(at address: UnsafeMutableRawPointer?) -> Never {
        var place = first.load(ordering: .acquiring)
        while let node = node(place) {
            if let address, let start = node.pointee.start, let path = node.pointee.path,
                address >= start, address < start + node.pointee.count
            {
                usleep(tenths * 100_000)
                put(prefix)
                put(path)
                putText(": cannot be read any more: it was cut short, or its disk has failed\n")
                _exit(exitCode)
            }
            place = UInt(bitPattern: node.pointee.next)
        }
        // Not in a mapped file: memory itself is at fault, or a full disk behind memory mapped for writing.
        signal(SIGBUS, SIG_DFL)
        raise(SIGBUS)
        _exit(128 + SIGBUS)
    }

    private static func put(_ text: UnsafePointer<CChar>?) {
        if let text { _ = write(STDERR_FILENO, text, strlen(text)) }
    }

    private static func putText(_ text: StaticString) {
        _ = write(STDERR_FILENO, text.utf8Start, text.utf8CodeUnitCount)
    }
}
