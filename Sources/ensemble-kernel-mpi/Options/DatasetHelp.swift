/// What the help of the options called `--dataset` says.
enum DatasetHelp {
    /// The values of the option.
    static let values = """
        fashion-mnist, or a path: a folder of four IDX files (MNIST, EMNIST, KMNIST, QMNIST), CIFAR-10 or CIFAR-100 \
        (binary or Python, folder or .tar.gz), a folder saved by torchvision, airbench's train.pt and test.pt, or an \
        .npz with x_train, y_train, x_test and y_test.
        """
}
