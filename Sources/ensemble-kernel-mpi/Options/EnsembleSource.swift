import ArrayFiles
import Ensembles
import KernelPrediction
import MessagePassing
import UserMessages

/// The source of an ensemble and its labels.
struct EnsembleSource {
    /// Folders and files of logits.
    var paths: [String]
    /// What is said about the files.
    var choice = InputChoice()
    /// The runs to use; nil for all.
    var runs: RunSelection?
    /// The numbers of runs to leave out.
    var leftOut: [ClosedRange<Int>] = []
    /// Whether to leave out runs that are equal to earlier ones.
    var distinct = false
    /// A data set from which to take both labels; nil for the labels in the files.
    var dataset: String?
    /// Whether to say what was read: not of files that the same command has just written.
    var saysWhatWasRead = true
    /// Whether runs that disagree are no sign of a mistake: on examples of another distribution they may.
    var mayDisagree = false

    /// Opens the ensemble, which must be the same on all ranks, says what was read, and warns of what makes no sense in
    /// it. Collective over `world`: every rank calls it.
    ///
    /// - Parameter outputs: The files that the job will write, none of which may be one that it reads.
    /// - Throws: `AgreedFailure` on every rank if it cannot be opened, or if ranks see different files; `MPIError`.
    func open(writing outputs: [String], world: Communicator) throws -> Ensemble {
        let opened = try world.agree { try open() }
        if world.rank == 0, saysWhatWasRead { Diagnostics.report(opened.reading) }
        let selected = try world.agree {
            try opened.requireNoneReplaced(by: outputs)
            return try opened.selecting(runs, leavingOut: leftOut)
        }
        try selected.requireSame(over: world)
        let (ensemble, remarks) = try selected.lookedAt(distinct: distinct, over: world)
        if world.rank == 0 {
            if let unlabeled = CommandLineMessages.wordsForUnlabeled(of: ensemble) { Diagnostics.report(unlabeled) }
            for remark in remarks {
                if mayDisagree, case .runsDisagree = remark { continue }
                Diagnostics.warn(CommandLineMessages.words(for: remark))
            }
        }
        return ensemble
    }

    /// The names of the classes: those of the data set, those that are the labels, or those that training has kept;
    /// empty if they are unknown.
    ///
    /// - Throws: `UserError` or `ArrayFileError` if a file cannot be read.
    func classNames(of ensemble: Ensemble) throws -> [String] {
        let dataset = try dataset.map { try DatasetFiles($0) }
        do {
            if let names = try dataset?.classNames, !names.isEmpty { return names }
        } catch {
            Diagnostics.warn("\(error); class names are not shown")
        }
        if !ensemble.classNames.isEmpty { return ClassNames.readable(ensemble.classNames) }
        return try ensemble.sources.lazy.map { try EnsembleRecord.classNames(beside: $0) }.first { !$0.isEmpty } ?? []
    }

    /// The images of an ensemble's examples, the same on every rank: those of the data set, or those beside the logits;
    /// nil without any. Collective over `world`: every rank calls it.
    ///
    /// - Throws: `AgreedFailure` on every rank if a file cannot be read, or (65) if it holds no such images, or others
    ///   on other ranks; `MPIError`.
    func images(of ensemble: Ensemble, world: Communicator) throws -> PredictionOptions.ExampleImages? {
        let images = try world.agree { () -> PredictionOptions.ExampleImages? in
            let files = try dataset.map { try DatasetFiles($0) }
            guard let test = try files?.test.images ?? ensemble.attachment(named: EnsembleLayout.images),
                let train = try files?.train.images ?? ensemble.attachment(named: EnsembleLayout.imagesTrain)
            else { return nil }
            return (
                try Images(requiring: test, examples: ensemble.test?.examples ?? 0),
                try Images(requiring: train, examples: ensemble.train?.examples ?? 0)
            )
        }
        guard try world.allreduce(images == nil ? 0 : 1, .min) == 1, let images else { return nil }
        try images.test.requireSame(over: world)
        try images.train.requireSame(over: world)
        return images
    }

    /// The images of an ensemble's examples, which `--controls` need; test labels, too. Collective over `world`: every
    /// rank calls it.
    ///
    /// - Throws: `AgreedFailure` (65) on every rank if there are none; `MPIError`.
    func controls(of ensemble: Ensemble, world: Communicator) throws -> PredictionOptions.ExampleImages {
        let images = try images(of: ensemble, world: world)
        return try world.agree {
            guard ensemble.testLabels != nil else {
                throw EnsembleError.missingLabels(.test, source: ensemble.title, purpose: "the control by pixels")
            }
            guard let images else {
                throw EnsembleError.missingImages(source: ensemble.title, purpose: "--controls")
            }
            return images
        }
    }

    private func open() throws -> Ensemble {
        let files = try dataset.map { try DatasetFiles($0) }
        return try Ensemble(
            opening: paths, choice: choice, testLabels: try files?.labels(of: .test),
            trainLabels: try files?.labels(of: .train))
    }
}
