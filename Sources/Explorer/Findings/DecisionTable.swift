import ArrayFiles
import Ensembles
import Platform
import UserMessages

/// The decisions about a data set as `decisions.csv`: a line for each, with an empty field for what is not decided.
/// People also edit it, by hand or in a spreadsheet.
struct DecisionTable {
    private static let names = ["set", "example", "label", "label_is", "correct_label", "keep", "file"]

    let dataset: AuditedDataset

    /// The contents of the file.
    func text(_ decisions: [ExampleSet: [Int: Decision]]) -> String {
        let lines = [ExampleSet.train, .test].flatMap { set in
            (decisions[set] ?? [:]).sorted { $0.key < $1.key }.map { example, decision in
                let examples = dataset[set]
                return [
                    set.rawValue, "\(example)", examples.label(example).map(String.init) ?? "",
                    decision.verdict?.rawValue ?? "", decision.correct.map(String.init) ?? "",
                    decision.keeps.map { $0 ? "1" : "0" } ?? "",
                    examples.shown.fileNames.map { CSVField.quoted($0[example]) } ?? "",
                ].joined(separator: ",")
            }
        }
        return ([Self.names.joined(separator: ",")] + lines).map { $0 + "\n" }.joined()
    }

    /// The decisions in a file; none if there is no file.
    ///
    /// Labels may have been corrected since. One that is the class that it should be counts as right; where the name of
    /// the file shows that it is the same example, any other is taken as undecided, unless it was wrong of an unknown
    /// class: that counts as right, too.
    ///
    /// - Throws: `UserError` (65) naming the first line that is not understood, or is about other examples;
    ///   `ArrayFileError` if the file cannot be read.
    func read(_ path: String) throws -> [ExampleSet: [Int: Decision]] {
        guard let contents = try FileSystem.contents(of: path) else { return [:] }
        let lines = TextLines.of(contents)
        func refused(_ line: Int, _ reason: String) -> UserError {
            .badData("\(path): line \(line + 1) \(reason); move the file elsewhere to begin anew")
        }
        let separator: Character = lines[0].contains(";") ? ";" : ","
        var decisions: [ExampleSet: [Int: Decision]] = [:]
        for (place, line) in lines.enumerated() {
            var fields = Self.fields(line, separator).map { String($0.withoutOuterSpaces) }
            if fields.allSatisfy(\.isEmpty) { continue }
            if place == 0 {
                guard fields == Self.names else { throw refused(0, "is not \(Self.names.joined(separator: ","))") }
                continue
            }
            fields += Array(repeating: "", count: max(0, Self.names.count - fields.count))
            guard let set = ExampleSet(rawValue: fields[0].lowercased()), let example = Int(fields[1]) else {
                throw refused(place, "is no decision about an example")
            }
            let examples = dataset[set]
            guard 0..<examples.count ~= example else {
                throw refused(place, "is about other data: there is no \(set.adjective) example \(example)")
            }
            guard var decision = decision(fields) else {
                throw refused(
                    place,
                    "has other words than right or wrong, the number or name of a class, and 1 or 0: "
                        + TerminalText.name(String(line)))
            }
            let (label, name) = (examples.label(example), examples.shown.fileNames?[example])
            let isSame = fields[2] == label.map(String.init) ?? ""
            let isResolved = decision.verdict == .wrong && label != nil && decision.correct == label
            let isSameFile = name.map { fields[6] == $0.withoutOuterSpaces }
            guard isSame || isResolved || isSameFile == true, isSameFile != false else {
                throw refused(
                    place, "is about other data: \(set.adjective) example \(example) has another label or file there")
            }
            if isResolved || !isSame {
                let isRight = decision.verdict == .wrong && (decision.correct ?? label) == label
                (decision.verdict, decision.correct) = (isRight ? .right : nil, nil)
            }
            decisions[set, default: [:]][example] = decision.isEmpty ? nil : decision
        }
        return decisions
    }

    /// The decision in the fields of a line; nil if one of them makes no sense.
    private func decision(_ fields: [String]) -> Decision? {
        var decision = Decision()
        if !fields[3].isEmpty {
            guard let verdict = Decision.Verdict(rawValue: fields[3].lowercased()) else { return nil }
            decision.verdict = verdict
        }
        if !fields[4].isEmpty {
            // Names may be numbers, too.
            let number = Int(fields[4]).flatMap { dataset.classes.contains($0) ? $0 : nil }
            decision.correct = number ?? dataset.classes.first { dataset.name($0) == fields[4] }
            guard decision.verdict == .wrong, decision.correct != nil else { return nil }
        }
        if !fields[5].isEmpty {
            guard let keeps = ["1": true, "true": true, "0": false, "false": false][fields[5].lowercased()] else {
                return nil
            }
            decision.keeps = keeps
        }
        return decision
    }

    /// The fields of a line, in quotes or not (RFC 4180).
    private static func fields(_ line: Substring, _ separator: Character) -> [String] {
        var (fields, isQuoted, wasQuote) = ([""], false, false)
        for character in line {
            if character == "\"" {
                // The second of two quotes within quotes is one.
                if !isQuoted, wasQuote { fields[fields.count - 1].append(character) }
                isQuoted.toggle()
                wasQuote = !isQuoted
                continue
            }
            wasQuote = false
            if character == separator, !isQuoted {
                fields.append("")
            } else {
                fields[fields.count - 1].append(character)
            }
        }
        return fields
    }
}
