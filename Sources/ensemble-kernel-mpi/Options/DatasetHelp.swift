/// What the help of the options called `--dataset` says.
enum DatasetHelp {
    /// The values of the option.
    static let values = """
        fashion-mnist, or the path of a folder with four IDX files (MNIST, EMNIST, KMNIST, QMNIST), of CIFAR-10 or \
        CIFAR-100 (the folder, binary or Python, or its .tar.gz), of a folder where torchvision saved one of these, of \
        a folder with airbench's train.pt and test.pt, or of an .npz with x_train, y_train, x_test and y_test.
        """
}
