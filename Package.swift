// swift-tools-version: 6.2

import PackageDescription

/// pkg-config name of the MPI library to build against: Open MPI, or MPICH where
/// ENSEMBLE_KERNEL_MPI=mpich is in the environment (give each its own --scratch-path).
let mpi = Context.environment["ENSEMBLE_KERNEL_MPI"] == "mpich" ? "mpich" : "ompi-c"

/// Our own warnings are errors where CI is in the environment; a newer compiler's warnings stop no user.
let strictness: [SwiftSetting] = Context.environment["CI"] == nil ? [] : [.treatAllWarnings(as: .error)]

// Dependencies point downwards only: command line, heart, files and messages, C.
let package = Package(
    name: "ensemble-kernel-mpi",
    products: [
        .executable(name: "ensemble-kernel-mpi", targets: ["ensemble-kernel-mpi"])
    ],
    traits: [
        .default(enabledTraits: ["OneDNN"]),
        .trait(
            name: "OneDNN", description: "Multiply bytes by oneDNN on processors with VNNI: the fastest there."),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2")
    ],
    targets: [
        .executableTarget(
            name: "ensemble-kernel-mpi",
            dependencies: [
                "ArrayFiles", "COpenBLAS", "EnsembleEvaluation", "EnsembleKernel", "EnsembleMetrics",
                "EnsembleTraining", "MessagePassing", "Reports",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: strictness),
        .target(
            name: "Reports", dependencies: ["ArrayFiles", "EnsembleEvaluation", "EnsembleKernel", "EnsembleMetrics"],
            swiftSettings: strictness),
        .target(
            name: "EnsembleEvaluation",
            dependencies: [
                "ArrayFiles", "CVectorKernels", "EnsembleKernel", "EnsembleMetrics", "MessagePassing", "RandomStreams",
            ],
            swiftSettings: strictness),
        .target(
            name: "EnsembleTraining",
            dependencies: ["ArrayFiles", "COpenBLAS", "CVectorKernels", "MessagePassing", "RandomStreams"],
            swiftSettings: strictness),
        .target(
            name: "EnsembleKernel",
            dependencies: [
                "ArrayFiles", "COpenBLAS", "CVectorKernels", "MessagePassing",
                .target(name: "COneDNN", condition: .when(traits: ["OneDNN"])),
            ],
            swiftSettings: strictness),
        .target(
            name: "EnsembleMetrics", dependencies: ["CVectorKernels", "RandomStreams"], swiftSettings: strictness),
        .target(name: "ArrayFiles", dependencies: ["CZlib"], swiftSettings: strictness),
        .target(name: "MessagePassing", dependencies: ["CMPI"], swiftSettings: strictness),
        .target(name: "CVectorKernels"),
        .target(name: "RandomStreams", swiftSettings: strictness),
        .systemLibrary(name: "CMPI", pkgConfig: mpi),
        .systemLibrary(name: "COneDNN"),
        .systemLibrary(name: "COpenBLAS", pkgConfig: "openblas"),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib"),

        .testTarget(
            name: "ArrayFilesTests", dependencies: ["ArrayFiles"], exclude: ["make_fixtures.py"],
            resources: [.copy("Fixtures")]),
        .testTarget(name: "CVectorKernelsTests", dependencies: ["CVectorKernels", "SeededNumbers"]),
        .testTarget(
            name: "EnsembleKernelTests",
            dependencies: ["ArrayFiles", "EnsembleKernel", "MessagePassing", "SeededNumbers", "SharedSession"]),
        .testTarget(
            name: "EnsembleEvaluationTests",
            dependencies: ["ArrayFiles", "EnsembleEvaluation", "EnsembleKernel", "EnsembleMetrics", "SharedSession"]),
        .testTarget(
            name: "EnsembleMetricsTests", dependencies: ["ArrayFiles", "EnsembleMetrics"],
            resources: [.copy("Fixtures")]),
        .testTarget(
            name: "EnsembleTrainingTests",
            dependencies: [
                "ArrayFiles", "CVectorKernels", "EnsembleTraining", "MessagePassing", "RandomStreams", "SharedSession",
            ],
            resources: [.copy("Fixtures")]),
        .testTarget(name: "ReportsTests", dependencies: ["ArrayFiles", "ParallelProcess", "Reports"]),
        .testTarget(name: "RandomStreamsTests", dependencies: ["RandomStreams"]),
        .testTarget(
            name: "MessagePassingTests",
            dependencies: ["MessagePassing", "ParallelProcess", "message-passing-checks"]),
        .testTarget(
            name: "CommandLineTests", dependencies: ["ArrayFiles", "ParallelProcess", "ensemble-kernel-mpi"]),
        .testTarget(name: "ClusterTests", dependencies: ["ParallelProcess", "ensemble-kernel-mpi"]),
        .executableTarget(
            name: "message-passing-checks", dependencies: ["MessagePassing"], path: "Tests/MessagePassingChecks",
            swiftSettings: strictness),
        .target(name: "ParallelProcess", path: "Tests/ParallelProcess"),
        .target(name: "SeededNumbers", path: "Tests/SeededNumbers"),
        .target(name: "SharedSession", dependencies: ["MessagePassing"], path: "Tests/SharedSession"),
    ],
    swiftLanguageModes: [.v6]
)
