import ArrayFiles

/// The names of an ensemble's tensors and files.
package enum EnsembleLayout {
    /// Logits of the test examples, shape (R, T, C).
    package static let logits = "logits"
    /// Logits of the training examples, shape (R, N, C).
    package static let logitsTrain = "logits_train"
    /// Labels of the test examples, shape (T).
    package static let labels = "labels"
    /// Labels of the training examples, shape (N).
    package static let labelsTrain = "labels_train"
    /// Images of the test examples, bytes (T, H, W) or (T, H, W, 3).
    package static let images = "images"
    /// Images of the training examples, bytes (N, H, W) or (N, H, W, 3).
    package static let imagesTrain = "images_train"
    /// Outputs of the last hidden layer of one run for the test examples, float32 (T, D).
    package static let features = "features"
    /// Outputs of the last hidden layer of one run for the training examples, float32 (N, D).
    package static let featuresTrain = "features_train"
    /// The weights and biases of every network that `train` made, float32 (R, P).
    package static let weights = "weights"
    /// How often each training example is among those that `train` drew for each run, bytes (R, N).
    package static let masks = "masks"
    /// Names of the files of the test examples, one a line, where images are files; without images, file names only.
    package static let fileNames = "files"
    /// The same of the training examples.
    package static let fileNamesTrain = "files_train"
    /// Texts of the test examples, one a line.
    package static let texts = "texts"
    /// Texts of the training examples, one a line.
    package static let textsTrain = "texts_train"
    /// The files that may stand beside the logits and labels: arrays, and lists of lines.
    package static let attachments = Set([images, imagesTrain, features, featuresTrain, weights, masks] + lists)
    static let lists: Set<String> = [fileNames, fileNamesTrain, texts, textsTrain]
    /// The file that describes how the runs were made: ``EnsembleRecord``.
    package static let record = "ensemble.json"

    /// The path of one of these in a folder: of a tensor as an `.npy` file, of a list of lines as a `.txt` file.
    package static func file(_ name: String, in folder: String) -> String {
        FileSystem.joined(folder, "\(name).\(lists.contains(name) ? "txt" : "npy")")
    }
}
