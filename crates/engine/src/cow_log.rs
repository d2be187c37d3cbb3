//! A log that is cheap to copy: sealed chunks are shared between copies until one of them writes.
//!
//! WALs, the trace and the ledger are long, and a checkpoint copies all of them. Copying a [`CowLog`] copies one pointer
//! per 256 entries; the bytes are copied only when an old entry is changed. Entries are numbered from the first ever
//! pushed, so an entry keeps its number when older ones are dropped.

use std::collections::VecDeque;
use std::sync::Arc;

const CHUNK: usize = 256;

/// An append-only log that can drop its oldest and its newest entries, with copy-on-write chunks.
#[derive(Clone, Debug)]
pub struct CowLog<T> {
    /// Every chunk but the last is full.
    chunks: VecDeque<Arc<Vec<T>>>,
    /// Number of the first entry of the first chunk; a multiple of `CHUNK`.
    chunks_from: u64,
    /// Number of the oldest entry kept.
    first: u64,
    /// Number the next entry will get.
    end: u64,
}

impl<T: Clone> CowLog<T> {
    /// An empty log whose first entry will be number 0.
    #[must_use]
    pub fn new() -> Self {
        Self {
            chunks: VecDeque::new(),
            chunks_from: 0,
            first: 0,
            end: 0,
        }
    }

    /// An empty log whose first entry will be number `first`.
    #[must_use]
    pub fn starting_at(first: u64, filler: &T) -> Self {
        let chunks_from = first - first % CHUNK as u64;
        let mut log = Self {
            chunks: VecDeque::new(),
            chunks_from,
            first,
            end: first,
        };
        if first > chunks_from {
            let mut chunk = Vec::with_capacity(CHUNK);
            chunk.resize((first - chunks_from) as usize, filler.clone());
            log.chunks.push_back(Arc::new(chunk));
        }
        log
    }

    /// Number of the oldest entry kept.
    #[must_use]
    pub fn first(&self) -> u64 {
        self.first
    }

    /// Number the next entry will get.
    #[must_use]
    pub fn end(&self) -> u64 {
        self.end
    }

    /// How many entries are kept.
    #[must_use]
    pub fn len(&self) -> usize {
        (self.end - self.first) as usize
    }

    /// Whether no entry is kept.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.end == self.first
    }

    /// Appends an entry and returns its number.
    pub fn push(&mut self, entry: T) -> u64 {
        let number = self.end;
        if (number - self.chunks_from).is_multiple_of(CHUNK as u64) {
            self.chunks.push_back(Arc::new(Vec::with_capacity(CHUNK)));
        }
        if let Some(chunk) = self.chunks.back_mut() {
            Arc::make_mut(chunk).push(entry);
        }
        self.end += 1;
        number
    }

    /// The entry with this number, if it is kept.
    #[must_use]
    pub fn get(&self, number: u64) -> Option<&T> {
        if number < self.first || number >= self.end {
            return None;
        }
        let offset = (number - self.chunks_from) as usize;
        Some(&self.chunks[offset / CHUNK][offset % CHUNK])
    }

    /// The entry with this number, to be changed, if it is kept.
    pub fn get_mut(&mut self, number: u64) -> Option<&mut T> {
        if number < self.first || number >= self.end {
            return None;
        }
        let offset = (number - self.chunks_from) as usize;
        Some(&mut Arc::make_mut(&mut self.chunks[offset / CHUNK])[offset % CHUNK])
    }

    /// The newest entry.
    #[must_use]
    pub fn last(&self) -> Option<&T> {
        self.end.checked_sub(1).and_then(|number| self.get(number))
    }

    /// Drops the newest entries, so that the next one will get the number `end`.
    pub fn truncate(&mut self, end: u64) {
        if end >= self.end {
            return;
        }
        let end = end.max(self.first);
        let kept = (end - self.chunks_from) as usize;
        self.chunks.truncate(kept.div_ceil(CHUNK));
        if !kept.is_multiple_of(CHUNK)
            && let Some(chunk) = self.chunks.back_mut()
        {
            Arc::make_mut(chunk).truncate(kept % CHUNK);
        }
        self.end = end;
    }

    /// Drops the oldest entries until at most `most` are kept.
    pub fn keep_last(&mut self, most: usize) {
        if self.len() > most {
            self.drop_before(self.end - most as u64);
        }
    }

    /// Drops every entry with a lower number.
    pub fn drop_before(&mut self, number: u64) {
        self.first = number.clamp(self.first, self.end);
        while self.chunks.len() > 1 && self.chunks_from + CHUNK as u64 <= self.first {
            self.chunks.pop_front();
            self.chunks_from += CHUNK as u64;
        }
    }

    /// The entries kept, oldest first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &T> {
        self.range(self.first, self.end)
    }

    /// The kept entries with numbers in `from..to`, oldest first.
    pub fn range(&self, from: u64, to: u64) -> impl DoubleEndedIterator<Item = &T> {
        let from = from.max(self.first);
        let to = to.min(self.end);
        (from..to.max(from)).map(|number| {
            let offset = (number - self.chunks_from) as usize;
            &self.chunks[offset / CHUNK][offset % CHUNK]
        })
    }
}

impl<T: Clone> Default for CowLog<T> {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_numbers_through_drops_at_both_ends() {
        let mut log = CowLog::new();
        for number in 0..1_000u64 {
            assert_eq!(log.push(number), number);
        }
        log.keep_last(600);
        assert_eq!((log.first(), log.end(), log.len()), (400, 1_000, 600));
        assert_eq!(log.get(399), None);
        assert_eq!(log.get(400), Some(&400));
        log.truncate(700);
        assert_eq!(log.last(), Some(&699));
        assert_eq!(log.push(7), 700);
        log.truncate(512);
        assert_eq!(log.push(8), 512);
        assert_eq!(
            log.range(510, 600).copied().collect::<Vec<_>>(),
            [510, 511, 8]
        );
        log.truncate(0);
        assert_eq!((log.first(), log.end()), (400, 400));
        assert_eq!(log.push(9), 400);
        assert_eq!(log.iter().copied().collect::<Vec<_>>(), [9]);
    }

    #[test]
    fn a_copy_does_not_see_later_changes() {
        let mut log = CowLog::new();
        (0..600u64).for_each(|number| {
            log.push(number);
        });
        let copy = log.clone();
        *log.get_mut(3).expect("kept") = 99;
        log.truncate(10);
        log.push(77);
        assert_eq!(copy.get(3), Some(&3));
        assert_eq!(copy.len(), 600);
        assert_eq!((log.get(3), log.get(10)), (Some(&99), Some(&77)));
    }

    #[test]
    fn starts_at_any_number() {
        for first in [0, 1, 255, 256, 257, 1_000] {
            let mut log = CowLog::starting_at(first, &0u64);
            assert!(log.is_empty());
            for number in first..first + 300 {
                assert_eq!(log.push(number), number);
            }
            assert!(log.iter().copied().eq(first..first + 300));
        }
    }
}
