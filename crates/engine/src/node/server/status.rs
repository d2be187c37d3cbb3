//! What an administrator, a manager or the page can look at: `pg_stat_replication` and the state of the server itself.

use super::{Node, SenderState, Server};
use crate::ids::{Lsn, NodeId, NodeSet, OpId, Timeline, Tip};
use crate::message::{Positions, Refusal};
use crate::node::Role;
use crate::scenario::{CommitLevel, Method, StandbyNames};
use crate::time::{Span, Time};

/// `pg_stat_replication.sync_state`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SyncState {
    /// Not listed.
    Async,
    /// Listed, and next in line if a synchronous one goes.
    Potential,
    /// Commits wait for it.
    Sync,
    /// One of those that a quorum is counted from.
    Quorum,
}

/// One row of `pg_stat_replication` (R-PG-11).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SenderStatus {
    /// `application_name`.
    pub standby: NodeId,
    /// `state`.
    pub state: SenderState,
    /// `sent_lsn`.
    pub sent: Lsn,
    /// `write_lsn`, `flush_lsn`, `replay_lsn`.
    pub acked: Positions,
    /// `write_lag`: from the local flush until it became known here that the standby had written; `None` is NULL.
    pub write_lag: Option<Span>,
    /// `flush_lag`.
    pub flush_lag: Option<Span>,
    /// `replay_lag`.
    pub replay_lag: Option<Span>,
    /// `sync_priority`: the place in the list, from 1; 0 when it is not listed, 1 for every member of a quorum.
    pub sync_priority: usize,
    /// `sync_state`.
    pub sync_state: SyncState,
    /// When it last replied.
    pub reply_time: Time,
}

/// A server's own view of itself: what `pg_controldata`, `pg_stat_wal_receiver` and a manager's queries show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ServerStatus {
    /// Whether it takes connections.
    pub ready: bool,
    /// What it does.
    pub role: Role,
    /// Whether it is configured as a standby.
    pub standby: bool,
    /// Whom it follows.
    pub upstream: Option<NodeId>,
    /// Whether the connection to the upstream streams.
    pub streaming: bool,
    /// Why the upstream does not let it stream, if it said so.
    pub refusal: Option<Refusal>,
    /// When it last heard from its upstream.
    pub last_heard: Time,
    /// Whether replay is paused by hand.
    pub replay_paused: bool,
    /// The standbys that stream from it.
    pub standbys: NodeSet,
    /// Its timeline.
    pub timeline: Timeline,
    /// End of its log: what it has inserted or received.
    pub tip: Tip,
    /// Its positions.
    pub positions: Positions,
    /// The replication slots that a manager made; `None`: those of the settings.
    pub slots: Option<NodeSet>,
    /// The lowest position that a slot of a manager stands at; the end of the log when there is none.
    pub pinned_from: Lsn,
    /// Whether it is being rewound or refilled, or is empty.
    pub rebuilding: bool,
    /// From whom it is being rewound or refilled.
    pub rebuilt_from: Option<NodeId>,
    /// Whether its disk is empty.
    pub empty: bool,
}

impl Server {
    fn rows<'a>(&'a self, names: &'a StandbyNames) -> impl Iterator<Item = SenderStatus> + 'a {
        let synchronous = self.synchronous(names);
        self.senders
            .iter()
            .enumerate()
            .filter_map(move |(index, sender)| {
                let (standby, sender) = (NodeId(index as u8), sender.as_ref()?);
                let priority = names.priority(standby);
                let sync_state = match (priority, names.method()) {
                    (0, _) => SyncState::Async,
                    (_, Method::Any) => SyncState::Quorum,
                    (_, Method::First) if synchronous.contains(standby) => SyncState::Sync,
                    (_, Method::First) => SyncState::Potential,
                };
                Some(SenderStatus {
                    standby,
                    state: sender.state,
                    sent: sender.sent,
                    acked: sender.acked,
                    write_lag: sender.lag.write,
                    flush_lag: sender.lag.flush,
                    replay_lag: sender.lag.replay,
                    sync_priority: match names.method() {
                        Method::First => priority,
                        Method::Any => priority.min(1),
                    },
                    sync_state,
                    reply_time: sender.last_reply,
                })
            })
    }
}

impl Node {
    pub(super) fn sender_rows(&self, settings: &StandbyNames) -> Vec<SenderStatus> {
        self.server.as_ref().map_or_else(Vec::new, |server| {
            server.rows(self.standby_list(settings)).collect()
        })
    }

    /// The level at which a write waits on this server, if it does.
    #[must_use]
    pub fn waiting_level(&self, op: OpId) -> Option<CommitLevel> {
        let queue = &self.server.as_ref()?.commits.queue;
        let commit = queue.iter().find(|commit| commit.op == op)?;
        Some(commit.level)
    }

    /// The list of synchronous standbys in force: a manager's, else that of the settings.
    #[must_use]
    pub fn standby_list<'a>(&'a self, settings: &'a StandbyNames) -> &'a StandbyNames {
        let server = self.server.as_ref();
        server
            .and_then(|server| server.names.as_ref())
            .unwrap_or(settings)
    }

    /// `synchronous_standby_names` as a manager set it; `None` when the settings count.
    pub(crate) fn managed_standby_names(&self) -> Option<&StandbyNames> {
        self.server.as_ref()?.names.as_ref()
    }

    pub(super) fn own_status(&self, now: Time) -> Option<ServerStatus> {
        let server = self.server.as_ref()?;
        Some(ServerStatus {
            ready: server.is_ready(now),
            role: self.role,
            standby: server.standby,
            upstream: server.upstream,
            streaming: server.receiver.is_streaming(),
            refusal: server.receiver.refusal(),
            last_heard: server.receiver.last_heard(),
            replay_paused: server.replaying.is_paused(),
            standbys: server.streaming_standbys(),
            timeline: server.timeline,
            tip: self.wal.tip(),
            positions: self.positions(),
            slots: server.managed_slots,
            pinned_from: server.pinned_from().unwrap_or(self.wal.tip().lsn),
            rebuilding: server.rebuild.is_some() || server.empty,
            rebuilt_from: server.rebuild.as_ref().map(super::Rebuild::source),
            empty: server.empty,
        })
    }
}
