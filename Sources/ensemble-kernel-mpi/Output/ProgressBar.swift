import Foundation
import UserMessages

/// A line on standard error that shows the fraction done and the estimated remaining time.
final class ProgressBar {
    private static let width = 30
    private static let refreshInterval = Duration.milliseconds(200)

    private let title: String
    private let isShown: Bool
    private let start = ContinuousClock.now
    private var lastShown: ContinuousClock.Instant?
    private var firstFraction: Double?

    init(_ title: String, isShown: Bool) {
        self.title = title
        self.isShown = isShown
    }

    /// Shows that `fraction`, in 0...1, is done; the fraction at the first call does not count for the estimate.
    func update(_ fraction: Double, _ detail: String = "") {
        guard isShown else { return }
        let now = ContinuousClock.now
        let first = firstFraction ?? fraction
        firstFraction = first
        if let lastShown, now - lastShown < Self.refreshInterval, fraction < 1 { return }
        lastShown = now
        let filled = Int(fraction * Double(Self.width))
        let bar = String(repeating: "=", count: filled) + String(repeating: " ", count: Self.width - filled)
        var line = "\(title) [\(bar)] \(Int(fraction * 100)) % \(detail)"
        if fraction > first, fraction < 1 {
            let elapsed = (now - start) / .seconds(1)
            line += " \(Int((elapsed / (fraction - first) * (1 - fraction)).rounded(.up))) s left"
        }
        let end = "\u{1B}[K" + (fraction >= 1 ? "\n" : "")
        _ = Terminal.write("\r\(TerminalText.line(line))\(end)", to: STDERR_FILENO)
    }
}
