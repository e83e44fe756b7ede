/// A convex function of several variables that has a minimum, with what Newton's method needs to find it.
protocol ConvexFunction {
    /// The value at a point.
    func value(at point: [Double]) -> Double
    /// The derivatives at a point.
    func derivatives(at point: [Double]) -> Derivatives
}

/// The derivatives of a function at a point.
struct Derivatives {
    /// The gradient.
    let gradient: [Double]
    /// The matrix of second derivatives, positive definite, times a vector.
    let curvature: ([Double]) -> [Double]
    /// About the inverse of that matrix times a vector.
    let inverse: ([Double]) -> [Double]
}

extension ConvexFunction {
    /// The minimum, by Newton's method from `start`: the steps by conjugate gradients, halved as long as the value does
    /// not become smaller.
    func minimum(from start: [Double]) -> [Double] {
        var point = start
        var current = value(at: point)
        for _ in 0..<100 {
            let derivatives = derivatives(at: point)
            let step = derivatives.newtonStep
            let descent = dot(step, derivatives.gradient)
            // Smaller steps than float64 numbers can tell are left unchecked.
            let isLast = descent <= 1e-13 * max(1, abs(current))
            var length = 1.0
            var next = sum(point, step, -1)
            var found = value(at: next)
            while !isLast, found > current - 1e-4 * length * descent, length > 1e-9 {
                length /= 2
                next = sum(point, step, -length)
                found = value(at: next)
            }
            guard isLast || found < current else { break }
            (point, current) = (next, found)
            if isLast { break }
        }
        return point
    }
}

extension Derivatives {
    /// The vector that the curvature maps to the gradient, to eight digits, by preconditioned conjugate gradients.
    fileprivate var newtonStep: [Double] {
        var step = [Double](repeating: 0, count: gradient.count)
        var residual = gradient
        var improved = inverse(residual)
        var direction = improved
        var size = dot(residual, improved)
        let enough = 1e-16 * size
        var rounds = 0
        while size > enough, rounds < 500 {
            let image = curvature(direction)
            let factor = size / dot(direction, image)
            step = sum(step, direction, factor)
            residual = sum(residual, image, -factor)
            improved = inverse(residual)
            let next = dot(residual, improved)
            direction = sum(improved, direction, next / size)
            size = next
            rounds += 1
        }
        return step
    }
}

/// The sum of the products of the elements.
private func dot(_ x: [Double], _ y: [Double]) -> Double {
    x.indices.reduce(0) { $0 + x[$1] * y[$1] }
}

/// x + factor y.
private func sum(_ x: [Double], _ y: [Double], _ factor: Double) -> [Double] {
    x.indices.map { x[$0] + factor * y[$0] }
}
