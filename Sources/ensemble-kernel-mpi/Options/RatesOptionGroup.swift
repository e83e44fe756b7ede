import ArgumentParser
import ArrayFiles
import EnsembleKernel
import Ensembles
import MessagePassing
import Platform

/// The rates for planning: measured here, measured elsewhere, or given one by one.
struct RatesOptionGroup: ParsableArguments {
    @Option(help: ArgumentHelp("Rates of another machine: the output of plan --format json there.", valueName: "file"))
    var rates: String?

    @Option(help: ArgumentHelp("Operations of the matrix product per second and core.", valueName: "rate"))
    var products: Double?

    @Option(help: ArgumentHelp("Logits transformed per second and core.", valueName: "rate"))
    var logits: Double?

    @Option(help: ArgumentHelp("Bytes sent per second and rank.", valueName: "rate"))
    var bandwidth: Double?

    @Option(help: ArgumentHelp("Latency of a message in seconds.", valueName: "seconds"))
    var latency: Double?

    /// The part of the output of `plan` that is read back.
    private struct Printed: Decodable {
        let rates: MachineRates
    }

    func validate() throws {
        for (name, value) in [
            ("--products", products), ("--logits", logits), ("--bandwidth", bandwidth), ("--latency", latency),
        ] {
            if let value, !(value > 0 && value.isFinite) { throw ValidationError("\(name) \(value): must be above 0") }
        }
    }

    /// The rates, the same on all ranks. Collective over `world`: every rank calls it.
    func machineRates(_ screen: Screen, world: Communicator) throws -> MachineRates {
        var result =
            try rates.map { file in try world.agree { try Self.read(file) } } ?? .measured(screen, world: world)
        result.products = products ?? result.products
        result.logits = logits ?? result.logits
        result.bytes = bandwidth ?? result.bytes
        result.latency = latency ?? result.latency
        return result
    }

    private static func read(_ path: String) throws -> MachineRates {
        guard let contents = try FileSystem.contents(of: path) else { throw ArrayFileError.notFound(path) }
        guard let rates = try? JSONDecoder().decode(Printed.self, from: contents).rates, rates.areSound else {
            throw ArrayFileError.malformed(path, "holds no rates as plan --format json prints them")
        }
        return rates
    }
}
