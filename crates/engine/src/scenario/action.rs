//! Actions: the only input of a run.

use core::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::database::{CommitLevel, Database};
use super::manager::Manager;
use super::routing::Routing;
use super::settings::{
    Failover, LinkSettings, Mode, ReadPolicy, SemiSync, Settings, Sync, Timers, Workload,
};
use crate::ids::{ClientId, Key, MessageId, NodeId, OpId};
use crate::time::Time;

/// An action and when it happens. Everything due up to and at that instant has happened before it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct TimedAction {
    /// When, in µs from the start.
    pub at_us: Time,
    /// What.
    pub action: Action,
}

/// What a person can do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
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
        /// Asked of this node, past the router, when given.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        node: Option<NodeId>,
        /// PostgreSQL's level for this write alone; the one in force when absent (R-PG-1).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        synchronous_commit: Option<CommitLevel>,
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
    /// it opens a new timeline on the spot, as `pg_promote()` does. Where an agent of Patroni runs on the node it is
    /// `patronictl failover --candidate` instead: the leader steps down in good order first, if there is one.
    Promote {
        /// Which.
        node: NodeId,
    },
    /// Type a command at a database server. For PostgreSQL, MySQL and MariaDB; Textbook nodes know none of them.
    Admin {
        /// At which.
        node: NodeId,
        /// What.
        command: Admin,
    },
    /// Do something to a process that runs beside the databases.
    Service {
        /// Which.
        service: Service,
        /// What.
        what: ServiceAction,
    },
    /// Change a setting.
    Set(Setting),
}

/// What an administrator can tell a database server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Admin {
    /// Follow another node: `primary_conninfo` and a restart as standby; `CHANGE REPLICATION SOURCE TO`.
    Follow {
        /// Whom.
        upstream: NodeId,
    },
    /// `pg_rewind` from another node, then follow it (R-PG-17).
    Rewind {
        /// From whom.
        source: NodeId,
    },
    /// Throw the data away, take a full copy of another node, then follow it.
    Rebuild {
        /// Of whom.
        source: NodeId,
    },
    /// Stop replaying: `pg_wal_replay_pause()`, `STOP REPLICA SQL_THREAD`.
    PauseReplay,
    /// Replay again.
    ResumeReplay,
    /// Stop receiving, in good order: `STOP REPLICA IO_THREAD`.
    StopReceiver,
    /// Receive again.
    StartReceiver,
    /// Throw away what was received and not applied: `RESET REPLICA`. Only while it does not receive (MySQL, MariaDB).
    ResetReplica,
    /// `SET GLOBAL gtid_slave_pos`: when it next connects it asks to start after this transaction, of MariaDB's replicas with
    /// `master_use_gtid` = `slave_pos`. Only while it does not receive; strict mode refuses it with error 1947 when the server's
    /// own binlog has something newer (R-LW-4).
    SetSlavePos {
        /// Who wrote the transaction first.
        server: NodeId,
        /// Its number, 1 or more.
        number: u64,
    },
    /// Cancel the statement of a write that waits: `pg_cancel_backend`, `KILL QUERY` (R-PG-7).
    CancelWait {
        /// Which write, by its number among all operations.
        op: OpId,
    },
    /// End the connection of a write that waits: `pg_terminate_backend`, `KILL CONNECTION` (R-PG-7).
    TerminateBackend {
        /// Which write, by its number among all operations.
        op: OpId,
    },
    /// End the process that sends the log to a standby; the standby connects again.
    TerminateSender {
        /// Which standby.
        standby: NodeId,
    },
    /// A query on a standby that conflicts with replay begins (R-PG-13).
    ConflictingQuery {
        /// How long it runs, in µs.
        for_us: u64,
    },
}

/// A process that is no database: Patroni's agent beside one, a member of the consensus store, a monitor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Service {
    /// Patroni's agent on a node, written `agent:n1`.
    Agent(NodeId),
    /// A member of the consensus store, written `s1`.
    Store(u8),
    /// The MHA manager or a Sentinel, written `m1`.
    Monitor(u8),
}

/// What can be done to a [`Service`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum ServiceAction {
    /// End its process. Its host stays and refuses connections.
    Kill,
    /// Start it.
    Restart,
    /// Stop its execution, as SIGSTOP does.
    Freeze,
    /// Let it go on, unaware.
    Thaw,
}

impl fmt::Display for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Agent(node) => write!(f, "agent:{node}"),
            Self::Store(index) => Endpoint::Store(*index).fmt(f),
            Self::Monitor(index) => Endpoint::Monitor(*index).fmt(f),
        }
    }
}

impl Serialize for Service {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Service {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let agent = text
            .strip_prefix("agent:")
            .and_then(|node| node.parse().ok());
        let found = agent.map(Self::Agent).or(match text.parse() {
            Ok(Endpoint::Store(index)) => Some(Self::Store(index)),
            Ok(Endpoint::Monitor(index)) => Some(Self::Monitor(index)),
            _ => None,
        });
        found.ok_or_else(|| {
            de::Error::custom(format!(
                "\"{text}\" is not a service (\"agent:n1\", \"s1\" for the store, \"m1\" for a monitor)"
            ))
        })
    }
}

/// How a node is stopped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum KillKind {
    /// The power fails: what the node has on the wire is lost, and it answers nothing.
    #[default]
    PowerOff,
    /// Only the database process dies: what it has sent still arrives, and the host refuses connections at once
    /// (R-LW-1: measured, such a death loses no acked write). An agent beside it lives on.
    Process,
    /// The database and the agent beside it die; what they have sent still arrives, and the host refuses connections.
    AllProcesses,
}

/// One setting and its new value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
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
    /// What is done about stale reads. Whatever the router and the sessions remembered is forgotten.
    Routing(Routing),
    /// The timers.
    Timers(Timers),
    /// The steady workload. The number of keys cannot change.
    Workload(Workload),
    /// The database's parameters. Which database it is cannot change.
    Database(Database),
    /// The failover manager's parameters. Which manager it is cannot change, nor how many hosts it has.
    Manager(Manager),
}

impl Setting {
    /// Puts it in force.
    pub fn apply(&self, settings: &mut Settings, workload: &mut Workload) {
        match self {
            Self::Mode(mode) => settings.mode = *mode,
            Self::SemiSync(semi_sync) => settings.semi_sync = *semi_sync,
            Self::Sync(sync) => settings.sync = sync.clone(),
            Self::Failover(failover) => settings.failover = *failover,
            Self::Fencing(fencing) => settings.fencing = *fencing,
            Self::Reads(reads) => settings.reads = *reads,
            Self::Routing(routing) => settings.routing = *routing,
            Self::Timers(timers) => settings.timers = *timers,
            Self::Workload(new) => *workload = *new,
            Self::Database(database) => settings.database = database.clone(),
            Self::Manager(manager) => settings.manager = manager.clone(),
        }
    }

    /// The same setting with the value in force.
    #[must_use]
    pub fn in_force(&self, settings: &Settings, workload: &Workload) -> Self {
        match self {
            Self::Mode(_) => Self::Mode(settings.mode),
            Self::SemiSync(_) => Self::SemiSync(settings.semi_sync),
            Self::Sync(_) => Self::Sync(settings.sync.clone()),
            Self::Failover(_) => Self::Failover(settings.failover),
            Self::Fencing(_) => Self::Fencing(settings.fencing),
            Self::Reads(_) => Self::Reads(settings.reads),
            Self::Routing(_) => Self::Routing(settings.routing),
            Self::Timers(_) => Self::Timers(settings.timers),
            Self::Workload(_) => Self::Workload(*workload),
            Self::Database(_) => Self::Database(settings.database.clone()),
            Self::Manager(_) => Self::Manager(settings.manager.clone()),
        }
    }
}

/// An end of a link.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Endpoint {
    /// A database node, written `n1`.
    Node(NodeId),
    /// The clients with their router, written `clients`.
    Clients,
    /// A member of the consensus store, counted from 0, written `s1`.
    Store(u8),
    /// A host that watches from outside, counted from 0, written `m1`.
    Monitor(u8),
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Node(node) => node.fmt(f),
            Self::Clients => f.write_str("clients"),
            Self::Store(index) => write!(f, "s{}", u32::from(*index) + 1),
            Self::Monitor(index) => write!(f, "m{}", u32::from(*index) + 1),
        }
    }
}

impl core::str::FromStr for Endpoint {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let numbered = |prefix| {
            text.strip_prefix(prefix)
                .filter(|digits: &&str| digits.len() == 1)
                .and_then(|digits| digits.parse::<u8>().ok())
                .filter(|number| (1..=9).contains(number))
                .map(|number| number - 1)
        };
        if text == "clients" {
            return Ok(Self::Clients);
        }
        if let Some(index) = numbered("s") {
            return Ok(Self::Store(index));
        }
        if let Some(index) = numbered("m") {
            return Ok(Self::Monitor(index));
        }
        text.parse().map(Self::Node).map_err(|reason: String| {
            format!("{reason}, nor \"clients\", nor a member of the store (s1), nor a monitor (m1)")
        })
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
        text.parse().map_err(de::Error::custom)
    }
}
