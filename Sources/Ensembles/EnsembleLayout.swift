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
    /// The arrays that may stand beside the logits and labels.
    static let attachments: Set<String> = [images, imagesTrain, features, featuresTrain]
    /// The file that describes how the runs were made: ``EnsembleRecord``.
    package static let record = "ensemble.json"

    /// The path of one of these tensors as an `.npy` file in a folder.
    package static func file(_ name: String, in folder: String) -> String {
        FileSystem.joined(folder, "\(name).npy")
    }
}
