import Platform

/// An element of SVG or HTML, as text.
package struct Markup: CustomStringConvertible {
    package let description: String

    /// Elements of HTML that have no end.
    private static let void: Set<String> = ["img", "input", "link", "meta"]

    /// `<name attributes>contents</name>`; attributes are in the given order, their values are escaped.
    package init(_ name: String, _ attributes: KeyValuePairs<String, String> = [:], _ contents: [Markup] = []) {
        let attributes = attributes.map { " \($0.key)=\"\(Self.escaped($0.value))\"" }.joined()
        let inside = contents.map(\.description).joined()
        description = "<\(name)\(attributes)>" + (Self.void.contains(name) ? "" : "\(inside)</\(name)>")
    }

    /// Text between elements, which is escaped.
    package init(text: String) { description = Self.escaped(text) }

    /// Text that is already markup.
    package init(raw: String) { description = raw }

    private static func escaped(_ text: String) -> String {
        // By scalars: what follows a sign may be one character with it, which is not that sign.
        var escaped = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": escaped += "&amp;"
            case "<": escaped += "&lt;"
            case ">": escaped += "&gt;"
            case "\"": escaped += "&quot;"
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }
}
