//! A node's key-value table.

use super::wal::{Record, Wal};
use crate::ids::{Key, Lsn, OpId, Timeline, Tip};

/// The visible state of one key. All zero: never written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Row {
    /// Position of the record that wrote it.
    pub lsn: Lsn,
    /// That record's timeline.
    pub timeline: Timeline,
    /// How many writes the key has had.
    pub version: u32,
    /// The write.
    pub op: OpId,
    /// The value.
    pub value: u32,
}

impl Row {
    /// Which record wrote it.
    #[must_use]
    pub fn tip(&self) -> Tip {
        Tip {
            timeline: self.timeline,
            lsn: self.lsn,
        }
    }
}

impl From<&Record> for Row {
    fn from(record: &Record) -> Self {
        let Record {
            lsn,
            timeline,
            version,
            op,
            value,
            ..
        } = *record;
        Self {
            lsn,
            timeline,
            version,
            op,
            value,
        }
    }
}

/// The newest record of a key in the log, applied or not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Head {
    /// Its position.
    pub lsn: Lsn,
    /// Its version.
    pub version: u32,
}

/// The record that a rewind needs to restore a row is older than the log goes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogTooShort;

/// Rows as reads see them, and the log's newest record of each key.
#[derive(Clone, Debug)]
pub struct Table {
    rows: Vec<Row>,
    heads: Vec<Head>,
}

impl Table {
    pub(crate) fn new(keys: usize) -> Self {
        Self {
            rows: vec![Row::default(); keys],
            heads: vec![Head::default(); keys],
        }
    }

    pub(crate) fn from_backup(rows: Vec<Row>, heads: Vec<Head>) -> Self {
        Self { rows, heads }
    }

    /// What a read of `key` returns.
    #[must_use]
    pub fn row(&self, key: Key) -> Row {
        self.rows[key.0 as usize]
    }

    /// Every row, by key.
    #[must_use]
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// The newest record of `key` in the log.
    #[must_use]
    pub fn head(&self, key: Key) -> Head {
        self.heads[key.0 as usize]
    }

    /// Every head, by key.
    #[must_use]
    pub fn heads(&self) -> &[Head] {
        &self.heads
    }

    /// Notes a record that was put into the log.
    pub(crate) fn logged(&mut self, record: &Record) {
        self.heads[record.key.0 as usize] = Head {
            lsn: record.lsn,
            version: record.version,
        };
    }

    /// Makes a record's write visible, unless a newer one is.
    pub(crate) fn apply(&mut self, record: &Record) {
        let row = &mut self.rows[record.key.0 as usize];
        if record.lsn > row.lsn {
            *row = Row::from(record);
        }
    }

    /// Makes the write of a record of this history visible, unless a newer one of it is. What the row was before may be from
    /// another history, whose positions say nothing.
    pub(crate) fn commit(&mut self, record: &Record) {
        let row = &mut self.rows[record.key.0 as usize];
        if record.timeline != row.timeline || record.lsn > row.lsn {
            *row = Row::from(record);
        }
    }

    /// Makes a record's write visible, whatever is there.
    pub(crate) fn put(&mut self, record: &Record) {
        self.rows[record.key.0 as usize] = Row::from(record);
    }

    /// Takes back every record after `fork`. `wal` still holds them.
    ///
    /// # Errors
    /// [`LogTooShort`] when the record before one that is taken back is no longer in the log; nothing has changed then.
    pub(crate) fn rewind(&mut self, wal: &Wal, fork: Lsn) -> Result<(), LogTooShort> {
        let mut rows = self.rows.clone();
        let mut heads = self.heads.clone();
        for record in wal.range(fork.next(), wal.tip().lsn).rev() {
            let key = record.key.0 as usize;
            let before = record.prev_of_key;
            heads[key] = Head {
                lsn: before,
                version: record.version - 1,
            };
            if rows[key].tip() == record.tip() {
                rows[key] = match wal.get(before) {
                    Some(older) => Row::from(older),
                    None if before == Lsn::ZERO => Row::default(),
                    None => return Err(LogTooShort),
                };
            }
        }
        if wal.first() > fork.next() {
            return Err(LogTooShort);
        }
        self.rows = rows;
        self.heads = heads;
        Ok(())
    }

    /// The log goes back to `fork` and what it held before is not known: the newest record of a key is none.
    pub(crate) fn forget_heads_after(&mut self, fork: Lsn) {
        for head in self.heads.iter_mut().filter(|head| head.lsn > fork) {
            *head = Head::default();
        }
    }

    /// Sets the heads back to what the log holds, after a crash took its unflushed end.
    pub(crate) fn truncate_heads(&mut self, lost: impl Iterator<Item = Record>) {
        for record in lost {
            self.heads[record.key.0 as usize] = Head {
                lsn: record.prev_of_key,
                version: record.version - 1,
            };
        }
    }
}
