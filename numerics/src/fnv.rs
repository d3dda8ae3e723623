//! A hash that is the same on every machine: FNV-1a with 64 bits (Fowler, Noll and Vo).

/// The hash of what was put in so far.
#[derive(Clone, Copy, Debug)]
pub struct Fnv(u64);

impl Default for Fnv {
    /// Of nothing.
    fn default() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }
}

impl Fnv {
    /// Of these bytes.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        let mut hash = Self::default();
        hash.bytes(bytes);
        hash
    }

    /// Puts in one word of up to 64 bits at once.
    pub const fn word(&mut self, word: u64) {
        self.0 = (self.0 ^ word).wrapping_mul(0x0100_0000_01b3);
    }

    /// Puts in bytes, one after the other.
    pub fn bytes(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.word(u64::from(byte));
        }
    }

    /// All 64 bits.
    #[must_use]
    pub const fn finish(self) -> u64 {
        self.0
    }

    /// 32 bits, the high ones folded down: the last bytes put in have not reached all of the high bits yet.
    #[must_use]
    pub const fn folded(self) -> u32 {
        (self.0 ^ (self.0 >> 32)) as u32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_is_the_published_one() {
        // Test vectors of the authors: "", "a", "foobar".
        for (text, expected) in [
            ("", 0xcbf2_9ce4_8422_2325),
            ("a", 0xaf63_dc4c_8601_ec8c),
            ("foobar", 0x8594_4171_f739_67e8),
        ] {
            assert_eq!(Fnv::of(text.as_bytes()).finish(), expected, "{text}");
        }
    }
}
