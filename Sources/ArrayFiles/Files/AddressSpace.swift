import Platform

/// The address space of this process, where `ulimit -v` bounds it.
package enum AddressSpace {
    /// Bytes that the process may have; nil where there is no bound.
    static var limit: Int? {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &limit) == 0 else { return nil }
        return Int(exactly: limit.rlim_cur)
    }

    /// Bytes that are left; nil where there is no bound.
    package static var left: Int? {
        guard let limit, let status = try? FileSystem.contents(of: "/proc/self/statm"),
            let pages = String(decoding: status, as: UTF8.self).split(separator: " ").first.flatMap({ Int($0) })
        else { return nil }
        return max(0, limit - pages * Int(getpagesize()))
    }

    /// Keeps threads from taking 64 MiB of a bounded address space each for what they allocate, as glibc has them do.
    /// Call it before there are threads.
    package static func spare() {
        typealias Function = @convention(c) (CInt, CInt) -> CInt
        guard limit != nil, let mallopt = dlsym(nil, "mallopt") else { return }
        _ = unsafeBitCast(mallopt, to: Function.self)(arenaMaximum, 1)
    }

    /// M_ARENA_MAX of glibc.
    private static let arenaMaximum: CInt = -8
}
