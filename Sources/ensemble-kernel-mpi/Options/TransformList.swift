import ArgumentParser
import Ensembles

/// Transforms separated by commas, each kept once, in the order given.
struct TransformList: ExpressibleByArgument {
    let transforms: [Transform]

    init?(argument: String) {
        guard let transforms = [Transform](names: argument) else { return nil }
        self.transforms = transforms
    }
}

extension Array where Element: RawRepresentable<String> & Equatable {
    /// Values by their names separated by commas, each kept once, in the order given; nil if a name is unknown.
    init?(names: String) {
        let names = names.split(separator: ",", omittingEmptySubsequences: false)
        let values = names.compactMap { Element(rawValue: String($0)) }
        guard !values.isEmpty, values.count == names.count else { return nil }
        self = values.reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
    }
}
