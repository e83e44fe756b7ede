/// Options renamed since the previous version: the old names keep working for one version, with a warning.
enum RenamedOptions {
    private static let names = [
        "--batch": "--batch-size", "--rate": "--dropout", "--low-rate": "--min-learning-rate",
        "--samples-a-cycle": "--samples-per-cycle",
    ]

    /// The arguments with the current names.
    static func replaced(in arguments: [String], warns: Bool) -> [String] {
        var isValue = false
        return arguments.map { argument in
            // Arguments after the terminator are not options.
            if argument == "--" { isValue = true }
            let (name, rest) = (argument.prefix { $0 != "=" }, argument.drop { $0 != "=" })
            guard !isValue, let new = names[String(name)] else { return argument }
            if warns { Diagnostics.warn("\(name) is now called \(new); the old name goes in the next version") }
            return new + rest
        }
    }
}
