import MessagePassing

/// What the neighbors of a training example and the runs think of its class.
package struct LabelOpinions {
    let train, label: Int
    /// Probabilities of the classes by the vote of the neighbors.
    let ofVote: [Double]
    /// Mean probabilities by the runs, in the order of their outputs.
    let ofRuns: [Double]

    /// The opinions about a training example with a label.
    package init(train: Int, label: Int, ofVote: [Double], ofRuns: [Double]) {
        (self.train, self.label, self.ofVote, self.ofRuns) = (train, label, ofVote, ofRuns)
    }

    fileprivate var votesFor: Int { Self.likeliest(ofVote) }
    fileprivate var likeliestColumn: Int { Self.likeliest(ofRuns) }

    private static func likeliest(_ probabilities: [Double]) -> Int {
        probabilities.indices.reduce(0) { probabilities[$1] > probabilities[$0] ? $1 : $0 }
    }

    /// Whether the vote contradicts the label. Equally likely classes are no contradiction.
    package var contradict: Bool { ofVote[votesFor] > ofVote[label] }

    /// The suspicion against the label, which the vote contradicts.
    ///
    /// - Parameter columns: Where the runs have the classes; nil to leave them out.
    func suspect(_ columns: ClassColumns?) -> DatasetAudit.Suspect {
        let products = columns.map { zip(ofVote, $0.ofClasses.map { ofRuns[$0] }).map(*) } ?? ofVote
        return .init(
            train: train, suggested: votesFor, score: ofVote[votesFor] - ofVote[label],
            label_probability: products[label] / products.reduce(0, +), neighbors: [])
    }
}

/// The outputs of the runs that are the classes of the labels. They need not be in the same order: names of classes are
/// often numbered by the alphabet, whatever order the networks were trained with.
package struct ClassColumns {
    /// The output of each class.
    package let ofClasses: [Int]

    /// What the vote and the runs say of labeled examples.
    package struct Counts {
        fileprivate let classes: Int
        /// Examples by label and likeliest output, shape (C, C), and the number that the vote gets right.
        fileprivate var all: [Int]

        /// None yet.
        package init(classes: Int) {
            self.classes = classes
            all = [Int](repeating: 0, count: classes * classes + 1)
        }

        /// Counts an example.
        package mutating func add(_ opinions: LabelOpinions) {
            all[opinions.label * classes + opinions.likeliestColumn] += 1
            all[classes * classes] += opinions.votesFor == opinions.label ? 1 : 0
        }
    }

    /// Finds the outputs by what the runs say of examples whose labels are known; nil if, in any order, they are right
    /// less than half as often as the vote. Collective over `world`: every rank calls it with its own counts.
    ///
    /// - Throws: `MPIError`.
    package init?(_ own: Counts, world: Communicator) throws {
        let (classes, counts) = (own.classes, try world.allreduce(own.all, .sum))
        func agree(_ columns: [Int]) -> Bool {
            2 * columns.enumerated().reduce(0) { $0 + counts[$1.offset * classes + $1.element] }
                >= counts[classes * classes]
        }
        let likeliest = (0..<classes).map { label in
            (0..<classes).reduce(label) {
                counts[label * classes + $1] > counts[label * classes + $0] ? $1 : $0
            }
        }
        if agree(Array(0..<classes)) {
            ofClasses = Array(0..<classes)
        } else if Set(likeliest).count == classes, agree(likeliest) {
            ofClasses = likeliest
        } else {
            return nil
        }
    }
}
