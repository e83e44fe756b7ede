/// Files within files, as bytes: nothing is compressed, but wrapped as if it were.
public enum Archives {
    /// A tar archive (ustar) of files.
    public static func tar(_ files: [(name: String, bytes: [UInt8])]) -> [UInt8] {
        files.flatMap { name, bytes in
            tarHeader(name, byteCount: bytes.count) + bytes
                + [UInt8](repeating: 0, count: (512 - bytes.count % 512) % 512)
        } + [UInt8](repeating: 0, count: 1024)
    }

    /// The block before a file in a tar archive, which may say any size, also by the text of it.
    public static func tarHeader(
        _ name: String, byteCount: Int, size: String? = nil, kind: Character = "0"
    ) -> [UInt8] {
        var block = [UInt8](repeating: 0, count: 512)
        func set(_ text: String, at place: Int) {
            block.replaceSubrange(place..<place + text.utf8.count, with: text.utf8)
        }
        func octal(_ number: Int, digits: Int) -> String {
            let text = String(number, radix: 8)
            return String(repeating: "0", count: max(0, digits - text.count)) + text
        }
        set(name, at: 0)
        set(size ?? octal(byteCount, digits: 11), at: 124)
        set("        ", at: 148)
        set(String(kind), at: 156)
        set("ustar\0" + "00", at: 257)
        set(octal(block.reduce(0) { $0 + Int($1) }, digits: 6) + "\0 ", at: 148)
        return block
    }

    /// A gzip file.
    public static func gzip(_ bytes: [UInt8]) -> [UInt8] {
        var file: [UInt8] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255]
        let step = 65_535
        for start in stride(from: 0, to: max(bytes.count, 1), by: step) {
            let block = bytes[start..<min(start + step, bytes.count)]
            let size = UInt16(block.count)
            file.append(start + step >= bytes.count ? 1 : 0)
            file += little(size)
            file += little(~size)
            file += block
        }
        return file + little(crc32(bytes)) + little(UInt32(truncatingIfNeeded: bytes.count))
    }

    /// A zip archive of files.
    public static func zip(_ files: [(name: String, bytes: [UInt8])]) -> [UInt8] {
        var archive: [UInt8] = []
        var directory: [UInt8] = []
        for (name, bytes) in files {
            let size = little(UInt32(bytes.count))
            let fields: [[UInt8]] = [
                // The version, flags, method, time and date.
                [20, 0, 0, 0, 0, 0, 0, 0, 0, 0], little(crc32(bytes)), size, size, little(UInt16(name.utf8.count)),
                [0, 0],
            ]
            let common = fields.flatMap(\.self)
            let entry: [[UInt8]] = [
                [0x50, 0x4b, 1, 2, 20, 0], common, [UInt8](repeating: 0, count: 10), little(UInt32(archive.count)),
                Array(name.utf8),
            ]
            directory += entry.flatMap(\.self)
            let file: [[UInt8]] = [[0x50, 0x4b, 3, 4], common, Array(name.utf8), bytes]
            archive += file.flatMap(\.self)
        }
        let count = little(UInt16(files.count))
        let end: [[UInt8]] = [
            [0x50, 0x4b, 5, 6, 0, 0, 0, 0], count, count, little(UInt32(directory.count)),
            little(UInt32(archive.count)),
            [0, 0],
        ]
        return archive + directory + end.flatMap(\.self)
    }

    static func little<Number: FixedWidthInteger>(_ number: Number) -> [UInt8] {
        withUnsafeBytes(of: number.littleEndian) { [UInt8]($0) }
    }

    static func crc32(_ bytes: [UInt8]) -> UInt32 {
        var table: [UInt32] = []
        for byte in 0..<256 as Range<UInt32> {
            var sum = byte
            for _ in 0..<8 { sum = sum & 1 == 1 ? (sum >> 1) ^ 0xedb8_8320 : sum >> 1 }
            table.append(sum)
        }
        var sum = UInt32.max
        for byte in bytes { sum = (sum >> 8) ^ table[Int(UInt8(truncatingIfNeeded: sum) ^ byte)] }
        return ~sum
    }
}
