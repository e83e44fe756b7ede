import Platform

/// An element of SVG or HTML, as text.
struct Markup: CustomStringConvertible {
    let description: String

    /// `<name attributes>contents</name>`; attributes are in the given order, their values are escaped.
    init(_ name: String, _ attributes: KeyValuePairs<String, String> = [:], _ contents: [Markup] = []) {
        let attributes = attributes.map { " \($0.key)=\"\(Self.escaped($0.value))\"" }.joined()
        let inside = contents.map(\.description).joined()
        description = "<\(name)\(attributes)>\(inside)</\(name)>"
    }

    /// Text between elements, which is escaped.
    init(text: String) { description = Self.escaped(text) }

    /// Text that is already markup.
    init(raw: String) { description = raw }

    private static func escaped(_ text: String) -> String {
        text.replacing("&", with: "&amp;").replacing("<", with: "&lt;")
            .replacing(">", with: "&gt;").replacing("\"", with: "&quot;")
    }
}
