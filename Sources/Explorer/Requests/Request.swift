/// What a request asks for.
struct Request: Sendable {
    enum Method: Sendable { case get, head, post, other }

    let method: Method
    /// The path, without the query.
    let path: String
    let query: FormFields
    /// Whether a script asks, which has no use for a page.
    var wantsText = false
    /// The body of a form that is sent.
    let body: FormFields
}
