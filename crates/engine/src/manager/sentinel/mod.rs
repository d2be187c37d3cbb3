//! A few observers that agree on the death of the primary and replace it, as Redis Sentinel does (R-RS).
//!
//! Each Sentinel pings the databases and the other Sentinels. One that hears nothing valid from the primary for
//! `down-after-milliseconds` holds it for down itself (SDOWN); when `quorum` of them say so it is down (ODOWN). Then one asks
//! for votes in a new epoch, and with a majority of all Sentinels it does the failover.
//!
//! - `watch`: pings, SDOWN, ODOWN. `vote`: epochs and leaders. `failover`: choosing, promoting, repointing. `repair`: bringing
//!   nodes into line with who is primary. `event`: what they report.
//!
//! What is ours, not Redis's: a Sentinel learns a node's state with each ping instead of by INFO, Sentinels know each other
//! from the start, and say hello to each other each second instead of through a channel on the primary.

mod event;
mod failover;
#[cfg(test)]
mod post;
mod repair;
mod vote;
mod watch;

use super::{ManagerContext, ManagerEvent, ManagerMessage, Remote};
use crate::ids::NodeId;
use crate::random::{Purpose, below, draw};
use crate::scenario::{Endpoint, Manager, Sentinel};
use crate::time::{Span, Time};

pub use event::{Aborted, SentinelEvent};
use failover::Failover;
use watch::{NodeView, PeerView};

/// Rounds per second, at least and less than: drawn anew each round, so that Sentinels in step do not stay so and split the
/// votes for ever (Redis: `server.hz`).
const ROUNDS: (u64, u64) = (10, 20);
/// Time between two pings, and between two questions whether the primary is down.
const PING: Span = Span(1_000_000);
/// A round that comes so late shows that this Sentinel was not running, or the clock jumped (Redis: SENTINEL_TILT_TRIGGER).
const TILT_AFTER: Span = Span(2_000_000);
/// How long it then only watches (Redis: SENTINEL_TILT_PERIOD).
const TILT: Span = Span(30_000_000);
/// Longest random wait before the next failover may be tried (Redis: SENTINEL_MAX_DESYNC).
const DESYNC: Span = Span(1_000_000);

/// The timers of a Sentinel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SentinelTimer {
    /// The next round.
    Round,
}

/// What two Sentinels say to each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SentinelMessage {
    /// "I am here, and this is who I hold for primary."
    Hello {
        /// The highest epoch the sender knows.
        epoch: u64,
        /// The epoch in which its primary became primary.
        config: u64,
        /// Its primary.
        primary: NodeId,
        /// Whether this answers a hello.
        answer: bool,
    },
    /// "Do you hold the primary for down? Will you vote for me?" (`is-master-down-by-addr`)
    IsDown {
        /// The epoch of the vote.
        epoch: u64,
        /// Which primary.
        primary: NodeId,
        /// Whether the sender wants the vote.
        stands: bool,
    },
    /// The answer.
    Opinion {
        /// Which primary.
        primary: NodeId,
        /// Whether the sender holds it for down.
        down: bool,
        /// For whom the sender voted last, and in which epoch.
        vote: Option<Vote>,
    },
}

/// A vote for a leader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Vote {
    /// In which epoch.
    pub epoch: u64,
    /// For which Sentinel.
    pub leader: u8,
}

/// One Sentinel.
#[derive(Clone, Debug)]
pub(crate) struct SentinelHost {
    me: u8,
    /// On its disk (`sentinel.conf`): who is primary, and since which epoch.
    primary: NodeId,
    config: u64,
    /// On its disk: the highest epoch it knows, and its last vote.
    epoch: u64,
    vote: Option<Vote>,
    nodes: Vec<NodeView>,
    peers: Vec<PeerView>,
    last_round: Time,
    tilt_until: Time,
    /// It holds the primary for down together with enough others.
    agreed: bool,
    failover: Option<Failover>,
    /// When it last stood or voted for somebody else; nobody tries again before twice `failover-timeout` (R-RS).
    last_attempt: Option<Time>,
    asked: u64,
}

/// The parameters in force.
fn parameters(cx: &ManagerContext<'_>) -> Sentinel {
    match &cx.settings.manager {
        Manager::Sentinel(sentinel) => sentinel.as_ref().clone(),
        _ => Sentinel::default(),
    }
}

impl SentinelHost {
    pub(super) fn new(me: u8, sentinels: u8, nodes: usize) -> Self {
        Self {
            me,
            primary: NodeId(0),
            config: 0,
            epoch: 0,
            vote: None,
            nodes: vec![NodeView::default(); nodes],
            peers: vec![PeerView::default(); usize::from(sentinels)],
            last_round: Time::ZERO,
            tilt_until: Time::ZERO,
            agreed: false,
            failover: None,
            last_attempt: None,
            asked: 0,
        }
    }

    /// The process starts. Rounds of different Sentinels do not fall together.
    pub(super) fn start(&mut self, cx: &mut ManagerContext<'_>) {
        let random = draw(cx.seed, Purpose::MonitorDelay, u64::from(self.me), cx.now.0);
        let first = Span(below(random, PING.0));
        self.last_round = cx.now + first;
        cx.timer(first, SentinelTimer::Round);
    }

    /// The process has ended. What is in `sentinel.conf` stays.
    pub(super) fn crash(&mut self) {
        *self = Self {
            primary: self.primary,
            config: self.config,
            epoch: self.epoch,
            vote: self.vote,
            asked: self.asked,
            ..Self::new(self.me, self.peers.len() as u8, self.nodes.len())
        };
    }

    fn ask(&mut self) -> u64 {
        self.asked += 1;
        self.asked
    }

    /// Every other Sentinel.
    fn others(&self) -> impl Iterator<Item = u8> + use<> {
        let me = self.me;
        (0..self.peers.len() as u8).filter(move |&other| other != me)
    }

    /// A wait that differs between Sentinels and from time to time.
    fn desync(&self, cx: &ManagerContext<'_>) -> Span {
        let random = draw(cx.seed, Purpose::MonitorDelay, u64::from(self.me), cx.now.0);
        Span(below(random, DESYNC.0))
    }

    fn tell(&self, cx: &mut ManagerContext<'_>, to: u8, message: SentinelMessage) {
        cx.send(Endpoint::Monitor(to), ManagerMessage::Sentinel(message));
    }

    fn is_in_tilt(&self, now: Time) -> bool {
        now < self.tilt_until
    }

    pub(super) fn receive(
        &mut self,
        cx: &mut ManagerContext<'_>,
        from: Endpoint,
        message: ManagerMessage,
    ) {
        match (from, message) {
            (Endpoint::Node(node), ManagerMessage::Remote(Remote::Answer { status, .. })) => {
                self.on_status(cx, node, status);
            }
            (Endpoint::Node(node), ManagerMessage::Remote(Remote::Done { id, ok, status })) => {
                self.on_status(cx, node, status);
                self.on_done(cx, node, id, ok);
            }
            (Endpoint::Monitor(peer), ManagerMessage::Sentinel(message)) => {
                self.on_talk(cx, peer, message);
            }
            _ => {}
        }
    }

    fn on_talk(&mut self, cx: &mut ManagerContext<'_>, from: u8, message: SentinelMessage) {
        match message {
            SentinelMessage::Hello {
                epoch,
                config,
                primary,
                answer,
            } => {
                self.peers[usize::from(from)].answered();
                self.epoch = self.epoch.max(epoch);
                self.learn_primary(cx, config, primary);
                if !answer {
                    self.say_hello(cx, from, true);
                }
            }
            SentinelMessage::IsDown {
                epoch,
                primary,
                stands,
            } => self.on_is_down(cx, from, epoch, primary, stands),
            SentinelMessage::Opinion {
                primary,
                down,
                vote,
            } => {
                if primary == self.primary {
                    self.peers[usize::from(from)].said(cx.now, down, vote);
                }
            }
        }
    }

    pub(super) fn wake(&mut self, cx: &mut ManagerContext<'_>, timer: SentinelTimer) {
        let SentinelTimer::Round = timer;
        if cx.now.since(self.last_round) > TILT_AFTER {
            self.tilt_until = cx.now + TILT;
            cx.event(SentinelEvent::Tilt { by: self.me });
        }
        self.last_round = cx.now;
        self.ping(cx);
        self.look_at_silence(cx);
        if !self.is_in_tilt(cx.now) {
            self.ask_the_others(cx);
            self.agree(cx);
            self.start_failover_if_needed(cx);
            self.go_on_with_failover(cx);
            self.repair(cx);
        }
        let (least, most) = ROUNDS;
        let random = draw(cx.seed, Purpose::MonitorDelay, u64::from(self.me), cx.now.0);
        let rounds = least + below(random, most - least);
        cx.timer(Span(1_000_000 / rounds), SentinelTimer::Round);
    }

    fn woke(cx: &mut ManagerContext<'_>) {
        cx.event(ManagerEvent::Timer { service: cx.me });
    }
}
