import ArrayFiles
import CSIMDKernels
import ParallelRanges
import UserMessages

/// The logits of several runs for the same examples, shape (R, M, C), in one or several files along the runs. They are
/// read only on access.
public struct Logits: Sendable {
    /// The tensor of one file, and the range of the ensemble's runs that it holds: all of the file's, or some that
    /// follow one another.
    package struct Segment: Sendable {
        package let tensor: Tensor
        /// The place of the file among the files that were concatenated.
        package let file: Int
        /// The runs, numbered in the ensemble.
        let runs: Range<Int>
        let element: EKElement
        /// The index in the file of the first of these runs.
        let firstRun: Int
        /// The number of the file's first run in the ensemble as it was opened, before runs were selected.
        let firstNumber: Int

        /// The index in the file of a run of the ensemble.
        func runOfFile(_ run: Int) -> Int { firstRun + run - runs.lowerBound }

        /// The number of a run in the ensemble as it was opened.
        func number(ofRun run: Int) -> Int { firstNumber + runOfFile(run) }

        /// Some of these runs, as runs of the ensemble from `first` on.
        func selecting(_ selected: Range<Int>, from first: Int) -> Segment {
            Segment(
                tensor: tensor, file: file, runs: first..<first + selected.count, element: element,
                firstRun: runOfFile(selected.lowerBound), firstNumber: firstNumber)
        }
    }

    package let segments: [Segment]
    /// The tensors of the files, in the order of their runs.
    package var tensors: [Tensor] {
        segments.indices.filter { $0 == 0 || segments[$0].file != segments[$0 - 1].file }.map { segments[$0].tensor }
    }
    /// What the files hold for logits.
    public let inputs: LogitsInput
    /// Number of runs R of all segments together.
    public let runs: Int
    /// Number of examples M.
    public let examples: Int
    /// Number of classes C in use.
    public var classes: Int { oneClass == nil ? allClasses : 1 }
    /// Number of classes in the files; 1 for the one logit of a binary classifier.
    let storedClasses: Int
    /// The only class in use; nil for all.
    private let oneClass: Int?
    /// The test and training logits that are searched for all runs that are not finite, where one is met; empty where
    /// only this is.
    private(set) var searched: [Logits] = []
    /// Runs that were left out by their numbers in the ensemble as it was opened, ascending.
    private(set) var leftOut: [Int] = []

    /// Whether one number stands for the logits of two classes: x for (0, x), or p for the logarithms of (1 - p, p).
    package var isBinary: Bool { storedClasses == 1 }
    /// Number of classes of the logits that are made of the stored numbers.
    private var allClasses: Int { isBinary ? 2 : storedClasses }
    /// Whether stored numbers are not the logits themselves.
    private var isConverted: Bool { isBinary || inputs != .logits }

    /// Concatenates tensors of shape (R_p, M, C), or (R_p, M, 1) of binary classifiers, along the runs.
    ///
    /// - Parameter inputs: What the tensors hold for logits.
    /// - Throws: `UserError` (65) if a tensor is not three-dimensional or not of a floating-point type, is empty, or
    ///   disagrees with the first on M or C.
    public init(concatenating tensors: [Tensor], as inputs: LogitsInput = .logits) throws {
        var segments: [Segment] = []
        var runs = 0
        for (file, tensor) in tensors.enumerated() {
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
            segments.append(
                Segment(
                    tensor: tensor, file: file, runs: runs..<runs + tensor.shape[0], element: element, firstRun: 0,
                    firstNumber: runs))
            runs += tensor.shape[0]
        }
        guard let first = segments.first?.tensor else { throw UserError.badData("no logits to concatenate") }
        self.segments = segments
        self.runs = runs
        examples = first.shape[1]
        storedClasses = first.shape[2]
        oneClass = nil
        self.inputs = inputs
    }

    /// Bytes (P_p, M, 1) of images, each pixel in the place of a run, and in that of the logit of a binary classifier's
    /// second class, the only one in use.
    init(pixels tensors: [Tensor]) {
        var segments: [Segment] = []
        for (file, tensor) in tensors.enumerated() {
            let first = segments.last?.runs.upperBound ?? 0
            segments.append(
                Segment(
                    tensor: tensor, file: file, runs: first..<first + tensor.shape[0], element: EKUInt8, firstRun: 0,
                    firstNumber: first))
        }
        self.segments = segments
        runs = segments.last?.runs.upperBound ?? 0
        examples = tensors[0].shape[1]
        storedClasses = 1
        oneClass = 1
        inputs = .logits
    }

    private init(segments: [Segment], of logits: Logits, oneClass: Int?) {
        self.segments = segments
        runs = segments.last?.runs.upperBound ?? 0
        examples = logits.examples
        storedClasses = logits.storedClasses
        inputs = logits.inputs
        searched = logits.searched
        leftOut = logits.leftOut
        self.oneClass = oneClass
    }

    /// The logits of some of the runs, numbered from 0.
    package func selecting(runs selected: Range<Int>) -> Logits { selecting(runs: Array(selected)) }

    /// The logits of some of the runs, numbered from 0 in the order given.
    ///
    /// - Precondition: There are these runs.
    package func selecting(runs selected: [Int]) -> Logits {
        var segments: [Segment] = []
        var first = 0
        while first < selected.count {
            let segment = self.segments[self.segment(holding: selected[first])]
            var end = first + 1
            while end < selected.count, selected[end] == selected[end - 1] + 1, segment.runs.contains(selected[end]) {
                end += 1
            }
            segments.append(segment.selecting(selected[first]..<selected[end - 1] + 1, from: first))
            first = end
        }
        return Logits(segments: segments, of: self, oneClass: oneClass)
    }

    /// The numbers of the runs in the ensemble as it was opened, before runs were selected.
    package var numbers: [Int] { segments.flatMap { segment in segment.runs.map { segment.number(ofRun: $0) } } }

    /// The same logits, for which a run that is not finite is named together with all others of `sets`.
    ///
    /// - Parameter leftOut: The numbers of runs that were left out of the ensemble as it was opened.
    func searched(with sets: [Logits], leftOut: [Int]) -> Logits {
        var logits = self
        logits.searched = sets.map { set in
            var alone = set
            alone.searched = []
            return alone
        }
        logits.leftOut = leftOut
        return logits
    }

    /// The transformed logits of one class.
    package func selecting(class: Int) -> Logits { Logits(segments: segments, of: self, oneClass: `class`) }

    /// Throws if a file has changed since it was opened: results computed from it would belong to no ensemble at all.
    ///
    /// - Throws: `ArrayFileError` (74).
    package func requireUnchanged() throws { for segment in segments { try segment.tensor.requireUnchanged() } }

    /// For each segment, whether it has some of the runs and its elements are lent as stored, all at once.
    ///
    /// - Throws: `ArrayFileError` if a compressed file is damaged.
    func segmentsLentAsStored(of runs: Range<Int>) throws -> [Bool] {
        var lent = [Bool](repeating: false, count: segments.count)
        guard !runs.isEmpty else { return lent }
        // Asked for every few runs: a look at all segments each time would be the square of their number.
        for index in segment(holding: runs.lowerBound)...segment(holding: runs.upperBound - 1) {
            lent[index] = try segments[index].tensor.isLentAsStored()
        }
        return lent
    }

    /// Writes x (C, stride) of the given examples of one run: transformed, class by class, in float64.
    ///
    /// - Parameters:
    ///   - lent: The result of ``segmentsLentAsStored(of:)``.
    ///   - scratch: Memory for ``scratchOfExample`` numbers per example.
    /// - Returns: Whether a class of an example is masked: its logit is -infinity, and x a constant.
    /// - Throws: ``UnusableRow`` if a logit is not finite otherwise.
    func transform(
        run: Int, examples range: Range<Int>, by transform: Transform, lent: [Bool],
        into x: UnsafeMutablePointer<Double>, stride: Int, scratch: UnsafeMutablePointer<Double>
    ) throws -> Bool {
        let (all, strideOfAll) = oneClass == nil ? (x, stride) : (scratch, range.count)
        let found = try withLogits(run: run, examples: range, lent: lent) { element, rows in
            ek_transform(transform.code, element, rows, range.count, allClasses, all, strideOfAll)
        }
        guard found != EKNotFinite else { throw UnusableRow.notFinite }
        if let oneClass { x.update(from: all + oneClass * range.count, count: range.count) }
        return found == EKSomeMasked
    }

    /// Numbers of scratch memory per example for ``transform(run:examples:by:lent:into:stride:scratch:)``.
    var scratchOfExample: Int { oneClass == nil ? 0 : allClasses }

    /// Writes the most likely class of each of the given examples of one run.
    ///
    /// - Throws: `ArrayFileError` if the file cannot be read.
    func topClasses(run: Int, examples range: Range<Int>, into top: UnsafeMutablePointer<Int32>) throws {
        func find(_ element: EKElement, _ rows: UnsafeRawPointer) {
            ek_top_class(element, rows, range.count, allClasses, top)
        }
        // The most likely class has the largest probability, too: nothing needs to be converted for that.
        if isBinary {
            try withLogits(run: run, examples: range, lent: [], find)
        } else {
            try withStoredRows(run: run, examples: range, lent: [], find)
        }
    }

    /// The logits of some examples of a run, shape (C, examples), and what they are; those of masked classes are
    /// `EK_MASKED_LOGIT`.
    func rawLogits(run: Int, examples range: Range<Int>) throws -> (x: [Double], found: EKFiniteness) {
        var x = [Double](repeating: 0, count: range.count * allClasses)
        let found = try withLogits(run: run, examples: range, lent: []) { element, rows in
            ek_transform(EKRaw, element, rows, range.count, allClasses, &x, range.count)
        }
        return (x, found)
    }

    /// Lends logits (examples, C) of one run: those stored, or what the stored numbers stand for, as doubles.
    private func withLogits<Result>(
        run: Int, examples range: Range<Int>, lent: [Bool], _ body: (EKElement, UnsafeRawPointer) -> Result
    ) throws -> Result {
        guard isConverted else { return try withStoredRows(run: run, examples: range, lent: lent, body) }
        return try withStoredRows(run: run, examples: range, lent: lent) { element, rows in
            let logits = AlignedBuffer<Double>(count: range.count * allClasses)
            ek_read_inputs(inputs.code, element, rows, range.count * storedClasses, isBinary, logits.start)
            return body(EKFloat64, logits.start)
        }
    }

    /// Lends the numbers of one run as they are stored, shape (examples, storedClasses).
    func withStoredRows<Result>(
        run: Int, examples range: Range<Int>, lent: [Bool], _ body: (EKElement, UnsafeRawPointer) -> Result
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

    /// The index of the segment that holds a run.
    func segment(holding run: Int) -> Int {
        var low = 0
        var high = segments.count - 1
        while low < high {
            let middle = (low + high) / 2
            if segments[middle].runs.upperBound <= run { low = middle + 1 } else { high = middle }
        }
        return low
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
