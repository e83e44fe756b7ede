import NIOCore
import NIOHTTP1
import NIOPosix
import Platform
import UserMessages

/// A server of an ``Explorer`` on the loopback interface: only this machine reaches it.
public final class LoopbackServer: Sendable {
    private let group: MultiThreadedEventLoopGroup
    private let channel: any Channel
    /// The address to open in a browser.
    public let address: String

    /// Starts to answer requests.
    ///
    /// - Parameter port: The port; 0 for a free one.
    /// - Throws: `UserError` (71) if the port cannot be had.
    public init(_ explorer: Explorer, port: Int) throws {
        // Browsers open several connections: a search by pixels holds up the pictures of one of them only.
        group = MultiThreadedEventLoopGroup(numberOfThreads: 4)
        do {
            channel = try ServerBootstrap(group: group)
                .serverChannelOption(.backlog, value: 128)
                .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
                .childChannelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        let pipeline = channel.pipeline.syncOperations
                        try pipeline.configureHTTPServerPipeline(withErrorHandling: true)
                        try pipeline.addHandler(IdleStateHandler(allTimeout: .seconds(60)))
                        try pipeline.addHandler(NIOHTTPServerRequestAggregator(maxContentLength: Self.largestBody))
                        try pipeline.addHandler(ExplorerHandler(explorer))
                    }
                }.bind(host: "127.0.0.1", port: port).wait()
        } catch {
            try? group.syncShutdownGracefully()
            let reason = (error as? IOError).map { String(cString: strerror($0.errnoCode)) } ?? "\(error)"
            throw UserError.system("127.0.0.1:\(port): \(reason); --port takes another, 0 a free one")
        }
        address = "http://127.0.0.1:\(channel.localAddress?.port ?? port)\(explorer.base)"
    }

    /// The largest body of a request.
    private static let largestBody = 64 << 10

    /// Ends all connections.
    public func close() {
        try? channel.close().wait()
        try? group.syncShutdownGracefully()
    }
}

/// Answers the requests of one connection.
private final class ExplorerHandler: ChannelInboundHandler {
    typealias InboundIn = NIOHTTPServerRequestFull
    typealias OutboundOut = HTTPServerResponsePart

    private let explorer: Explorer

    init(_ explorer: Explorer) { self.explorer = explorer }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let request = unwrapInboundIn(data)
        let response =
            Self.isOfThisMachine(request.head)
            ? explorer.response(to: Request(request)) : .text("Open the address that explore prints.\n", .badRequest)
        var headers: HTTPHeaders = [
            "Content-Type": response.type, "Content-Length": "\(response.body.count)",
            "Cache-Control": response.lasts ? "private, max-age=3600" : "no-store",
            "Content-Security-Policy": Self.policy, "Referrer-Policy": "no-referrer",
            "X-Content-Type-Options": "nosniff",
        ]
        if let location = response.location { headers.add(name: "Location", value: location) }
        let head = HTTPResponseHead(
            version: request.head.version, status: HTTPResponseStatus(statusCode: response.status.rawValue),
            headers: headers)
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        if request.head.method != .HEAD {
            context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: response.body)))), promise: nil)
        }
        let isLast = !request.head.isKeepAlive
        let written = context.eventLoop.makePromise(of: Void.self)
        if isLast {
            let channel = context.channel
            written.futureResult.whenComplete { _ in channel.close(promise: nil) }
        }
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: written)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is IdleStateHandler.IdleStateEvent {
            context.close(promise: nil)
        } else {
            context.fireUserInboundEventTriggered(event)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    /// The pages load nothing from elsewhere, run no script but their own, and are shown in no other page.
    private static let policy = """
        default-src 'none'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; script-src 'self'; \
        connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'
        """

    /// Whether a request names this machine as its host. A page from elsewhere whose name was made to lead here
    /// (DNS rebinding) does not. The port may be that of a tunnel.
    private static func isOfThisMachine(_ head: HTTPRequestHead) -> Bool {
        let hosts = head.headers["Host"]
        guard hosts.count == 1 else { return false }
        let name = hosts[0].split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)[0].lowercased()
        return name == "127.0.0.1" || name == "localhost"
    }
}

extension Request {
    fileprivate init(_ request: NIOHTTPServerRequestFull) {
        let parts = request.head.uri.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        method =
            switch request.head.method {
            case .GET: .get
            case .HEAD: .head
            case .POST: .post
            default: .other
            }
        path = parts.first.map(String.init) ?? "/"
        query = FormFields(parsing: parts.count > 1 ? parts[1] : "")
        wantsText = request.head.headers["Accept"].contains("text/plain")
        body = FormFields(parsing: request.body.map { String(buffer: $0) } ?? "")
    }
}
