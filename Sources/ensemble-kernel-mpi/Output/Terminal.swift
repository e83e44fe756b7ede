import Platform

/// Standard output and standard error.
enum Terminal {
    /// Writes a text, which has no control characters but its own; see `TerminalText`.
    ///
    /// - Returns: The code of the system's error; nil if all is written.
    static func write(_ text: String, to descriptor: Int32) -> Int32? {
        var text = text
        return text.withUTF8 { bytes in
            var done = 0
            while done < bytes.count {
                let rest = UnsafeBufferPointer(rebasing: bytes[done...])
                let count = Platform.write(descriptor, rest.baseAddress, rest.count)
                let code = errno
                if count < 0, code == EINTR { continue }
                guard count >= 0 else { return code }
                done += count
            }
            return nil
        }
    }
}
