import Platform

/// Questions to the file system, each a system call or two: folders of a hundred thousand files are asked many of them.
package enum FileSystem {
    /// What a path leads to.
    package enum Kind: Sendable {
        case file
        case folder
        /// A device, pipe or socket.
        case other
    }

    /// What is at `path`, links followed; nil where there is nothing, for a link that leads nowhere, and where the
    /// system does not let us look.
    package static func kind(of path: String) -> Kind? {
        status(of: path).map(kind)
    }

    /// What is at `path`, links followed.
    ///
    /// - Throws: `ArrayFileError` with the system's reason if there is nothing, or if the system does not let us look.
    package static func existingKind(of path: String) throws -> Kind {
        var status = stat()
        guard stat(path, &status) == 0 else { throw ArrayFileError.reading(path, errno: errno) }
        return kind(status)
    }

    /// The file or folder to which `path` leads, links followed; nil where there is nothing.
    package static func identity(of path: String) -> FileIdentity? { status(of: path).map(FileIdentity.init) }

    /// The names in a folder, without `.` and `..`, in the order of the system. A name that is no UTF-8 is repaired;
    /// there is no file of the repaired name.
    ///
    /// - Throws: `ArrayFileError` with the system's reason if the folder is not found, no folder, or cannot be read.
    package static func entries(of folder: String) throws -> [String] {
        guard let stream = opendir(folder) else {
            let code = errno
            throw ArrayFileError.reading(folder, errno: code)
        }
        defer { closedir(stream) }
        var names: [String] = []
        while true {
            errno = 0
            guard let entry = readdir(stream) else {
                let code = errno
                guard code == 0 else { throw ArrayFileError.reading(folder, errno: code) }
                return names
            }
            // The record ends with the name: a copy of the structure would reach beyond it.
            let name = UnsafeRawPointer(entry) + MemoryLayout<dirent>.offset(of: \.d_name)!
            let text = String(cString: name.assumingMemoryBound(to: CChar.self))
            if text != ".", text != ".." { names.append(text) }
        }
    }

    /// All bytes of a small file; nil where there is nothing.
    ///
    /// - Throws: `ArrayFileError` with the system's reason if the file is there and cannot be read.
    package static func contents(of path: String) throws -> Data? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            let code = errno
            if code == ENOENT || code == ENOTDIR { return nil }
            throw ArrayFileError.reading(path, errno: code)
        }
        defer { close(descriptor) }
        var contents = Data()
        var part = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = read(descriptor, &part, part.count)
            let code = errno
            if count < 0, code == EINTR { continue }
            guard count >= 0 else { throw ArrayFileError.reading(path, errno: code) }
            if count == 0 { return contents }
            contents += part[..<count]
        }
    }

    /// The path of `name` in `folder`; an empty folder is the current one.
    package static func joined(_ folder: String, _ name: String) -> String {
        folder.isEmpty || folder.utf8.last == UInt8(ascii: "/") ? folder + name : "\(folder)/\(name)"
    }

    /// The name of a file or folder without the folders around it.
    package static func lastComponent(of path: String) -> String {
        String(path[(path.lastIndex(of: "/").map(path.index(after:)) ?? path.startIndex)...])
    }

    /// The path of the folder around a file or folder; empty where the path names none.
    package static func folder(of path: String) -> String {
        path.lastIndex(of: "/").map { String(path[..<$0]) } ?? ""
    }

    private static func kind(_ status: stat) -> Kind {
        switch status.st_mode & S_IFMT {
        case S_IFREG: .file
        case S_IFDIR: .folder
        default: .other
        }
    }

    private static func status(of path: String) -> stat? {
        var status = stat()
        return stat(path, &status) == 0 ? status : nil
    }
}

/// A file or folder, by whatever path it is reached.
package struct FileIdentity: Hashable, Sendable {
    /// The device that holds the file, and the file's number there.
    package let device, inode: UInt64

    init(_ status: stat) {
        device = UInt64(status.st_dev)
        inode = UInt64(status.st_ino)
    }
}

extension String {
    /// Whether a list sorted as people expect has this name first: digits compare as the number that they write,
    /// `run_2` before `run_10`, and other characters as Unicode scalars. Names that differ in zeros before a number
    /// only, and then all others, are in plain order: of two different names exactly one precedes.
    package func precedesNaturally(_ other: String) -> Bool {
        withBytes { left in other.withBytes { right in Self.precedesNaturally(left, right) } }
    }

    private func withBytes<Result>(_ body: (UnsafeBufferPointer<UInt8>) -> Result) -> Result {
        utf8.withContiguousStorageIfAvailable(body) ?? Array(utf8).withUnsafeBufferPointer(body)
    }

    /// Bytes of UTF-8 are in the order of the scalars.
    private static func precedesNaturally(
        _ left: UnsafeBufferPointer<UInt8>, _ right: UnsafeBufferPointer<UInt8>
    ) -> Bool {
        var (i, j) = (0, 0)
        while i < left.count, j < right.count {
            guard isDigit(left[i]), isDigit(right[j]) else {
                guard left[i] == right[j] else { return left[i] < right[j] }
                (i, j) = (i + 1, j + 1)
                continue
            }
            let (first, second) = (number(left, at: i), number(right, at: j))
            guard first.count == second.count else { return first.count < second.count }
            for (one, two) in zip(first, second) where left[one] != right[two] { return left[one] < right[two] }
            (i, j) = (first.upperBound, second.upperBound)
        }
        guard left.count - i == right.count - j else { return left.count - i < right.count - j }
        return left.lexicographicallyPrecedes(right)
    }

    /// The digits of the number at `start`, without zeros before them.
    private static func number(_ bytes: UnsafeBufferPointer<UInt8>, at start: Int) -> Range<Int> {
        var first = start
        while first < bytes.count, bytes[first] == UInt8(ascii: "0") { first += 1 }
        var end = first
        while end < bytes.count, isDigit(bytes[end]) { end += 1 }
        return first..<end
    }

    private static func isDigit(_ byte: UInt8) -> Bool { byte &- UInt8(ascii: "0") < 10 }
}
