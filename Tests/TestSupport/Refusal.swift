/// The error that a body ends with; nil where it ends without one. An error of another type is thrown on.
///
///     #expect(try refusal(UserError.self) { try open("nothing") }?.exitCode == .noInput)
public func refusal<Failure: Error, Result>(
    _: Failure.Type = Failure.self, of body: () throws -> Result
) throws -> Failure? {
    do {
        _ = try body()
        return nil
    } catch let error as Failure {
        return error
    }
}
