import Foundation

/// The address space of this process, where `ulimit -v` bounds it.
package enum AddressSpace {
    /// Bytes that are left; nil where there is no bound.
    package static var left: Int? {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &limit) == 0, limit.rlim_cur < rlim_t(Int.max),
            let status = try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8),
            let pages = status.split(separator: " ").first.flatMap({ Int($0) })
        else { return nil }
        return max(0, Int(limit.rlim_cur) - pages * Int(getpagesize()))
    }

    /// Keeps threads from taking 64 MiB of a bounded address space each for what they allocate, as glibc has them do.
    /// Call it before there are threads.
    package static func spare() {
        typealias Function = @convention(c) (CInt, CInt) -> CInt
        guard left != nil, let mallopt = dlsym(nil, "mallopt") else { return }
        _ = unsafeBitCast(mallopt, to: Function.self)(arenaMaximum, 1)
    }

    /// M_ARENA_MAX of glibc.
    private static let arenaMaximum: CInt = -8
}
