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
        .target(name: "CVectorKernels"),
        .target(name: "MessagePassing", dependencies: ["CMPI"]),
        .target(name: "ArrayFiles", dependencies: ["CZlib"]),
        .target(
            name: "EnsembleTraining",
            dependencies: ["ArrayFiles", "COpenBLAS", "CVectorKernels", "MessagePassing"]),
        .testTarget(
            name: "EnsembleTrainingTests",
            dependencies: ["ArrayFiles", "CVectorKernels", "EnsembleTraining", "MessagePassing"],
            resources: [.copy("Fixtures")]),
    ],
    swiftLanguageModes: [.v6]
)
