extension Sweep {
    /// The sweep as a table: one line for each accuracy. A field without a value is empty.
    public var csv: String {
        var lines = ["predictor,transform,class,runs,first_run,k,power,accuracy"]
        for average in averages {
            let window = "\(average.window.runs),\(average.window.first)"
            lines += [
                "single_model,,,\(window),,,\(average.single_model_mean)",
                "ensemble_logits,,,\(window),,,\(average.ensemble_logits)",
                "ensemble_probabilities,,,\(window),,,\(average.ensemble_probabilities)",
            ]
        }
        for kernel in kernels {
            let oneClass = kernel.one_class.map(String.init) ?? ""
            let of = "\(kernel.transform.rawValue),\(oneClass),\(kernel.window.runs),\(kernel.window.first)"
            for (vote, accuracies) in zip(Self.votes, kernel.accuracies) {
                let power = vote.power.map { "\($0)" } ?? ""
                lines += zip(k, accuracies).map { "\(vote.predictor),\(of),\($0),\(power),\($1)" }
            }
            if let local = kernel.local {
                lines += [("kernel_local", local.accuracy), ("product", local.product)].map {
                    "\($0),\(of),\(local.k),\(local.power),\($1)"
                }
            }
        }
        return lines.joined(separator: "\n") + "\n"
    }
}
