import ArgumentParser

/// Integers separated by commas, each kept once and in ascending order.
struct NumberList: ExpressibleByArgument {
    let numbers: [Int]

    init?(argument: String) {
        guard let numbers = [Int](separatedByCommas: argument), numbers.allSatisfy({ $0 >= 0 }) else { return nil }
        self.numbers = Set(numbers).sorted()
    }
}

extension [Int] {
    /// One or more integers; nil if any of them is none.
    init?(separatedByCommas argument: String) {
        let parts = argument.split(separator: ",", omittingEmptySubsequences: false)
        self = parts.compactMap { Int($0) }
        guard count == parts.count else { return nil }
    }
}
