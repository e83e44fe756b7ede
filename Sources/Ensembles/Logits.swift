import ArrayFiles
import CSIMDKernels
import ParallelRanges
import UserMessages

/// The logits of several runs for the same examples, shape (R, M, C), in one or several files along the runs. They are
/// read only on access.
public struct Logits: Sendable {
    /// The tensor of one file, and the range of the ensemble's runs that it holds.
    package struct Segment: Sendable {
        package let tensor: Tensor
        /// The runs, numbered in the ensemble.
        let runs: Range<Int>
        let element: EKElement
        /// The index in the file of the first of these runs.
        let firstRun: Int

        /// The runs, numbered in the file.
        package var runsOfFile: Range<Int> { firstRun..<firstRun + runs.count }

        /// The index in the file of a run of the ensemble.
        func runOfFile(_ run: Int) -> Int { firstRun + run - runs.lowerBound }
    }

    package let segments: [Segment]
    /// The tensors of the segments, in the order of their runs.
    package var tensors: [Tensor] { segments.map(\.tensor) }
    /// Number of runs R of all segments together.
    public let runs: Int
    /// Number of examples M.
    public let examples: Int
    /// Number of classes C in use.
    public var classes: Int { oneClass == nil ? storedClasses : 1 }
    /// Number of classes in the files.
    private let storedClasses: Int
    /// The only class in use; nil for all.
    private let oneClass: Int?

    /// Concatenates tensors of shape (R_p, M, C) along the runs.
    ///
    /// - Throws: ``UserError`` (65) if a tensor is not three-dimensional or not of a floating-point type, is empty, or
    ///   disagrees with the first on M or C.
    public init(concatenating tensors: [Tensor]) throws {
        var segments: [Segment] = []
        var runs = 0
        for tensor in tensors {
            let element = try Self.element(of: tensor)
            guard tensor.shape.count == 3, tensor.shape.allSatisfy({ $0 > 0 }) else {
                throw UserError.badTensor(tensor, "has shape \(tensor.shape), expected (runs, examples, classes)")
            }
            if let first = segments.first?.tensor, tensor.shape.dropFirst() != first.shape.dropFirst() {
                throw UserError.badTensor(
                    tensor,
                    """
                    has \(tensor.shape[1]) examples and \(tensor.shape[2]) classes, \
                    but \(first.path) has \(first.shape[1]) and \(first.shape[2])
                    """)
            }
            segments.append(Segment(tensor: tensor, runs: runs..<runs + tensor.shape[0], element: element, firstRun: 0))
            runs += tensor.shape[0]
        }
        guard let first = segments.first?.tensor else { throw UserError.badData("no logits to concatenate") }
        self.segments = segments
        self.runs = runs
        examples = first.shape[1]
        storedClasses = first.shape[2]
        oneClass = nil
    }

    private init(segments: [Segment], of logits: Logits, oneClass: Int?) {
        self.segments = segments
        runs = segments.last?.runs.upperBound ?? 0
        examples = logits.examples
        storedClasses = logits.storedClasses
        self.oneClass = oneClass
    }

    /// The logits of some of the runs, numbered from 0.
    package func selecting(runs selected: Range<Int>) -> Logits {
        let segments = segments.filter { $0.runs.overlaps(selected) }.map { segment in
            let own = segment.runs.clamped(to: selected)
            return Segment(
                tensor: segment.tensor, runs: own.shifted(by: -selected.lowerBound), element: segment.element,
                firstRun: segment.runOfFile(own.lowerBound))
        }
        return Logits(segments: segments, of: self, oneClass: oneClass)
    }

    /// The transformed logits of one class: the other classes are read for log-softmax only.
    package func selecting(class: Int) -> Logits { Logits(segments: segments, of: self, oneClass: `class`) }

    /// Throws if a file has changed since it was opened: results computed from it would belong to no ensemble at all.
    ///
    /// - Throws: `ArrayFileError` (74).
    package func requireUnchanged() throws { for segment in segments { try segment.tensor.requireUnchanged() } }

    /// For each segment, whether it has some of the runs and its elements are lent as stored, all at once.
    ///
    /// - Throws: `ArrayFileError` if a compressed file is damaged.
    func segmentsLentAsStored(of runs: Range<Int>) throws -> [Bool] {
        try segments.map { try $0.runs.overlaps(runs) && $0.tensor.isLentAsStored() }
    }

    /// Writes x (C, stride) of the given examples of one run: transformed, class by class, in float64.
    ///
    /// - Parameters:
    ///   - lent: The result of ``segmentsLentAsStored(of:)``.
    ///   - scratch: Memory for ``scratchOfExample`` numbers per example.
    /// - Throws: ``UserError`` (65) naming file, run, example and class of the first logit that is not finite.
    func transform(
        run: Int, examples range: Range<Int>, by transform: Transform, lent: [Bool],
        into x: UnsafeMutablePointer<Double>, stride: Int, scratch: UnsafeMutablePointer<Double>
    ) throws {
        let (all, strideOfAll) = oneClass == nil ? (x, stride) : (scratch, range.count)
        let finite = try withRows(run: run, examples: range, lent: lent) { element, rows in
            ek_transform(transform.code, element, rows, range.count, storedClasses, all, strideOfAll)
        }
        guard finite else { throw try firstNonFinite(run: run, examples: range) }
        if let oneClass { x.update(from: all + oneClass * range.count, count: range.count) }
    }

    /// Numbers of scratch memory per example for ``transform(run:examples:by:lent:into:stride:scratch:)``.
    var scratchOfExample: Int { oneClass == nil ? 0 : storedClasses }

    /// Writes the most likely class of each of the given examples of one run.
    ///
    /// - Throws: `ArrayFileError` if the file cannot be read.
    func topClasses(run: Int, examples range: Range<Int>, into top: UnsafeMutablePointer<Int32>) throws {
        try withRows(run: run, examples: range) { element, rows in
            ek_top_class(element, rows, range.count, storedClasses, top)
        }
    }

    private func withRows<Result>(
        run: Int, examples range: Range<Int>, lent: [Bool] = [], _ body: (EKElement, UnsafeRawPointer) -> Result
    ) throws -> Result {
        let index = segment(holding: run)
        let segment = segments[index]
        let runOfFile = segment.runOfFile(run)
        guard !lent.isEmpty, lent[index] else {
            return try segment.tensor[runOfFile][range].withContiguousBytes { body(segment.element, $0.baseAddress!) }
        }
        // Slicing a tensor costs as much as transforming some hundred logits.
        return try segment.tensor.withContiguousBytes { bytes in
            let row = runOfFile * examples + range.lowerBound
            return body(segment.element, bytes.baseAddress! + row * storedClasses * segment.tensor.elementType.size)
        }
    }

    private func segment(holding run: Int) -> Int {
        var low = 0
        var high = segments.count - 1
        while low < high {
            let middle = (low + high) / 2
            if segments[middle].runs.upperBound <= run { low = middle + 1 } else { high = middle }
        }
        return low
    }

    private func firstNonFinite(run: Int, examples range: Range<Int>) throws -> UserError {
        let segment = segments[segment(holding: run)]
        var x = [Double](repeating: 0, count: storedClasses)
        for example in range {
            _ = try withRows(run: run, examples: example..<example + 1) { element, row in
                ek_transform(EKRaw, element, row, 1, storedClasses, &x, 1)
            }
            if let c = x.firstIndex(where: { !(abs($0) <= EK_LARGEST_LOGIT) }) {
                return UserError.badData(
                    "\(segment.tensor.path): \(segment.tensor.name)[\(segment.runOfFile(run)), \(example), \(c)] "
                        + "is \(x[c].isFinite ? "beyond 1e100" : "not finite") (run, example, class)")
            }
        }
        return UserError.badData("\(segment.tensor.path): \(segment.tensor.name) changed while it was read")
    }

    private static func element(of tensor: Tensor) throws -> EKElement {
        switch tensor.elementType {
        case .float16: EKFloat16
        case .bfloat16: EKBFloat16
        case .float32: EKFloat32
        case .float64: EKFloat64
        default:
            throw UserError.badTensor(
                tensor, "holds \(tensor.elementType.rawValue), expected float16, bfloat16, float32 or float64")
        }
    }
}
