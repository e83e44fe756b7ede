import ArrayFiles
import MessagePassing
import Platform
import UserMessages

extension Ensemble {
    /// Checks that all ranks see the same files: a copy on the local disk of a host may be outdated or truncated.
    /// Collective over `world`: every rank calls it. Compares the shapes, a few of the bytes, and all labels.
    ///
    /// - Throws: `AgreedFailure` (65) on every rank, naming the first rank with a different file, its host and the
    ///   file, or `MPIError`.
    public func requireSame(over world: Communicator) throws {
        guard world.size > 1 else { return }
        let tensors = [test, train].compactMap { $0?.tensors }.flatMap { $0 }
        let labels = labelSamples
        let own = try world.agree { try labels.map(\.sample) + tensors.map { try $0.sample } }
        let expected = try world.broadcast(own, root: 0)
        try world.agree {
            guard own != expected else { return }
            let sees = "rank \(world.rank) on \(ProcessInfo.processInfo.hostName) sees"
            let files = zip(tensors.map(\.path), zip(own, expected).dropFirst(labels.count))
            if let (file, _) = files.first(where: { $1.0 != $1.1 }) {
                throw UserError.badData("\(file): \(sees) a different file of this name than rank 0")
            }
            guard own.count == expected.count else {
                throw UserError.badData("\(title): \(sees) different files of this ensemble than rank 0")
            }
            let what = zip(labels, expected).first { $0.sample != $1 }?.0.name ?? "labels"
            throw UserError.badData("\(title): \(sees) different \(what) than rank 0")
        }
    }

    /// Hashes of the labels of both sets, and of the names of the classes, with what they are.
    private var labelSamples: [(name: String, sample: Int)] {
        func mixed(_ numbers: some Sequence<Int>) -> Int {
            Int(bitPattern: UInt(numbers.reduce(UInt64(0)) { ($0 ^ UInt64(bitPattern: Int64($1))).mixed }))
        }
        func ofLabels(_ labels: [Int]?) -> Int { mixed([labels?.count ?? -1] + (labels ?? [])) }
        return [
            ("test labels", ofLabels(testLabels)), ("training labels", ofLabels(trainLabels)),
            ("names of classes", mixed(classNames.joined(separator: "\n").utf8.map(Int.init))),
        ]
    }
}

extension Communicator {
    /// Checks that all ranks see the same files, by a number for each. Collective: every rank calls it.
    ///
    /// - Throws: `AgreedFailure` (65) on every rank, naming the first rank with another file and the file; errors of
    ///   `samples`; `MPIError`.
    package func requireSame(_ samples: () throws -> [(path: String, sample: Int)]) throws {
        let own = try agree(samples)
        let expected = try broadcast(own.map(\.sample), root: 0)
        try agree {
            guard let (file, _) = zip(own, expected).first(where: { $0.sample != $1 }) else { return }
            throw UserError.badData("\(file.path): rank \(rank) sees a different file of this name than rank 0")
        }
    }
}

extension Tensor {
    /// A hash of the shape, the element size and some of the bytes.
    package var sample: Int {
        get throws {
            var mixed = (shape + [elementType.size]).reduce(UInt64(0)) { ($0 ^ UInt64($1)).mixed }
            guard try isLentAsStored() else { return Int(bitPattern: UInt(mixed)) }
            return try withContiguousBytes { bytes in
                let (places, width) = (64, MemoryLayout<UInt64>.size)
                guard bytes.count >= places * width else { return Int(bitPattern: UInt(mixed)) }
                for place in 0..<places {
                    let offset = (bytes.count - width) / (places - 1) * place
                    mixed = (mixed ^ bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)).mixed
                }
                return Int(bitPattern: UInt(mixed))
            }
        }
    }
}
