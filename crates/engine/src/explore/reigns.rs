//! Who may rule, and only once: a timeline is opened once, a term of the consensus store and an epoch of the Sentinels have
//! one leader at the most.

use std::collections::{BTreeMap, BTreeSet};

use super::{Invariant, Violation, Watched};
use crate::event::EventKind;
use crate::ids::{NodeId, Timeline};
use crate::manager::{ManagerEvent, SentinelEvent};

/// What has been opened or won so far.
#[derive(Debug)]
pub(super) struct Reigns {
    timelines: BTreeSet<Timeline>,
    terms: BTreeMap<u64, u8>,
    epochs: BTreeMap<u64, u8>,
}

impl Reigns {
    pub(super) fn new() -> Self {
        Self {
            timelines: BTreeSet::from([Timeline::new(1, NodeId(0))]),
            terms: BTreeMap::new(),
            epochs: BTreeMap::new(),
        }
    }

    pub(super) fn note(&mut self, run: &Watched, event: &EventKind) -> Result<(), Violation> {
        let once = |fresh: bool, what: &dyn Fn() -> String| {
            run.holds(fresh, Invariant::OneReignEach, what)
        };
        match *event {
            EventKind::Promoted { node, timeline, .. }
            | EventKind::LogEndLost { node, timeline, .. } => {
                once(self.timelines.insert(timeline), &|| {
                    format!("{node} opens {timeline:?}, which was opened before")
                })
            }
            EventKind::Manager(ManagerEvent::StoreLeads { member, term }) => {
                let first = *self.terms.entry(term).or_insert(member);
                once(first == member, &|| {
                    format!("members {first} and {member} of the store lead in term {term}")
                })
            }
            EventKind::Manager(ManagerEvent::Sentinel(SentinelEvent::Elected {
                by,
                epoch,
                ..
            })) => {
                let first = *self.epochs.entry(epoch).or_insert(by);
                once(first == by, &|| {
                    format!("Sentinels {first} and {by} lead in epoch {epoch}")
                })
            }
            _ => Ok(()),
        }
    }
}
