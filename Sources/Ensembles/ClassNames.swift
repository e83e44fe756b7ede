/// Names of classes.
package enum ClassNames {
    /// The largest number of classes of a data set.
    static let most = 10_000
    private static let longest = 100

    /// Names from a file without what controls a terminal, and no longer than a line.
    package static func readable(_ names: some Sequence<String>) -> [String] {
        names.prefix(most).map { name in
            // Formats are marks that turn the direction of writing, for instance.
            let hidden: Set<Unicode.GeneralCategory> = [
                .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .unassigned,
            ]
            let scalars = name.unicodeScalars.prefix(longest)
                .map { hidden.contains($0.properties.generalCategory) ? " " : $0 }
            return String(String.UnicodeScalarView(scalars))
        }
    }

    /// The classes of Fashion-MNIST, as its authors name them.
    static let fashionMNIST = [
        "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot",
    ]
}
