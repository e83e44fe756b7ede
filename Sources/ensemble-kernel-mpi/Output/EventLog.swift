import ArgumentParser
import MessagePassing
import Platform
import UserMessages

/// JSON lines on standard error that describe the progress of each rank, for programs that monitor a job.
struct EventLog {
    private let isOn: Bool
    private let rank: Int

    init(isOn: Bool, rank: Int) {
        self.isOn = isOn
        self.rank = rank
    }

    private struct Event<Details: Encodable>: Encodable {
        let event: String
        let rank: Int
        let host: String
        let details: Details

        private enum CodingKeys: String, CodingKey {
            case event, rank, host, time
        }

        func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(event, forKey: .event)
            try container.encode(rank, forKey: .rank)
            try container.encode(host, forKey: .host)
            try container.encode((Date.now.timeIntervalSince1970 * 1000).rounded() / 1000, forKey: .time)
            try details.encode(to: encoder)
        }
    }

    /// Writes an event with details, in one piece, so that the lines of different ranks do not mix.
    func write(_ event: String, _ details: some Encodable) {
        guard isOn else { return }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let event = Event(event: event, rank: rank, host: ProcessInfo.processInfo.hostName, details: details)
        guard let line = try? encoder.encode(event) else { return }
        _ = Terminal.write(TerminalText.json(String(decoding: line, as: UTF8.self)) + "\n", to: STDERR_FILENO)
    }
}

/// The format of the ranks' messages.
enum LogFormat: String, ExpressibleByArgument, CaseIterable {
    /// Warnings and errors only.
    case text
    /// One line of JSON per event.
    case json
}
