import ArgumentParser

/// A time span as the user types it: 300, 30s, 5min, 2h.
struct TimeSpan: ExpressibleByArgument, CustomStringConvertible {
    let duration: Duration
    let description: String

    private static let units: [(name: String, seconds: Double)] = [("min", 60), ("h", 3600), ("s", 1), ("", 1)]

    init(minutes: Int) {
        duration = .seconds(60 * minutes)
        description = "\(minutes)min"
    }

    init?(argument: String) {
        guard let unit = Self.units.first(where: { argument.hasSuffix($0.name) }),
            let value = Double(argument.dropLast(unit.name.count)), value > 0, value * unit.seconds <= 1e9
        else { return nil }
        duration = .seconds(value * unit.seconds)
        description = argument
    }
}
