import Ensembles
import Reports
import UserMessages

/// The page of all decisions, with links to the files that hold them.
struct DecisionsPage {
    let frame: ExplorerPage
    /// The folder of the files.
    let folder: String

    var html: String {
        let decisions = frame.decisions
        let leftOut = decisions[.train].values.count(where: \.leavesOut)
        let sections = [ExampleSet.train, .test].flatMap { set -> [Markup] in
            let made = decisions[set].sorted { $0.key < $1.key }
            let examples = frame.dataset[set]
            guard !made.isEmpty else { return [] }
            return [
                Markup("h2", [:], [Markup(text: set.title)]),
                Markup(
                    "div", ["class": "tiles"],
                    made.map { frame.tile($0.key, examples, [examples.name($0.key)]) }),
            ]
        }
        let words = """
            Every decision is saved at once in two files in \(folder): decisions.csv, and leave_out.txt, a list of the \
            training examples that are dropped or have a wrong label (\(NumberText.grouped(leftOut)) now). Train \
            without these: ensemble-kernel-mpi train --leave-out-examples \(folder)/leave_out.txt
            """
        return frame.html(
            "Decisions",
            [
                Markup("h1", [:], [Markup(text: "Decisions")]), Markup("p", [:], [Markup(text: words)]),
                Markup(
                    "p", [:],
                    [
                        ExplorerPage.link("\(frame.base)\(DecisionBook.tableName)", DecisionBook.tableName),
                        Markup(text: " "),
                        ExplorerPage.link("\(frame.base)\(DecisionBook.listName)", DecisionBook.listName),
                    ]),
            ] + (sections.isEmpty ? [Markup("p", [:], [Markup(text: "There are none yet.")])] : sections))
    }
}
