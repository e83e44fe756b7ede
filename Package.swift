// swift-tools-version: 6.2

import PackageDescription

/// pkg-config name of the MPI library to link to: Open MPI, or MPICH where ENSEMBLE_KERNEL_MPI=mpich is in the
/// environment (give each its own --scratch-path).
let mpi = Context.environment["ENSEMBLE_KERNEL_MPI"] == "mpich" ? "mpich" : "ompi-c"

/// What scripts/release builds is linked to no MPI library, but loads that of the launcher that starts it.
let isRelease = Context.environment["ENSEMBLE_KERNEL_RELEASE"] != nil

/// Our own warnings are errors where CI is in the environment; a newer compiler's warnings stop no user.
let strictness: [SwiftSetting] = Context.environment["CI"] == nil ? [] : [.treatAllWarnings(as: .error)]

// Dependencies point downward only; scripts/dependencies checks that for every folder.
let package = Package(
    name: "ensemble-kernel-mpi",
    products: [
        .executable(name: "ensemble-kernel-mpi", targets: ["ensemble-kernel-mpi"]),
        // For other packages; Tests/ExamplePackage builds against them.
        .library(name: "MessagePassing", targets: ["MessagePassing"]),
        .library(name: "ArrayFiles", targets: ["ArrayFiles"]),
        .library(name: "EnsembleKernel", targets: ["EnsembleKernel", "Ensembles"]),
        .library(name: "EnsembleMetrics", targets: ["EnsembleMetrics"]),
    ],
    traits: [
        .default(enabledTraits: ["OneDNN"]),
        .trait(
            name: "OneDNN", description: "Multiply bytes by oneDNN on processors with VNNI: the fastest there."),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
    ],
    targets: [
        .executableTarget(
            name: "ensemble-kernel-mpi",
            dependencies: [
                "ArrayFiles", "COpenBLAS", "EnsembleEvaluation", "EnsembleKernel", "EnsembleMetrics", "Ensembles",
                "EnsembleTraining", "Explorer", "KernelPrediction", "MessagePassing", "ParallelRanges", "Platform",
                "Reports", "UserMessages",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: strictness),
        .target(
            name: "Explorer",
            dependencies: [
                "ArrayFiles", "EnsembleEvaluation", "Ensembles", "Platform", "Reports", "UserMessages",
                .product(name: "NIOCore", package: "swift-nio"), .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ],
            resources: [.embedInCode("Pages/explore.css"), .embedInCode("Pages/explore.js")],
            swiftSettings: strictness),
        .target(
            name: "Reports",
            dependencies: [
                "ArrayFiles", "EnsembleEvaluation", "EnsembleKernel", "EnsembleMetrics", "Ensembles",
                "KernelPrediction", "MessagePassing", "Platform", "UserMessages",
            ],
            resources: [.embedInCode("AuditPage/page.css"), .embedInCode("AuditPage/page.js")],
            swiftSettings: strictness),
        .target(
            name: "EnsembleEvaluation",
            dependencies: [
                "ArrayFiles", "CSIMDKernels", "EnsembleKernel", "EnsembleMetrics", "Ensembles", "KernelPrediction",
                "MessagePassing", "ParallelRanges", "Platform", "RandomStreams", "UserMessages",
            ],
            swiftSettings: strictness),
        .target(
            name: "EnsembleTraining",
            dependencies: [
                "ArrayFiles", "COpenBLAS", "CSIMDKernels", "Ensembles", "MessagePassing", "ParallelRanges",
                "Platform", "RandomStreams", "UserMessages",
            ],
            swiftSettings: strictness),
        .target(
            name: "KernelPrediction",
            dependencies: [
                "ArrayFiles", "EnsembleKernel", "EnsembleMetrics", "Ensembles", "MessagePassing", "ParallelRanges",
                "Platform", "UserMessages",
            ],
            swiftSettings: strictness),
        .target(
            name: "EnsembleKernel",
            dependencies: [
                "ArrayFiles", "COpenBLAS", "CSIMDKernels", "Ensembles", "MessagePassing", "ParallelRanges",
                "Platform", "UserMessages", .target(name: "COneDNN", condition: .when(traits: ["OneDNN"])),
            ],
            swiftSettings: strictness),
        .target(
            name: "Ensembles",
            dependencies: [
                "ArrayFiles", "CSIMDKernels", "MessagePassing", "ParallelRanges", "Platform", "UserMessages",
            ],
            swiftSettings: strictness),
        .target(
            name: "EnsembleMetrics", dependencies: ["CSIMDKernels", "Platform", "RandomStreams"],
            swiftSettings: strictness),
        .target(name: "ArrayFiles", dependencies: ["CZlib", "Platform", "UserMessages"], swiftSettings: strictness),
        .target(
            name: "MessagePassing", dependencies: ["CMPI", "ParallelRanges", "Platform", "UserMessages"],
            swiftSettings: strictness
        ),
        .target(name: "CSIMDKernels"),
        .target(name: "RandomStreams", dependencies: ["Platform"], swiftSettings: strictness),
        .target(name: "UserMessages", dependencies: ["Platform"], swiftSettings: strictness),
        .target(name: "ParallelRanges", dependencies: ["Platform"], swiftSettings: strictness),
        .target(name: "Platform", swiftSettings: strictness),
        .target(
            name: "CMPI", dependencies: isRelease ? ["COldGlibc"] : ["MPILibrary"],
            exclude: isRelease ? ["library.c"] : ["alone.c"],
            cSettings: isRelease ? [] : [.define("CMPI_IS_LINKED")]),
        .systemLibrary(name: "MPILibrary", pkgConfig: mpi),
        .target(name: "COldGlibc"),
        .systemLibrary(name: "COneDNN"),
        .systemLibrary(name: "COpenBLAS", pkgConfig: "openblas"),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib"),

        .testTarget(
            name: "ParallelRangesTests", dependencies: ["ParallelRanges"]),
        .testTarget(
            name: "UserMessagesTests", dependencies: ["UserMessages"]),
        .testTarget(
            name: "ArrayFilesTests", dependencies: ["ArrayFiles", "TestSupport", "UserMessages"],
            exclude: ["Fixtures", "make_fixtures.py"]),
        .testTarget(name: "CSIMDKernelsTests", dependencies: ["CSIMDKernels", "TestSupport"]),
        .testTarget(
            name: "EnsemblesTests",
            dependencies: ["ArrayFiles", "Ensembles", "MessagePassing", "TestSupport", "UserMessages"]),
        .testTarget(
            name: "EnsembleKernelTests",
            dependencies: [
                "ArrayFiles", "EnsembleKernel", "Ensembles", "MessagePassing", "ParallelRanges", "TestSupport",
                "UserMessages",
            ]),
        .testTarget(
            name: "KernelPredictionTests",
            dependencies: [
                "ArrayFiles", "EnsembleKernel", "Ensembles", "KernelPrediction", "MessagePassing", "ParallelRanges",
                "TestSupport", "UserMessages",
            ]),
        .testTarget(
            name: "EnsembleEvaluationTests",
            dependencies: [
                "ArrayFiles", "EnsembleEvaluation", "EnsembleKernel", "EnsembleMetrics", "Ensembles",
                "KernelPrediction", "MessagePassing", "TestSupport",
            ]),
        .testTarget(
            name: "EnsembleMetricsTests", dependencies: ["ArrayFiles", "EnsembleMetrics", "TestSupport"],
            exclude: ["Fixtures"]),
        .testTarget(
            name: "EnsembleTrainingTests",
            dependencies: [
                "ArrayFiles", "CSIMDKernels", "Ensembles", "EnsembleTraining", "MessagePassing", "RandomStreams",
                "TestSupport", "UserMessages",
            ],
            exclude: ["Fixtures"]),
        .testTarget(
            name: "ReportsTests",
            dependencies: ["ArrayFiles", "EnsembleEvaluation", "Ensembles", "Reports", "TestSupport"]),
        .testTarget(name: "RandomStreamsTests", dependencies: ["RandomStreams"]),
        .testTarget(
            name: "MessagePassingTests",
            dependencies: ["MessagePassing", "TestSupport", "message-passing-checks", "message-replay"]),
        .testTarget(
            name: "CommandLineTests", dependencies: ["ArrayFiles", "TestSupport", "ensemble-kernel-mpi"],
            exclude: ["Inputs"]),
        .testTarget(name: "ClusterTests", dependencies: ["TestSupport", "ensemble-kernel-mpi"]),
        .executableTarget(
            name: "message-passing-checks", dependencies: ["MessagePassing", "UserMessages"],
            path: "Tests/MessagePassingChecks",
            swiftSettings: strictness),
        .executableTarget(
            name: "message-replay", dependencies: ["MPILibrary"], path: "Tests/MessageReplay"),
        .target(
            name: "TestSupport", dependencies: ["ArrayFiles", "Ensembles", "MessagePassing", "UserMessages"],
            path: "Tests/TestSupport",
            swiftSettings: strictness),
    ],
    swiftLanguageModes: [.v6]
)

// libFuzzer brings the main function of this one: it is there only where scripts/fuzz asks for it.
if Context.environment["ENSEMBLE_KERNEL_FUZZ"] != nil {
    package.targets.append(
        .executableTarget(
            name: "fuzz-readers", dependencies: ["TestSupport"], path: "Tests/FuzzReaders",
            exclude: ["corpus.tar.xz"],
            linkerSettings: [.unsafeFlags(["-use-ld=lld"])]))
}
