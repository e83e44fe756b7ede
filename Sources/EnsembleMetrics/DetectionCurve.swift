/// The curve of a detector of wrong predictions, or of outliers, by a score: the lower it is, the sooner one is found.
/// No value depends on the order of examples of equal scores.
struct DetectionCurve {
    /// Examples of equal scores, the highest first, with the number of those to be found.
    private let groups: [[ScoredPrediction].Group]
    /// Numbers of examples to be found, and of others.
    private let wanted, others: Int

    init(_ groups: [[ScoredPrediction].Group]) {
        self.groups = groups
        wanted = groups.reduce(0) { $0 + $1.wrong }
        others = (groups.last?.places.upperBound ?? 0) - wanted
    }

    /// The probability that one to be found has a lower score than another example, equal scores counting half: the
    /// area under the ROC curve; and its standard error, for other examples of both kinds. Nil without examples of both
    /// kinds; no error without two of each.
    ///
    /// Source of the error: DeLong et al., "Comparing the areas under two or more correlated receiver operating
    /// characteristic curves", 1988.
    var auroc: (area: Double, standardError: Double?)? {
        guard wanted > 0, others > 0 else { return nil }
        // For each group the share of the others above an example to be found, and the share of those to be found
        // below another, with the numbers of examples of both kinds.
        var (othersBefore, wantedBefore, area) = (0, 0, 0.0)
        var shares: [(ofWanted: Double, wanted: Double, ofOthers: Double, others: Double)] = []
        for group in groups {
            let othersOfGroup = group.places.count - group.wrong
            let above = Double(othersBefore) + Double(othersOfGroup) / 2
            let below = Double(wanted - wantedBefore - group.wrong) + Double(group.wrong) / 2
            area += Double(group.wrong) * above
            shares.append(
                (above / Double(others), Double(group.wrong), below / Double(wanted), Double(othersOfGroup)))
            othersBefore += othersOfGroup
            wantedBefore += group.wrong
        }
        area /= Double(wanted) * Double(others)
        guard wanted > 1, others > 1 else { return (area, nil) }
        var (ofWanted, ofOthers) = (0.0, 0.0)
        for share in shares {
            ofWanted += share.wanted * (share.ofWanted - area) * (share.ofWanted - area)
            ofOthers += share.others * (share.ofOthers - area) * (share.ofOthers - area)
        }
        let variance =
            ofWanted / Double(wanted - 1) / Double(wanted) + ofOthers / Double(others - 1) / Double(others)
        return (area, variance.squareRoot())
    }

    /// The sum over thresholds of the precision, times what the recall gains there: the average precision. Nil if there
    /// is nothing to be found.
    var averagePrecision: Double? {
        guard wanted > 0 else { return nil }
        var (found, area) = (0, 0.0)
        for group in groups.reversed() {
            found += group.wrong
            area +=
                Double(group.wrong) / Double(wanted) * Double(found) / Double(wanted + others - group.places.lowerBound)
        }
        return area
    }

    /// The smallest share of the others below a threshold below which at least `recall` of those to be found are. Nil
    /// without examples of both kinds.
    func falsePositiveRate(atRecall recall: Double) -> Double? {
        guard wanted > 0, others > 0 else { return nil }
        var (found, mistaken) = (0, 0)
        for group in groups.reversed() {
            found += group.wrong
            mistaken += group.places.count - group.wrong
            if Double(found) >= recall * Double(wanted) { break }
        }
        return Double(mistaken) / Double(others)
    }
}
