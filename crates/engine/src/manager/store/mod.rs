//! The consensus store that Patroni's agents meet in: etcd as far as they notice.
//!
//! `state`: the keys and the transactions on them. `member`: one process of the store, `serve`: what it does for
//! agents. Members agree by Raft whose log
//! entry is the whole small state: the newest accepted entry contains all that was committed before, so one entry is the
//! log. An entry commits when a majority has accepted it in its leader's own term; a member votes only for one whose entry
//! is at least as new as its own; a leader answers nothing, not even a read, before a majority has confirmed after the
//! question came that it still leads.
//!
//! Leases run by the clock of the store's leader and are looked at twice a second, as etcd does (`lease/lessor.go`): that is
//! where the 0 to 0.5 s between the end of a lease and its deletion come from (R-PT-11). A new leader grants every lease
//! its full length anew, so a lease may last longer than it says, never shorter.
//!
//! Simpler than etcd: heartbeats come every 250 ms, not 100; a member that is silent knows nothing of disks, what it
//! accepts is safe at once.

mod member;
mod serve;
mod state;

use std::sync::Arc;

use crate::ids::NodeId;
use crate::message::MessageKind;

pub(crate) use member::Member;
pub use member::{StoreRole, StoreTimer};
pub use state::{FailoverKey, LeaderKey, Op, Outcome, Session, State, StatusKey, SyncKey};

/// An accepted state of the store and where it stands in the order of all of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The term of the leader that wrote it.
    pub term: u64,
    /// Its number; a leader counts on from what it found.
    pub index: u64,
    /// The state.
    pub state: Arc<State>,
}

/// What agents and members of the store say to each other. `id` is the asker's, for matching answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StoreMessage {
    /// Agent to member: open a connection, and tell me of changes from now on.
    Connect {
        /// The attempt.
        id: u64,
    },
    /// The connection stands. The operating system says so even while the process is frozen.
    Connected {
        /// The attempt.
        id: u64,
    },
    /// Nobody listens there.
    Refused {
        /// The attempt or question.
        id: u64,
    },
    /// Agent to member: the connection is closed, nothing more is to be told.
    Closed,
    /// Agent to member.
    Ask {
        /// The question.
        id: u64,
        /// What to do.
        op: Op,
    },
    /// Member to agent.
    Reply {
        /// The question.
        id: u64,
        /// How it ended.
        outcome: Outcome,
        /// The store as of then.
        state: Arc<State>,
    },
    /// Member to agents that watch: something changed.
    Event {
        /// The store now.
        state: Arc<State>,
    },
    /// Member to the leader: an agent's question.
    Forward {
        /// Whose.
        agent: NodeId,
        /// The question.
        id: u64,
        /// What to do.
        op: Op,
    },
    /// The leader's answer to it.
    Forwarded {
        /// Whose question.
        agent: NodeId,
        /// The question.
        id: u64,
        /// How it ended.
        outcome: Outcome,
        /// The store as of then.
        state: Arc<State>,
    },
    /// Leader to member: a heartbeat with the newest entry.
    Append {
        /// The leader's term.
        term: u64,
        /// Counts what the leader sends, so that it knows what an answer is an answer to.
        round: u64,
        /// The newest entry.
        entry: Entry,
        /// Up to which index entries are committed.
        commit: u64,
    },
    /// The answer.
    Appended {
        /// The member's term.
        term: u64,
        /// Which round.
        round: u64,
        /// The index of the entry that it has accepted in that term.
        index: u64,
    },
    /// Candidate to member.
    VoteAsk {
        /// The term that it wants to lead.
        term: u64,
        /// Term and index of its entry.
        last: (u64, u64),
    },
    /// The answer.
    Vote {
        /// The member's term.
        term: u64,
        /// Whether it votes for the candidate.
        granted: bool,
    },
}

impl StoreMessage {
    /// Its kind, for the trace and the page.
    #[must_use]
    pub fn kind(&self) -> MessageKind {
        match self {
            Self::Connect { .. } | Self::Ask { .. } | Self::Closed => MessageKind::StoreRequest,
            Self::Connected { .. }
            | Self::Refused { .. }
            | Self::Reply { .. }
            | Self::Event { .. } => MessageKind::StoreReply,
            Self::Forward { .. }
            | Self::Forwarded { .. }
            | Self::Append { .. }
            | Self::Appended { .. }
            | Self::VoteAsk { .. }
            | Self::Vote { .. } => MessageKind::StoreConsensus,
        }
    }

    /// What the operating system of a host answers for a process that is frozen (`runs`) or gone.
    pub(crate) fn by_the_kernel(&self, runs: bool) -> Option<Self> {
        match *self {
            Self::Connect { id } if runs => Some(Self::Connected { id }),
            Self::Connect { id } | Self::Ask { id, .. } if !runs => Some(Self::Refused { id }),
            _ => None,
        }
    }
}
