import ArrayFiles
import EnsembleEvaluation
import Ensembles
import Foundation
import Reports
import Testing
import TestSupport

/// On the main thread, where MPI was started.
@MainActor struct AuditPageTests {
    /// The page about a random ensemble, with labels or without.
    private func page(
        labels withLabels: Bool, unlabeled: [Int] = [], images: Bool = false, classNames: [String] = [],
        source: String = "logits.npy"
    ) throws -> String {
        let scratch = try Scratch()
        var random = RandomEnsemble(runs: 8, test: 12, train: 30, classes: 3)
        for example in unlabeled { (random.labels[example], random.trainLabels[example]) = (-1, -1) }
        try random.write(to: scratch.path, labels: withLabels)
        let ensemble = try Ensemble(opening: [scratch.path])
        var options = AuditOptions()
        options.prediction.search.threads = 1
        let found = try DatasetAuditor(ensemble, options: options, world: SharedSession.world())
            .audit(version: "9.8.7") { _, _ in }.audit
        var audit = try #require(found)
        audit.ensemble.reading = source
        func drawn(_ examples: Int) throws -> ExampleImages? {
            guard images else { return nil }
            let path = scratch("images-\(examples).npy")
            try NPY.write([UInt8](repeating: 7, count: examples * 4), shape: [examples, 2, 2], to: path)
            return try Images(ArrayFile.open(path)[0], examples: examples).map { ExampleImages($0) }
        }
        return try AuditPage(
            audit, labels: (ensemble.testLabels, ensemble.trainLabels),
            shown: (ShownExamples(images: drawn(12)), ShownExamples(images: drawn(30))), classNames: classNames,
            tables: "my page_files"
        ).html()
    }

    /// The anchors of the sections, and those that the navigation links to.
    private func sections(_ page: String) -> (shown: [String], linked: [String]) {
        let navigation = page.firstMatch(of: #/<nav>.*?</nav>/#)?.output ?? ""
        return (
            page.matches(of: #/<section id="([^"]*)"/#).map { String($0.1) },
            navigation.matches(of: #/<a href="#([^"]*)"/#).map { String($0.1) }
        )
    }

    @Test func `with labels there is every section, and the navigation links to it`() throws {
        let page = try page(labels: true)
        let found = sections(page)
        #expect(
            found.shown == [
                "summary", "accuracy", "runs-and-neighbors", "calibration", "near-duplicates", "failures", "suspects",
                "classes", "random", "ensemble", "hardest",
            ])
        #expect(found.linked == found.shown)
        #expect(page.hasPrefix("<!doctype html>\n<html lang=\"en\">") && page.hasSuffix("</html>\n"))
        #expect(page.contains("12 test and 30 training examples of 3 classes"))
        let options = "--transform log-softmax --duplicate-similarity 0.95 --seed 0"
        #expect(page.contains("ensemble-kernel-mpi 9.8.7, report; \(options); logits.npy"))
    }

    @Test func `without labels there is what needs none`() throws {
        let page = try page(labels: false)
        let found = sections(page)
        #expect(found.shown == ["summary", "near-duplicates", "random"] && found.linked == found.shown)
        #expect(!page.contains("accuracy %"))
    }

    @Test func `unlabeled examples are called so, and stand among those with other labels without a mark`() throws {
        let page = try page(labels: true, unlabeled: Array(0..<11), classNames: ["x", "y", "z"])
        #expect(page.contains("11 test and 11 training examples are unlabeled"))
        #expect(page.contains("<div class=\"label\">unlabeled</div>"))
        #expect(!page.contains("<div class=\"other\">unlabeled</div>") && !page.contains("class -1"))
        #expect(try !self.page(labels: true).contains("unlabeled"))
    }

    @Test func `the summary leads to what was found, and says that few runs are noisy`() throws {
        let page = try page(labels: true)
        let summary = try #require(page.firstMatch(of: #/<section id="summary">.*?</section>/#)).output
        let tables = summary.matches(of: #/<a href="([^"#]*)"/#).map { String($0.1) }
        #expect(tables == ["suspects.csv", "near_duplicates.csv", "report.json"].map { "my%20page_files/\($0)" })
        let targets = summary.matches(of: #/<a href="#([^"]*)"/#).map { String($0.1) }
        #expect(targets == ["suspects", "near-duplicates", "accuracy", "calibration"])
        #expect(targets.allSatisfy { page.contains("<section id=\"\($0)\"") })
        #expect(summary.contains("With fewer than 16 runs similarities are noisy"))
        #expect(summary.contains("K = "))
    }

    @Test func `names of classes and files are escaped`() throws {
        let page = try page(
            labels: true, classNames: ["<script>alert(1)</script>", "R&D", "\"quoted\""], source: "a<b>&c.npy")
        #expect(!page.contains("<script>alert") && page.contains("&lt;script&gt;alert(1)&lt;/script&gt;"))
        // A sign that is one character with what is beside it is a sign all the same.
        let joined = try self.page(labels: true, classNames: ["\u{600}<b\u{600}>", "\"\u{301}", "z"])
        #expect(!joined.contains("<b\u{600}") && joined.contains("\u{600}&lt;b\u{600}&gt;"))
        #expect(page.contains("R&amp;D") && !page.contains("R&D"))
        #expect(page.contains("a&lt;b&gt;&amp;c.npy") && !page.contains("a<b>"))
    }

    @Test func `images are in the page, and numbers stand for them where there are none`() throws {
        let with = try page(labels: true, images: true)
        #expect(with.contains("src=\"data:image/png;base64,") && !with.contains("class=\"none\""))
        let without = try page(labels: true)
        #expect(!without.contains("<img") && without.contains("class=\"none\""))
    }
}
