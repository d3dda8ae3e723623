//! What was learnt as bytes, and back: one walk over it weighs, writes or reads.

use bytemuck::{Pod, bytes_of, bytes_of_mut, cast_slice, cast_slice_mut};

/// The bytes are those of something else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unfit;

/// What is done at every place a walk comes to. Numbers are little-endian, as all our machines have them.
#[derive(Debug)]
pub enum Pen<'a> {
    /// Bytes are counted.
    Weigh(usize),
    /// Values are written behind these.
    Write(Vec<u8>),
    /// Values are taken from the front of these.
    Read(&'a [u8]),
}

impl Pen<'_> {
    /// Whether values are taken from bytes.
    #[must_use]
    pub const fn reads(&self) -> bool {
        matches!(self, Self::Read(_))
    }

    /// A number.
    ///
    /// # Errors
    /// If what is read has come to its end.
    pub fn one<T: Pod>(&mut self, value: &mut T) -> Result<(), Unfit> {
        match self {
            Self::Read(_) => bytes_of_mut(value).copy_from_slice(self.take(size_of::<T>())?),
            _ => self.put(bytes_of(value)),
        }
        Ok(())
    }

    /// Numbers of which there are always as many as now.
    ///
    /// # Errors
    /// If there are others in what is read.
    pub fn all<T: Pod>(&mut self, values: &mut [T]) -> Result<(), Unfit> {
        let mut len = values.len() as u64;
        self.one(&mut len)?;
        if len != values.len() as u64 {
            return Err(Unfit);
        }
        match self {
            Self::Read(_) => {
                let bytes = self.take(size_of_val(values))?;
                cast_slice_mut(values).copy_from_slice(bytes);
            }
            _ => self.put(cast_slice(values)),
        }
        Ok(())
    }

    /// Numbers of which there may be more or fewer.
    ///
    /// # Errors
    /// If what is read has come to its end.
    pub fn list<T: Pod>(&mut self, values: &mut Vec<T>) -> Result<(), Unfit> {
        if let Self::Read(left) = self {
            let mut head = Pen::Read(left);
            let mut len = 0_u64;
            head.one(&mut len)?;
            if len > (left.len() / size_of::<T>()) as u64 {
                return Err(Unfit);
            }
            values.clear();
            values.resize(len as usize, T::zeroed());
        }
        self.all(values)
    }

    fn put(&mut self, bytes: &[u8]) {
        match self {
            Self::Weigh(sum) => *sum += bytes.len(),
            Self::Write(written) => written.extend_from_slice(bytes),
            Self::Read(_) => {}
        }
    }
}

impl<'a> Pen<'a> {
    fn take(&mut self, count: usize) -> Result<&'a [u8], Unfit> {
        let Self::Read(left) = self else { return Err(Unfit) };
        let (taken, rest) = left.split_at_checked(count).ok_or(Unfit)?;
        *left = rest;
        Ok(taken)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn walk(pen: &mut Pen, fixed: &mut [f32; 3], any: &mut Vec<u32>, step: &mut u64) -> Result<(), Unfit> {
        pen.one(step)?;
        pen.all(fixed)?;
        pen.list(any)
    }

    fn written() -> Vec<u8> {
        let mut pen = Pen::Write(Vec::new());
        walk(&mut pen, &mut [1.0, f32::NAN, -0.0], &mut vec![7, 8], &mut 42).unwrap();
        let Pen::Write(bytes) = pen else { unreachable!() };
        bytes
    }

    #[test]
    fn what_was_written_is_read_and_weighed() {
        let bytes = written();
        let (mut fixed, mut any, mut step) = ([0.0; 3], vec![1; 9], 0);
        let mut pen = Pen::Read(&bytes);
        walk(&mut pen, &mut fixed, &mut any, &mut step).unwrap();
        assert!(matches!(pen, Pen::Read([])));
        assert_eq!(fixed.map(f32::to_bits), [1.0_f32, f32::NAN, -0.0].map(f32::to_bits));
        assert_eq!((any.as_slice(), step), (&[7, 8][..], 42));

        let mut pen = Pen::Weigh(0);
        walk(&mut pen, &mut fixed, &mut any, &mut step).unwrap();
        assert!(matches!(pen, Pen::Weigh(sum) if sum == bytes.len()));
    }

    #[test]
    fn bytes_cut_short_or_of_other_lengths_do_not_fit() {
        let bytes = written();
        for len in 0..bytes.len() {
            let mut pen = Pen::Read(&bytes[..len]);
            let end = walk(&mut pen, &mut [0.0; 3], &mut Vec::new(), &mut 0);
            assert_eq!(end, Err(Unfit), "cut at {len}");
        }
        assert_eq!(Pen::Read(&bytes[8..]).all(&mut [0.0_f32; 4]), Err(Unfit));
        // A length that no memory holds.
        assert_eq!(Pen::Read(&[0xff; 64]).list(&mut Vec::<u64>::new()), Err(Unfit));
    }
}
