import Foundation
import TestSupport

/// libFuzzer, with one of the readers of files; scripts/fuzz builds and starts it. FUZZ_TARGET names the reader,
/// FUZZ_FOLDER a folder for its files, and the arguments are libFuzzer's.
@main
enum FuzzReaders {
    fileprivate static let environment = ProcessInfo.processInfo.environment
    fileprivate static let target = environment["FUZZ_TARGET"].flatMap { FuzzTarget(rawValue: $0) }
    fileprivate static let folder = environment["FUZZ_FOLDER"]

    static func main() {
        var count = CommandLine.argc
        var arguments = CommandLine.unsafeArgv
        exit(runDriver(&count, &arguments, read))
    }
}

private typealias Body = @convention(c) (UnsafeRawPointer?, Int) -> CInt

@_silgen_name("LLVMFuzzerRunDriver")
private func runDriver(
    _ count: UnsafeMutablePointer<CInt>,
    _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>, _ body: Body
) -> CInt

private let read: Body = { bytes, count in
    guard let target = FuzzReaders.target, let folder = FuzzReaders.folder else {
        fatalError("FUZZ_TARGET is one of \(FuzzTarget.allCases.map(\.rawValue)), FUZZ_FOLDER a folder")
    }
    do {
        try target.read(UnsafeRawBufferPointer(start: bytes, count: count), in: folder)
    } catch {
        fatalError("an error that is not for users: \(error)")
    }
    return 0
}
