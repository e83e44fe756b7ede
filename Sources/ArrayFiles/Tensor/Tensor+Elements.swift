import Platform

extension Tensor {
    /// Lends the elements in C order, in native byte order, aligned for `elementType`, for the duration of `body`.
    ///
    /// Elements already stored this way are lent without a copy; others are gathered into scratch memory.
    ///
    /// - Throws: `ArrayFileError` if a compressed file turns out to be damaged; errors of `body`.
    /// - Complexity: O(1) without a copy, else O(`count`). Only the bytes of this part are touched (the first use of a
    ///   compressed tensor inflates all of it).
    public func withContiguousBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) throws -> Result {
        try backing.withBytes { stored in
            let size = elementType.size
            let byteCount = self.byteCount
            let isPacked = isContiguous
            if isPacked, isReady(in: stored) {
                return try body(UnsafeRawBufferPointer(rebasing: stored[byteOffset..<byteOffset + byteCount]))
            }
            let scratch = UnsafeMutableRawBufferPointer.allocate(byteCount: byteCount, alignment: 64)
            defer { scratch.deallocate() }
            if isPacked {
                scratch.copyMemory(from: UnsafeRawBufferPointer(rebasing: stored[byteOffset..<byteOffset + byteCount]))
            } else {
                gather(from: stored, into: scratch)
            }
            if !isNative { reverseBytes(of: scratch, elementSize: size) }
            return try body(UnsafeRawBufferPointer(scratch))
        }
    }

    /// Whether `withContiguousBytes` lends the elements as they are stored, which is O(1) for any number of elements.
    ///
    /// - Throws: `ArrayFileError` if a compressed file turns out to be damaged, since it must be inflated for this.
    public func isLentAsStored() throws -> Bool {
        try isContiguous && isNative && backing.isAligned(byteOffset, to: elementType.size)
    }

    private var isNative: Bool { elementType.size == 1 || byteOrder == .native }

    /// Whether the elements are stored with the same byte order and alignment as in memory.
    private func isReady(in stored: UnsafeRawBufferPointer) -> Bool {
        isNative && (stored.baseAddress.map { Int(bitPattern: $0 + byteOffset) % elementType.size == 0 } ?? true)
    }

    /// The elements in C order as integers: labels, stored as any integer type.
    ///
    /// - Throws: `ArrayFileError` (malformed) if the elements are not integers or exceed the largest `Int`, or are too
    ///   many for a file of that size.
    public func integers() throws -> [Int] {
        guard elementType.isInteger else {
            throw ArrayFileError.malformed(path, tensor: name, "holds \(elementType), but integers are needed")
        }
        try requireList(of: count)
        return try withContiguousBytes { bytes in
            func all<Number: FixedWidthInteger>(_: Number.Type) -> [Int] {
                bytes.bindMemory(to: Number.self).map { Int($0) }
            }
            switch elementType {
            case .bool: return bytes.map { $0 == 0 ? 0 : 1 }
            case .uint8: return all(UInt8.self)
            case .int8: return all(Int8.self)
            case .uint16: return all(UInt16.self)
            case .int16: return all(Int16.self)
            case .uint32: return all(UInt32.self)
            case .int32: return all(Int32.self)
            case .int64: return all(Int64.self)
            case .uint64:
                return try bytes.bindMemory(to: UInt64.self).enumerated().map { place, value in
                    if let value = Int(exactly: value) { return value }
                    throw ArrayFileError.malformed(
                        path, tensor: name, place: "element \(place)", "\(value) is too large for a label")
                }
            case .float16, .bfloat16, .float32, .float64: preconditionFailure("refused above")
            }
        }
    }

    /// Copies the elements of this part, scattered in `stored`, into `packed` in C order.
    private func gather(from stored: UnsafeRawBufferPointer, into packed: UnsafeMutableRawBufferPointer) {
        guard let source = stored.baseAddress, let target = packed.baseAddress, !packed.isEmpty else { return }
        let size = elementType.size
        var axes = mergedAxes()
        // The innermost axis is copied as one block or as a strided row; an odometer advances the others.
        let inner = axes.removeLast()
        let rowBytes = inner.extent * size
        var index = [Int](repeating: 0, count: axes.count)
        var place = byteOffset
        for row in 0..<packed.count / rowBytes {
            let rowTarget = target + row * rowBytes
            if inner.stride == 1 {
                rowTarget.copyMemory(from: source + place, byteCount: rowBytes)
            } else {
                copyRow(from: source + place, strideBytes: inner.stride * size, count: inner.extent, into: rowTarget)
            }
            for axis in axes.indices.reversed() {
                index[axis] += 1
                place += axes[axis].stride * size
                if index[axis] < axes[axis].extent { break }
                place -= axes[axis].extent * axes[axis].stride * size
                index[axis] = 0
            }
        }
    }

    /// The axes, with adjacent axes merged if there is no gap between them, and without axes of extent 1.
    func mergedAxes() -> [(extent: Int, stride: Int)] {
        var axes: [(extent: Int, stride: Int)] = []
        for (extent, stride) in zip(shape, strides) where extent != 1 {
            if let outer = axes.last, outer.stride == extent * stride {
                axes[axes.count - 1] = (outer.extent * extent, stride)
            } else {
                axes.append((extent, stride))
            }
        }
        return axes.isEmpty ? [(1, 1)] : axes
    }

    private func copyRow(
        from source: UnsafeRawPointer, strideBytes: Int, count: Int, into target: UnsafeMutableRawPointer
    ) {
        func copy<Bits: BitwiseCopyable>(_: Bits.Type) {
            let target = target.assumingMemoryBound(to: Bits.self)
            for place in 0..<count {
                target[place] = (source + place * strideBytes).loadUnaligned(as: Bits.self)
            }
        }
        switch elementType.size {
        case 1: copy(UInt8.self)
        case 2: copy(UInt16.self)
        case 4: copy(UInt32.self)
        default: copy(UInt64.self)
        }
    }

    private func reverseBytes(of elements: UnsafeMutableRawBufferPointer, elementSize: Int) {
        func reverse<Bits: FixedWidthInteger>(_: Bits.Type) {
            let elements = elements.bindMemory(to: Bits.self)
            for place in elements.indices { elements[place] = elements[place].byteSwapped }
        }
        switch elementSize {
        case 2: reverse(UInt16.self)
        case 4: reverse(UInt32.self)
        default: reverse(UInt64.self)
        }
    }
}

extension Tensor {
    /// The elements in C order in double precision: of floating-point types, exactly.
    ///
    /// - Throws: `ArrayFileError` if a compressed file turns out to be damaged, or (malformed) if the elements are
    ///   integers, or too many for a file of that size.
    package func reals() throws -> [Double] {
        try requireList(of: count)
        return try withContiguousBytes { bytes in
            switch elementType {
            case .float16: return bytes.bindMemory(to: Float16.self).map { Double($0) }
            case .bfloat16:
                return bytes.bindMemory(to: UInt16.self).map { Double(Float(bitPattern: UInt32($0) << 16)) }
            case .float32: return bytes.bindMemory(to: Float.self).map { Double($0) }
            case .float64: return Array(bytes.bindMemory(to: Double.self))
            default:
                throw ArrayFileError.malformed(path, tensor: name, "holds \(elementType), not floating-point numbers")
            }
        }
    }

    /// Throws where a list of so many numbers takes memory out of proportion to the file: a few compressed or repeated
    /// bytes claim any number of elements.
    ///
    /// - Throws: `ArrayFileError` (malformed).
    package func requireList(of numbers: Int) throws {
        // Twice: another list is made of this one, or compared with it.
        guard try backing.charge(listOf: numbers, byteCount: 2 * MemoryLayout<Int>.size * numbers) else {
            throw ArrayFileError.malformed(
                path, tensor: name,
                "claims \(numbers) numbers, too many for a file of that size: save a plain copy, uncompressed")
        }
    }
}
