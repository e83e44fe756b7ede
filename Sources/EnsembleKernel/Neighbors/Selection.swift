extension UnsafeMutableBufferPointer where Element: Comparable {
    /// Moves the `count` largest numbers to the front, in no particular order. O(n) on average (Hoare's selection). No
    /// NaN.
    package func moveLargest(_ count: Int) {
        var low = 0
        var high = self.count - 1
        while low < high {
            let pivot = self[(low + high) / 2]
            var left = low
            var right = high
            while left <= right {
                while self[left] > pivot { left += 1 }
                while self[right] < pivot { right -= 1 }
                if left <= right {
                    swapAt(left, right)
                    left += 1
                    right -= 1
                }
            }
            if count - 1 <= right { high = right } else if count - 1 >= left { low = left } else { return }
        }
    }

    /// The k-th largest of at least k numbers; changes their order.
    package func kthLargest(_ k: Int) -> Element {
        moveLargest(k)
        return self[..<k].min()!
    }
}
