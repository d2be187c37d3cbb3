//! Who becomes leader when nobody is (R-PT-3).

#[cfg(test)]
mod tests;

use super::{Agent, DemoteWhy, MemberStatus, PollFor, Then, parameters, tags_of};
use crate::ids::{Lsn, NodeId, NodeSet};
use crate::manager::patroni::rest::watchdog_failed;
use crate::manager::store::{Op, SyncKey};
use crate::manager::{ManagerContext, ManagerEvent};
use crate::node::server::ServerStatus;
use crate::scenario::{Patroni, SynchronousMode};
use crate::time::{Span, Time};

/// Why a node does not stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Limitation {
    /// Its database is still starting, or is being filled or rewound.
    NotReady,
    /// Its tag says so.
    NoFailover,
    /// The watchdog is required, and there is none.
    NoWatchdog,
    /// It is further behind the leader's last position than `maximum_lag_on_failover`.
    Lagging,
    /// It is not among those that `/sync` lists.
    NotSynchronous,
    /// It is not among those that `/failsafe` lists.
    NotInFailsafe,
    /// It was primary, and another has opened a newer timeline since.
    OldTimeline,
    /// This node still runs as a primary.
    PrimaryAlive(NodeId),
    /// This node has more log.
    Ahead(NodeId),
    /// Not enough voters are level with it (R-PT-9).
    NoQuorum,
    /// This node is level with it and has a higher `failover_priority`.
    LowerPriority(NodeId),
    /// It follows an older timeline than the newest known one (`check_timeline`).
    BehindTimeline,
    /// Its log still grows, or did a moment ago: the race is put off (`primary_race_backoff`).
    LogStillGrows,
    /// Maintenance mode: only a person makes a leader.
    Paused,
    /// A person named this candidate, and it is fit.
    Candidate(NodeId),
}

/// Whether synchronous mode is on and has come into force (ha.py `sync_mode_is_active`).
pub(super) fn in_sync(patroni: &Patroni, sync: &SyncKey) -> bool {
    patroni.synchronous_mode != SynchronousMode::Off && sync.leader.is_some()
}

fn quorum_mode(patroni: &Patroni, sync: &SyncKey) -> bool {
    patroni.synchronous_mode == SynchronousMode::Quorum && sync.leader.is_some()
}

impl Agent {
    /// Nobody holds the lock (ha.py `process_unhealthy_cluster`).
    pub(super) fn unhealthy(&mut self, cx: &mut ManagerContext<'_>, server: &ServerStatus) {
        if let Some(left) = self.put_off(cx, server) {
            cx.event(ManagerEvent::DoesNotStand {
                node: self.node,
                why: Limitation::LogStillGrows,
            });
            // ha.py `watch`: the next round is no later than the end of it.
            let wait = Span::from_secs(parameters(cx).loop_wait);
            if Span::ZERO < left && left < wait {
                self.next_run = Time((cx.now + left).0.saturating_sub(wait.0));
            }
            self.finish(cx, false);
            return;
        }
        if let Some(why) = self.limitation(cx, server) {
            self.withdraw(cx, why);
            return;
        }
        if Self::is_primary(server) {
            self.acquire(cx);
            return;
        }
        match self.cluster.failover {
            Some(key) if key.candidate == self.node => self.acquire(cx),
            Some(key) => {
                let whom = NodeSet::EMPTY.with(key.candidate);
                self.poll(cx, whom, PollFor::Candidate);
            }
            None => self.race(cx),
        }
    }

    /// How long this node still puts the race off: what is left of `primary_race_backoff`, if its log has grown since the last
    /// round, and in any case one `loop_wait`, so that a key that ran out right after a round counts as well.
    fn put_off(&mut self, cx: &ManagerContext<'_>, server: &ServerStatus) -> Option<Span> {
        let patroni = parameters(cx);
        let before = self.previous_position?;
        if patroni.primary_race_backoff == 0 || patroni.pause || self.cluster.failover.is_some() {
            return None;
        }
        let since = *self.backoff_since.get_or_insert(cx.now);
        let waited = cx.now.since(since);
        let backoff = Span::from_secs(patroni.primary_race_backoff);
        let grows = server.streaming && Self::position(server) > before;
        let first = waited < Span::from_secs(patroni.loop_wait);
        let left = Span(backoff.0.saturating_sub(waited.0));
        (left > Span::ZERO && grows || first).then_some(left)
    }

    fn race(&mut self, cx: &mut ManagerContext<'_>) {
        let patroni = parameters(cx);
        let mut known = self.old_members.union(self.cluster.member_set());
        if patroni.failsafe_mode {
            known = known.union(self.cluster.failsafe);
        }
        let sync = &self.cluster.sync;
        if in_sync(patroni, sync) {
            let leader = sync.leader.map(|leader| NodeSet::EMPTY.with(leader));
            known = known.intersection(sync.voters.union(leader.unwrap_or_default()));
        }
        let asked = known
            .iter()
            .filter(|&node| {
                !tags_of(patroni, node).never_leads()
                    || quorum_mode(patroni, sync) && sync.voters.contains(node)
            })
            .collect();
        self.poll(cx, asked, PollFor::Race);
    }

    /// What keeps this node from standing, before anybody is asked.
    fn limitation(&self, cx: &ManagerContext<'_>, server: &ServerStatus) -> Option<Limitation> {
        let patroni = parameters(cx);
        if !server.ready {
            return Some(Limitation::NotReady);
        }
        if Self::is_primary(server) {
            let old = server.timeline < self.cluster.status.timeline && !patroni.pause;
            return old.then_some(Limitation::OldTimeline);
        }
        if patroni.pause {
            let wanted = self.cluster.failover.map(|key| key.candidate);
            return (wanted != Some(self.node)).then_some(Limitation::Paused);
        }
        if tags_of(patroni, self.node).never_leads() {
            return Some(Limitation::NoFailover);
        }
        if self.cluster.failover.is_some() {
            return None;
        }
        if watchdog_failed(patroni) {
            return Some(Limitation::NoWatchdog);
        }
        let failsafe = self.cluster.failsafe;
        if patroni.failsafe_mode && !failsafe.is_empty() && !failsafe.contains(self.node) {
            return Some(Limitation::NotInFailsafe);
        }
        let sync = &self.cluster.sync;
        let listed = sync.voters.contains(self.node) || sync.leader == Some(self.node);
        if in_sync(patroni, sync) && !quorum_mode(patroni, sync) && !listed {
            return Some(Limitation::NotSynchronous);
        }
        if self.is_lagging(cx, Self::position(server)) {
            return Some(Limitation::Lagging);
        }
        let behind = patroni.check_timeline && server.timeline < self.cluster.status.timeline;
        behind.then_some(Limitation::BehindTimeline)
    }

    /// ha.py `is_lagging`, against the position that the leader last published.
    pub(super) fn is_lagging(&self, cx: &ManagerContext<'_>, position: Lsn) -> bool {
        let behind = self.cluster.status.lsn.ahead_of(position);
        behind.saturating_mul(cx.costs.record_bytes) > parameters(cx).maximum_lag_on_failover
    }

    /// The candidate that a person named goes first, if it can.
    pub(super) fn judge_candidate(
        &mut self,
        cx: &mut ManagerContext<'_>,
        answers: &[(NodeId, Option<MemberStatus>)],
    ) {
        let fit = answers
            .iter()
            .find(|(_, status)| status.is_some_and(|status| status.may_lead()));
        let sync = self.cluster.sync;
        let listed = sync.voters.contains(self.node) || sync.leader == Some(self.node);
        match fit {
            Some(&(node, _)) => self.withdraw(cx, Limitation::Candidate(node)),
            // Nobody but a synchronous one steps in for it.
            None if parameters(cx).synchronous_mode == SynchronousMode::On && !listed => {
                self.withdraw(cx, Limitation::NotSynchronous);
            }
            None => self.race(cx),
        }
    }

    /// ha.py `_is_healthiest_node`.
    pub(super) fn judge_race(
        &mut self,
        cx: &mut ManagerContext<'_>,
        answers: &[(NodeId, Option<MemberStatus>)],
    ) {
        let patroni = parameters(cx);
        let sync = self.cluster.sync;
        let Some(server) = cx.server.filter(|server| server.ready) else {
            self.withdraw(cx, Limitation::NotReady);
            return;
        };
        let mine = Self::position(&server);
        let quorum = quorum_mode(patroni, &sync);
        let priority = tags_of(patroni, self.node).failover_rank();
        // Who led before is not given way to because of its priority.
        let former = if in_sync(patroni, &sync) {
            sync.leader
        } else {
            self.old_leader
        };
        let mut votes = i32::from(sync.voters.contains(self.node)) - 1;
        for &(node, status) in answers {
            let Some(status) = status.filter(MemberStatus::may_lead) else {
                continue;
            };
            if status.primary {
                self.withdraw(cx, Limitation::PrimaryAlive(node));
                return;
            }
            if status.position > mine {
                // A former leader that is ahead is not waited for in synchronous mode: what it has more was never acked.
                if !in_sync(patroni, &sync) || sync.leader != Some(node) {
                    self.withdraw(cx, Limitation::Ahead(node));
                    return;
                }
            } else {
                let vote = sync.voters.contains(node);
                let preferred = status.position == mine && priority < status.priority;
                if preferred && former != Some(node) && (!quorum || vote) {
                    self.withdraw(cx, Limitation::LowerPriority(node));
                    return;
                }
                votes += i32::from(vote);
            }
        }
        // Had it led, nobody that is ahead would have been let pass.
        let was_leader = sync.leader == Some(self.node);
        if quorum && votes < i32::from(sync.quorum) && !was_leader {
            self.withdraw(cx, Limitation::NoQuorum);
            return;
        }
        self.acquire(cx);
    }

    fn withdraw(&mut self, cx: &mut ManagerContext<'_>, why: Limitation) {
        cx.event(ManagerEvent::DoesNotStand {
            node: self.node,
            why,
        });
        let Some(server) = cx.server else {
            self.finish(cx, false);
            return;
        };
        if Self::is_primary(&server) {
            self.stop_at_once(cx, DemoteWhy::NotHealthiest);
            self.finish(cx, false);
            return;
        }
        self.follow(cx, &server);
    }

    fn acquire(&mut self, cx: &mut ManagerContext<'_>) {
        let ttl = Span::from_secs(parameters(cx).ttl);
        let session = self.session;
        self.asked_at = cx.now;
        self.ask(cx, Op::Acquire { session, ttl }, Then::Acquired);
    }

    pub(super) fn after_acquiring(&mut self, cx: &mut ManagerContext<'_>, done: Option<bool>) {
        match done {
            Some(true) => {
                cx.event(ManagerEvent::LockTaken { node: self.node });
                self.cluster = std::sync::Arc::clone(&self.view);
                self.renewed = true;
                self.keeps_lock(cx);
                self.enforce_primary(cx);
            }
            Some(false) => {
                self.cluster = std::sync::Arc::clone(&self.view);
                match cx.server {
                    Some(server) => self.follow(cx, &server),
                    None => self.finish(cx, false),
                }
            }
            None => self.store_is_gone(cx),
        }
    }
}
