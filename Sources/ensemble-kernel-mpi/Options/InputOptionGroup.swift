import ArgumentParser
import Ensembles

/// What the user says about the files of an ensemble: which arrays are logits and labels.
struct InputOptionGroup: ParsableArguments {
    @Option(help: ArgumentHelp("Name of the test logits in the files. [default: the usual names]", valueName: "name"))
    var logits: String?

    @Option(help: ArgumentHelp("Name of the training logits in the files.", valueName: "name"))
    var logitsTrain: String?

    @Option(
        help: ArgumentHelp("File of the labels of the test examples, or their name in the files.", valueName: "file"))
    var labels: String?

    @Option(
        help: ArgumentHelp(
            "File of the labels of the training examples, or their name in the files.", valueName: "file"))
    var labelsTrain: String?

    @Option(help: ArgumentHelp("Files of a folder that hold logits: 'clean_*.npy'.", valueName: "pattern"))
    var files: String?

    @Option(
        help: """
            What the files hold: logits, probabilities, or log-probabilities of which some are -inf because the \
            probabilities were too small for their type.
            """)
    var inputs = LogitsInput.logits

    /// The options as the library takes them.
    var choice: InputChoice {
        var choice = InputChoice()
        (choice.logits, choice.logitsTrain) = (logits, logitsTrain)
        (choice.labels, choice.labelsTrain) = (labels, labelsTrain)
        (choice.files, choice.inputs) = (files, inputs)
        return choice
    }
}
