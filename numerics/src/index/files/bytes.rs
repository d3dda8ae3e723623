//! Numbers as little-endian bytes, and back.

use base::text::{Message, Result};

/// Reads a file from front to back.
pub struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    /// From the beginning.
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    /// Bytes that were read.
    pub const fn at(&self) -> usize {
        self.at
    }

    /// Bytes that are left.
    pub const fn left(&self) -> usize {
        self.bytes.len() - self.at
    }

    /// The next `count` × `size` bytes.
    pub fn take(&mut self, count: u64, size: usize) -> Result<&'a [u8]> {
        let wanted = count.saturating_mul(size as u64);
        if wanted > self.left() as u64 {
            let short = Message::new("index.file_short").with("at", self.at);
            return Err(short.with("wanted", wanted).with("left", self.left()));
        }
        let taken = &self.bytes[self.at..self.at + wanted as usize];
        self.at += wanted as usize;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N]> {
        let mut array = [0; N];
        array.copy_from_slice(self.take(1, N)?);
        Ok(array)
    }

    pub fn u8(&mut self) -> Result<u8> {
        Ok(self.array::<1>()?[0])
    }

    pub fn u32(&mut self) -> Result<u32> {
        Ok(u32::from_le_bytes(self.array()?))
    }

    pub fn u64(&mut self) -> Result<u64> {
        Ok(u64::from_le_bytes(self.array()?))
    }

    pub fn i32(&mut self) -> Result<i32> {
        Ok(self.u32()? as i32)
    }

    pub fn f32(&mut self) -> Result<f32> {
        Ok(f32::from_bits(self.u32()?))
    }

    /// `count` numbers.
    pub fn f32s(&mut self, count: u64) -> Result<Vec<f32>> {
        let (words, _) = self.take(count, 4)?.as_chunks::<4>();
        Ok(words.iter().map(|&word| f32::from_le_bytes(word)).collect())
    }

    /// `count` whole numbers.
    pub fn u32s(&mut self, count: u64) -> Result<Vec<u32>> {
        let (words, _) = self.take(count, 4)?.as_chunks::<4>();
        Ok(words.iter().map(|&word| u32::from_le_bytes(word)).collect())
    }

    /// `count` whole numbers of eight bytes.
    pub fn u64s(&mut self, count: u64) -> Result<Vec<u64>> {
        let (words, _) = self.take(count, 8)?.as_chunks::<8>();
        Ok(words.iter().map(|&word| u64::from_le_bytes(word)).collect())
    }
}

/// Writes a file from front to back.
#[derive(Default)]
pub struct Writer(pub Vec<u8>);

impl Writer {
    pub fn bytes(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }

    pub fn u8(&mut self, number: u8) {
        self.0.push(number);
    }

    pub fn u32(&mut self, number: u32) {
        self.bytes(&number.to_le_bytes());
    }

    pub fn u64(&mut self, number: u64) {
        self.bytes(&number.to_le_bytes());
    }

    pub fn f32(&mut self, number: f32) {
        self.u32(number.to_bits());
    }

    pub fn f32s(&mut self, numbers: &[f32]) {
        numbers.iter().for_each(|&number| self.f32(number));
    }

    pub fn u32s(&mut self, numbers: &[u32]) {
        numbers.iter().for_each(|&number| self.u32(number));
    }
}
