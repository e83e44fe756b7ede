internal import CMPI
import UserMessages

/// The functions of the MPI library in use.
var mpi: CMPIFunctions { CMPIChosen().pointee }

/// The functions of the MPI library in use.
enum MPIFunctions {
    /// Chooses the library, once, before any function is called: that to which the program is linked, or that of the
    /// launcher that started this process.
    ///
    /// - Throws: `UserError` (71) if the launcher's library cannot be loaded.
    static func choose() throws {
        var isChosen = true
        let reason = text(ofAtMost: 4096) { isChosen = CMPIChoose($0, $1) }
        guard isChosen else { throw UserError.system(reason) }
    }

    /// The library's message for a code.
    static func words(for code: Int32) -> String {
        var isKnown = false
        let words = text(ofAtMost: 1024) { isKnown = mpi.error_string(code, $0, $1) == CMPISuccess }
        return isKnown ? words : "unknown error"
    }

    /// The text that a C function leaves in a buffer.
    private static func text(ofAtMost capacity: Int, _ fill: (UnsafeMutablePointer<CChar>, Int) -> Void) -> String {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: capacity) { buffer in
            buffer.initialize(repeating: 0)
            fill(buffer.baseAddress!, capacity)
            return String(cString: buffer.baseAddress!)
        }
    }
}
