import Foundation

/// How much is tested: `scripts/test` leaves out what takes long and hardly ever finds more than the rest does;
/// `scripts/test all` sets ENSEMBLE_KERNEL_TESTS=all, and leaves out nothing.
public enum TestAmount {
    /// Whether nothing is left out.
    public static let isAll = ProcessInfo.processInfo.environment["ENSEMBLE_KERNEL_TESTS"] == "all"
}

/// The arguments of a test that are always tried and, where nothing is left out, the others.
public func usually<Argument>(_ always: [Argument], inAll others: [Argument]) -> [Argument] {
    TestAmount.isAll ? always + others : always
}

extension Array {
    /// The arguments of a test that are tried: all where nothing is left out, else those that are always tried.
    public func tried(_ isAlways: (Element) -> Bool) -> [Element] { TestAmount.isAll ? self : filter(isAlways) }
}
