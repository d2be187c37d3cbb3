//! What the store holds, and what its operations do to it. Pure: no clock, no network.

use crate::ids::{Lsn, NodeId, NodeSet, Timeline};
use crate::small_map::SmallMap;
use crate::time::Span;

/// A lease (etcd's word), one a run of an agent: keys bound to it go when it runs out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Session {
    /// Whose.
    pub node: NodeId,
    /// How long it lasts after a renewal.
    pub ttl: Span,
}

/// `/leader`: who may be primary.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LeaderKey {
    /// Who.
    pub node: NodeId,
    /// The session that the key lives as long as.
    pub session: u64,
}

/// `/status`, which the leader writes in each loop.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StatusKey {
    /// The end of the leader's log.
    pub lsn: Lsn,
    /// The leader's timeline (`/history` in Patroni).
    pub timeline: Timeline,
    /// The members whose slots are kept (`retain_slots`), and the lowest position that a slot of the leader stands at.
    pub slots: NodeSet,
    /// See `slots`.
    pub slots_from: Lsn,
}

/// `/sync`: who may be promoted in synchronous mode (R-PT-8, R-PT-9).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SyncKey {
    /// Raised at each change; a write names the one it has seen.
    pub version: u64,
    /// The leader that wrote it.
    pub leader: Option<NodeId>,
    /// The synchronous standbys, or the voters of quorum mode.
    pub voters: NodeSet,
    /// How many other voters a candidate must be level with; 0 outside quorum mode.
    pub quorum: u8,
}

/// `/failover`: a person wants this candidate to take over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FailoverKey {
    /// Who is to be leader.
    pub candidate: NodeId,
}

/// Everything in the store.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct State {
    /// Raised at each change.
    pub revision: u64,
    /// `/leader`.
    pub leader: Option<LeaderKey>,
    /// `/status`.
    pub status: StatusKey,
    /// `/sync`.
    pub sync: SyncKey,
    /// `/failover`.
    pub failover: Option<FailoverKey>,
    /// `/failsafe`: the members as the leader last listed them; empty when the mode is off (R-PT-6).
    pub failsafe: NodeSet,
    /// Live sessions by number.
    pub sessions: SmallMap<u64, Session>,
    /// `/members`: the session that each member's key is bound to.
    pub members: SmallMap<NodeId, u64>,
    /// The number of the next session.
    next_session: u64,
}

/// What an agent asks of the store. Each is one transaction, so that a renewal is one message as it is one round trip.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Op {
    /// A linearizable read of everything.
    Read,
    /// Keep the session alive, or get one, and write the member key.
    Touch {
        /// The session, if there is one.
        session: Option<u64>,
        /// How long it is to last.
        ttl: Span,
    },
    /// Renew the leader key: keep the session alive, and bind the key to it if it is another one than the asker has seen it
    /// bound to.
    Renew {
        /// The session, if there is one.
        session: Option<u64>,
        /// How long it is to last.
        ttl: Span,
        /// The session that the key was bound to when the asker looked.
        seen: Option<u64>,
        /// Patroni 3.0: put the key without looking whose it is (R-PT-7).
        overwrite: bool,
        /// `/status`, if the position is known.
        status: Option<StatusKey>,
        /// `/failsafe`.
        failsafe: NodeSet,
    },
    /// Create the leader key unless it exists.
    Acquire {
        /// The session, if there is one.
        session: Option<u64>,
        /// How long it is to last.
        ttl: Span,
    },
    /// Delete the leader key if it is bound to the asker's session, and leave the last position behind.
    Release {
        /// The session.
        session: Option<u64>,
        /// `/status`.
        status: Option<StatusKey>,
    },
    /// Write `/sync`, if its version is the one in the key.
    Sync {
        /// The new key; `version` is that of the old one.
        key: SyncKey,
    },
    /// Write or delete `/failover`.
    Failover {
        /// The key.
        key: Option<FailoverKey>,
    },
}

/// How an operation ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// Whether it did what was asked; false: a condition did not hold.
    pub done: bool,
    /// The asker's session now, of those that keep one.
    pub session: Option<u64>,
}

impl State {
    /// The store of a cluster that has been up for a while: n1 leads, everybody is a member.
    #[must_use]
    pub fn running(nodes: usize, ttl: Span) -> Self {
        let mut state = Self {
            revision: 1,
            next_session: 1,
            ..Self::default()
        };
        for node in (0..nodes as u8).map(NodeId) {
            let session = state.grant(node, ttl);
            state.members.insert(node, session);
        }
        let first = NodeId(0);
        state.leader = state.members.get(&first).map(|&session| LeaderKey {
            node: first,
            session,
        });
        state.status.timeline = Timeline::new(1, first);
        state
    }

    /// Who holds the leader key.
    #[must_use]
    pub fn leads(&self) -> Option<NodeId> {
        self.leader.map(|key| key.node)
    }

    /// The members whose sessions live.
    #[must_use]
    pub fn member_set(&self) -> NodeSet {
        self.members.keys().copied().collect()
    }

    fn grant(&mut self, node: NodeId, ttl: Span) -> u64 {
        let session = self.next_session;
        self.next_session += 1;
        self.sessions.insert(session, Session { node, ttl });
        session
    }

    /// Keeps a session alive, or grants a new one in its place.
    fn keep(&mut self, node: NodeId, session: Option<u64>, ttl: Span) -> u64 {
        match session.and_then(|number| Some((number, self.sessions.get_mut(&number)?))) {
            Some((number, kept)) => {
                kept.ttl = ttl;
                number
            }
            None => self.grant(node, ttl),
        }
    }

    /// Writes `/status`. The timeline stands for `/history`, which only grows.
    fn publish(&mut self, status: Option<StatusKey>) {
        if let Some(status) = status {
            self.status = StatusKey {
                timeline: status.timeline.max(self.status.timeline),
                ..status
            };
        }
    }

    /// Carries out an operation of an agent. The caller raises the revision if anything changed.
    pub(super) fn apply(&mut self, node: NodeId, op: &Op) -> Outcome {
        let (mut done, mut kept) = (true, None);
        match *op {
            Op::Read => {}
            Op::Touch { session, ttl } => {
                let session = self.keep(node, session, ttl);
                self.members.insert(node, session);
                kept = Some(session);
            }
            Op::Renew {
                session,
                ttl,
                seen,
                overwrite,
                status,
                failsafe,
            } => {
                let session = self.keep(node, session, ttl);
                kept = Some(session);
                // patroni/dcs/etcd3.py `_update_leader`: a key that was seen bound to this session is not looked at again.
                if seen != Some(session) {
                    let free_or_mine = self.leads().is_none_or(|leader| leader == node);
                    done = overwrite || free_or_mine;
                    if done {
                        self.leader = Some(LeaderKey { node, session });
                    }
                }
                if done {
                    self.publish(status);
                    self.failsafe = failsafe;
                    self.members.insert(node, session);
                }
            }
            Op::Acquire { session, ttl } => {
                let session = self.keep(node, session, ttl);
                kept = Some(session);
                self.members.insert(node, session);
                // Asked twice by the same session it is still the first one's.
                done = self.leader.is_none_or(|key| key.session == session);
                if done {
                    self.leader = Some(LeaderKey { node, session });
                    self.failover = None;
                }
            }
            Op::Release { session, status } => {
                done = self.leader.is_some_and(|key| Some(key.session) == session);
                if done {
                    self.leader = None;
                    self.publish(status);
                }
            }
            Op::Sync { key } => {
                done = self.sync.version == key.version;
                if done {
                    self.sync = SyncKey {
                        version: key.version + 1,
                        ..key
                    };
                }
            }
            Op::Failover { key } => self.failover = key,
        }
        Outcome {
            done,
            session: kept,
        }
    }

    /// A session has run out: its keys go with it. Returns whether the leader key went.
    pub(super) fn expire(&mut self, session: u64) -> bool {
        self.sessions.remove(&session);
        self.members.retain(|_, &mut bound| bound != session);
        let led = self.leader.is_some_and(|key| key.session == session);
        if led {
            self.leader = None;
        }
        led
    }

    /// Whether an agent that watches the keys of the cluster would be told of the difference (member keys wake nobody).
    pub(super) fn news_since(&self, before: &Self) -> bool {
        (
            self.leader,
            self.status,
            self.sync,
            self.failover,
            self.failsafe,
        ) != (
            before.leader,
            before.status,
            before.sync,
            before.failover,
            before.failsafe,
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TTL: Span = Span::from_secs(30);
    const N1: NodeId = NodeId(0);
    const N2: NodeId = NodeId(1);

    fn renew(session: u64, seen: Option<u64>, overwrite: bool) -> Op {
        Op::Renew {
            session: Some(session),
            ttl: TTL,
            seen,
            overwrite,
            status: None,
            failsafe: NodeSet::EMPTY,
        }
    }

    fn acquire(session: Option<u64>) -> Op {
        Op::Acquire { session, ttl: TTL }
    }

    #[test]
    fn the_leader_key_is_created_only_once() {
        let mut state = State::running(2, TTL);
        assert!(!state.apply(N2, &acquire(Some(2))).done);
        assert!(state.expire(1));
        assert_eq!(state.leads(), None);
        assert!(state.apply(N2, &acquire(Some(2))).done);
        assert!(state.apply(N2, &acquire(Some(2))).done);
        assert!(!state.apply(N1, &acquire(None)).done);
        assert_eq!(state.leads(), Some(N2));
    }

    #[test]
    fn r_pt_7_a_leader_whose_session_ran_out_gets_the_key_back_only_if_nobody_took_it() {
        let mut state = State::running(2, TTL);
        state.expire(1);
        let back = state.apply(N1, &renew(1, Some(1), false));
        assert!(back.done);
        assert_ne!(back.session, Some(1));
        state.expire(back.session.expect("granted"));
        assert!(state.apply(N2, &acquire(Some(2))).done);
        assert!(!state.apply(N1, &renew(1, Some(1), false)).done);
        assert_eq!(state.leads(), Some(N2));
        // Patroni 3.0 puts the key whoever has it.
        assert!(state.apply(N1, &renew(1, Some(1), true)).done);
        assert_eq!(state.leads(), Some(N1));
    }

    #[test]
    fn sync_is_written_only_over_the_version_that_was_seen() {
        let mut state = State::running(2, TTL);
        let key = SyncKey {
            leader: Some(N1),
            ..state.sync
        };
        assert!(state.apply(N1, &Op::Sync { key }).done);
        assert!(!state.apply(N2, &Op::Sync { key }).done);
        assert_eq!(state.sync.version, 1);
    }
}
