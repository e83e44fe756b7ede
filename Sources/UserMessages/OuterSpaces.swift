extension StringProtocol where SubSequence == Substring {
    /// The text without the spaces and tabs before and after it; ends of lines stay.
    package var withoutOuterSpaces: Substring {
        func isSpace(_ character: Character) -> Bool { character.isWhitespace && !character.isNewline }
        guard let first = firstIndex(where: { !isSpace($0) }), let last = lastIndex(where: { !isSpace($0) }) else {
            return ""
        }
        return self[first...last]
    }
}
