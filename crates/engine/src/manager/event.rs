//! What failover managers do that a person would want to know.

use super::mha::MhaEvent;
use super::patroni::{DemoteWhy, Limitation};
use super::sentinel::SentinelEvent;
use crate::ids::{NodeId, NodeSet};
use crate::scenario::Service;

/// What a manager does that a person would want to know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum ManagerEvent {
    /// A timer of a service ran out.
    Timer {
        /// Whose.
        service: Service,
    },
    /// A member of the store was elected its leader.
    StoreLeads {
        /// Which, counted from 0.
        member: u8,
        /// In which term.
        term: u64,
    },
    /// The leader of the store leads no more: no majority answers it, or there is another.
    StoreSteppedDown {
        /// Which, counted from 0.
        member: u8,
    },
    /// The lease on the leader key ran out, and the key with it (R-PT-11).
    LeaseExpired {
        /// Whose it was.
        node: NodeId,
    },
    /// The leader renewed its lease (R-PT-2).
    LockRenewed {
        /// Who.
        node: NodeId,
    },
    /// An agent took the leader key: its database is to be primary (R-PT-3).
    LockTaken {
        /// Who.
        node: NodeId,
    },
    /// The leader gave the key up.
    LockReleased {
        /// Who.
        node: NodeId,
    },
    /// Patroni 3.0: an agent that had been frozen put its key over the new leader's (R-PT-7).
    LockStolen {
        /// Who.
        node: NodeId,
    },
    /// There is no leader, and this node does not stand (R-PT-3).
    DoesNotStand {
        /// Who.
        node: NodeId,
        /// Why.
        why: Limitation,
    },
    /// An agent has tried to reach the store for `retry_timeout`, in vain (R-PT-5).
    StoreUnreachable {
        /// Which.
        node: NodeId,
    },
    /// A leader steps down (R-PT-5, R-PT-7).
    Demotes {
        /// Who.
        node: NodeId,
        /// Why.
        why: DemoteWhy,
    },
    /// A leader goes on without the store: every member has confirmed (R-PT-6).
    Failsafe {
        /// Who.
        node: NodeId,
    },
    /// The leader's database is down and starts again in place (R-PT-4).
    RestartsInPlace {
        /// Whose.
        node: NodeId,
    },
    /// A database whose log left the leader's history is rewound (R-PT-10).
    Rewinds {
        /// Whose.
        node: NodeId,
    },
    /// A database whose log left the leader's history is wiped and filled again (R-PT-10).
    Reinitializes {
        /// Whose.
        node: NodeId,
    },
    /// A database whose log left the leader's history stays as it is: neither is allowed (R-PT-10).
    StaysDiverged {
        /// Whose.
        node: NodeId,
    },
    /// The slot of a member that has been gone for `member_slots_ttl` is dropped: its log is no longer kept (R-PG-14).
    SlotExpired {
        /// On whose database.
        node: NodeId,
        /// Whose slot.
        member: NodeId,
    },
    /// `/sync` was written: who may be promoted (R-PT-8, R-PT-9).
    SyncChanged {
        /// By whom.
        node: NodeId,
        /// The synchronous standbys, or the voters.
        voters: NodeSet,
        /// How many other voters a candidate needs; 0 outside quorum mode.
        quorum: u8,
    },
    /// A person asked for a failover to this node: `patronictl failover --candidate`.
    FailoverWanted {
        /// To whom.
        candidate: NodeId,
    },
    /// What the MHA manager does.
    Mha(MhaEvent),
    /// What a Sentinel does.
    Sentinel(SentinelEvent),
}

impl From<MhaEvent> for ManagerEvent {
    fn from(event: MhaEvent) -> Self {
        Self::Mha(event)
    }
}

impl From<SentinelEvent> for ManagerEvent {
    fn from(event: SentinelEvent) -> Self {
        Self::Sentinel(event)
    }
}

impl ManagerEvent {
    /// Whether it belongs to the background chatter that goes on when nothing happens.
    #[must_use]
    pub fn is_routine(&self) -> bool {
        matches!(self, Self::Timer { .. } | Self::LockRenewed { .. })
    }
}
