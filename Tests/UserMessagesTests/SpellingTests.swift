import Testing

import UserMessages

@Suite struct SpellingTests {
    private static let names = ["demo", "predict", "plan", "report", "train"]

    @Test(arguments: [
        ("predcit", "predict"), ("predit", "predict"), ("Predict", "predict"), ("reports", "report"),
        ("trian", "train"), ("pan", "plan"), ("predict", "predict"),
    ])
    func `a mistyped name is the one with the fewest differences`(word: String, name: String) {
        #expect(Spelling.closest(to: word, among: Self.names) == name)
    }

    @Test(arguments: ["", "x", "frobnicate", "logits", "dropout"])
    func `a word that differs in more than a third of its letters is no name`(word: String) {
        #expect(Spelling.closest(to: word, among: Self.names) == nil)
    }

    @Test func `without names there is none`() { #expect(Spelling.closest(to: "demo", among: []) == nil) }
}
