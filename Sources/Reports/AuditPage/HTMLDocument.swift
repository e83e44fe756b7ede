/// The frame of all pages: the head that they have in common, and their own contents.
package enum HTMLDocument {
    /// What all pages look like.
    private static let style = String(decoding: PackageResources.page_css, as: UTF8.self)

    /// A whole document.
    ///
    /// - Parameters:
    ///   - head: Further elements of the head.
    ///   - body: The elements of the body.
    package static func text(_ title: String, head: [Markup], body: [Markup]) -> String {
        let common = [
            Markup("meta", ["charset": "utf-8"]),
            Markup("meta", ["name": "viewport", "content": "width=device-width, initial-scale=1"]),
            Markup("meta", ["name": "color-scheme", "content": "light dark"]),
            // No icon: browsers would ask for one elsewhere.
            Markup("link", ["rel": "icon", "href": "data:,"]),
            Markup("title", [:], [Markup(text: title)]), Markup("style", [:], [Markup(raw: style)]),
        ]
        let html = Markup("html", ["lang": "en"], [Markup("head", [:], common + head), Markup("body", [:], body)])
        return "<!doctype html>\n\(html)\n"
    }
}
