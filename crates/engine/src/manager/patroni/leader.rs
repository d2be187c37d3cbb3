//! Holding the lock: renewing it, promoting, stepping down.

use super::sync::Step;
use super::{
    Afterwards, Agent, AgentTimer, PollFor, Possible, RenewFor, Then, parameters, race::in_sync,
};
use crate::ids::NodeSet;
use crate::manager::patroni::rest::watchdog_failed;
use crate::manager::store::{Op, StatusKey};
use crate::manager::{ManagerContext, ManagerEffect, ManagerEvent, ManagerTimer, StartAs};
use crate::node::Role;
use crate::node::server::{Command, ServerStatus};
use crate::scenario::PatroniVersion;
use crate::time::{Span, Time};

/// From the decision to promote until PostgreSQL has been told: the rest of the 0.1 to 0.6 s measured from the end of the
/// lease to the first write, whose greater part is the store's (R-PT-11).
const PROMOTE: Span = Span::from_millis(100);
/// From the decision to stop at once until the postmaster is dead: 0.12 to 0.24 s were measured (R-PT-7).
const STOP: Span = Span::from_millis(150);
/// ha.py `demote`: time for standbys to catch up before the lock is given up, and for somebody to take it after.
const CATCH_UP: Span = Span::from_secs(1);
const MAKE_ROOM: Span = Span::from_secs(2);

/// What runs beside the loop (ha.py `AsyncExecutor`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Busy {
    /// Nothing.
    No,
    /// PostgreSQL is about to be told to promote itself.
    Promoting,
    /// It has been told, and replays what it has.
    Opening,
    /// PostgreSQL is being stopped at once, for this reason.
    Stopping(DemoteWhy),
}

/// Why a leader steps down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum DemoteWhy {
    /// Somebody else has the lock, or it could not be kept: stopped at once.
    LostLock,
    /// The store could not be reached for `retry_timeout`: stopped in good order (R-PT-5).
    StoreGone,
    /// A person wants another leader.
    Asked,
    /// It would take too long to start, and another can take over (R-PT-4).
    StartTimeout,
    /// The watchdog that is required does not work.
    NoWatchdog,
    /// It is primary, but another node is fitter.
    NotHealthiest,
}

impl Agent {
    /// ha.py `update_lock`.
    pub(super) fn renew(&mut self, cx: &mut ManagerContext<'_>, why: RenewFor) {
        let patroni = parameters(cx);
        let status = cx
            .server
            .filter(|server| server.ready && Self::is_primary(server))
            .map(|server| self.status_key(&server));
        let failsafe = if patroni.failsafe_mode {
            self.cluster.member_set().with(self.node)
        } else {
            NodeSet::EMPTY
        };
        let op = Op::Renew {
            session: self.session,
            ttl: Span::from_secs(patroni.ttl),
            seen: self.cluster.leader.map(|key| key.session),
            overwrite: patroni.version == PatroniVersion::V3,
            status,
            failsafe,
        };
        self.asked_at = cx.now;
        self.ask(cx, op, Then::Renewed(why));
    }

    pub(super) fn after_renewal(
        &mut self,
        cx: &mut ManagerContext<'_>,
        why: RenewFor,
        done: Option<bool>,
    ) {
        match done {
            Some(true) => self.renewed(cx, why),
            Some(false) => self.lost_lock(cx),
            None if matches!(why, RenewFor::Busy | RenewFor::Starting) => {
                cx.event(ManagerEvent::StoreUnreachable { node: self.node });
                self.finish(cx, true);
            }
            None => self.store_is_gone(cx),
        }
    }

    fn renewed(&mut self, cx: &mut ManagerContext<'_>, why: RenewFor) {
        self.renewed = true;
        self.keeps_lock(cx);
        cx.note(ManagerEvent::LockRenewed { node: self.node });
        match why {
            RenewFor::Healthy => self.lead(cx),
            RenewFor::Recover => self.recover_with_lock(cx),
            RenewFor::Starting => self.while_starting(cx),
            RenewFor::Busy => self.finish(cx, false),
        }
    }

    /// The lock is this node's for `ttl` from when it was asked for.
    pub(super) fn keeps_lock(&mut self, cx: &mut ManagerContext<'_>) {
        self.leader_until = self.asked_at + Span::from_secs(parameters(cx).ttl);
        self.feed_watchdog(cx, self.leader_until);
    }

    /// What is published in `/status`.
    fn status_key(&self, server: &ServerStatus) -> StatusKey {
        StatusKey {
            lsn: server.positions.flush,
            timeline: server.timeline,
            slots: self.slots.kept(),
            slots_from: server.pinned_from,
        }
    }

    fn lost_lock(&mut self, cx: &mut ManagerContext<'_>) {
        self.leader_until = Time::ZERO;
        if parameters(cx).pause {
            // It goes on as primary without the lock.
            self.finish(cx, false);
            return;
        }
        if cx.server.as_ref().is_some_and(Self::is_primary) {
            self.stop_at_once(cx, DemoteWhy::LostLock);
        } else if self.busy == Busy::Promoting {
            self.busy = Busy::No;
        }
        self.finish(cx, false);
    }

    /// The rest of ha.py `process_healthy_cluster` for the leader.
    fn lead(&mut self, cx: &mut ManagerContext<'_>) {
        let newest = self.view.status.timeline;
        if let Some(server) = &cx.server
            && server.ready
            && Self::is_primary(server)
            && server.timeline < newest
        {
            // Patroni 3.0 got its key back after another leader had opened a timeline, or that one died before this node
            // heard of it. PostgreSQL would go on on its old one, or reuse the number; here it takes a newer one, so that
            // the newest timeline is always the one that survives (R-PT-7).
            if parameters(cx).version == PatroniVersion::V3 {
                cx.event(ManagerEvent::LockStolen { node: self.node });
            }
            cx.effect(ManagerEffect::Command(Command::NewTimeline {
                above: newest,
            }));
        }
        let Some(key) = self.cluster.failover else {
            self.enforce_primary(cx);
            return;
        };
        if key.candidate == self.node {
            self.ask(cx, Op::Failover { key: None }, Then::FailoverCleared);
            return;
        }
        let whom = NodeSet::EMPTY.with(key.candidate);
        self.poll(cx, whom, PollFor::Failover(Possible::Graceful));
    }

    /// ha.py `enforce_primary_role`.
    pub(super) fn enforce_primary(&mut self, cx: &mut ManagerContext<'_>) {
        let primary = cx.server.as_ref().is_some_and(Self::is_primary);
        if watchdog_failed(parameters(cx)) && !parameters(cx).pause {
            if primary {
                self.stop_at_once(cx, DemoteWhy::NoWatchdog);
            }
            self.release(cx, Afterwards::Finish);
            return;
        }
        if primary {
            self.process_sync(cx);
        } else if cx.server.as_ref().is_some_and(|server| server.ready) && self.busy == Busy::No {
            self.before_promotion(cx);
        } else {
            self.finish(cx, false);
        }
    }

    /// `/sync` and the list of standbys are as they must be: promote.
    pub(super) fn promote(&mut self, cx: &mut ManagerContext<'_>) {
        self.failsafe = None;
        self.set_busy(cx, Busy::Promoting, PROMOTE);
        self.finish(cx, false);
    }

    fn set_busy(&mut self, cx: &mut ManagerContext<'_>, busy: Busy, span: Span) {
        self.busy = busy;
        self.ids += 1;
        self.busy_number = self.ids;
        cx.timer(
            span,
            ManagerTimer::Agent(AgentTimer::Busy(self.busy_number)),
        );
    }

    pub(super) fn on_busy_timer(&mut self, cx: &mut ManagerContext<'_>) {
        match self.busy {
            Busy::No => {}
            Busy::Promoting => {
                if self.view.leads() == Some(self.node) && cx.now < self.leader_until {
                    cx.effect(ManagerEffect::Command(Command::Promote));
                    self.set_busy(cx, Busy::Opening, super::LOOK);
                } else {
                    self.busy = Busy::No;
                }
            }
            Busy::Opening => match &cx.server {
                Some(server) if server.role == Role::Promoting => {
                    self.set_busy(cx, Busy::Opening, super::LOOK);
                }
                _ => {
                    self.busy = Busy::No;
                    self.wake_up(cx);
                }
            },
            Busy::Stopping(_) => {
                self.busy = Busy::No;
                cx.effect(ManagerEffect::StopServer);
                Self::stop_watchdog(cx);
                let leader = self.view.leads();
                let upstream = self.to_follow(cx, leader);
                cx.effect(ManagerEffect::StartServer(StartAs::Standby(upstream)));
                self.look_out(cx);
            }
        }
    }

    /// ha.py `handle_long_action_in_progress`.
    pub(super) fn while_busy(&mut self, cx: &mut ManagerContext<'_>) {
        if self.has_lock() && !matches!(self.busy, Busy::Stopping(_)) {
            self.renew(cx, RenewFor::Busy);
            return;
        }
        if parameters(cx).pause {
            self.finish(cx, false);
            return;
        }
        match self.busy {
            Busy::Promoting => self.busy = Busy::No,
            Busy::Opening if cx.server.as_ref().is_some_and(Self::is_primary) => {
                self.stop_at_once(cx, DemoteWhy::LostLock);
            }
            _ => {}
        }
        self.finish(cx, false);
    }

    /// ha.py `demote('immediate-nolock')`: PostgreSQL is stopped at once and starts again as a standby.
    pub(super) fn stop_at_once(&mut self, cx: &mut ManagerContext<'_>, why: DemoteWhy) {
        if matches!(self.busy, Busy::Stopping(_)) {
            return;
        }
        self.leader_until = Time::ZERO;
        cx.event(ManagerEvent::Demotes {
            node: self.node,
            why,
        });
        self.set_busy(cx, Busy::Stopping(why), STOP);
    }

    /// ha.py `demote('offline')` and `demote('graceful')`: a fast shutdown, then started read-only.
    pub(super) fn stop_in_order(&mut self, cx: &mut ManagerContext<'_>, why: DemoteWhy) {
        self.leader_until = Time::ZERO;
        cx.event(ManagerEvent::Demotes {
            node: self.node,
            why,
        });
        cx.effect(ManagerEffect::Command(Command::Follow(None)));
        Self::stop_watchdog(cx);
        self.look_out(cx);
    }

    /// Gives up the lock, leaving the last position behind.
    pub(super) fn release(&mut self, cx: &mut ManagerContext<'_>, afterwards: Afterwards) {
        self.leader_until = Time::ZERO;
        let status = cx
            .server
            .filter(|server| server.ready)
            .map(|server| self.status_key(&server));
        let session = self.session.take();
        self.ask(
            cx,
            Op::Release { session, status },
            Then::Released(afterwards),
        );
    }

    pub(super) fn after_release(
        &mut self,
        cx: &mut ManagerContext<'_>,
        afterwards: Afterwards,
        done: Option<bool>,
    ) {
        if done == Some(true) {
            cx.event(ManagerEvent::LockReleased { node: self.node });
        }
        match afterwards {
            Afterwards::MakeRoom => self.pause(cx, MAKE_ROOM, Afterwards::Rejoin),
            _ => self.finish(cx, done.is_none()),
        }
    }

    /// Whether somebody could take over: what follows (ha.py `is_failover_possible`).
    pub(super) fn may_fail_over(&mut self, cx: &mut ManagerContext<'_>, what: Possible) {
        let patroni = parameters(cx);
        let mut whom = self.cluster.member_set();
        if in_sync(patroni, &self.cluster.sync) {
            whom = whom.intersection(self.cluster.sync.voters);
        }
        self.poll(cx, whom, PollFor::Failover(what));
    }

    pub(super) fn judge_failover(
        &mut self,
        cx: &mut ManagerContext<'_>,
        what: Possible,
        answers: &[(crate::ids::NodeId, Option<super::MemberStatus>)],
    ) {
        let patroni = parameters(cx);
        let newest = self.cluster.status.timeline;
        let able = answers.iter().filter(|(_, status)| {
            status.is_some_and(|status| {
                status.may_lead()
                    && !self.is_lagging(cx, status.position)
                    && !(patroni.check_timeline && status.timeline < newest)
            })
        });
        let able = able.count();
        let needed = match what {
            Possible::Graceful => 0,
            _ => usize::from(self.cluster.sync.quorum),
        };
        let possible = able > needed;
        match (what, possible) {
            (Possible::Graceful, true) => {
                self.stop_in_order(cx, DemoteWhy::Asked);
                self.pause(cx, CATCH_UP, Afterwards::ReleaseGraceful);
            }
            (Possible::Graceful, false) => {
                self.ask(cx, Op::Failover { key: None }, Then::FailoverCleared);
            }
            (Possible::Crashed, false) => self.start_in_place(cx),
            (Possible::StartTimeout, false) => self.finish(cx, false),
            (Possible::Crashed | Possible::StartTimeout, true) => {
                cx.event(ManagerEvent::Demotes {
                    node: self.node,
                    why: DemoteWhy::StartTimeout,
                });
                Self::stop_watchdog(cx);
                if cx.server.is_some() {
                    cx.effect(ManagerEffect::StopServer);
                }
                self.was_primary = false;
                self.release(cx, Afterwards::MakeRoom);
            }
        }
    }

    /// The next step of synchronous replication before a promotion.
    pub(super) fn sync_before_promotion(&mut self, cx: &mut ManagerContext<'_>, op: Op) {
        self.ask(cx, op, Then::SyncWritten(Step::BeforePromotion));
    }
}
