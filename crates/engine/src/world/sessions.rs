//! What a session remembers between its operations: when it wrote, how far the log was, which replica it uses.
//!
//! It lives with the client: in a cookie, a connection, a process. Other sessions know nothing of it, except where a router
//! shares it among all (`global`).

use crate::ids::{ClientId, Key, NodeId, OpId, Tip};
use crate::small_map::SmallMap;
use crate::sort::sort_by_key;
use crate::time::{Span, Time};

/// Where an instance of a model came from: Django's `_state.db`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InstanceFrom {
    /// The alias of the primary, whichever node that is.
    Primary,
    /// The alias of a replica.
    Replica(NodeId),
}

/// One session.
#[derive(Clone, Debug, Default)]
pub struct Session {
    /// The last write's stamp: when its request ended, or when it was sent (R-RC-2, R-RC-7).
    pub last_write: Option<Time>,
    /// The replica that it keeps to.
    pub node: Option<NodeId>,
    /// The position up to which it wants to see the log (R-RC-3).
    pub token: Option<Tip>,
    /// The primary could not be asked for the position after a write: only the primary will do until the next one.
    pub token_unknown: bool,
    /// Where the instances that it holds came from.
    pub instances: SmallMap<Key, InstanceFrom>,
    /// Writes after which a position was asked for that has not come, and since when.
    asked: Vec<(OpId, Time)>,
    /// Reads that wait for such a position.
    held: Vec<OpId>,
}

impl Session {
    /// Takes note of a position. `timelines`: a newer timeline is further, whatever the number.
    pub(super) fn remember(&mut self, position: Tip, timelines: bool) {
        let further = self.token.is_none_or(|token| {
            if timelines {
                position > token
            } else {
                position.lsn > token.lsn
            }
        });
        if further {
            self.token = Some(position);
        }
        self.token_unknown = false;
    }

    /// Whether its last write was less than `delay` ago.
    pub(super) fn wrote_within(&self, delay: Span, now: Time) -> bool {
        self.last_write.is_some_and(|at| now.since(at) < delay)
    }

    pub(super) fn ask(&mut self, op: OpId, now: Time) {
        self.asked.push((op, now));
    }

    /// Whether it waits for a position. One that has not come for `patience` will not come.
    pub(super) fn waits_for_position(&mut self, patience: Span, now: Time) -> bool {
        let before = self.asked.len();
        self.asked.retain(|&(_, since)| now.since(since) < patience);
        self.token_unknown |= self.asked.len() < before;
        !self.asked.is_empty()
    }

    pub(super) fn hold(&mut self, op: OpId) {
        self.held.push(op);
    }

    /// The question after this write is settled. Returns the reads that can go on, or `None` when it had not asked.
    fn settle(&mut self, op: OpId) -> Option<Vec<OpId>> {
        let place = self.asked.iter().position(|&(asked, _)| asked == op)?;
        self.asked.remove(place);
        Some(if self.asked.is_empty() {
            core::mem::take(&mut self.held)
        } else {
            Vec::new()
        })
    }
}

/// Every session, and what they share.
#[derive(Clone, Debug)]
pub(super) struct Sessions {
    each: Vec<Session>,
    pub(super) shared: Session,
}

impl Sessions {
    pub(super) fn new(clients: usize) -> Self {
        Self {
            each: vec![Session::default(); clients],
            shared: Session::default(),
        }
    }

    pub(super) fn get(&self, client: ClientId) -> &Session {
        &self.each[client.index()]
    }

    pub(super) fn get_mut(&mut self, client: ClientId) -> &mut Session {
        &mut self.each[client.index()]
    }

    /// Another routing: what was remembered means nothing to it. Returns the reads that waited for a position.
    pub(super) fn forget(&mut self) -> Vec<OpId> {
        let mut held: Vec<OpId> = self
            .each
            .iter_mut()
            .flat_map(|session| core::mem::take(&mut session.held))
            .collect();
        sort_by_key(&mut held, |&op| op);
        *self = Self::new(self.each.len());
        held
    }

    /// The question after a write is settled, with a position or without. Returns whose it was and the reads that can go on.
    pub(super) fn settle(&mut self, op: OpId) -> Option<(ClientId, Vec<OpId>)> {
        self.each
            .iter_mut()
            .enumerate()
            .find_map(|(index, session)| Some((ClientId(index as u16), session.settle(op)?)))
    }
}
