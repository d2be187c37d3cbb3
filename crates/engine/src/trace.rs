//! The trace: every event in order, and a hash over all of them.
//!
//! The list is bounded, the hash covers everything: two runs are the same when their hashes are. Milestones are kept in a
//! second, longer list, so that the story of a run outlives its details.

use core::hash::{Hash, Hasher};

use crate::cow_log::CowLog;
use crate::event::{Event, EventKind};
use crate::ids::EventId;
use crate::time::Time;

/// How many events the trace keeps.
pub const TRACE_CAP: usize = 100_000;
/// How many milestones are kept.
pub const MILESTONE_CAP: usize = 20_000;

/// Every event, newest last.
#[derive(Clone, Debug)]
pub struct Trace {
    /// Entry number = event id - 1.
    events: CowLog<Event>,
    milestones: CowLog<Event>,
    hash: u64,
}

impl Trace {
    pub(crate) fn new() -> Self {
        Self {
            events: CowLog::new(),
            milestones: CowLog::new(),
            hash: 0x5265_706C_6963_6153,
        }
    }

    pub(crate) fn push(&mut self, at: Time, cause: EventId, kind: EventKind) -> EventId {
        let id = EventId(self.events.end() + 1);
        let event = Event {
            id,
            at,
            cause,
            kind,
        };
        let mut hasher = TraceHasher(self.hash);
        event.hash(&mut hasher);
        self.hash = hasher.finish();
        self.events.push(event);
        if self.events.len() > TRACE_CAP + 4096 {
            self.events.keep_last(TRACE_CAP);
        }
        if kind.is_milestone() {
            self.milestones.push(event);
            self.milestones.keep_last(MILESTONE_CAP);
        }
        id
    }

    /// A hash over every event so far, dropped ones included.
    #[must_use]
    pub fn hash(&self) -> u64 {
        self.hash
    }

    /// How many events there have been.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.events.end()
    }

    /// Whether nothing has happened yet.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.events.end() == 0
    }

    /// The event with this id, if it is still kept.
    #[must_use]
    pub fn get(&self, id: EventId) -> Option<&Event> {
        let number = id.0.checked_sub(1)?;
        self.events.get(number).or_else(|| {
            let (first, end) = (self.milestones.first(), self.milestones.end());
            let (mut low, mut high) = (first, end);
            while low < high {
                let middle = low + (high - low) / 2;
                if self.milestones.get(middle)?.id < id {
                    low = middle + 1;
                } else {
                    high = middle;
                }
            }
            self.milestones.get(low).filter(|event| event.id == id)
        })
    }

    /// The events kept, oldest first.
    pub fn events(&self) -> impl DoubleEndedIterator<Item = &Event> {
        self.events.iter()
    }

    /// The events with an id above `after` that are kept, oldest first.
    pub fn since(&self, after: EventId) -> impl DoubleEndedIterator<Item = &Event> {
        self.events.range(after.0, self.events.end())
    }

    /// The milestones kept, oldest first.
    pub fn milestones(&self) -> impl DoubleEndedIterator<Item = &Event> {
        self.milestones.iter()
    }

    /// The chain of causes of an event, itself first, back to an action or the start, as far as it is kept.
    pub fn causes(&self, id: EventId) -> impl Iterator<Item = &Event> {
        core::iter::successors(self.get(id), |event| self.get(event.cause))
    }
}

/// A hash that is the same on every platform: every number is widened to 64 bits before it is mixed in.
struct TraceHasher(u64);

impl TraceHasher {
    fn mix(&mut self, word: u64) {
        self.0 = (self.0.rotate_left(5) ^ word).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    }
}

impl Hasher for TraceHasher {
    fn finish(&self) -> u64 {
        self.0 ^ (self.0 >> 32)
    }
    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|&byte| self.mix(u64::from(byte)));
    }
    fn write_u8(&mut self, word: u8) {
        self.mix(u64::from(word));
    }
    fn write_u16(&mut self, word: u16) {
        self.mix(u64::from(word));
    }
    fn write_u32(&mut self, word: u32) {
        self.mix(u64::from(word));
    }
    fn write_u64(&mut self, word: u64) {
        self.mix(word);
    }
    fn write_usize(&mut self, word: usize) {
        self.mix(word as u64);
    }
    fn write_isize(&mut self, word: isize) {
        self.mix(word as u64);
    }
}
