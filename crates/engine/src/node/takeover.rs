//! A won election's second half: the winner replays everything it has, waits for an older lease, and opens its timeline.

use super::membership::Membership;
use super::primary::Primary;
use super::{Context, Node, Role, Timer};
use crate::event::EventKind;
use crate::ids::{NodeSet, Timeline};
use crate::time::Time;

impl Node {
    /// A person asks this node to take over. Without fencing it does so on the spot; with it, it needs a majority.
    pub(crate) fn promote(&mut self, cx: &mut Context<'_>) {
        if cx.settings.fencing {
            self.start_poll(cx, true);
            return;
        }
        self.election.stop();
        let term = self.ballot.term.max(self.ballot.known.term()) + 1;
        self.ballot.term = term;
        self.ballot.voted_for = Some(self.id);
        self.take_over(cx, term, NodeSet::first(cx.nodes), cx.now);
    }

    /// Becomes the primary of a new timeline; opens when everything it has is replayed.
    pub(super) fn take_over(
        &mut self,
        cx: &mut Context<'_>,
        term: u32,
        set: NodeSet,
        opens_at: Time,
    ) {
        let timeline = Timeline::new(term, self.id);
        self.ballot.known = timeline;
        self.follow.streaming = None;
        let reign = term;
        let mut primary = Primary::reigning(
            timeline,
            cx.nodes,
            reign,
            Membership::starting(set),
            opens_at,
        );
        primary.last_sync_commit = self.wal.tip().lsn;
        primary.last_commit = self.wal.tip().lsn;
        self.primary = Some(Box::new(primary));
        self.role = Role::Promoting;
        cx.event(EventKind::Won {
            node: self.id,
            timeline,
        });
        self.start_reign_timers(cx);
        if opens_at > cx.now {
            cx.timer_at(opens_at, Timer::Opens);
        }
        self.apply_next(cx);
        self.open_if_ready(cx);
    }

    pub(super) fn open_if_ready(&mut self, cx: &mut Context<'_>) {
        if self.role != Role::Promoting {
            return;
        }
        let Some(primary) = &self.primary else { return };
        let tip = self.wal.tip().lsn;
        let leased = !cx.settings.fencing || cx.now < primary.lease_until;
        // What is replayed is on disk.
        if self.replay < tip || cx.now < primary.opens_at || !leased {
            return;
        }
        let timeline = primary.timeline;
        self.end_waits(cx);
        self.role = Role::Primary;
        cx.event(EventKind::Promoted {
            node: self.id,
            timeline,
            fork: tip,
        });
        self.arm_lease(cx);
        self.maintain_membership(cx);
        self.beat(cx);
    }
}

#[cfg(test)]
mod tests;
