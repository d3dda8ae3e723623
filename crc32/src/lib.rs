//! The checksum of ZIP and gzip (CRC-32, reflected polynomial EDB88320), by a table of sixteen numbers.

/// What remains of each half byte.
const TABLE: [u32; 16] = table();

const fn table() -> [u32; 16] {
    let mut table = [0; 16];
    let mut half = 0;
    while half < 16 {
        let mut rest = half as u32;
        let mut bit = 0;
        while bit < 4 {
            rest = (rest >> 1) ^ if rest & 1 == 1 { 0xEDB8_8320 } else { 0 };
            bit += 1;
        }
        table[half] = rest;
        half += 1;
    }
    table
}

/// Takes bytes and gives their checksum.
#[derive(Clone, Debug, Default)]
pub struct Hasher {
    checksum: u32,
    /// Bytes taken.
    amount: u64,
}

impl Hasher {
    /// Of no bytes yet.
    #[must_use]
    pub const fn new() -> Self {
        Self::new_with_initial_len(0, 0)
    }

    /// Goes on from the checksum of earlier bytes.
    #[must_use]
    pub const fn new_with_initial(checksum: u32) -> Self {
        Self::new_with_initial_len(checksum, 0)
    }

    /// Goes on from the checksum of so many earlier bytes.
    #[must_use]
    pub const fn new_with_initial_len(checksum: u32, amount: u64) -> Self {
        Self { checksum, amount }
    }

    /// Takes the next bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        let mut rest = !self.checksum;
        for &byte in bytes {
            rest = after(rest ^ u32::from(byte));
        }
        self.checksum = !rest;
        self.amount += bytes.len() as u64;
    }

    /// As if the bytes that `other` took had come next. Takes as long as taking them: nobody here combines.
    pub fn combine(&mut self, other: &Self) {
        let moved = (0..other.amount).fold(self.checksum, |rest, _| after(rest));
        self.checksum = moved ^ other.checksum;
        self.amount += other.amount;
    }

    /// The checksum of all bytes taken.
    #[must_use]
    pub const fn finalize(self) -> u32 {
        self.checksum
    }

    /// Forgets all bytes.
    pub const fn reset(&mut self) {
        *self = Self::new();
    }
}

/// What remains of `rest` after another byte.
const fn after(rest: u32) -> u32 {
    let half = (rest >> 4) ^ TABLE[(rest & 15) as usize];
    (half >> 4) ^ TABLE[(half & 15) as usize]
}

/// The checksum of `bytes`.
#[must_use]
pub fn hash(bytes: &[u8]) -> u32 {
    let mut hasher = Hasher::new();
    hasher.update(bytes);
    hasher.finalize()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_is_that_of_the_standard() {
        // The check value of CRC-32/ISO-HDLC.
        assert_eq!(hash(b"123456789"), 0xCBF4_3926);
        assert_eq!(hash(b""), 0);
    }

    #[test]
    fn bytes_may_come_in_parts() {
        let mut first = Hasher::new();
        first.update(b"1234");
        let mut then = Hasher::new_with_initial(first.clone().finalize());
        then.update(b"");
        then.update(b"56789");
        assert_eq!(then.finalize(), hash(b"123456789"));
        let mut rest = Hasher::new();
        rest.update(b"56789");
        first.combine(&rest);
        assert_eq!(first.finalize(), hash(b"123456789"));
    }
}
