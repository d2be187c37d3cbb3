//! A database node: a state machine without input or output of its own.
//!
//! An input and the present instant go in, [`Effect`]s come out. A node knows its own log, table and timers and what it was
//! told; it never sees another node, the network or the oracle. What it must not forget in a crash (log up to flush, table,
//! ballot) is kept apart from what it may.
//!
//! - `primary`: streaming. `lease`: heartbeats and fencing. `commit`: who waits for what. `membership`: the sync set.
//! - `replica`: receive, flush, apply; follow, rewind, refill. `election`: poll, vote. `takeover`: replay, open.
//! - `wait`: reads that wait for a position. `lag`: how far behind it believes to be.
//! - `wal`, `table`: the data. `work`: the one processor with its queue, and the disk.
//!
//! Left out in the Textbook profile: row locks (two writes of one key may wait at the same time), and the window between
//! writing to the operating system and flushing on a power failure: what is not flushed is gone either way.

mod commit;
mod effects;
mod election;
mod lag;
mod lease;
mod membership;
mod primary;
mod processor;
mod replica;
pub mod server;
pub mod table;
mod takeover;
mod wait;
pub mod wal;
mod work;

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::ids::{Lsn, NodeId, NodeSet, Timeline, Tip};
use crate::message::{BaseBackup, Electable, Message, Positions, Standing};
use crate::scenario::Endpoint;
use crate::time::{Span, Time};

pub use effects::{Context, Effect, Timer};
pub use primary::Follower;
use {
    election::Election, primary::Primary, processor::Processor, replica::Follow, server::Server,
    table::Table, wait::WaitingRead, wal::Wal,
};

/// What a node is doing in the cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Takes writes.
    Primary,
    /// A primary without a lease: takes no writes until a majority answers it again.
    Fenced,
    /// Has won an election and replays what it has before it opens.
    Promoting,
    /// Asks the others for a new primary.
    Candidate,
    /// Follows a primary, or waits for one.
    Replica,
    /// Was primary, or followed a history that lost; must be rewound before it can follow.
    Demoted,
}

/// What survives a crash besides the log and the table: what the node has promised.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ballot {
    /// The highest election term known.
    pub(crate) term: u32,
    /// Who has this node's vote in that term.
    pub(crate) voted_for: Option<NodeId>,
    /// The newest timeline heard of.
    pub(crate) known: Timeline,
    /// The newest set of electable nodes heard of.
    pub(crate) electable: Electable,
    /// The disk was lost and the node does not know yet what it had promised: it neither votes nor answers for a lease.
    pub(crate) blank: bool,
}

/// A database node.
#[derive(Clone, Debug)]
pub struct Node {
    id: NodeId,
    slow: u32,
    role: Role,
    wal: Wal,
    table: Table,
    /// Records handed to the disk; up to the tip once the flush in progress ends.
    write: Lsn,
    flush: Lsn,
    replay: Lsn,
    ballot: Ballot,
    flushing: bool,
    processor: Processor,
    primary: Option<Box<Primary>>,
    follow: Follow,
    election: Election,
    /// A full copy of this primary is being written to the disk.
    restoring: Option<(NodeId, Timeline, Arc<BaseBackup>)>,
    /// Reads that wait until the log is applied up to a position.
    waits: Vec<WaitingRead>,
    /// What it has as a PostgreSQL, MySQL or MariaDB server; `None`: it is a Textbook node.
    server: Option<Box<Server>>,
}

impl Node {
    /// A database server; the first node is primary and the others stream from it.
    pub(crate) fn server(id: NodeId, keys: usize, nodes: usize) -> Self {
        let mut node = Self::new(id, keys, nodes, Time::ZERO, Span::ZERO);
        node.primary = None;
        node.follow.streaming = None;
        node.server = Some(Box::new(Server::new(id, nodes)));
        node
    }

    pub(crate) fn new(id: NodeId, keys: usize, nodes: usize, now: Time, patience: Span) -> Self {
        let first = NodeId(0);
        let timeline = Timeline::new(1, first);
        let electable = Electable::new(timeline, 0, NodeSet::first(nodes));
        let ballot = Ballot {
            term: 1,
            voted_for: Some(first),
            known: timeline,
            electable,
            blank: false,
        };
        let mut node = Self {
            id,
            slow: 1,
            role: Role::Replica,
            wal: Wal::new(),
            table: Table::new(keys),
            write: Lsn::ZERO,
            flush: Lsn::ZERO,
            replay: Lsn::ZERO,
            ballot,
            flushing: false,
            processor: Processor::default(),
            primary: None,
            follow: Follow::starting(now, patience),
            election: Election::default(),
            restoring: None,
            waits: Vec::new(),
            server: None,
        };
        if id == first {
            node.role = Role::Primary;
            node.primary = Some(Box::new(Primary::first(timeline, nodes, now + patience)));
        } else {
            node.follow.streaming = Some(timeline);
        }
        node
    }

    /// Who it is.
    #[must_use]
    pub fn id(&self) -> NodeId {
        self.id
    }

    /// What it does.
    #[must_use]
    pub fn role(&self) -> Role {
        self.role
    }

    /// How long its processor has worked since the start of the run: over a while, its utilisation (R-NU-9).
    #[must_use]
    pub fn busy(&self) -> Span {
        self.processor.busy()
    }

    /// Times slower than healthy.
    #[must_use]
    pub fn slow_factor(&self) -> u32 {
        self.slow
    }

    /// Its log.
    #[must_use]
    pub fn wal(&self) -> &Wal {
        &self.wal
    }

    /// Its table.
    #[must_use]
    pub fn table(&self) -> &Table {
        &self.table
    }

    /// End of its log: the insert position of a primary, what a replica has received.
    #[must_use]
    pub fn tip(&self) -> Tip {
        self.wal.tip()
    }

    /// How far it has come. For a primary `replay` is what it has made visible.
    #[must_use]
    pub fn positions(&self) -> Positions {
        let write = if self.is_primary() {
            self.write
        } else {
            self.wal.tip().lsn
        };
        Positions {
            write,
            flush: self.flush,
            replay: self.replay,
        }
    }

    /// The timeline it writes, follows, or last heard of.
    #[must_use]
    pub fn timeline(&self) -> Timeline {
        if let Some(server) = &self.server {
            return server.timeline();
        }
        self.primary
            .as_ref()
            .map_or(self.ballot.known, |primary| primary.timeline)
    }

    /// The timeline of the primary it streams from.
    #[must_use]
    pub fn streaming_from(&self) -> Option<Timeline> {
        if let Some(server) = &self.server {
            return server.streams().then_some(server.timeline());
        }
        self.follow.streaming.filter(|_| self.primary.is_none())
    }

    /// Whether it is being rewound or filled.
    #[must_use]
    pub fn is_being_rebuilt(&self) -> bool {
        if let Some(server) = &self.server {
            return server.is_being_rebuilt();
        }
        self.follow.rewinding.is_some() || self.ballot.blank || self.follow.needs_backup
    }

    /// What its clients see it do with a write right now.
    #[must_use]
    pub fn accepts_writes(&self, now: Time, fencing: bool) -> bool {
        if let Some(server) = &self.server {
            return self.role == Role::Primary && server.is_ready(now) && !self.lacks_replicas();
        }
        self.role == Role::Primary
            && (!fencing
                || self
                    .primary
                    .as_ref()
                    .is_some_and(|primary| now < primary.lease_until))
    }

    /// Whether it is a PostgreSQL, MySQL or MariaDB server.
    #[must_use]
    pub fn is_server(&self) -> bool {
        self.server.is_some()
    }

    /// Whether it has the primary's role, lease or not.
    #[must_use]
    pub fn is_primary(&self) -> bool {
        self.primary.is_some() || self.is_serving_primary()
    }

    /// Whom it follows, or would if it could reach it.
    #[must_use]
    pub fn upstream(&self) -> Option<NodeId> {
        match &self.server {
            Some(server) => server.upstream(),
            None => self.follow.streaming.map(Timeline::owner),
        }
    }

    /// Until when the primary's lease lasts, if it is one.
    #[must_use]
    pub fn lease_until(&self) -> Option<Time> {
        self.primary.as_ref().map(|primary| primary.lease_until)
    }

    /// When it will ask for an election if it hears nothing, if it waits for a primary.
    #[must_use]
    pub fn election_due(&self) -> Option<Time> {
        (self.primary.is_none() && self.server.is_none()).then_some(self.election.due)
    }

    /// When it last heard from a primary, and for how long it promised to wait since.
    #[must_use]
    pub fn last_heard(&self) -> (Time, Span) {
        (self.follow.last_heard, self.follow.patience)
    }

    /// What it knows as primary of another node.
    #[must_use]
    pub fn follower(&self, node: NodeId) -> Option<&Follower> {
        self.primary
            .as_ref()
            .map(|primary| &primary.followers[node.index()])
    }

    /// The nodes that a sync commit waits for, if it is primary.
    #[must_use]
    pub fn sync_set(&self) -> Option<NodeSet> {
        self.primary
            .as_ref()
            .map(|primary| primary.membership.required().without(self.id))
    }

    /// The newest set of electable nodes it knows.
    #[must_use]
    pub fn electable(&self) -> NodeSet {
        self.ballot.electable.set()
    }

    /// Whether it fell back from semi-sync to async.
    #[must_use]
    pub fn semi_sync_is_off(&self) -> bool {
        if let Some(server) = &self.server {
            return self.role == Role::Primary && server.semi_sync_is_off();
        }
        self.primary
            .as_ref()
            .is_some_and(|primary| primary.semi_sync_off)
    }

    /// How many writes wait for their promise, if it is primary.
    #[must_use]
    pub fn waiting_commits(&self) -> usize {
        if let Some(server) = &self.server {
            return server.waiting_commits();
        }
        self.primary
            .as_ref()
            .map_or(0, |primary| primary.waiting.len())
    }

    pub(crate) fn start(&mut self, cx: &mut Context<'_>) {
        if self.server.is_some() {
            self.start_server(cx);
        } else if self.primary.is_some() {
            self.start_reign_timers(cx);
        } else {
            self.arm_election(cx);
        }
    }

    /// Handles a message.
    pub(crate) fn receive(&mut self, cx: &mut Context<'_>, from: Endpoint, message: Message) {
        self.receive_from(cx, from, message);
        if !self.waits.is_empty() {
            self.end_waits(cx);
        }
    }

    fn receive_from(&mut self, cx: &mut Context<'_>, from: Endpoint, message: Message) {
        match (from, message) {
            (_, Message::Request(request)) => self.on_request(cx, request),
            (_, Message::Probe) => {
                let primary = self.accepts_writes(cx.now, cx.settings.fencing);
                cx.send(
                    Endpoint::Clients,
                    Message::ProbeReply {
                        primary,
                        timeline: self.timeline(),
                    },
                );
            }
            (_, Message::LagPoll) => {
                let (report, standbys) = (self.lag_report(cx), self.replay_lags(cx));
                cx.send(Endpoint::Clients, Message::LagReply { report, standbys });
            }
            (Endpoint::Node(from), message) => self.receive_from_node(cx, from, message),
            (Endpoint::Clients | Endpoint::Store(_) | Endpoint::Monitor(_), message) => {
                unreachable!("{from} does not send {:?} to a node", message.kind())
            }
        }
    }

    fn receive_from_node(&mut self, cx: &mut Context<'_>, from: NodeId, message: Message) {
        match message {
            Message::Heartbeat {
                timeline,
                sent_at,
                patience,
                sent,
                open,
                electable,
            } => {
                let beat = replica::Heartbeat {
                    timeline,
                    sent_at,
                    patience,
                    sent,
                    open,
                    electable,
                };
                self.on_heartbeat(cx, from, beat);
            }
            Message::HeartbeatAck {
                timeline,
                sent_at,
                patience,
                electable,
                positions,
                gap,
            } => {
                let ack = primary::HeartbeatAck {
                    timeline,
                    sent_at,
                    patience,
                    electable,
                    positions,
                    gap,
                };
                self.on_heartbeat_ack(cx, from, ack);
            }
            Message::HeartbeatRefused { term, timeline } => {
                self.on_heartbeat_refused(cx, term, timeline);
            }
            Message::Wal {
                timeline,
                prev,
                records,
                reply_at,
            } => {
                self.on_wal(cx, from, timeline, prev, &records, reply_at);
            }
            Message::WalAck {
                timeline,
                positions,
                gap,
            } => self.on_wal_ack(cx, from, timeline, positions, gap),
            Message::Follow {
                timeline,
                tip,
                positions,
                history,
                empty,
            } => {
                self.on_follow(cx, from, timeline, tip, positions, &history, empty);
            }
            Message::Stream { timeline } => self.on_stream(cx, timeline),
            Message::FollowRefused { timeline, fork } => self.on_follow_refused(cx, timeline, fork),
            Message::Backup { timeline, copy } => self.on_backup(cx, from, timeline, &copy),
            Message::Poll { attempt, forced } => self.on_poll(cx, from, attempt, forced),
            Message::PollReply {
                attempt,
                willing,
                standing,
            } => {
                self.on_poll_reply(cx, from, attempt, willing, standing);
            }
            Message::VoteRequest { term, forced } => self.on_vote_request(cx, from, term, forced),
            Message::VoteReply {
                term,
                granted,
                stepped_down,
                standing,
            } => {
                self.on_vote_reply(cx, from, term, granted, stepped_down, standing);
            }
            Message::Stand => self.on_stand(cx),
            Message::Replication(message) => self.on_replication(cx, from, message),
            Message::Request(_)
            | Message::Reply { .. }
            | Message::Probe
            | Message::ProbeReply { .. }
            | Message::LagPoll
            | Message::LagReply { .. }
            | Message::Manager(_) => {
                unreachable!("a node exchanges these with clients or a manager only")
            }
        }
    }

    /// Handles a timer. Timers are never taken back: each handler asks whether its time has really come.
    pub(crate) fn wake(&mut self, cx: &mut Context<'_>, timer: Timer) {
        match timer {
            Timer::Heartbeat(reign) => self.on_heartbeat_timer(cx, reign),
            Timer::Lease => self.on_lease_timer(cx),
            Timer::CommitWait => self.on_commit_wait_timer(cx),
            Timer::ElectionDue => self.on_election_due(cx),
            Timer::ElectionWindow(attempt) => self.on_election_window(cx, attempt),
            Timer::Opens => self.open_if_ready(cx),
            Timer::Flushed => self.on_flushed(cx),
            Timer::JobDone => self.on_job_done(cx),
            Timer::Rewound => self.on_rewound(cx),
            Timer::Restored => self.on_restored(cx),
            Timer::Server(timer) => self.on_server_timer(cx, timer),
            Timer::ReadWait => {}
        }
        if !self.waits.is_empty() {
            self.end_waits(cx);
        }
    }

    /// Stops at once. What was flushed stays; what was not, and what was only in memory, is gone. Of MySQL and MariaDB what
    /// was written stays as well unless the power is lost.
    pub(crate) fn crash(&mut self, power_lost: bool) {
        self.waits.clear();
        if self.server.is_some() {
            self.crash_server(power_lost);
            return;
        }
        let lost: Vec<_> = self
            .wal
            .range(self.flush.next(), self.wal.tip().lsn)
            .copied()
            .collect();
        self.table.truncate_heads(lost.into_iter().rev());
        self.wal.truncate(self.flush);
        self.write = self.flush;
        self.flushing = false;
        self.processor.clear();
        self.election.crash();
        self.restoring = None;
        self.follow.forget();
    }

    /// The disk is gone too.
    pub(crate) fn lose_disk(&mut self) {
        let keys = self.table.rows().len();
        self.wal = Wal::new();
        self.table = Table::new(keys);
        (self.write, self.flush, self.replay) = (Lsn::ZERO, Lsn::ZERO, Lsn::ZERO);
        self.ballot = Ballot {
            term: 0,
            voted_for: None,
            known: Timeline(0),
            electable: Electable::new(Timeline(0), 0, NodeSet::EMPTY),
            blank: true,
        };
        self.primary = None;
        self.role = Role::Replica;
        self.slow = 1;
        self.lose_server_disk();
    }

    /// Starts after a crash. A node that was primary goes on as primary, fenced until a majority answers it, if fencing is
    /// on; otherwise it takes writes at once, as a server that nobody told better does.
    pub(crate) fn restart(&mut self, cx: &mut Context<'_>) {
        if self.server.is_some() {
            self.restart_server(cx);
            return;
        }
        let patience = Span(cx.settings.timers.election_timeout_us);
        self.follow = Follow::starting(cx.now, patience);
        self.follow.needs_backup = self.ballot.blank;
        if let Some(primary) = self.primary.take() {
            self.replay_all_flushed();
            let reign = primary.reign + 1;
            let membership = primary.membership.after_restart();
            // One that had not opened yet may have had an older lease to wait for.
            let opens_at = if self.role == Role::Promoting {
                cx.now + patience
            } else {
                cx.now
            };
            let mut next =
                Primary::reigning(primary.timeline, cx.nodes, reign, membership, opens_at);
            next.last_sync_commit = self.flush;
            self.primary = Some(Box::new(next));
            self.role = match (self.role, cx.settings.fencing) {
                (Role::Promoting, _) => Role::Promoting,
                (_, true) => Role::Fenced,
                (_, false) => Role::Primary,
            };
            self.start_reign_timers(cx);
            cx.timer_at(opens_at, Timer::Opens);
            return;
        }
        if self.role == Role::Candidate {
            self.role = Role::Replica;
        }
        if self.ballot.blank {
            self.ask_what_was_promised(cx);
        }
        self.arm_election(cx);
        self.apply_next(cx);
    }

    pub(super) fn replay_all_flushed(&mut self) {
        let records: Vec<_> = self
            .wal
            .range(self.replay.next(), self.flush)
            .copied()
            .collect();
        for record in &records {
            self.table.apply(record);
        }
        self.replay = self.flush;
    }

    pub(crate) fn set_slow(&mut self, factor: u32) {
        self.slow = factor;
    }

    /// The settings have changed.
    pub(crate) fn settings_changed(&mut self, cx: &mut Context<'_>) {
        if let Some(server) = &self.server {
            // One that is starting, or being rebuilt, reads its configuration when it has started.
            if !server.is_ready(cx.now) {
                return;
            }
            self.standby_names_reloaded(cx);
            self.semi_sync_reloaded(cx);
            self.receiver_timers_reloaded(cx);
            self.sender_timers_reloaded(cx);
            self.guard_writes(cx);
        } else if self.primary.is_some() {
            self.check_lease(cx);
            self.maintain_membership(cx);
            self.release_commits(cx);
        } else {
            self.arm_election(cx);
        }
    }

    pub(crate) fn standing(&self) -> Standing {
        Standing {
            term: self.ballot.term,
            tip: self.wal.tip(),
            electable: self.ballot.electable,
            fit: !self.is_being_rebuilt(),
        }
    }
}
