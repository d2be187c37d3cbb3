//! Choices made from bytes: the fuzzer changes a byte, a choice changes.

/// Bytes, taken from the front. When there are none left, every choice is the first.
pub(crate) struct Draw<'a>(pub(crate) &'a [u8]);

impl Draw<'_> {
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn byte(&mut self) -> u8 {
        match self.0.split_first() {
            Some((&first, rest)) => {
                self.0 = rest;
                first
            }
            None => 0,
        }
    }

    /// 0 to `count` - 1.
    pub(crate) fn below(&mut self, count: u8) -> u8 {
        self.byte() % count
    }

    pub(crate) fn one_of<T: Copy>(&mut self, all: &[T]) -> T {
        all[usize::from(self.byte()) % all.len()]
    }

    pub(crate) fn yes(&mut self) -> bool {
        self.byte() % 2 == 1
    }

    /// A number that is small more often than not.
    pub(crate) fn number(&mut self) -> u64 {
        let (digits, shift) = (u64::from(self.byte()), self.byte() % 64);
        digits.checked_shl(shift.into()).unwrap_or(u64::MAX)
    }
}
