import ArgumentParser
import Ensembles

/// Numbers of runs from 0, such as "5,9,12-14".
struct RunNumbers: ExpressibleByArgument {
    let ranges: [ClosedRange<Int>]

    init?(argument: String) {
        let parts = argument.split(separator: ",", omittingEmptySubsequences: false).map { part in
            let ends = part.split(separator: "-", omittingEmptySubsequences: false).map { UInt32($0).map { Int($0) } }
            return switch ends.count {
            case 1: ends[0].map { $0...$0 }
            case 2: ends[0].flatMap { first in ends[1].flatMap { first <= $0 ? first...$0 : nil } }
            default: ClosedRange<Int>?.none
            }
        }
        ranges = parts.compactMap(\.self)
        guard !ranges.isEmpty, ranges.count == parts.count else { return nil }
    }
}

extension RunSelection: ExpressibleByArgument {
    /// The first runs, "100", or those with some numbers, "0-99,120".
    package init?(argument: String) {
        if let count = Int(argument) {
            self = .first(count)
        } else if let numbers = RunNumbers(argument: argument) {
            self = .numbers(numbers.ranges)
        } else {
            return nil
        }
    }
}
