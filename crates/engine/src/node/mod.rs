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

#[cfg(test)]
mod broken;
mod commit;
#[cfg(test)]
mod desk;
mod effects;
mod election;
mod lag;
mod lease;
mod life;
mod membership;
mod primary;
mod processor;
mod replica;
pub mod server;
pub mod table;
mod takeover;
mod view;
mod wait;
pub mod wal;
mod work;

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::ids::{Lsn, NodeId, NodeSet, Timeline};
use crate::message::{BaseBackup, Electable, Message, Standing};
use crate::scenario::Endpoint;
use crate::time::{Span, Time};

pub use effects::{Context, Effect, Timer};
pub use primary::Follower;
use {
    election::Election, primary::Primary, processor::Processor, replica::Follow, server::Kept,
    server::Servers, table::Table, wait::WaitingRead, wal::Wal,
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
    server: Option<Kept>,
}

impl Node {
    /// A database server; the first node is primary and the others stream from it.
    pub(crate) fn server(
        acts: &'static dyn Servers,
        id: NodeId,
        keys: usize,
        nodes: usize,
    ) -> Self {
        let mut node = Self::new(id, keys, nodes, Time::ZERO, Span::ZERO);
        node.primary = None;
        node.follow.streaming = None;
        node.server = Some(acts.make(id, nodes));
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
            Message::Replication(message) => {
                if let Some(acts) = self.acts() {
                    acts.receive(self, cx, from, message);
                }
            }
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
            Timer::Server(timer) => {
                if let Some(acts) = self.acts() {
                    acts.wake(self, cx, timer);
                }
            }
            Timer::ReadWait => {}
        }
        if !self.waits.is_empty() {
            self.end_waits(cx);
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
