// swift-tools-version: 6.2

import PackageDescription

/// pkg-config name of the MPI library to build against: Open MPI, or MPICH where
/// ENSEMBLE_KERNEL_MPI=mpich is in the environment (give each its own --scratch-path).
let mpi = Context.environment["ENSEMBLE_KERNEL_MPI"] == "mpich" ? "mpich" : "ompi-c"

let package = Package(
    name: "ensemble-kernel-mpi",
    targets: [
        .systemLibrary(name: "CMPI", pkgConfig: mpi),
        .systemLibrary(name: "COpenBLAS", pkgConfig: "openblas"),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib"),
        .target(name: "MessagePassing", dependencies: ["CMPI"]),
        .target(name: "ParallelProcess", path: "Tests/ParallelProcess"),
        .executableTarget(
            name: "message-passing-checks", dependencies: ["MessagePassing"], path: "Tests/MessagePassingChecks"),
        .testTarget(
            name: "MessagePassingTests",
            dependencies: ["MessagePassing", "ParallelProcess", "message-passing-checks"]),
    ],
    swiftLanguageModes: [.v6]
)
