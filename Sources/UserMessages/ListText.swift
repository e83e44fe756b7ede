extension [String] {
    /// The items as names, separated by commas. Of more than `most` the first ones, and how many others there are.
    package func listed(upTo most: Int) -> String {
        let shown = count > most ? most - 1 : count
        return prefix(shown).map(TerminalText.name).joined(separator: ", ")
            + (count > shown ? " and \(count - shown) more" : "")
    }
}
