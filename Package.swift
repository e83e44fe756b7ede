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
        .target(name: "EnsembleTraining", dependencies: ["COpenBLAS", "CVectorKernels"]),
        .testTarget(
            name: "EnsembleTrainingTests", dependencies: ["EnsembleTraining", "CVectorKernels"],
            resources: [.copy("Fixtures")]),
        .target(name: "MessagePassing", dependencies: ["CMPI"]),
        .target(name: "ArrayFiles", dependencies: ["CZlib"]),
        .testTarget(
            name: "ArrayFilesTests", dependencies: ["ArrayFiles"], exclude: ["make_fixtures.py"],
            resources: [.copy("Fixtures")]),
    ],
    swiftLanguageModes: [.v6]
)
