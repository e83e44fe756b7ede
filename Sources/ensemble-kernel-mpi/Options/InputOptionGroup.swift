import ArgumentParser
import Ensembles

/// What the user says about the files of an ensemble: which arrays are logits and labels.
struct InputOptionGroup: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Name of the test logits in the files. (default: logits, test_logits, outputs, ...)", valueName: "name"))
    var logits: String?

    @Option(
        help: ArgumentHelp(
            "Name of the training logits in the files. (default: logits_train, train_logits, ...)", valueName: "name"))
    var logitsTrain: String?

    @Option(
        help: ArgumentHelp("Test labels: a file, or their name in the files.", valueName: "file"))
    var labels: String?

    @Option(
        help: ArgumentHelp(
            "Training labels: a file, or their name in the files.", valueName: "file"))
    var labelsTrain: String?

    @Option(help: ArgumentHelp("Which files of a folder to read, such as 'clean_*.npy'.", valueName: "pattern"))
    var files: String?

    @Option(
        help: ArgumentHelp("What the files contain.", valueName: "kind"))
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
