/// Options that had another name in the previous version: the old names go on working for one version, with a warning.
enum RenamedOptions {
    private static let namesByCommand = [
        "train": [
            "--batch": "--batch-size", "--rate": "--dropout", "--low-rate": "--min-learning-rate",
            "--samples-a-cycle": "--samples-per-cycle",
        ],
        "demo": ["--batch": "--batch-size"],
    ]

    /// The arguments with today's names.
    static func replaced(in arguments: [String], warns: Bool) -> [String] {
        // Without a command it is the demo.
        let command = arguments.first.flatMap { $0.hasPrefix("-") ? nil : $0 } ?? "demo"
        guard let names = namesByCommand[command] else { return arguments }
        return arguments.map { argument in
            let (name, rest) = (argument.prefix { $0 != "=" }, argument.drop { $0 != "=" })
            guard let new = names[String(name)] else { return argument }
            if warns { Diagnostics.warn("\(name) is deprecated: use \(new)") }
            return new + rest
        }
    }
}
