import COpenBLAS
import CVectorKernels
import Foundation

/// Makes OpenBLAS use the widest vectors of a processor that is newer than the library.
///
/// OpenBLAS chooses its kernels when it is loaded, by the processor's model number; a model that it does not know gets
/// kernels for AVX2 even where AVX-512 is there (0.3.21 on a Zen 5: 110 instead of 215 GFLOP/s a core). It can only be
/// told by an environment variable that stands before the program is loaded, so the program loads itself again.
enum OpenBLASKernels {
    private static let variable = "OPENBLAS_CORETYPE"

    static func useThoseOfTheProcessor() {
        guard getenv(variable) == nil, vk_processor_has_avx512() else { return }
        let chosen = String(cString: openblas_get_corename())
        guard ["Haswell", "Zen"].contains(chosen) else { return }
        setenv(variable, "SkylakeX", 1)
        // Returns only where it failed; then the slower kernels do.
        execv("/proc/self/exe", CommandLine.unsafeArgv)
    }
}
