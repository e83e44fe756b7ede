import Platform

/// Files in formats that are not read, recognized by their first bytes: what they are, and what to type.
enum ForeignFile {
    /// What a file with these bytes is and how to make one of it that is read; nil if it is in no format known here.
    static func advice(for bytes: UnsafeRawBufferPointer, path: String) -> String? {
        let start = [UInt8](bytes.prefix(startByteCount))
        return compressed(start, of: bytes, path) ?? binary(start, path) ?? text(start, path)
    }

    /// The same for a zip archive; nil if it can be one of numpy or PyTorch.
    static func advice(for archive: ZipArchive) -> String? {
        let path = archive.file.path
        let names = archive.members.map(\.name)
        let arrays = names.filter { $0.hasSuffix(".npy") }
        // A key of an .npz may have a slash, and an archive of a folder has nothing else.
        let isNumpys = names.isEmpty || arrays.contains { path.hasSuffix(".npz") || !$0.contains("/") }
        if Torch.recognizes(archive) || isNumpys { return nil }
        return
            "is a zip archive of files (\(names.prefix(3).joined(separator: ", "))\(names.count > 3 ? ", .." : "")), "
            + "none of which is read in there: unzip \(quoted(path))"
    }

    /// As many bytes as tell.
    private static let startByteCount = 4096

    private static func compressed(_ start: [UInt8], of bytes: UnsafeRawBufferPointer, _ path: String) -> String? {
        let kinds: [(name: String, magic: [UInt8], unpack: String, ending: String)] = [
            ("gzip", [0x1f, 0x8b], "gzip", ".gz"), ("bzip2", Array("BZh".utf8), "bzip2", ".bz2"),
            ("xz", [0xfd] + Array("7zXZ\0".utf8), "xz", ".xz"), ("zstd", [0x28, 0xb5, 0x2f, 0xfd], "zstd", ".zst"),
        ]
        guard let kind = kinds.first(where: { start.starts(with: $0.magic) }) else { return nil }
        if kind.name == "bzip2", start.count < 4 || !(UInt8(ascii: "1")...UInt8(ascii: "9")).contains(start[3]) {
            return nil
        }
        let inside = kind.name == "gzip" ? (try? Deflate.prefix(bytes, .gzip, count: startByteCount)) ?? [] : []
        if isTar(inside) || [".tar\(kind.ending)", ".tgz", ".tbz2", ".txz"].contains(where: path.hasSuffix) {
            return tarAdvice(path)
        }
        let target = path.hasSuffix(kind.ending) ? String(path.dropLast(kind.ending.count)) : path + ".unpacked"
        return "is compressed by \(kind.name): \(kind.unpack) -dc \(quoted(path)) > \(quoted(target))"
    }

    private static func binary(_ start: [UInt8], _ path: String) -> String? {
        let file = python(path)
        func begins(_ magic: String) -> Bool { start.starts(with: magic.utf8) }
        if isTar(start) { return tarAdvice(path) }
        if begins("MATLAB 7.3") {
            // Such a file is HDF5, whose arrays have their axes in the order of Fortran.
            return python("is a MATLAB 7.3 file", "h5py", "h5py.File(\(file))['logits'][:].T")
        }
        if start.starts(with: [0x89] + Array("HDF\r\n\u{1A}\n".utf8)) {
            return python("is in HDF5", "h5py", "h5py.File(\(file))['logits'][:]")
        }
        if begins("MATLAB") { return python("is a MATLAB file", "scipy.io", "scipy.io.loadmat(\(file))['logits']") }
        if begins("PAR1") { return python("is in Parquet", "pandas", "pandas.read_parquet(\(file)).to_numpy()") }
        if begins("ARROW1") || begins("FEA1") {
            return python("is in Arrow's Feather format", "pandas", "pandas.read_feather(\(file)).to_numpy()")
        }
        return nil
    }

    private static func text(_ start: [UInt8], _ path: String) -> String? {
        guard let text = printable(start)?.drop(while: { $0.isWhitespace || $0 == "\u{FEFF}" }), let first = text.first
        else { return nil }
        let file = python(path)
        let target = ArrayFile.stem(of: path)
        let lower = text.prefix(16).lowercased()
        if lower.hasPrefix("version https://") {
            return "is a pointer of git-lfs, and not the file itself: git lfs pull"
        }
        if lower.hasPrefix("<!doctype html") || lower.hasPrefix("<html") {
            return "is a web page, and not the file itself: download it again (the page may say what went wrong)"
        }
        if first == "<" {
            return "is XML, and not the file itself: download it again (it may say what went wrong)"
        }
        if first == "{" || first == "[" {
            let key = text.split(separator: "\"", maxSplits: 2).dropFirst().first ?? "KEY"
            let part = first == "{" ? "[\(python(String(key)))]" : ""
            return python("is JSON", "json", "json.load(open(\(file)))\(part)", target: target)
        }
        if ["(dp", "(lp", "cnumpy", "ccopy_reg"].contains(where: lower.hasPrefix) {
            return python(
                "is a pickle of protocol 0", "pickle", "pickle.load(open(\(file), 'rb'))['logits']",
                "(only if you trust the file: loading executes it)")
        }
        let line = text.prefix { !$0.isNewline }
        let delimiter: Character? = [",", ";", "\t"].first { line.contains($0) }
        var arguments = delimiter.map { ", delimiter='\($0 == "\t" ? "\\t" : String($0))'" } ?? ""
        let field = line.prefix { !$0.isWhitespace && $0 != delimiter }
        if Double(field) == nil { arguments += ", skiprows=1" }
        return python("is text", nil, "numpy.loadtxt(\(file)\(arguments))", target: target)
    }

    /// The text that a file begins with; nil if it begins with anything else.
    private static func printable(_ start: [UInt8]) -> Substring? {
        guard start.allSatisfy({ $0 >= 0x20 && $0 != 0x7F || [0x09, 0x0A, 0x0C, 0x0D].contains($0) }) else {
            return nil
        }
        // The last character may be cut.
        for cut in 0..<min(4, start.count) where cut == 0 || start.count == startByteCount {
            if let text = String(validating: start.dropLast(cut), as: UTF8.self) { return text[...] }
        }
        return nil
    }

    private static func isTar(_ start: [UInt8]) -> Bool {
        start.count >= 512 && start[257..<262].elementsEqual("ustar".utf8)
    }

    private static func tarAdvice(_ path: String) -> String {
        "is a tar archive: tar xf \(quoted(path)), and name the folder (an archive of a data set is read as a data set)"
    }

    /// What a file is, and a line of Python that makes an `.npy` file of it.
    private static func python(
        _ what: String, _ module: String?, _ value: String, _ remark: String? = nil, target: String = "logits"
    ) -> String {
        "\(what), which is not read; in Python: import numpy\(module.map { ", \($0)" } ?? ""); "
            + "numpy.save(\(python(target + ".npy")), \(value))" + (remark.map { " \($0)" } ?? "")
    }

    /// A path as Python takes it.
    private static func python(_ path: String) -> String {
        "'\(path.replacing("\\", with: "\\\\").replacing("'", with: "\\'"))'"
    }

    /// A path as a shell takes it.
    private static func quoted(_ path: String) -> String {
        let isPlain = path.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"):
                true
            default: "/._-+=,:@%".utf8.contains(byte)
            }
        }
        return isPlain ? path : "'\(path.replacing("'", with: "'\\''"))'"
    }
}
