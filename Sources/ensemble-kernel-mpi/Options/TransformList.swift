import ArgumentParser
import Ensembles

/// Transforms separated by commas, each kept once, in the order given.
struct TransformList: ExpressibleByArgument {
    let transforms: [Transform]

    init?(argument: String) {
        let names = argument.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        let transforms = names.compactMap(Transform.init(rawValue:))
        guard !transforms.isEmpty, transforms.count == names.count else { return nil }
        self.transforms = transforms.reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
    }
}
