//! What routers, sessions and waits do.

use serde::Serialize;

use crate::ids::{ClientId, Lsn, NodeId, OpId};
use crate::message::WaitResult;
use crate::time::Span;

/// One of HAProxy's two lists of servers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Backend {
    /// Servers that pass `/primary`.
    Primary,
    /// Servers that pass `/replica`.
    Replica,
}

/// Something that a router, a session or a waiting read did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum RoutingEvent {
    /// A read goes to the primary since its session has just written (R-RC-2).
    ReadPinned {
        /// Operation.
        op: OpId,
    },
    /// A node holds a read until it has applied the log up to a position (R-PG-18).
    ReadWaits {
        /// Operation.
        op: OpId,
        /// Where.
        node: NodeId,
        /// For which position.
        until: Lsn,
    },
    /// A wait of a read is over. Unless it was a success, the node did not answer the read.
    ReadWaitEnded {
        /// Operation.
        op: OpId,
        /// Where.
        node: NodeId,
        /// How it ended.
        result: WaitResult,
    },
    /// A session's position is of records that are lost: it means nothing any more (R-LW-6).
    TokenLost {
        /// Whose.
        client: ClientId,
    },
    /// A session's replica is lost to it, so it has another from now on (R-RC-4).
    SessionMoved {
        /// Whose.
        client: ClientId,
        /// The one it had.
        from: NodeId,
        /// The one it has.
        to: NodeId,
    },
    /// A replica gets no reads: when last asked it was too far behind (R-RC-5).
    ReplicaShunned {
        /// Which.
        node: NodeId,
        /// How far, as the router counts it; `None`: it could not say.
        behind: Option<Span>,
    },
    /// A replica gets reads again.
    ReplicaTrusted {
        /// Which.
        node: NodeId,
    },
    /// A check had no answer by the time of the next one, so it has failed (R-RC-5).
    CheckUnanswered {
        /// Whose.
        node: NodeId,
    },
    /// HAProxy counted enough checks to change its mind about a server (R-RC-5).
    ServerChecked {
        /// Which.
        node: NodeId,
        /// In which list.
        backend: Backend,
        /// Whether it is up from now on.
        up: bool,
    },
    /// A router that looks at lag sends a read to a replica, by what it last heard of it (R-RC-5).
    ReadTrusted {
        /// Operation.
        op: OpId,
        /// Which replica.
        node: NodeId,
        /// How far behind it had said it was; `None`: it could not say.
        behind: Option<Span>,
        /// Records that it had received and not applied.
        unapplied: u64,
        /// How long ago that had arrived.
        age: Span,
    },
}

impl RoutingEvent {
    /// Whether it changes the course of the run rather than that of one read.
    #[must_use]
    pub fn is_milestone(&self) -> bool {
        !matches!(
            self,
            Self::ReadPinned { .. }
                | Self::ReadWaits { .. }
                | Self::ReadWaitEnded { .. }
                | Self::CheckUnanswered { .. }
                | Self::ReadTrusted { .. }
        )
    }
}
