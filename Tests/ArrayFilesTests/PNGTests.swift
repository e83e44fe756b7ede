import ArrayFiles
import Foundation
import Testing
import TestSupport

@Suite struct PNGTests {
    @Test(arguments: [1, 3]) func `a PNG holds the pixels that were given, in gray or in color`(channels: Int) throws {
        let pixels = (0..<5 * 7 * channels).map { UInt8($0 * 11 % 251) }
        let png = PNG.encoded(pixels, width: 7, height: 5, channels: channels)
        let python = try Python.run(
            """
            import struct, sys, zlib
            data, channels = sys.stdin.buffer.read(), int(sys.argv[1])
            assert data[:8] == bytes([137, 80, 78, 71, 13, 10, 26, 10])
            place, chunks = 8, {}
            while place < len(data):
                length, = struct.unpack(">I", data[place:place + 4])
                kind, body = data[place + 4:place + 8], data[place + 8:place + 8 + length]
                assert struct.unpack(">I", data[place + 8 + length:place + 12 + length])[0] == zlib.crc32(kind + body)
                chunks[kind] = body
                place += 12 + length
            assert list(chunks) == [b"IHDR", b"IDAT", b"IEND"]
            assert struct.unpack(">IIBBBBB", chunks[b"IHDR"]) == (7, 5, 8, 0 if channels == 1 else 2, 0, 0, 0)
            rows = zlib.decompress(chunks[b"IDAT"])
            expected = bytes(i * 11 % 251 for i in range(35 * channels))
            stride = 7 * channels
            assert rows == b"".join(b"\\0" + expected[r * stride:(r + 1) * stride] for r in range(5))
            """, "\(channels)", input: Data(png))
        #expect(python.status == 0)
    }
}
