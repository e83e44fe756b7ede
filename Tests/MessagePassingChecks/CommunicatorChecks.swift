import Foundation
import MessagePassing
import UserMessages

extension Checks {
    func checkSplits() throws {
        // Odd and even ranks apart, their order reversed.
        guard let half = try world.split(color: rank % 2, key: -rank) else {
            throw CheckFailure(description: "split with a color gave no communicator")
        }
        let members = Array((0..<size).filter { $0 % 2 == rank % 2 }.reversed())
        try expect("split: size", half.size, is: members.count)
        try expect("split: order by key", half.allgather(rank), is: members)
        try expect("split: limit inherited", half.maximumCount, is: world.maximumCount)

        let rest = try world.split(color: rank == 0 ? nil : 1)
        try expect("split without a color", rest?.size, is: rank == 0 ? nil : size - 1)
        if let rest { try expect("sum over the rest", rest.allreduce(rank, .sum), is: size * (size - 1) / 2) }

        let host = try world.splitByHost()
        try expect("split by host", host.allgather(rank), is: Array(0..<size))
        // More than MPICH has room for, were they not freed.
        let alone = try world.split(color: rank)
        for _ in 0..<3000 { _ = try alone?.split(color: 0) }
    }

    func checkAgreement() throws {
        try expect("agreement", world.agree { rank * 2 }, is: rank * 2)
        for first in 0..<size {
            do {
                _ = try world.agree { if rank >= first { throw PlaceError(rank: rank) } }
                throw CheckFailure(description: "agree: rank \(first) failed, and rank \(rank) does not know")
            } catch let failure as AgreedFailure {
                try expect("agreed rank", failure.rank, is: first)
                try expect("agreed host", failure.host, is: ProcessInfo.processInfo.hostName)
                try expect("agreed description", failure.description, is: "file of rank \(first) is broken")
                try expect("agreed exit code", failure.exitCode, is: .badData)
                try expect("agreed cause", failure.cause is PlaceError, is: rank == first)
            }
        }
        var withoutCode: AgreedFailure?
        do {
            try world.agree { if rank == size - 1 { throw CheckFailure(description: "no code") } }
        } catch let failure as AgreedFailure {
            withoutCode = failure
        }
        try expect("agreed exit code of an error without one", withoutCode?.exitCode, is: .software)
    }

    /// Calls that cannot work throw before they communicate, so that every rank can go on after them.
    func checkRefusals() throws {
        let two = [1.0, 2.0]
        let nothing: [Double] = []
        var none = nothing
        try expectFailure("allgather into too little", MPIError.self) {
            try world.allgather(two.span, into: none.mutableSpan)
        }
        try expectFailure("counts for too many ranks", MPIError.self) {
            let counts = [Int](repeating: 0, count: size + 1)
            try world.allgather(nothing.span, counts: counts, into: none.mutableSpan)
        }
        try expectFailure("negative counts", MPIError.self) {
            var counts = [Int](repeating: 0, count: size)
            counts[0] = -1
            try world.scatter(nothing.span, counts: counts, into: none.mutableSpan, root: 0)
        }
        try expectFailure("reduceScatter of too little", MPIError.self) {
            var one = [0.0]
            try world.reduceScatter(nothing.span, into: one.mutableSpan, .sum)
        }
        try expectFailure("root that does not exist", MPIError.self) { _ = try world.broadcast(1.0, root: size) }
        try expectFailure("send to a rank that does not exist", MPIError.self) { try world.send(two, to: size) }
        try expectFailure("second session", MPIError.self) { _ = try Session.start() }

        let short = try world.isend(two, to: rank, tag: 6)
        try expectFailure("message shorter than its buffer", MPIError.self) {
            _ = try world.receive(Double.self, count: 3, from: rank, tag: 6)
        }
        try short.wait()
    }

    func checkBytes() throws {
        guard let part = try world.split(color: 0) else { throw CheckFailure(description: "no communicator") }
        let worldBefore = world.bytesCommunicated
        let four = [Float](repeating: 1, count: 4)
        _ = try part.allreduce(four, .sum)
        var buffer = four
        try part.broadcast(buffer.mutableSpan, root: 0)
        try part.barrier()
        let bytes = size == 1 ? 0 : (rank == 0 ? 32 : 16)
        try expect("bytes communicated", part.bytesCommunicated, is: bytes)
        try expect("bytes of a part count for the world", world.bytesCommunicated - worldBefore, is: bytes)
    }
}

/// An error with an exit code, different on every rank.
private struct PlaceError: ExitCoded {
    let rank: Int
    var description: String { "file of rank \(rank) is broken" }
    var exitCode: ExitCode { .badData }
}
