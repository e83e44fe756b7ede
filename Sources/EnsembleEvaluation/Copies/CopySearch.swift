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

    /// The pair with the training example with the smaller index as the original.
    fileprivate var oriented: ImageCopy {
        guard set == .train, example < copy_of else { return self }
        var oriented = self
        (oriented.example, oriented.copy_of) = (copy_of, example)
        oriented.match = match.reversed
        return oriented
    }
}

extension [ImageCopy] {
    /// Indices of the copies in one of the sets.
    func examples(of set: ExampleSet) -> Set<Int> { Set(filter { $0.set == set }.map(\.example)) }
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
        /// Number of comparisons of an example with a training example.
        let comparisons: Int
    }

    /// An example compared with one of its neighbors, which may be the nearest of one of both kinds.
    private typealias Comparison = (copy: ImageCopy, isNearest: Bool)

    /// Finds copies among the neighbors of test and of training examples. Collective over `world`: every rank calls it
    /// with its own parts.
    ///
    /// - Parameter progress: Called now and then with the fraction of this rank's comparisons that is done.
    /// - Throws: `AgreedFailure` on every rank if an image cannot be read; `MPIError`.
    func copies(
        test: [NeighborLists.OfExamples], train: [NeighborLists.OfExamples], progress: (Double) -> Void
    ) throws -> Found {
        progress(0)
        let (ofTest, ofTrain) = (try spectra(of: images.test), try spectra(of: images.train))
        let means = ofTrain.means
        let (testSpectra, trainSpectra) = (try ofTest.logits(less: means), try ofTrain.logits(less: means))
        let testBySpectra = try neighbors(of: testSpectra, among: trainSpectra, leavesOutSelf: false)
        let trainBySpectra = try neighbors(of: trainSpectra, among: trainSpectra, leavesOutSelf: true)
        let all = (test + train).reduce(0) { $0 + $1.rows.count }
        var done = 0
        func compared(_ rows: Int) {
            done += rows
            progress(Double(done) / Double(max(1, all)))
        }
        let own = try world.agree {
            try test.flatMap { try compare($0, images.test, .test, testBySpectra, compared) }
                + train.flatMap { try compare($0, images.train, .train, trainBySpectra, compared) }
        }
        if all == 0 { progress(1) }
        // Unlabeled examples have a class of their own.
        func ownClass(_ copy: ImageCopy) -> Int {
            guard let label = trainLabels?[copy.copy_of] else { return 0 }
            return label.isClass ? label : classes
        }
        var correlations = CorrelationsByClass(classes: trainLabels == nil ? 1 : classes + 1)
        for pair in own where !pair.isNearest { correlations.add(pair.copy.match, class: ownClass(pair.copy)) }
        let thresholds = try correlations.thresholds(world: world)
        let copies = own.map(\.copy).filter { copy in
            copy.match.exact || copy.match.correlation >= thresholds[ownClass(copy)]
        }
        return Found(
            copies: Self.each(try world.gatherAsJSON(copies)),
            thresholds: trainLabels == nil ? thresholds : thresholds.dropLast(),
            comparisons: try world.allreduce(own.count, .sum))
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

    /// The nearest neighbors by spectra of every example, shape (examples, k), the nearest first, on every rank.
    private func neighbors(of rows: Logits, among columns: Logits, leavesOutSelf: Bool) throws -> [[Int64]] {
        let k = min(Self.compared.bySpectra, columns.examples - (leavesOutSelf ? 1 : 0))
        guard k > 0 else { return Array(repeating: [], count: rows.examples) }
        var options = search
        options.transform = .raw
        let parts = try NeighborSearch(
            rows: rows, columns: columns, neighbors: k, leavesOutSelf: leavesOutSelf, options: options, world: world
        ).run { _ in }.parts
        let all = try parts.inOrder(parts.flatMap(\.lists.indices), width: k, over: world)
        return (0..<rows.examples).map { Array(all[$0 * k..<($0 + 1) * k]) }
    }

    /// How well an image matches another of the same shape.
    ///
    /// - Throws: `ArrayFileError` if an image cannot be read.
    static func match(_ example: Int, of images: Images, with other: Int, of others: Images) throws -> PixelMatch {
        try ComparedImage(images, example).match(with: other, of: others)
    }

    /// Number of examples between two reports of progress.
    private static let block = 512

    /// Compares some examples with their neighbors of both kinds.
    ///
    /// - Parameter done: Called with the number of examples that have been compared since the last call.
    private func compare(
        _ part: NeighborLists.OfExamples, _ images: Images, _ set: ExampleSet, _ bySpectra: [[Int64]],
        _ done: (Int) -> Void
    ) throws -> [Comparison] {
        let (lists, originals) = (part.lists, self.images.train)
        var comparisons: [Comparison] = []
        for first in stride(from: 0, to: part.rows.count, by: Self.block) {
            let block = first..<min(first + Self.block, part.rows.count)
            let found = Mutex([[Comparison]](repeating: [], count: block.count))
            try concurrently(over: block.count, threads: search.threads) { places in
                for place in places {
                    let row = block.lowerBound + place
                    let example = part.rows.lowerBound + row
                    let image = try ComparedImage(images, example)
                    let byKernel = lists.indices[row * lists.k..<(row + 1) * lists.k]
                    let nearest = byKernel.prefix(Self.compared.byKernel)
                    let others = bySpectra[example].filter { !nearest.contains($0) }
                    let ofExample = try (nearest + others).map { neighbor -> Comparison in
                        let copy = ImageCopy(
                            set: set, example: example, copy_of: Int(neighbor),
                            match: try image.match(with: Int(neighbor), of: originals),
                            similarity: byKernel.firstIndex(of: neighbor).map { lists.similarities[$0] })
                        return (copy.oriented, neighbor == nearest.first || neighbor == bySpectra[example].first)
                    }
                    found.withLock { $0[place] = ofExample }
                }
            }
            comparisons += found.withLock { $0.flatMap(\.self) }
            done(block.count)
        }
        return comparisons
    }

    /// Each pair once; exact copies first, then the best matches.
    private static func each(_ copies: [ImageCopy]) -> [ImageCopy] {
        func key(_ copy: ImageCopy) -> (Int, Float, Int, Int, Int) {
            (
                copy.match.exact ? 0 : 1, 0 - copy.match.correlation, copy.set == .test ? 0 : 1, copy.example,
                copy.copy_of
            )
        }
        struct Pair: Hashable { let set: ExampleSet, example: Int, copy_of: Int }
        func pair(_ copy: ImageCopy) -> Pair { Pair(set: copy.set, example: copy.example, copy_of: copy.copy_of) }
        let known = copies.compactMap { copy in copy.similarity.map { (pair(copy), $0) } }
        let similarities = Dictionary(known, uniquingKeysWith: { first, _ in first })
        // Training examples that are neighbors of each other have been compared in both orders, nearly to the same
        // result: the better one stays.
        var seen: Set<Pair> = []
        return copies.sorted { key($0) < key($1) }.filter { seen.insert(pair($0)).inserted }.map { copy in
            var copy = copy
            copy.similarity = similarities[pair(copy)]
            return copy
        }
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
            describing: try Tensor(name: "spectra", numbers: placesFirst, shape: [count, images], path: path))
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
