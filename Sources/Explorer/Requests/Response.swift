/// What is answered.
struct Response: Sendable {
    enum Status: Int, Sendable {
        case ok = 200
        case seeOther = 303
        case forbidden = 403
        case notFound = 404
        case methodNotAllowed = 405
        case badRequest = 400
        case failed = 500
    }

    var status = Status.ok
    var type = "text/html; charset=utf-8"
    var body: [UInt8] = []
    /// Where to go on, with ``Status/seeOther``.
    var location: String?
    /// Whether the browser may keep the answer: that for an image will not change.
    var lasts = false

    static func html(_ text: String) -> Response { Response(body: Array(text.utf8)) }

    static func text(_ text: String, _ status: Status = .ok, type: String = "text/plain") -> Response {
        Response(status: status, type: "\(type); charset=utf-8", body: Array(text.utf8))
    }
}
