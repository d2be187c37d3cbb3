//! A database server as PostgreSQL, MySQL and MariaDB build it: standbys connect to a server and stream its log, and
//! somebody outside says who is primary.
//!
//! The Textbook nodes decide among themselves; a server does what it is told by [`Command`]s, of a person or of a failover
//! manager. What it was told to be (`standby`, `upstream`, the list of synchronous standbys) is configuration on disk and
//! survives a crash.
//!
//! - `acts`: everything that the rest of the engine asks of a server.
//! - `sender`: the side that standbys connect to. `receiver`: the side that connects. `replay`: applying the log.
//! - `retention`: which log is still there for a standby that was away.
//! - `commit`: executing a write, row locks, who waits. `sync_rep`: PostgreSQL's synchronous standbys.
//! - `rebuild`: rewinding and refilling. `status`: what an administrator can look at.
//! - `wal_writer`: what PostgreSQL flushes that no commit waits for.
//! - `append`: log that a manager saved elsewhere. `min_replicas`: no writes with too few replicas.
//!
//! MySQL and MariaDB, where they are not as PostgreSQL:
//!
//! - `family`: both through one view. `binlog`: what is written and synced when. `semi_sync`: waiting for acknowledgements.
//! - `applier`: workers. `gtid`, `errant`: transactions by name, and those that a source lacks. `replica_status`: as it says.

mod acts;
mod append;
mod applier;
mod binlog;
mod commands;
mod commit;
mod errant;
mod family;
mod gtid;
mod lifecycle;
mod min_replicas;
mod rebuild;
mod receiver;
mod replay;
mod replica_status;
mod retention;
mod semi_sync;
mod sender;
mod status;
mod sync_rep;
mod wal_writer;

use std::collections::VecDeque;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use crate::ids::{Lsn, NodeId, NodeSet, Timeline};
use crate::message::{ReplayLags, Replication};
use crate::node::wal::Record;
use crate::node::{Context, Node, Role};
use crate::scenario::{Admin, StandbyNames};
use crate::small_map::SmallMap;
use crate::time::Time;

pub(crate) use acts::{ALL_SERVERS, Servers};
pub(crate) use commit::Timing;
pub(crate) use family::{Family, Rejoin};
pub use gtid::{Gtid, GtidSet};
pub use replica_status::{ReceiverState, ReplicaStatus};
pub use semi_sync::SemiSyncStatus;
pub use sender::SenderState;
pub use status::{SenderStatus, ServerStatus, SyncState};
use {
    binlog::Binlog, commit::Commits, min_replicas::MinReplicas, rebuild::Rebuild,
    receiver::Receiver, replay::Replaying, retention::Checkpoint, semi_sync::SemiSync,
    sender::Sender, wal_writer::WalWriter,
};

/// The timers of a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ServerTimer {
    /// Starting up is done.
    Started,
    /// The WAL writer's next round (`synchronous_commit = off`).
    WalWriter,
    /// Whether a standby has been silent for too long.
    SenderCheck {
        /// Which.
        to: NodeId,
        /// On which connection.
        conn: u32,
    },
    /// Whether what was sent to a standby got there.
    Probe {
        /// Which.
        to: NodeId,
        /// On which connection.
        conn: u32,
    },
    /// Whether the upstream has been silent for too long.
    ReceiverCheck {
        /// On which connection.
        conn: u32,
    },
    /// The next unasked status message to the upstream.
    StatusDue {
        /// On which connection.
        conn: u32,
    },
    /// Time to connect to the upstream, unless something happened since.
    Connect {
        /// The attempt before.
        conn: u32,
    },
    /// A record may be old enough to be replayed, or a query that held replay up has ended.
    ReplayDue,
    /// A waiting commit may have waited too long.
    CommitWait,
    /// The disk is done with a group of commits or a part of the relay log.
    Disk {
        /// Which work of its.
        job: u32,
    },
    /// The operating system writes back what nobody synced.
    WriteBack,
    /// A source with nothing to send says that it is there.
    Heartbeat {
        /// To whom.
        to: NodeId,
        /// On which connection.
        conn: u32,
    },
    /// The next count of the replicas that keep up.
    MinReplicas,
    /// Rewinding or refilling is done, or should have been answered.
    Rebuild {
        /// Which attempt.
        attempt: u32,
    },
}

/// What a server can be told to do: by a person, an agent beside it or a manager far away.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Become primary: `pg_promote()`; stop replicating and take writes.
    Promote,
    /// Be a standby of this node, or of nobody yet. A primary stops and starts again as a standby.
    Follow(Option<NodeId>),
    /// A primary goes on on a timeline newer than this one and its own.
    NewTimeline {
        /// The newest one that is known.
        above: Timeline,
    },
    /// Whom commits wait for from now on, in place of the settings; `None`: as the settings say.
    StandbyNames(Option<StandbyNames>),
    /// Have these replication slots, none of them behind this position, and no others; `None`: those that the settings say.
    Slots(Option<(NodeSet, Lsn)>),
    /// Put these records at the end of the log of a standby that does not receive (R-MH-4).
    AppendLog(Arc<Vec<Record>>),
    /// As an administrator.
    Admin(Admin),
}

/// A server in its node. It is copied by who made it, so that a node's copying need not hold the code for that.
#[derive(Debug)]
pub(crate) struct Kept(Box<Server>);

impl Clone for Kept {
    fn clone(&self) -> Self {
        self.0.acts.copy(&self.0)
    }
}

impl Deref for Kept {
    type Target = Server;

    fn deref(&self) -> &Server {
        &self.0
    }
}

impl DerefMut for Kept {
    fn deref_mut(&mut self) -> &mut Server {
        &mut self.0
    }
}

/// What a server has beyond its log and table.
#[derive(Clone, Debug)]
pub(crate) struct Server {
    /// What it does, of whatever made it.
    acts: &'static dyn Servers,
    /// Whether it is configured as a standby (`standby.signal`, `read_only`).
    standby: bool,
    /// Whom it follows as a standby (`primary_conninfo`, the source).
    upstream: Option<NodeId>,
    /// The timeline it writes, follows or followed last.
    timeline: Timeline,
    /// The last term that it opened a timeline in: after a rewind it must not open the same one again for other records.
    last_term: u32,
    /// `synchronous_standby_names` as a manager set it, in place of the settings.
    names: Option<StandbyNames>,
    /// It takes no connections before.
    ready_at: Time,
    /// The disk is empty.
    empty: bool,
    /// A crash erased records that somebody may have seen.
    end_lost: Option<u32>,
    senders: Vec<Option<Sender>>,
    /// Up to where each standby's replication slot has been confirmed. It is on disk.
    slots: Vec<Lsn>,
    /// The slots that a manager made, in place of those that the settings say.
    managed_slots: Option<NodeSet>,
    /// The last checkpoint that the amount of log brought about; later ones came by time.
    checkpoint: Checkpoint,
    receiver: Receiver,
    commits: Commits,
    replaying: Replaying,
    min_replicas: MinReplicas,
    rebuild: Option<Rebuild>,
    rebuilds: u32,
    /// When positions were flushed here, oldest first: what the lag columns count from.
    flushes: VecDeque<(Lsn, Time)>,
    wal_writer: WalWriter,
    /// It is MySQL or MariaDB.
    mysql: bool,
    binlog: Binlog,
    semi_sync: SemiSync,
    /// What it executed and the history that it follows does not have (R-LW-4).
    errant: SmallMap<Gtid, Record>,
    /// `gtid_slave_pos`, if it was set by hand since it last began to receive.
    slave_pos: Option<Gtid>,
}

impl Server {
    pub(super) fn new(acts: &'static dyn Servers, id: NodeId, nodes: usize) -> Self {
        let first = NodeId(0);
        Self {
            acts,
            standby: id != first,
            upstream: (id != first).then_some(first),
            timeline: Timeline::new(1, first),
            last_term: 0,
            names: None,
            ready_at: Time::ZERO,
            empty: false,
            end_lost: None,
            senders: vec![None; nodes],
            slots: vec![Lsn::ZERO; nodes],
            managed_slots: None,
            checkpoint: Checkpoint::default(),
            receiver: Receiver::default(),
            commits: Commits::default(),
            replaying: Replaying::default(),
            min_replicas: MinReplicas::default(),
            rebuild: None,
            rebuilds: 0,
            flushes: VecDeque::new(),
            wal_writer: WalWriter::default(),
            mysql: false,
            binlog: Binlog::default(),
            semi_sync: SemiSync::default(),
            errant: SmallMap::new(),
            slave_pos: None,
        }
    }

    pub(super) fn acts(&self) -> &'static dyn Servers {
        self.acts
    }

    /// Whether semi-sync gave up waiting.
    pub(crate) fn semi_sync_is_off(&self) -> bool {
        self.mysql && self.semi_sync.fell_back()
    }

    /// The node whose log this server follows, or would.
    pub(crate) fn upstream(&self) -> Option<NodeId> {
        self.upstream.filter(|_| self.standby)
    }

    pub(crate) fn timeline(&self) -> Timeline {
        self.timeline
    }

    pub(crate) fn is_ready(&self, now: Time) -> bool {
        now >= self.ready_at && self.rebuild.is_none() && !self.empty
    }

    pub(crate) fn is_being_rebuilt(&self) -> bool {
        self.rebuild.is_some() || self.empty
    }

    pub(crate) fn replay_is_paused(&self) -> bool {
        self.replaying.is_paused()
    }

    /// `replay_lag` of every standby that streams from it.
    pub(crate) fn replay_lags(&self) -> ReplayLags {
        self.senders
            .iter()
            .enumerate()
            .filter_map(|(node, sender)| Some((NodeId(node as u8), sender.as_ref()?.lag.replay)))
            .collect()
    }

    pub(crate) fn waiting_commits(&self) -> usize {
        self.commits.waiting()
    }

    /// The peers that it has a connection with, and its number: what its operating system closes when the process dies.
    pub(crate) fn connections(&self) -> Vec<(NodeId, u32)> {
        let down = self
            .senders
            .iter()
            .enumerate()
            .filter_map(|(node, sender)| {
                sender
                    .as_ref()
                    .map(|sender| (NodeId(node as u8), sender.conn))
            });
        down.chain(self.receiver.connection(self.upstream))
            .collect()
    }

    /// Whether its connection to the upstream streams.
    pub(crate) fn streams(&self) -> bool {
        self.standby && self.receiver.is_streaming()
    }

    /// The standbys that stream from it.
    pub(crate) fn streaming_standbys(&self) -> NodeSet {
        self.senders
            .iter()
            .enumerate()
            .filter(|(_, sender)| sender.is_some())
            .map(|(node, _)| NodeId(node as u8))
            .collect()
    }
}

impl Node {
    /// A message of another server.
    pub(super) fn on_replication(
        &mut self,
        cx: &mut Context<'_>,
        from: NodeId,
        message: Replication,
    ) {
        let Some(server) = &self.server else { return };
        if cx.now < server.ready_at {
            if let Some(conn) = message.opens_connection() {
                let why = crate::message::Refusal::NotReady;
                cx.send(from, Replication::Refused { conn, why });
            }
            return;
        }
        match message {
            Replication::Connect {
                conn,
                tip,
                timeline,
                positions,
                history,
                slave_pos,
            } => {
                let ask = sender::Ask {
                    conn,
                    tip,
                    timeline,
                    positions,
                    slave_pos,
                };
                self.on_connect(cx, from, ask, &history);
            }
            Replication::Accepted {
                conn,
                timeline,
                start,
            } => self.on_accepted(cx, from, conn, timeline, start),
            Replication::Refused { conn, why } => self.on_refused(cx, from, conn, why),
            Replication::Records {
                conn,
                prev,
                records,
                feedback,
            } => self.on_records(cx, from, conn, prev, &records, feedback),
            Replication::Keepalive { conn, end, reply } => {
                self.on_keepalive(cx, from, conn, end, reply);
            }
            Replication::Status {
                conn,
                positions,
                gap,
                reply,
            } => self.on_status(cx, from, conn, positions, gap, reply),
            Replication::Closed { conn } => self.on_closed(cx, from, conn),
            Replication::RewindAsk {
                attempt,
                tip,
                history,
            } => self.on_rewind_ask(cx, from, attempt, tip, &history),
            Replication::RewindFrom { attempt, fork } => self.on_rewind_from(cx, attempt, fork),
            Replication::CopyAsk { attempt } => self.on_copy_ask(cx, from, attempt),
            Replication::Copy { attempt, copy } => self.on_copy(cx, attempt, &copy),
        }
    }

    pub(super) fn on_server_timer(&mut self, cx: &mut Context<'_>, timer: ServerTimer) {
        match timer {
            ServerTimer::Started => self.on_started(cx),
            ServerTimer::WalWriter => self.on_wal_writer(cx),
            ServerTimer::SenderCheck { to, conn } => self.on_sender_check(cx, to, conn),
            ServerTimer::Probe { to, conn } => self.on_probe_timer(cx, to, conn),
            ServerTimer::ReceiverCheck { conn } => self.on_receiver_check(cx, conn),
            ServerTimer::StatusDue { conn } => self.on_status_due(cx, conn),
            ServerTimer::Connect { conn } => self.on_connect_timer(cx, conn),
            ServerTimer::ReplayDue => self.on_replay_due(cx),
            ServerTimer::CommitWait => self.on_commit_wait(cx),
            ServerTimer::Disk { job } => self.on_disk(cx, job),
            ServerTimer::WriteBack => self.on_write_back(cx),
            ServerTimer::Heartbeat { to, conn } => self.on_heartbeat_due(cx, to, conn),
            ServerTimer::MinReplicas => self.on_min_replicas_timer(cx),
            ServerTimer::Rebuild { attempt } => self.on_rebuild_timer(cx, attempt),
        }
    }

    /// Whether it is a server that takes writes, or will once it is ready.
    pub(super) fn is_serving_primary(&self) -> bool {
        self.server.is_some() && self.role == Role::Primary
    }
}
