import Foundation

/// Files that several test targets share.
enum Fixtures {
    /// 64 real runs, with what float64 makes of them.
    static let fashion = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("Fixtures/fashion-mlp").path
}
