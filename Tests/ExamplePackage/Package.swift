// swift-tools-version: 6.2

import PackageDescription

// Another package that uses the libraries: it builds against what they promise in public, and nothing else.
let package = Package(
    name: "ExamplePackage",
    dependencies: [.package(name: "ensemble-kernel-mpi", path: "../..")],
    targets: [
        .executableTarget(
            name: "nearest",
            dependencies: ["ArrayFiles", "EnsembleKernel", "EnsembleMetrics", "MessagePassing"].map {
                .product(name: $0, package: "ensemble-kernel-mpi")
            })
    ],
    swiftLanguageModes: [.v6]
)
