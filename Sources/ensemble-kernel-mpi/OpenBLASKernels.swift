import COpenBLAS
import Foundation

/// Sees to it that OpenBLAS runs kernels for this processor.
enum OpenBLASKernels {
    /// Starts the program once more, in the same process, where OpenBLAS takes this processor for an old one: it
    /// chooses its kernels while it is loaded, by a variable of the environment. To be called before anything else is
    /// started.
    ///
    /// Where that fails, everything goes on with the slow kernels.
    static func restartWithThoseOfThisProcessor() {
        guard let coreType = COpenBLASBetterCoreType() else { return }
        setenv("OPENBLAS_CORETYPE", coreType, 1)
        execv("/proc/self/exe", CommandLine.unsafeArgv)
    }
}
