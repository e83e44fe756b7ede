import ArrayFiles
import EnsembleKernel
import Ensembles
import KernelPrediction
import MessagePassing
import ParallelRanges
import Synchronization

/// An image that is a copy of a training image by its pixels: equal, or moved, mirrored, magnified, brightened or
/// compressed.
public struct ImageCopy: Codable, Equatable, Sendable {
    /// The set of the copy: `test` or `train`.
    public var set: ExampleSet
    /// Index of the copy in its set.
    public var example: Int
    /// Index of the training example of which it is a copy; of two training examples the one with the smaller index.
    public var copy_of: Int
    /// How the copy was changed, and how well it then matches.
    public var match: PixelMatch
    /// Kernel value of the two examples; absent if they are not among the nearest to each other.
    public var similarity: Float?
}

/// The search for copies among the nearest neighbors by the kernel, and by the spectra of the images. The former are
/// what networks treat alike: whether one is a copy of the other, only pixels show. The latter have the same edges, but
/// elsewhere: networks may treat a moved image as another.
struct CopySearch {
    let images: PredictionOptions.ExampleImages
    /// Labels of the training examples, by which thresholds differ; nil for the same of all.
    let trainLabels: [Int]?
    let classes: Int
    /// Options of the search by spectra.
    let search: SearchOptions
    let world: Communicator

    /// The numbers of nearest neighbors of each example by the kernel, and by spectra, that are compared with it.
    static let compared = (byKernel: 3, bySpectra: 5)

    /// What was found.
    struct Found {
        /// The copies on rank 0, exact ones first, then the best matches; none on the other ranks.
        let copies: [ImageCopy]
        /// The smallest correlation of a copy, by class.
        let thresholds: [Float]
        /// Number of pairs that were compared.
        let pairs: Int
    }

    /// Finds copies among the neighbors of test and of training examples. Collective over `world`: every rank calls it
    /// with its own parts.
    ///
    /// - Throws: `AgreedFailure` on every rank if an image cannot be read; `MPIError`.
    func copies(test: [NeighborLists.OfExamples], train: [NeighborLists.OfExamples]) throws -> Found {
        let (ofTest, ofTrain) = (try spectra(of: images.test), try spectra(of: images.train))
        let means = ofTrain.means
        let (testSpectra, trainSpectra) = (try ofTest.logits(less: means), try ofTrain.logits(less: means))
        let testBySpectra = try neighbors(of: testSpectra, among: trainSpectra, leavesOutSelf: false)
        let trainBySpectra = try neighbors(of: trainSpectra, among: trainSpectra, leavesOutSelf: true)
        let own = try world.agree {
            try test.flatMap { try matches($0, images.test, .test, Self.compared.byKernel) }
                + train.flatMap { try matches($0, images.train, .train, Self.compared.byKernel) }
                + testBySpectra.flatMap { try matches($0, images.test, .test) }
                + trainBySpectra.flatMap { try matches($0, images.train, .train) }
        }
        var lookAlikes = LookAlikes(classes: trainLabels == nil ? 1 : classes)
        for pair in own where pair.place > 0 { lookAlikes.add(pair.copy.match, class: ownClass(pair.copy.copy_of)) }
        let thresholds = try lookAlikes.thresholds(world: world)
        let copies = own.map(\.copy).filter { copy in
            copy.match.exact || copy.match.correlation >= thresholds[ownClass(copy.copy_of)]
        }
        let pairs = try world.allreduce(own.count, .sum)
        return Found(
            copies: Self.oriented(try world.gatherAsJSON(copies)), thresholds: thresholds, pairs: pairs)
    }

    /// The spectra of images, on every rank: each makes some of them.
    private func spectra(of images: Images) throws -> Spectra {
        let examples = images.tensor.shape[0]
        let own = Partition(examples, world.size).range(of: world.rank)
        let ofRows = try world.agree {
            let rows = Mutex([[UInt8]](repeating: [], count: own.count))
            try concurrently(over: own.count, threads: search.threads) { some in
                var spectrum: Spectrum?
                for row in some {
                    let cells = try images.cells(of: own.lowerBound + row)
                    let ofCells = spectrum ?? Spectrum(rows: cells.rows, columns: cells.columns)
                    spectrum = ofCells
                    let bytes = ofCells.bytes(of: cells)
                    rows.withLock { $0[row] = bytes }
                }
            }
            return rows.withLock { $0 }
        }
        let all = try world.allgather(ofRows.flatMap(\.self)).flatMap(\.self)
        return Spectra(all: all, count: all.count / examples, path: images.tensor.path)
    }

    private func neighbors(
        of rows: Logits, among columns: Logits, leavesOutSelf: Bool
    ) throws -> [NeighborLists.OfExamples] {
        let available = columns.examples - (leavesOutSelf ? 1 : 0)
        guard available > 0 else { return [] }
        var options = search
        options.transform = .raw
        return try NeighborSearch(
            rows: rows, columns: columns, neighbors: min(Self.compared.bySpectra, available),
            leavesOutSelf: leavesOutSelf, options: options, world: world
        ).run { _ in }.parts
    }

    /// How well an image matches another of the same shape.
    ///
    /// - Throws: `ArrayFileError` if an image cannot be read.
    static func match(_ example: Int, of images: Images, with other: Int, of others: Images) throws -> PixelMatch {
        try ComparedImage(images, example).match(with: other, of: others)
    }

    /// The class of a training example; 0 if it is unlabeled.
    private func ownClass(_ train: Int) -> Int { max(0, trainLabels?[train] ?? 0) }

    /// An example and one of its neighbors: the nearest is in place 0.
    private typealias Pair = (copy: ImageCopy, place: Int)

    /// The first `most` neighbors by the kernel of some examples, or all by spectra, compared with them.
    private func matches(
        _ part: NeighborLists.OfExamples, _ images: Images, _ set: ExampleSet, _ most: Int? = nil
    ) throws -> [Pair] {
        let (k, originals) = (part.lists.k, self.images.train)
        let found = Mutex([[Pair]](repeating: [], count: part.rows.count))
        try concurrently(over: part.rows.count, threads: search.threads) { rows in
            for row in rows {
                let example = try ComparedImage(images, part.rows.lowerBound + row)
                let pairs = try (0..<min(most ?? k, k)).map { place -> Pair in
                    let neighbor = Int(part.lists.indices[row * k + place])
                    let copy = ImageCopy(
                        set: set, example: part.rows.lowerBound + row, copy_of: neighbor,
                        match: try example.match(with: neighbor, of: originals),
                        similarity: most == nil ? nil : part.lists.similarities[row * k + place])
                    return (copy, place)
                }
                found.withLock { $0[row] = pairs }
            }
        }
        return found.withLock { $0.flatMap(\.self) }
    }

    /// Each pair once, the training example with the larger index as the copy; exact copies first, then the best
    /// matches.
    private static func oriented(_ copies: [ImageCopy]) -> [ImageCopy] {
        struct Pair: Hashable { let set: ExampleSet, example: Int, copy_of: Int }
        var ofPair: [Pair: ImageCopy] = [:]
        for copy in copies {
            var copy = copy
            let isReversed = copy.set == .train && copy.example < copy.copy_of
            if isReversed {
                (copy.example, copy.copy_of) = (copy.copy_of, copy.example)
                copy.match = copy.match.reversed
            }
            let pair = Pair(set: copy.set, example: copy.example, copy_of: copy.copy_of)
            // What was compared in the order of the pair does not depend on the search having found both orders.
            let similarity = ofPair[pair]?.similarity ?? copy.similarity
            if !isReversed || ofPair[pair] == nil { ofPair[pair] = copy }
            ofPair[pair]?.similarity = similarity
        }
        func key(_ copy: ImageCopy) -> (Int, Float, Int, Int, Int) {
            (
                copy.match.exact ? 0 : 1, 0 - copy.match.correlation, copy.set == .test ? 0 : 1, copy.example,
                copy.copy_of
            )
        }
        return ofPair.values.sorted { key($0) < key($1) }
    }
}

/// The spectra of a set of images.
private struct Spectra {
    /// Shape (images, values of each).
    let all: [UInt8]
    let count: Int
    /// The path of the images.
    let path: String

    private var images: Int { all.count / count }

    /// The mean of each value over the images.
    var means: [Int] {
        var sums = [Int](repeating: 0, count: count)
        for image in 0..<images { for place in 0..<count { sums[place] += Int(all[image * count + place]) } }
        return sums.map { $0 / images }
    }

    /// The spectra in the place of runs, less what all images have in common: their correlations would else be so large
    /// that no screen could tell them apart.
    func logits(less means: [Int]) throws -> Logits {
        var placesFirst = [UInt8](repeating: 0, count: all.count)
        for image in 0..<images {
            for place in 0..<count {
                let value = 128 + Int(all[image * count + place]) - means[place]
                placesFirst[place * images + image] = UInt8(min(max(value, 0), 255))
            }
        }
        return Logits(
            describing: try Tensor(bytes: placesFirst, shape: [count, images], name: "spectra", path: path))
    }
}

extension Images {
    fileprivate func cells(of example: Int) throws -> GrayCells { cells(try bytes(of: example)) }

    fileprivate func cells(_ bytes: [UInt8]) -> GrayCells {
        bytes.withUnsafeBytes { GrayCells($0, height: height, width: width, channels: channels) }
    }
}

/// An image that is compared with others of the same shape.
private struct ComparedImage {
    private let bytes: [UInt8]
    private let matchable: MatchableImage?

    init(_ images: Images, _ example: Int) throws {
        bytes = try images.bytes(of: example)
        matchable = MatchableImage(images.cells(bytes))
    }

    func match(with other: Int, of images: Images) throws -> PixelMatch {
        let others = try images.bytes(of: other)
        if bytes == others { return PixelMatch(exact: true, correlation: 1, shift: [0, 0]) }
        guard let matchable, let edges = SizedEdges(images.cells(others)) else { return PixelMatch(correlation: 0) }
        return matchable.match(with: edges)
    }
}
