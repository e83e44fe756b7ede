import ArrayFiles
import Foundation
import Testing
import TestSupport

extension CommandLineTests {
    /// What `--dataset` gives to commands.
    @Suite struct DatasetTests {
        private static let replica = ReplicaImages(
            trainLabels: (0..<60).map { $0 * 7 % 10 }, testLabels: (0..<30).map { $0 * 3 % 10 },
            classNames: ["one<b>", "two\u{1b}[31m"] + (2..<10).map { "number \($0)" })

        private func run(_ arguments: [String]) throws {
            let outcome = try Program.run(arguments)
            try #require(outcome.exitCode == 0, "\(arguments) \(outcome.error)")
            #expect(!outcome.output.contains("\u{1b}") && !outcome.error.contains("\u{1b}"))
        }

        @Test func `train keeps the names of classes, and a data set gives labels, images and names`() throws {
            let scratch = try Scratch()
            try ReplicaImages.write(Self.replica.cifar10Python, to: scratch("root/cifar-10-batches-py"))
            let ensemble = scratch("ensemble")
            try run(
                ["train", "--dataset", scratch("root"), "--out", ensemble, "--runs", "6", "--hidden", "4"]
                    + ["--epochs", "1", "--train-examples", "0"])
            let names = try json("\(ensemble)/ensemble.json")["class_names"] as? [String]
            #expect(names?.count == 10 && names?.first == "one<b>" && names?[1] == "two [31m")

            func page(_ options: String...) throws -> String {
                try run(["report", ensemble, "--out", scratch("page.html")] + options)
                // Its foot says where labels are from.
                return try String(contentsOfFile: scratch("page.html"), encoding: .utf8)
                    .components(separatedBy: "<footer>")[0]
            }
            func predictions(_ options: String...) throws -> Data {
                try run(["predict", ensemble, "--out", scratch("results")] + options)
                #expect(try Results(scratch("results")).number("accuracy", "ensemble_logits") != nil)
                return try Data(contentsOf: URL(fileURLWithPath: scratch("results/predictions.csv")))
            }
            let (kept, predicted) = (try page(), try predictions())
            #expect(kept.contains("one&lt;b&gt;") && kept.contains("two [31m") && !kept.contains("one<b>"))
            #expect(kept.contains("<img"))
            let named = try page("--class-names", "A-class,B-class,C,D,E,F,G,H,I,J")
            #expect(named.contains("A-class") && !named.contains("one&lt;b"))

            // The same page and predictions without labels and names beside the logits, and although there are images.
            for file in ["labels.npy", "labels_train.npy", "ensemble.json", "images_train.npy"] {
                try FileManager.default.removeItem(atPath: "\(ensemble)/\(file)")
            }
            try NPY.write([UInt8](repeating: 0, count: 30), shape: [30, 1, 1], to: "\(ensemble)/images.npy")
            let archive = Archives.gzip(ReplicaImages.tar(Self.replica.cifar10Python, folder: "cifar-10-batches-py"))
            let dataset = try scratch("cifar-10-python.tar.gz", holding: archive)
            #expect(try page("--dataset", dataset) == kept)
            #expect(try predictions("--dataset", dataset) == predicted)

            // Names that cannot be read stop nothing.
            try ReplicaImages.write(
                [("batches.meta", [UInt8](repeating: 65, count: 50))], to: scratch("root/cifar-10-batches-py"))
            let outcome = try Program.run(
                "report", ensemble, "--dataset", scratch("root"), "--out", scratch("page.html"))
            #expect(outcome.exitCode == 0, "\(outcome.error)")
            #expect(outcome.messages.contains { $0.contains("warning") && $0.contains("batches.meta") })
            #expect(try String(contentsOfFile: scratch("page.html"), encoding: .utf8).contains("class 3"))
        }
    }
}
