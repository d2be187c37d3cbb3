//! The failover: standing for leader, choosing a replica, promoting it, repointing the others.

use super::{Aborted, PING, SentinelEvent, SentinelHost, parameters};
use crate::ids::NodeId;
use crate::manager::{ManagerContext, Remote};
use crate::node::Role;
use crate::node::server::{Command, ServerStatus};
use crate::scenario::Sentinel;
use crate::time::{Span, Time};

/// A replica whose last word is older than this is not promoted (Redis: 5 pings).
const RECENT: Span = Span(5_000_000);
/// `replica-priority` of a node that has none of its own.
const PRIORITY: u32 = 100;

/// How far a failover is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// It waits for votes.
    Standing,
    /// It waits for the replica to become primary.
    Promoting(NodeId),
    /// It waits for the other replicas to follow.
    Repointing,
}

/// A failover that this Sentinel stands for or leads.
#[derive(Clone, Copy, Debug)]
pub(super) struct Failover {
    epoch: u64,
    stage: Stage,
    since: Time,
    /// When the command to the replica is sent again.
    again: Time,
}

/// `replica-priority` of a node.
fn priority(parameters: &Sentinel, node: NodeId) -> u32 {
    let own = parameters
        .priorities
        .iter()
        .find(|entry| entry.node == node);
    own.map_or(PRIORITY, |entry| entry.priority)
}

impl SentinelHost {
    /// Whether it waits for votes.
    pub(super) fn stands(&self) -> bool {
        self.failover
            .is_some_and(|failover| failover.stage == Stage::Standing)
    }

    /// Whether it has told a replica to become primary and waits for that.
    pub(super) fn is_promoting(&self) -> bool {
        self.failover
            .is_some_and(|failover| matches!(failover.stage, Stage::Promoting(_)))
    }

    pub(super) fn start_failover_if_needed(&mut self, cx: &mut ManagerContext<'_>) {
        let pause = Span::from_millis(2 * parameters(cx).failover_timeout);
        let too_soon = self.last_attempt.is_some_and(|at| cx.now < at + pause);
        if !self.agreed || self.failover.is_some() || too_soon {
            return;
        }
        let epoch = self.epoch + 1;
        cx.event(SentinelEvent::Stood { by: self.me, epoch });
        self.vote_for(cx, self.me, epoch);
        self.failover = Some(Failover {
            epoch,
            stage: Stage::Standing,
            since: cx.now,
            again: cx.now,
        });
        for peer in &mut self.peers {
            peer.ask_now();
        }
        self.ask_the_others(cx);
    }

    pub(super) fn abort(&mut self, cx: &mut ManagerContext<'_>, why: Aborted) {
        self.failover = None;
        cx.event(SentinelEvent::Aborted { by: self.me, why });
    }

    pub(super) fn go_on_with_failover(&mut self, cx: &mut ManagerContext<'_>) {
        let Some(failover) = self.failover else {
            return;
        };
        let waited = cx.now.since(failover.since);
        let most = Span::from_millis(parameters(cx).failover_timeout);
        match failover.stage {
            Stage::Standing => {
                if self.is_elected(cx, failover.epoch, waited) {
                    self.choose(cx, failover.epoch);
                }
            }
            Stage::Promoting(node) => {
                let promoted = |status: &ServerStatus| status.ready && status.role == Role::Primary;
                if self.nodes[node.index()].fresh(cx.now).is_some_and(promoted) {
                    self.promoted(cx, failover.epoch, node);
                } else if waited > most {
                    self.abort(cx, Aborted::PromotionTimedOut);
                } else if failover.again <= cx.now {
                    self.promote(cx, node);
                }
            }
            Stage::Repointing => {
                let all = self.all_follow(cx.now);
                if all || waited > most {
                    self.failover = None;
                    cx.event(SentinelEvent::Ended {
                        by: self.me,
                        timed_out: !all,
                    });
                }
            }
        }
    }

    /// The replica to promote: best priority, then most log, then lowest name (R-RS). Redis compares offsets alone; here the
    /// newer history goes before the longer log.
    fn candidate(&self, cx: &ManagerContext<'_>) -> Option<NodeId> {
        let parameters = parameters(cx);
        let primary = &self.nodes[self.primary.index()];
        let down_for = cx.now.since(primary.down_since);
        let longest_cut = Span(down_for.0 + 10_000 * parameters.down_after_milliseconds);
        let is_good = |node: NodeId| {
            let view = &self.nodes[node.index()];
            let recent = view.status.filter(|&(at, _)| cx.now.since(at) <= RECENT);
            let (_, status) = recent.filter(|_| !view.down && node != self.primary)?;
            let linked = status.streaming
                || status.role == Role::Primary
                || cx.now.since(status.last_heard) <= longest_cut;
            // One that cannot follow lacks what the primary had, and holds what it had not: only if there is nobody else.
            let unsound = !matches!(status.role, Role::Replica | Role::Primary);
            let rank = priority(&parameters, node);
            let tip = core::cmp::Reverse(status.tip);
            (rank > 0 && linked && status.ready).then_some((unsound, rank, tip, node))
        };
        let nodes = (0..self.nodes.len() as u8).map(NodeId);
        nodes.filter_map(is_good).min().map(|(.., node)| node)
    }

    fn choose(&mut self, cx: &mut ManagerContext<'_>, epoch: u64) {
        let Some(node) = self.candidate(cx) else {
            self.abort(cx, Aborted::NoGoodReplica);
            return;
        };
        cx.event(SentinelEvent::Selected { by: self.me, node });
        self.failover = Some(Failover {
            epoch,
            stage: Stage::Promoting(node),
            since: cx.now,
            again: cx.now,
        });
        // What it said before the promotion does not tell whether it is primary.
        self.promote(cx, node);
    }

    fn promote(&mut self, cx: &mut ManagerContext<'_>, node: NodeId) {
        if let Some(failover) = &mut self.failover {
            failover.again = cx.now + PING;
        }
        let id = self.ask();
        let command = Command::Promote;
        cx.send(node, Remote::Command { id, command });
    }

    /// The replica is primary: everybody is told.
    fn promoted(&mut self, cx: &mut ManagerContext<'_>, epoch: u64, node: NodeId) {
        self.switch(cx, epoch, node);
        self.failover = Some(Failover {
            epoch,
            stage: Stage::Repointing,
            since: cx.now,
            again: cx.now,
        });
        for other in self.others() {
            self.say_hello(cx, other, false);
        }
        for node in (0..self.nodes.len() as u8).map(NodeId) {
            let view = &self.nodes[node.index()];
            let standby = view
                .fresh(cx.now)
                .is_some_and(|status| status.ready && status.standby);
            if node != self.primary && standby {
                self.repoint(cx, node);
            }
        }
    }

    /// Whether every standby that is there follows the primary.
    fn all_follow(&self, now: Time) -> bool {
        self.nodes.iter().all(|view| {
            view.fresh(now).is_none_or(|status| {
                !status.ready || !status.standby || status.upstream == Some(self.primary)
            })
        })
    }

    /// Tells a node to follow the primary.
    pub(super) fn repoint(&mut self, cx: &mut ManagerContext<'_>, node: NodeId) {
        let (primary, id) = (self.primary, self.ask());
        self.nodes[node.index()].told = Some(cx.now);
        cx.event(SentinelEvent::Repointed {
            by: self.me,
            node,
            primary,
        });
        let command = Command::Follow(Some(primary));
        cx.send(node, Remote::Command { id, command });
    }
}

#[cfg(test)]
mod tests;
