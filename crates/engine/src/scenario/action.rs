//! Actions: the only input of a run.

use core::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::settings::{Failover, LinkSettings, Mode, ReadPolicy, SemiSync, Sync, Timers, Workload};
use crate::ids::{ClientId, Key, MessageId, NodeId};
use crate::time::Time;

/// An action and when it happens. Everything due up to and at that instant has happened before it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TimedAction {
    /// When, in µs from the start.
    pub at_us: Time,
    /// What.
    pub action: Action,
}

/// What a person can do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Action {
    /// One write.
    Write {
        /// By whom.
        client: ClientId,
        /// Which key.
        key: Key,
        /// The value; the operation's number when absent.
        #[serde(default)]
        value: Option<u32>,
    },
    /// One read.
    Read {
        /// By whom.
        client: ClientId,
        /// Which key.
        key: Key,
        /// Asked of this node, past the router, when given.
        #[serde(default)]
        node: Option<NodeId>,
    },
    /// Stop a node. Its disk survives: [`Action::Restart`] brings it back with what was flushed.
    Kill {
        /// Which.
        node: NodeId,
        /// How.
        #[serde(default)]
        how: KillKind,
    },
    /// A node's machine is gone with its disk. [`Action::Restart`] brings up an empty one in its place.
    LoseHost {
        /// Which.
        node: NodeId,
    },
    /// Start a node that is down.
    Restart {
        /// Which.
        node: NodeId,
    },
    /// Stop a node's execution: it neither computes nor reads its sockets, and its timers stand still.
    Freeze {
        /// Which.
        node: NodeId,
    },
    /// Let a frozen node go on, unaware that time has passed.
    Thaw {
        /// Which.
        node: NodeId,
    },
    /// Make a node's processor and disk slower.
    Slow {
        /// Which.
        node: NodeId,
        /// By this factor, 1 (healthy) to 1,000.
        factor: u32,
    },
    /// Cut one direction of a link. What is on it, and what is sent into it, is lost.
    CutLink {
        /// Sending end.
        from: Endpoint,
        /// Receiving end.
        to: Endpoint,
    },
    /// Mend one direction of a link.
    HealLink {
        /// Sending end.
        from: Endpoint,
        /// Receiving end.
        to: Endpoint,
    },
    /// Change how one direction of a link behaves; what is already on it is not affected.
    SetLink {
        /// Sending end.
        from: Endpoint,
        /// Receiving end.
        to: Endpoint,
        /// From now on.
        link: LinkSettings,
    },
    /// Cut a node off from all other nodes, both ways. Clients still reach it.
    Isolate {
        /// Which.
        node: NodeId,
    },
    /// Mend all links of a node.
    Reconnect {
        /// Which.
        node: NodeId,
    },
    /// Mend everything: links, frozen, slow and stopped nodes. Changed delays stay.
    HealAll,
    /// Keep one message from arriving until it is released.
    HoldMessage {
        /// Which: its number, counted over all messages from 1.
        message: MessageId,
    },
    /// Let a held message arrive now.
    ReleaseMessage {
        /// Which: its number, counted over all messages from 1.
        message: MessageId,
    },
    /// Lose one message.
    DropMessage {
        /// Which: its number, counted over all messages from 1.
        message: MessageId,
    },
    /// Let one message arrive later, out of order if need be.
    DelayMessage {
        /// Which: its number, counted over all messages from 1.
        message: MessageId,
        /// By how much, in µs.
        by_us: u64,
    },
    /// Let one message arrive twice.
    DuplicateMessage {
        /// Which: its number, counted over all messages from 1.
        message: MessageId,
    },
    /// Ask a node to take over. With elections and fencing it stands for election at once and needs a majority; otherwise
    /// it opens a new timeline on the spot, as `pg_promote()` does.
    Promote {
        /// Which.
        node: NodeId,
    },
    /// Change a setting.
    Set(Setting),
}

/// How a node is stopped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KillKind {
    /// The power fails: what the node has on the wire is lost, and it answers nothing.
    #[default]
    PowerOff,
    /// Only the database process dies: what it has sent still arrives, and the host refuses connections at once
    /// (R-LW-1: measured, such a death loses no acked write).
    Process,
}

/// One setting and its new value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Setting {
    /// The replication mode.
    Mode(Mode),
    /// Parameters of the semi-synchronous mode.
    SemiSync(SemiSync),
    /// Parameters of the synchronous mode.
    Sync(Sync),
    /// Who replaces a dead primary.
    Failover(Failover),
    /// Fencing on or off.
    Fencing(bool),
    /// Where reads go.
    Reads(ReadPolicy),
    /// The timers.
    Timers(Timers),
    /// The steady workload. The number of keys cannot change.
    Workload(Workload),
}

/// An end of a link: a node, or the clients with their router.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Endpoint {
    /// A database node, written `n1`.
    Node(NodeId),
    /// The clients, written `clients`.
    Clients,
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Node(node) => node.fmt(f),
            Self::Clients => f.write_str("clients"),
        }
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl From<NodeId> for Endpoint {
    fn from(node: NodeId) -> Self {
        Self::Node(node)
    }
}

impl Serialize for Endpoint {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Endpoint {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        if text == "clients" {
            return Ok(Self::Clients);
        }
        text.parse()
            .map(Self::Node)
            .map_err(|reason: String| de::Error::custom(format!("{reason}, nor \"clients\"")))
    }
}
