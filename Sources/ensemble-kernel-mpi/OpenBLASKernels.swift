import COpenBLAS
import Platform

/// The choice of OpenBLAS kernels for this processor.
enum OpenBLASKernels {
    /// Restarts the program, in the same process, if OpenBLAS takes this processor for an old one: it chooses its
    /// kernels while it is loaded, according to an environment variable. Call it before anything else is started.
    ///
    /// If that fails, the program continues with the slow kernels.
    static func restartWithThoseOfThisProcessor() {
        guard let coreType = COpenBLASBetterCoreType() else { return }
        setenv("OPENBLAS_CORETYPE", coreType, 1)
        execv("/proc/self/exe", CommandLine.unsafeArgv)
    }
}
