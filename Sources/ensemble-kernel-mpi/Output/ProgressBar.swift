import Platform
import UserMessages

/// The fraction done and the estimated remaining time, on standard error: a bar on a terminal, else a line now and
/// then, which a log file can hold.
final class ProgressBar {
    /// The place where progress is shown.
    enum Place {
        case nowhere, terminal, log
    }

    private static let width = 30
    private static let refreshInterval = Duration.milliseconds(200)
    /// A log gets a line after each tenth of the work, but not more often, and not less often, than this.
    private static let logStep = 0.1
    private static let leastLogInterval = Duration.seconds(2)
    private static let mostLogInterval = Duration.seconds(60)

    private let title: String
    private let place: Place
    /// When the work began, and what had been done by then: at the first call of `update`.
    private var first: (time: ContinuousClock.Instant, fraction: Double)?
    private var lastShown: ContinuousClock.Instant?
    private var lastFraction = 0.0

    init(_ title: String, at place: Place) {
        self.title = title
        self.place = place
    }

    /// Shows that `fraction`, in 0...1, is done; what was done at the first call does not count for the estimate.
    func update(_ fraction: Double, _ detail: String = "") {
        guard place != .nowhere else { return }
        let now = ContinuousClock.now
        let first = first ?? (now, fraction)
        self.first = first
        guard isDue(fraction, after: now - (lastShown ?? first.time)) else { return }
        (lastShown, lastFraction) = (now, fraction)
        let elapsed = (now - first.time) / .seconds(1)
        var facts = ["\(Int(fraction * 100)) %"] + (detail.isEmpty ? [] : [detail])
        if fraction > first.fraction, fraction < 1 {
            facts.append("\(Int((elapsed / (fraction - first.fraction) * (1 - fraction)).rounded(.up))) s left")
        }
        if place == .log {
            Diagnostics.report("\(title.withoutOuterSpaces): \(facts.joined(separator: ", "))")
        } else {
            let filled = Int(fraction * Double(Self.width))
            let bar = String(repeating: "=", count: filled) + String(repeating: " ", count: Self.width - filled)
            let line = TerminalText.line("\(title) [\(bar)] \(facts.joined(separator: ", "))")
            _ = Terminal.write("\r\(line)\u{1B}[K\(fraction >= 1 ? "\n" : "")", to: STDERR_FILENO)
        }
    }

    private func isDue(_ fraction: Double, after interval: Duration) -> Bool {
        switch place {
        case .nowhere: false
        case .terminal: lastFraction == 0 || fraction >= 1 || interval >= Self.refreshInterval
        case .log:
            interval >= Self.mostLogInterval
                || interval >= Self.leastLogInterval && fraction >= min(1, lastFraction + Self.logStep)
        }
    }
}
