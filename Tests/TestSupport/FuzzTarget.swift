import ArrayFiles
import Ensembles
import Foundation
import UserMessages

/// What is fuzzed: a reader of files, with the form in which it gets the bytes.
public enum FuzzTarget: String, CaseIterable, Sendable {
    case npy, npz, pickle, torch, safetensors, idx, cifar, text
    /// `ensemble.json`, beside logits.
    case record
    /// A file of this program's own format, such as a segment of a checkpoint.
    case checksummed

    /// Reads bytes as this kind of file, lists what is in them, and touches every element. Whatever they are, this
    /// ends, with an error for the user at worst.
    ///
    /// - Parameter folder: A folder of our own, in which the file is written.
    public func read(_ bytes: UnsafeRawBufferPointer, in folder: String) throws {
        let path = "\(folder)/\(name)"
        if self == .record { try writeLogits(to: "\(folder)/logits.npy") }
        try write(bytes, to: path)
        do {
            switch self {
            case .record: _ = try Ensemble(opening: [folder], choice: InputChoice())
            case .checksummed: _ = try ChecksummedFile(path).numbers()
            default:
                for leaf in try ArrayFile(path).root.leaves {
                    if case .tensor(let tensor) = leaf.value, tensor.byteCount <= Self.mostTouched {
                        try tensor.withContiguousBytes { precondition($0.count == tensor.byteCount) }
                    }
                }
                _ = try FileListing([path], verifies: true).text
                _ = try Ensemble(opening: [path], choice: InputChoice())
            }
        } catch is any ExitCoded {}
    }

    /// Larger tensors are views that repeat what is there: nothing new in them.
    private static let mostTouched = 1 << 20

    private var name: String {
        switch self {
        case .npy: "x.npy"
        case .npz: "x.npz"
        case .pickle: "x.pkl"
        case .torch: "x.pt"
        case .safetensors: "x.safetensors"
        case .idx: "x-ubyte.gz"
        case .cifar: "data_batch_1.bin"
        case .text: "labels.csv"
        case .record: "ensemble.json"
        case .checksummed: "segment-000001"
        }
    }

    private func writeLogits(to path: String) throws {
        guard !FileManager.default.fileExists(atPath: path) else { return }
        try NPY.write([Float](repeating: 1, count: 8), shape: [2, 2, 2], to: path)
    }

    private func write(_ bytes: UnsafeRawBufferPointer, to path: String) throws {
        switch self {
        case .torch:
            // The pickle in an archive with a sound checksum, beside a storage of 64 bytes.
            let members = [
                (name: "x/data.pkl", bytes: [UInt8](bytes)),
                (name: "x/data/0", bytes: (0..<64).map { UInt8($0) }), (name: "x/version", bytes: Array("3\n".utf8)),
            ]
            try Data(Archives.zip(members)).write(to: URL(fileURLWithPath: path))
        case .checksummed:
            // What the checksum finds is found: the fuzzer gets past it.
            let sound = bytes.dropLast(4)
            let sum = Archives.crc32([UInt8](sound))
            try Data(sound + Archives.little(sum)).write(to: URL(fileURLWithPath: path))
        default: try Data(bytes).write(to: URL(fileURLWithPath: path))
        }
    }
}
