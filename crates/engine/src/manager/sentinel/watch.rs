//! Pings, and whom a Sentinel holds for down: alone (SDOWN), and with the others (ODOWN).

use super::{PING, SentinelEvent, SentinelHost, SentinelMessage, Vote, parameters};
use crate::ids::NodeId;
use crate::manager::{ManagerContext, Remote};
use crate::node::server::ServerStatus;
use crate::time::{Span, Time};

/// What another Sentinel said counts for so long (Redis: SENTINEL_ASK_PERIOD × 5).
const OPINION: Span = Span(5_000_000);

/// What a Sentinel knows of a database.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct NodeView {
    next_ping: Time,
    /// When the first ping without a valid reply was sent.
    silent_since: Option<Time>,
    /// It is held for down by this Sentinel.
    pub(super) down: bool,
    pub(super) down_since: Time,
    /// What it last said of itself, and when.
    pub(super) status: Option<(Time, ServerStatus)>,
    /// Since when it has been out of line with who is primary.
    pub(super) astray_since: Option<Time>,
    /// When it was last told something.
    pub(super) told: Option<Time>,
    /// The order to rewind that it has not answered.
    pub(super) rewinding: Option<u64>,
}

impl NodeView {
    /// What it said of itself lately.
    pub(super) fn fresh(&self, now: Time) -> Option<&ServerStatus> {
        self.status
            .as_ref()
            .filter(|&&(at, _)| now.since(at) <= Span(2 * PING.0))
            .map(|(_, status)| status)
    }
}

/// What a Sentinel knows of another.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct PeerView {
    next_hello: Time,
    next_question: Time,
    silent_since: Option<Time>,
    /// When it said that it holds the primary for down.
    says_down: Option<Time>,
    /// Its last vote.
    pub(super) vote: Option<Vote>,
}

impl PeerView {
    pub(super) fn answered(&mut self) {
        self.silent_since = None;
    }

    pub(super) fn said(&mut self, now: Time, down: bool, vote: Option<Vote>) {
        self.says_down = down.then_some(now);
        self.vote = vote.or(self.vote);
    }

    /// There is another primary: what was said of the old one does not count.
    pub(super) fn forget_opinion(&mut self) {
        self.says_down = None;
    }

    /// The next question is due at once.
    pub(super) fn ask_now(&mut self) {
        self.next_question = Time::ZERO;
    }
}

impl SentinelHost {
    /// Pings whoever is due. A shorter `down-after-milliseconds` than a second pings as often.
    pub(super) fn ping(&mut self, cx: &mut ManagerContext<'_>) {
        let period = PING.0.min(parameters(cx).down_after_milliseconds * 1_000);
        let mut woke = false;
        for index in 0..self.nodes.len() {
            if self.nodes[index].next_ping <= cx.now {
                if !core::mem::replace(&mut woke, true) {
                    Self::woke(cx);
                }
                let id = self.ask();
                let node = &mut self.nodes[index];
                node.next_ping = cx.now + Span(period);
                node.silent_since = node.silent_since.or(Some(cx.now));
                cx.send(NodeId(index as u8), Remote::Query { id });
            }
        }
        for other in self.others() {
            let peer = &mut self.peers[usize::from(other)];
            if peer.next_hello <= cx.now {
                peer.next_hello = cx.now + PING;
                peer.silent_since = peer.silent_since.or(Some(cx.now));
                if !core::mem::replace(&mut woke, true) {
                    Self::woke(cx);
                }
                self.say_hello(cx, other, false);
            }
        }
    }

    pub(super) fn say_hello(&self, cx: &mut ManagerContext<'_>, to: u8, answer: bool) {
        let hello = SentinelMessage::Hello {
            epoch: self.epoch,
            config: self.config,
            primary: self.primary,
            answer,
        };
        self.tell(cx, to, hello);
    }

    /// A database said how it is. A primary that starts up, or says that it is a standby, has not replied validly.
    pub(super) fn on_status(
        &mut self,
        cx: &mut ManagerContext<'_>,
        from: NodeId,
        status: ServerStatus,
    ) {
        let is_primary = from == self.primary;
        let view = &mut self.nodes[from.index()];
        view.status = Some((cx.now, status));
        if status.ready && !(is_primary && status.standby) {
            view.silent_since = None;
        }
    }

    /// Holds for down who was silent for too long, and no longer who was not.
    pub(super) fn look_at_silence(&mut self, cx: &mut ManagerContext<'_>) {
        let patience = Span::from_millis(parameters(cx).down_after_milliseconds);
        for (index, view) in self.nodes.iter_mut().enumerate() {
            let down = view
                .silent_since
                .is_some_and(|since| cx.now.since(since) > patience);
            if down != view.down {
                view.down = down;
                view.down_since = cx.now;
                cx.event(SentinelEvent::Down {
                    by: self.me,
                    node: NodeId(index as u8),
                    down,
                });
            }
        }
    }

    /// While it holds the primary for down it asks the others every second, and for their votes if it stands.
    pub(super) fn ask_the_others(&mut self, cx: &mut ManagerContext<'_>) {
        if !self.nodes[self.primary.index()].down {
            return;
        }
        let epoch = self.epoch;
        let stands = self.stands();
        for other in self.others() {
            let peer = &mut self.peers[usize::from(other)];
            if peer.next_question <= cx.now {
                peer.next_question = cx.now + PING;
                let question = SentinelMessage::IsDown {
                    epoch,
                    primary: self.primary,
                    stands,
                };
                self.tell(cx, other, question);
            }
        }
    }

    /// Whether enough hold the primary for down.
    pub(super) fn agree(&mut self, cx: &mut ManagerContext<'_>) {
        let mut count = u8::from(self.nodes[self.primary.index()].down);
        if count > 0 {
            let recent =
                |peer: &PeerView| peer.says_down.is_some_and(|at| cx.now.since(at) <= OPINION);
            count += self.peers.iter().filter(|peer| recent(peer)).count() as u8;
        }
        let down = count > 0 && count >= parameters(cx).quorum;
        if down != self.agreed {
            self.agreed = down;
            cx.event(SentinelEvent::Agreed {
                by: self.me,
                primary: self.primary,
                count,
                down,
            });
        }
    }
}
