extension [ScoredPrediction] {
    /// Accuracy under rejection: the mean over m = 1...M of the accuracy of the m most confident predictions, which is
    /// the area under accuracy against coverage. Source: Ashukha et al., 2020, who reject by the same confidence.
    var accuracyUnderRejection: Double {
        var (right, area) = (0.0, 0.0)
        for (place, answer) in rankedByConfidence.enumerated() {
            right += answer.accuracy
            area += right / Double(place + 1)
        }
        return area / Double(count)
    }
}
