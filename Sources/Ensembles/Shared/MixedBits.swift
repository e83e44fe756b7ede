extension UInt64 {
    /// A hash of the number, each bit of which depends on each of its bits: the finalizer of MurmurHash3 (Austin
    /// Appleby, public domain), applied after adding a constant so that 0 is mixed too.
    package var mixed: UInt64 {
        var x = self &+ 0x9e37_79b9_7f4a_7c15
        x = (x ^ x >> 33) &* 0xff51_afd7_ed55_8ccd
        x = (x ^ x >> 33) &* 0xc4ce_b9fe_1a85_ec53
        return x ^ x >> 33
    }
}
