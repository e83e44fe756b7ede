extension NPY {
    /// Writes `elements`, in C order, as an `.npy` file of `shape`, atomically: nobody sees a partial file.
    ///
    /// - Precondition: The number of elements is that of `shape`.
    /// - Throws: `ArrayFileError` (cannotWrite); nothing is left behind then.
    public static func write<Element: TensorElement>(_ elements: [Element], shape: [Int], to path: String) throws {
        let writer = try NPYWriter(creating: path, elementType: Element.elementType, shape: shape)
        precondition(elements.count == writer.count, "\(elements.count) elements do not fill shape \(shape)")
        do {
            try writer.reserve()
            try writer.write(elements.span, at: 0)
            try writer.commit()
        } catch {
            writer.discard()
            throw error
        }
    }
}
