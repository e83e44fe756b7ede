import Platform

/// How much of each wavelength an image has: the square roots of the magnitudes of its Fourier transform, those of
/// mirrored waves averaged. A copy that was moved or mirrored has nearly the same, a brightened one a multiple of it.
package struct Spectrum {
    /// Sines and cosines by wave and place.
    private let down, across: Waves
    private let rows, columns: Int

    /// The waves of one axis: those of a transform of twice its length, so that an image that is moved does not come in
    /// again on the other side; without the shortest, which are noise.
    private struct Waves {
        let count: Int
        /// Shape (places, waves).
        let cosines, sines: [Float]

        init(places: Int) {
            let count = max(2, places * 4 / 5)
            let angles = (0..<places).flatMap { place in
                (0..<count).map { wave in Double.pi * Double(place * wave) / Double(places) }
            }
            self.count = count
            cosines = angles.map { Float(cos($0)) }
            sines = angles.map { Float(sin($0)) }
        }
    }

    /// The spectrum of images of so many cells.
    package init(rows: Int, columns: Int) {
        (self.rows, self.columns) = (rows, columns)
        (down, across) = (Waves(places: rows), Waves(places: columns))
    }

    /// The spectrum of an image, but for its mean, in bytes: 255 is the largest value. All are 0 of a black image.
    package func bytes(of cells: GrayCells) -> [UInt8] {
        let (high, wide) = (down.count, across.count)
        // The transform along the rows: the real and the imaginary part of each wave, shape (rows, waves).
        var real = [Float](repeating: 0, count: rows * wide)
        var imaginary = real
        for row in 0..<rows {
            for column in 0..<columns {
                let value = cells.values[row * columns + column]
                for wave in 0..<wide {
                    real[row * wide + wave] += value * across.cosines[column * wide + wave]
                    imaginary[row * wide + wave] += value * across.sines[column * wide + wave]
                }
            }
        }
        var values: [Float] = []
        values.reserveCapacity(high * wide)
        // Sums over the rows of products with cosines and sines: of both, the transforms of a wave and of its mirror
        // image are made.
        var sums = [Float](repeating: 0, count: 4 * wide)
        for wave in 0..<high {
            for place in sums.indices { sums[place] = 0 }
            for row in 0..<rows {
                let (cosine, sine) = (down.cosines[row * high + wave], down.sines[row * high + wave])
                for other in 0..<wide {
                    let (re, im) = (real[row * wide + other], imaginary[row * wide + other])
                    sums[other] += cosine * re
                    sums[wide + other] += sine * im
                    sums[2 * wide + other] += sine * re
                    sums[3 * wide + other] += cosine * im
                }
            }
            for other in 0..<wide {
                let (cc, ss, sc, cs) = (
                    sums[other], sums[wide + other], sums[2 * wide + other], sums[3 * wide + other]
                )
                let plain = ((cc - ss) * (cc - ss) + (sc + cs) * (sc + cs)).squareRoot()
                let mirrored = ((cc + ss) * (cc + ss) + (sc - cs) * (sc - cs)).squareRoot()
                values.append(((plain + mirrored) / 2).squareRoot())
            }
        }
        values.removeFirst()
        let largest = values.max() ?? 0
        guard largest > 0 else { return [UInt8](repeating: 0, count: values.count) }
        return values.map { UInt8((255 * $0 / largest).rounded()) }
    }
}
