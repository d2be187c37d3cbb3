//! Epochs and votes: one vote a Sentinel and epoch, and a leader needs a majority of all Sentinels, the dead ones included.

use super::{Aborted, SentinelEvent, SentinelHost, SentinelMessage, Vote, parameters};
use crate::ids::NodeId;
use crate::manager::ManagerContext;
use crate::time::Span;

/// Longest wait for votes (Redis: SENTINEL_ELECTION_TIMEOUT).
const ELECTION: Span = Span(10_000_000);

impl SentinelHost {
    /// Another Sentinel asks what this one thinks of the primary, and perhaps for its vote.
    pub(super) fn on_is_down(
        &mut self,
        cx: &mut ManagerContext<'_>,
        from: u8,
        epoch: u64,
        primary: NodeId,
        stands: bool,
    ) {
        let same = primary == self.primary;
        if stands && same {
            self.vote_for(cx, from, epoch);
        }
        let down = same && !self.is_in_tilt(cx.now) && self.nodes[primary.index()].down;
        let vote = self.vote;
        self.tell(
            cx,
            from,
            SentinelMessage::Opinion {
                primary,
                down,
                vote,
            },
        );
    }

    /// The first who asks in an epoch has the vote.
    pub(super) fn vote_for(&mut self, cx: &mut ManagerContext<'_>, leader: u8, epoch: u64) {
        self.epoch = self.epoch.max(epoch);
        if epoch < self.epoch || self.vote.is_some_and(|vote| vote.epoch >= epoch) {
            return;
        }
        self.vote = Some(Vote { epoch, leader });
        cx.event(SentinelEvent::Voted {
            by: self.me,
            leader,
            epoch,
        });
        // Whoever has voted does not stand itself for a while.
        self.last_attempt = Some(cx.now + self.desync(cx));
    }

    /// How many voted for this Sentinel in an epoch.
    fn votes(&self, epoch: u64) -> u8 {
        let mine = Some(Vote {
            epoch,
            leader: self.me,
        });
        let others = self.peers.iter().filter(|peer| peer.vote == mine).count();
        u8::from(self.vote == mine) + others as u8
    }

    /// Counts the votes of a failover that has no leader yet. Returns whether this Sentinel leads it.
    pub(super) fn is_elected(
        &mut self,
        cx: &mut ManagerContext<'_>,
        epoch: u64,
        waited: Span,
    ) -> bool {
        let parameters = parameters(cx);
        let votes = self.votes(epoch);
        let majority = self.peers.len() as u8 / 2 + 1;
        if votes >= majority.max(parameters.quorum) {
            cx.event(SentinelEvent::Elected {
                by: self.me,
                epoch,
                votes,
            });
            return true;
        }
        let most = Span::from_millis(parameters.failover_timeout)
            .0
            .min(ELECTION.0);
        if waited.0 > most {
            self.abort(cx, Aborted::NotElected);
        }
        false
    }

    /// Another Sentinel holds a node for primary since a later epoch than this one's.
    pub(super) fn learn_primary(
        &mut self,
        cx: &mut ManagerContext<'_>,
        config: u64,
        primary: NodeId,
    ) {
        if config > self.config {
            self.failover = None;
            self.switch(cx, config, primary);
        }
    }

    /// Holds another node for primary from now on.
    pub(super) fn switch(&mut self, cx: &mut ManagerContext<'_>, config: u64, primary: NodeId) {
        let old = core::mem::replace(&mut self.primary, primary);
        self.config = config;
        self.epoch = self.epoch.max(config);
        self.agreed = false;
        self.last_attempt = None;
        for peer in &mut self.peers {
            peer.forget_opinion();
        }
        for node in &mut self.nodes {
            node.astray_since = None;
        }
        cx.event(SentinelEvent::Switched {
            by: self.me,
            old,
            new: primary,
            epoch: config,
        });
    }
}

#[cfg(test)]
mod tests;
