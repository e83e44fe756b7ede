/// The CRC-32 of zip archives: reveals a flipped bit always, and other damage but for one case in four billion.
package enum CRC32 {
    /// The checksum of `bytes`.
    package static func of(_ bytes: UnsafeRawBufferPointer) -> UInt32 { Deflate.crc32(0, bytes) }

    /// The checksum of the bytes of `elements`, in native byte order, as files hold them.
    package static func of<Element: BitwiseCopyable>(_ elements: [Element]) -> UInt32 {
        elements.withUnsafeBytes { of($0) }
    }
}
