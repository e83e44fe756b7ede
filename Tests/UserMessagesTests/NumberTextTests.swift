import Foundation
import Testing
import UserMessages

@Suite struct NumberTextTests {
    @Test(arguments: [
        0, 1.005, 0.125, 86.1, -2.5e-6, -1.25, 1e15, 123_456_789.987, .greatestFiniteMagnitude, .infinity,
    ])
    func `decimals are those of printf`(value: Double) {
        for digits in [0, 1, 2, 6] {
            let printed = String(format: "%.\(digits)f", value)
            let wide = String(format: "%12.\(digits)f", value)
            guard printed.contains(where: { "1"..."9" ~= $0 }) || value >= 0 else { continue }
            #expect(NumberText.number(value, digits) == printed)
            #expect(NumberText.number(value, digits, width: 12) == wide)
        }
    }

    @Test(arguments: [-0.0, -2.5e-7, -0.4, -0.5]) func `zero has no sign`(value: Double) {
        #expect(NumberText.number(value, 0, width: 3) == "  0")
        #expect(NumberText.number(value / 1000, 2) == "0.00")
    }

    @Test func `what is not a number keeps its name`() {
        #expect(NumberText.number(-.infinity, 2) == "-inf")
    }

    @Test(arguments: [
        (0, "0"), (7, "7"), (999, "999"), (1000, "1,000"), (10_000, "10,000"), (123_456, "123,456"),
        (-1_234_567, "-1,234,567"), (Int.max, "9,223,372,036,854,775,807"), (Int.min, "-9,223,372,036,854,775,808"),
    ])
    func `thousands are grouped`(number: Int, text: String) {
        #expect(NumberText.grouped(number) == text)
    }

    @Test func `digits have zeros before them`() {
        #expect(NumberText.digits(42, width: 6) == "000042")
        #expect(NumberText.digits(1_234_567, width: 6) == "1234567")
        #expect(NumberText.digits(UInt32(0xbeef), width: 8, radix: 16) == "0000beef")
    }

    @Test(arguments: [("", ""), ("  \t ", ""), ("a", "a"), (" a b\t", "a b"), ("\na \n", "\na \n"), ("\u{a0}a", "a")])
    func `spaces around a text are left out, ends of lines are not`(text: String, inner: String) {
        #expect(text.withoutOuterSpaces == inner)
    }
}
