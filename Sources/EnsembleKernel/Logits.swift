import ArrayFiles
import CVectorKernels

/// The logits of several runs on the same examples, shape (R, M, C), in one or several files along the runs.
/// Nothing is read before it is asked for.
public struct Logits: Sendable {
    /// One file's tensor and the runs of the ensemble that it holds.
    struct Part: Sendable {
        let tensor: Tensor
        let runs: Range<Int>
        let element: VKElement
    }

    let parts: [Part]
    /// The tensors of the parts, in the order of their runs.
    package var tensors: [Tensor] { parts.map(\.tensor) }
    /// Number of runs R of all parts together.
    public let runs: Int
    /// Number of examples M.
    public let examples: Int
    /// Number of classes C.
    public let classes: Int

    /// Concatenates tensors of shape (R_p, M, C) along the runs.
    ///
    /// - Throws: ``EnsembleError`` where a tensor is no array of three dimensions of a floating-point type, is empty,
    ///   or disagrees with the first on M or C.
    public init(concatenating tensors: [Tensor]) throws {
        var parts: [Part] = []
        var runs = 0
        for tensor in tensors {
            let element = try Self.element(of: tensor)
            guard tensor.shape.count == 3, tensor.shape.allSatisfy({ $0 > 0 }) else {
                throw EnsembleError.badTensor(tensor, "has shape \(tensor.shape), expected (runs, examples, classes)")
            }
            if let first = parts.first?.tensor, tensor.shape.dropFirst() != first.shape.dropFirst() {
                throw EnsembleError.badTensor(
                    tensor,
                    """
                    has \(tensor.shape[1]) examples and \(tensor.shape[2]) classes, \
                    but \(first.path) has \(first.shape[1]) and \(first.shape[2])
                    """)
            }
            parts.append(Part(tensor: tensor, runs: runs..<runs + tensor.shape[0], element: element))
            runs += tensor.shape[0]
        }
        guard let first = parts.first?.tensor else { throw EnsembleError.badData("no logits to concatenate") }
        self.parts = parts
        self.runs = runs
        self.examples = first.shape[1]
        self.classes = first.shape[2]
    }

    private init(parts: [Part], runs: Int, examples: Int, classes: Int) {
        self.parts = parts
        self.runs = runs
        self.examples = examples
        self.classes = classes
    }

    /// The first `count` runs only.
    func prefix(_ count: Int) -> Logits {
        Logits(
            parts: parts.filter { $0.runs.lowerBound < count }, runs: min(count, runs), examples: examples,
            classes: classes)
    }

    /// Which parts of some runs are lent as they are stored, all elements at once.
    func partsLentAsStored(of runs: Range<Int>) throws -> [Bool] {
        try parts.map { try $0.runs.overlaps(runs) && $0.tensor.isLentAsStored() }
    }

    /// Writes x (C, stride) of the given examples of one run: transformed, class by class, in float64.
    ///
    /// - Parameter lent: ``partsLentAsStored(of:)``.
    /// - Throws: ``EnsembleError`` naming file, run, example and class of the first logit that is not finite.
    func transform(
        run: Int, examples range: Range<Int>, by transform: Transform, lent: [Bool],
        into x: UnsafeMutablePointer<Double>, stride: Int
    ) throws {
        let finite = try withRows(run: run, examples: range, lent: lent) { element, rows in
            vk_transform(transform.code, element, rows, range.count, classes, x, stride)
        }
        guard finite else { throw try firstNonFinite(run: run, examples: range) }
    }

    /// Writes the likeliest class of each of the given examples of one run.
    func topClasses(run: Int, examples range: Range<Int>, into top: UnsafeMutablePointer<Int32>) throws {
        try withRows(run: run, examples: range) { element, rows in
            vk_top_class(element, rows, range.count, classes, top)
        }
    }

    private func withRows<Result>(
        run: Int, examples range: Range<Int>, lent: [Bool] = [], _ body: (VKElement, UnsafeRawPointer) -> Result
    ) throws -> Result {
        let index = part(holding: run)
        let part = parts[index]
        let runOfPart = run - part.runs.lowerBound
        guard !lent.isEmpty, lent[index] else {
            return try part.tensor[runOfPart][range].withContiguousBytes { body(part.element, $0.baseAddress!) }
        }
        // To take a part of a tensor costs as much as to transform some hundred logits.
        return try part.tensor.withContiguousBytes { bytes in
            let row = runOfPart * examples + range.lowerBound
            return body(part.element, bytes.baseAddress! + row * classes * part.tensor.elementType.size)
        }
    }

    private func part(holding run: Int) -> Int {
        var low = 0
        var high = parts.count - 1
        while low < high {
            let middle = (low + high) / 2
            if parts[middle].runs.upperBound <= run { low = middle + 1 } else { high = middle }
        }
        return low
    }

    private func firstNonFinite(run: Int, examples range: Range<Int>) throws -> EnsembleError {
        let part = parts[part(holding: run)]
        var x = [Double](repeating: 0, count: classes)
        for example in range {
            _ = try withRows(run: run, examples: example..<example + 1) { element, row in
                vk_transform(VKRaw, element, row, 1, classes, &x, 1)
            }
            if let c = x.firstIndex(where: { !$0.isFinite }) {
                return EnsembleError.badData(
                    "\(part.tensor.path): \(part.tensor.name)[\(run - part.runs.lowerBound), \(example), \(c)] "
                        + "is not finite (run, example, class)")
            }
        }
        return EnsembleError.badData("\(part.tensor.path): \(part.tensor.name) changed while it was read")
    }

    private static func element(of tensor: Tensor) throws -> VKElement {
        switch tensor.elementType {
        case .float16: VKFloat16
        case .bfloat16: VKBFloat16
        case .float32: VKFloat32
        case .float64: VKFloat64
        default:
            throw EnsembleError.badTensor(
                tensor, "holds \(tensor.elementType.rawValue), expected float16, bfloat16, float32 or float64")
        }
    }
}
