import ArrayFiles
import UserMessages

extension ArrayFile {
    /// The only array of a file.
    ///
    /// - Throws: `UserError` (65) if there are none or several; `ArrayFileError` if it cannot be read.
    static func single(_ path: String) throws -> Tensor {
        let tensors = try ArrayFile.open(path)
        guard tensors.count == 1 else {
            let names = tensors.prefix(8).map(\.name).joined(separator: ", ")
            throw UserError.badData(
                "\(path): holds \(tensors.count) arrays, not one" + (names.isEmpty ? "" : ": \(names)"))
        }
        return tensors[0]
    }
}
