import Testing
import UserMessages

struct ByteCountTests {
    @Test(arguments: [
        ("0", 0), ("123", 123), ("1KiB", 1024), ("1kb", 1000), ("2GiB", 2 << 30), ("1.5 MiB", 1_572_864), ("3 B", 3),
        ("0.5gib", 1 << 29), ("2TB", 2_000_000_000_000),
    ]) func `numbers with and without units are understood`(text: String, bytes: Int) {
        #expect(ByteCount(text)?.bytes == bytes)
    }

    @Test(arguments: ["", "GiB", "-1", "1 2", "1GiBs", "nan", "inf", "1e300", "0x10 GiB ", "+1"])
    func `anything else is refused`(text: String) {
        #expect(ByteCount(text) == nil)
    }

    @Test(arguments: [(0, "0 B"), (1023, "1023 B"), (1024, "1 KiB"), (3 << 30, "3 GiB"), (1_600_000, "1.6 MiB")])
    func `they are written in the largest unit that they fill`(bytes: Int, text: String) {
        #expect(ByteCount(bytes).description == text)
    }
}
