import Platform

/// A thread of the system, which may not be had: a container, `ulimit -u` or `ulimit -v` limits how many there are.
package enum SystemThread {
    /// Starts a thread that runs `body`, and ends with it.
    ///
    /// - Returns: Whether there is such a thread.
    package static func start(_ body: @escaping @Sendable () -> Void) -> Bool {
        var attributes = pthread_attr_t()
        guard pthread_attr_init(&attributes) == 0 else { return false }
        defer { pthread_attr_destroy(&attributes) }
        pthread_attr_setstacksize(&attributes, stackByteCount)
        pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
        let work = Unmanaged.passRetained(Work(body))
        var thread = pthread_t()
        let code = pthread_create(&thread, &attributes, { Work.run($0) }, work.toOpaque())
        if code != 0 { work.release() }
        return code == 0
    }

    /// As much as the first thread of a process usually has.
    private static let stackByteCount = 8 << 20

    private final class Work {
        private let body: @Sendable () -> Void

        init(_ body: @escaping @Sendable () -> Void) { self.body = body }

        static func run(_ work: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
            guard let work else { return nil }
            Unmanaged<Work>.fromOpaque(work).takeRetainedValue().body()
            return nil
        }
    }
}
