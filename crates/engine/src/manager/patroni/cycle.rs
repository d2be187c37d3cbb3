//! The loop: when a round begins, what it looks at, how it ends (R-PT-2).

use std::sync::Arc;

use super::{Agent, AgentTimer, Busy, RenewFor, Then, parameters};
use crate::ids::NodeId;
use crate::manager::store::Op;
use crate::manager::{ManagerContext, ManagerTimer};
use crate::random::{Purpose, draw, happens};
use crate::scenario::PatroniVersion;
use crate::time::{Span, Time};

/// Rounds of nodes that are not leader are half a second later, so that they find what the leader wrote
/// (patroni/dcs/etcd3.py `watch`).
const AFTER_THE_LEADER: Span = Span::from_millis(500);
/// The pause before a round that is overdue.
const AT_ONCE: Span = Span::from_millis(1);
/// A round that is later than this was held up: the process was frozen.
const HELD_UP: Span = Span::from_secs(1);
/// How often a thawed agent of Patroni 3.0 runs its loop before its watcher has read what happened, per million: measured
/// in 7 of 10 (R-PT-7).
const LOOP_FIRST_PPM: u32 = 700_000;

/// What the loop does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Doing {
    /// Waits for its time or for a change.
    Sleeping,
    /// Waits until the copy of the store is there.
    WaitingForCache,
    /// A round is on.
    Working,
}

impl Agent {
    pub(super) fn arm_loop(&mut self, cx: &mut ManagerContext<'_>, at: Time) {
        self.doing = Doing::Sleeping;
        self.number += 1;
        let wait = at.since(cx.now);
        self.due = at;
        cx.timer(wait, ManagerTimer::Agent(AgentTimer::Loop(self.number)));
    }

    /// Runs the loop now, or right after the present round.
    pub(crate) fn wake_up(&mut self, cx: &mut ManagerContext<'_>) {
        self.event = true;
        if self.doing == Doing::Sleeping {
            self.next_run = cx.now;
            self.run_cycle(cx);
        }
    }

    pub(super) fn on_loop_timer(&mut self, cx: &mut ManagerContext<'_>, number: u64) {
        if number != self.number {
            return;
        }
        match self.doing {
            Doing::Sleeping => {
                let held_up = cx.now.since(self.due) > HELD_UP;
                let leads = self.view.leads() == Some(self.node);
                if held_up && leads && parameters(cx).version == PatroniVersion::V3 {
                    // Which of its two threads runs first is the scheduler's choice.
                    let key = u64::from(self.node.0);
                    let chance = draw(cx.seed, Purpose::ThawOrder, key, self.due.0);
                    if !happens(chance, LOOP_FIRST_PPM) {
                        self.arm_loop(cx, cx.now + AT_ONCE);
                        return;
                    }
                }
                self.run_cycle(cx);
            }
            Doing::WaitingForCache => self.store_is_gone(cx),
            Doing::Working => {}
        }
    }

    /// The copy of the store is there again.
    pub(super) fn cache_ready(&mut self, cx: &mut ManagerContext<'_>) {
        if self.doing == Doing::WaitingForCache {
            self.run_cycle(cx);
        }
    }

    /// The leader as this node sees it; one that said that it goes on without the store counts (R-PT-6).
    pub(super) fn leader(&self, cx: &ManagerContext<'_>) -> Option<NodeId> {
        let failsafe = self
            .failsafe
            .filter(|&(_, until)| parameters(cx).failsafe_mode && cx.now < until)
            .map(|(node, _)| node);
        self.cluster.leads().or(failsafe)
    }

    /// One round (ha.py `_run_cycle`).
    pub(super) fn run_cycle(&mut self, cx: &mut ManagerContext<'_>) {
        self.number += 1;
        self.event = false;
        self.renewed = false;
        if !self.ready {
            self.doing = Doing::WaitingForCache;
            let patience = Span::from_secs(parameters(cx).retry_timeout);
            cx.timer(patience, ManagerTimer::Agent(AgentTimer::Loop(self.number)));
            return;
        }
        self.doing = Doing::Working;
        self.cluster = Arc::clone(&self.view);
        self.previous_position = self.last_position;
        if let Some(leader) = self.cluster.leads() {
            self.old_members = self.cluster.member_set();
            self.old_leader = Some(leader);
        }
        if self.leader(cx).is_some() {
            self.backoff_since = None;
        }
        if parameters(cx).pause {
            Self::stop_watchdog(cx);
        }
        if !self.has_lock() {
            self.leader_until = Time::ZERO;
        }
        if self.busy != Busy::No {
            self.while_busy(cx);
            return;
        }
        let pause = parameters(cx).pause;
        let Some(server) = cx.server else {
            self.recover(cx);
            return;
        };
        if pause && !server.ready && !server.rebuilding {
            // It cannot be asked what it is.
            self.finish(cx, false);
            return;
        }
        if server.empty || server.rebuilding {
            self.while_rebuilding(cx, &server);
            return;
        }
        if !server.ready && self.has_lock() {
            self.renew(cx, RenewFor::Starting);
            return;
        }
        if server.ready {
            self.was_primary = Self::is_primary(&server);
        }
        match self.leader(cx) {
            None => self.unhealthy(cx, &server),
            Some(_) if self.has_lock() && pause && !Self::is_primary(&server) => {
                // ha.py `process_healthy_cluster`: somebody has made a standby of it by hand.
                let wanted = self.cluster.failover.map(|key| key.candidate);
                if wanted == Some(self.node) {
                    self.finish(cx, false);
                } else {
                    self.release(cx, super::Afterwards::Finish);
                }
            }
            Some(_) if self.has_lock() => self.renew(cx, RenewFor::Healthy),
            Some(_) => {
                self.follow(cx, &server);
            }
        }
    }

    /// The end of a round: the session is kept alive, unless the lock was renewed with it. `failed`: the store is gone.
    pub(super) fn finish(&mut self, cx: &mut ManagerContext<'_>, failed: bool) {
        if !failed {
            self.sync_slots(cx);
            // ha.py `touch_member`.
            let running = cx.server.as_ref().filter(|server| server.ready);
            self.last_position = running.map(Self::position).or(self.last_position);
        }
        if failed || self.renewed || !self.ready {
            self.end_cycle(cx);
            return;
        }
        let ttl = Span::from_secs(parameters(cx).ttl);
        let session = self.session;
        self.ask(cx, Op::Touch { session, ttl }, Then::Touched);
    }

    /// patroni/__main__.py `schedule_next_run`.
    pub(super) fn end_cycle(&mut self, cx: &mut ManagerContext<'_>) {
        let wait = Span::from_secs(parameters(cx).loop_wait);
        self.next_run += wait;
        if self.event || self.next_run <= cx.now {
            self.next_run = cx.now;
            self.arm_loop(cx, cx.now + AT_ONCE);
        } else {
            let led = self
                .cluster
                .leads()
                .is_some_and(|leader| leader != self.node);
            let later = if led { AFTER_THE_LEADER } else { Span::ZERO };
            self.arm_loop(cx, self.next_run + later);
        }
    }
}
