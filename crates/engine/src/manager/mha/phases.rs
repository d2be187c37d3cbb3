//! The failover, phase by phase (R-MH-4). Each phase asks some hosts something and goes on when all have answered or have
//! had their time.

mod first;

use super::{BinlogKept, CONNECT, Doing, MhaEvent, MhaManager, MhaPhase, MhaTimer, step_time};
use crate::ids::{Lsn, NodeId, NodeSet};
use crate::manager::{ManagerContext, ManagerEvent, Remote};
use crate::node::Role;
use crate::node::server::{Command, ServerStatus};
use crate::node::wal::Record;
use crate::small_map::SmallMap;
use crate::time::{Span, Time};

/// How long a command to a server or a copy of a log may take.
pub(super) const PATIENCE: Span = Span(10_000_000);
/// How long stopping the dead source may take.
const STOP_PATIENCE: Span = Span(15_000_000);
/// How long turning the power off takes: 7 to 10 s (R-MH-8).
const POWER_OFF: (u64, u64) = (7_000_000, 10_000_000);
/// Time between two looks at a server that is to reach a position or to become the source.
pub(super) const POLL: Span = Span(500_000);

/// What the manager knows while it replaces the source.
#[derive(Clone, Debug)]
pub(super) struct Failover {
    pub(super) phase: MhaPhase,
    /// Counts steps: timers of an earlier one are void.
    pub(super) step: u64,
    /// Whether the dead source's host can be logged in to.
    ssh: bool,
    /// Questions without an answer.
    pub(super) open: SmallMap<u64, NodeId>,
    /// The order to stop the dead source, while it is not carried out.
    stopping: Option<u64>,
    /// The replicas that take part, as they last said they were.
    pub(super) replicas: SmallMap<NodeId, ServerStatus>,
    /// Who received most, and up to where.
    pub(super) latest: (NodeId, Lsn),
    /// Who received least, and up to where.
    pub(super) oldest: (NodeId, Lsn),
    /// The new source.
    pub(super) chosen: NodeId,
    /// What comes after `oldest`, as far as it was found.
    pub(super) log: Vec<Record>,
    /// What comes after `latest`, from the dead source.
    pub(super) saved: Vec<Record>,
    pub(super) left_behind: NodeSet,
    /// How many records the new source was given.
    pub(super) given: u32,
    /// What is asked once the scripts of this step have started.
    pending: Option<Vec<(NodeId, Remote)>>,
    /// When the new source last answered.
    pub(super) heard: Time,
}

impl Failover {
    fn is_waiting(&self) -> bool {
        !self.open.is_empty() || self.stopping.is_some()
    }
}

impl MhaManager {
    /// The failover, if there is one.
    pub(super) fn failover(&mut self) -> Option<&mut Failover> {
        match &mut self.doing {
            Doing::Failover(failover) => Some(failover),
            _ => None,
        }
    }

    /// The source is held for dead. Phase 1 begins.
    pub(super) fn start_failover(&mut self, cx: &mut ManagerContext<'_>, ssh: bool) {
        self.doing = Doing::Failover(Box::new(Failover {
            phase: MhaPhase::Configuration,
            step: self.asked,
            ssh,
            open: SmallMap::new(),
            stopping: None,
            replicas: SmallMap::new(),
            latest: (self.source, Lsn::ZERO),
            oldest: (self.source, Lsn::ZERO),
            chosen: self.source,
            log: Vec::new(),
            saved: Vec::new(),
            left_behind: NodeSet::EMPTY,
            given: 0,
            pending: None,
            heard: cx.now,
        }));
        self.enter(cx, MhaPhase::Configuration, Some(CONNECT));
        for node in (0..cx.nodes as u8).map(NodeId) {
            self.put(cx, node, |id| Remote::Query { id });
        }
    }

    /// Begins a phase, which ends at the latest after some time.
    pub(super) fn enter(
        &mut self,
        cx: &mut ManagerContext<'_>,
        phase: MhaPhase,
        most: Option<Span>,
    ) {
        let step = self.ask();
        let Some(failover) = self.failover() else {
            return;
        };
        failover.phase = phase;
        failover.step = step;
        failover.open.clear();
        failover.stopping = None;
        failover.pending = Some(Vec::new());
        failover.heard = cx.now;
        cx.event(MhaEvent::Phase { phase });
        let starts = step_time(cx);
        cx.timer(starts, MhaTimer::StepBegins { step });
        if let Some(most) = most {
            cx.timer(starts + most, MhaTimer::StepTimeout { step });
        }
    }

    /// The scripts of a step have started.
    pub(super) fn on_step_begins(&mut self, cx: &mut ManagerContext<'_>, step: u64) {
        let Some(failover) = self.failover() else {
            return;
        };
        if failover.step == step
            && let Some(pending) = failover.pending.take()
        {
            cx.event(ManagerEvent::Timer { service: cx.me });
            for (to, question) in pending {
                cx.send(to, question);
            }
        }
    }

    /// The number of the present step.
    pub(super) fn step(&mut self) -> u64 {
        self.failover().map_or(0, |failover| failover.step)
    }

    /// Asks a host something in this phase.
    pub(super) fn put(
        &mut self,
        cx: &mut ManagerContext<'_>,
        to: NodeId,
        question: impl FnOnce(u64) -> Remote,
    ) {
        let id = self.ask();
        if let Some(failover) = self.failover() {
            failover.open.insert(id, to);
            match &mut failover.pending {
                Some(pending) => pending.push((to, question(id))),
                None => cx.send(to, question(id)),
            }
        }
    }

    /// Tells a server something in this phase.
    pub(super) fn tell(&mut self, cx: &mut ManagerContext<'_>, to: NodeId, command: Command) {
        self.put(cx, to, |id| Remote::Command { id, command });
    }

    pub(super) fn fail(&mut self, cx: &mut ManagerContext<'_>) {
        if let Some(failover) = self.failover() {
            let phase = failover.phase;
            cx.event(MhaEvent::Failed { phase });
        }
        self.failed = true;
        self.exit(cx);
    }

    pub(super) fn on_step_answer(
        &mut self,
        cx: &mut ManagerContext<'_>,
        from: NodeId,
        id: u64,
        answer: Remote,
    ) {
        let Some(failover) = self.failover() else {
            return;
        };
        if failover.stopping == Some(id) {
            self.on_stop_answer(cx, from, id);
            return;
        }
        if failover.open.remove(&id) != Some(from) {
            return;
        }
        match answer {
            Remote::Answer { status, .. } | Remote::Done { status, .. } => {
                failover.replicas.insert(from, status);
            }
            _ => {}
        }
        match (failover.phase, answer) {
            (MhaPhase::SaveBinlog, Remote::SavedLog { records, .. }) => {
                self.on_binlog_saved(cx, records);
            }
            (MhaPhase::DifferentialLog, Remote::SavedLog { records, .. }) => {
                self.on_differential_log(cx, &records);
            }
            (
                MhaPhase::DifferentialLog,
                Remote::Answer { status, .. } | Remote::Done { status, .. },
            ) => self.on_catch_up_answer(cx, &status),
            (MhaPhase::Apply, Remote::Done { ok, .. }) => self.on_new_source_levelled(cx, ok),
            (MhaPhase::Promote, Remote::Answer { status, .. }) => {
                if status.role == Role::Replica {
                    // The command was lost.
                    self.tell(cx, from, Command::Promote);
                }
                self.on_promotion_answer(cx, &status);
            }
            (MhaPhase::Promote, Remote::Done { status, .. }) => {
                self.on_promotion_answer(cx, &status);
            }
            (MhaPhase::Replicas, Remote::Done { ok, .. }) => self.on_replica_answer(cx, from, ok),
            // A server that runs no longer.
            (
                MhaPhase::DifferentialLog | MhaPhase::Apply | MhaPhase::Promote,
                Remote::Refused { .. },
            ) => self.fail(cx),
            _ => self.go_on(cx),
        }
    }

    /// Ends the phase if nothing is waited for any more.
    pub(super) fn go_on(&mut self, cx: &mut ManagerContext<'_>) {
        let Some(failover) = self.failover() else {
            return;
        };
        if !failover.is_waiting() {
            self.phase_over(cx);
        }
    }

    pub(super) fn on_step_timeout(&mut self, cx: &mut ManagerContext<'_>, step: u64) {
        if self
            .failover()
            .is_some_and(|failover| failover.step == step)
        {
            cx.event(ManagerEvent::Timer { service: cx.me });
            self.phase_over(cx);
        }
    }

    /// Everybody has answered or had the time.
    fn phase_over(&mut self, cx: &mut ManagerContext<'_>) {
        let Some(failover) = self.failover() else {
            return;
        };
        match failover.phase {
            MhaPhase::Configuration => self.configuration_checked(cx),
            MhaPhase::ShutOut => self.shut_out(cx),
            MhaPhase::Latest => self.positions_read(cx),
            MhaPhase::SaveBinlog => self.binlog_lost(cx, BinlogKept::NoAnswer),
            MhaPhase::DifferentialLog | MhaPhase::Apply | MhaPhase::Promote => self.fail(cx),
            MhaPhase::Replicas => self.replicas_done(cx),
        }
    }
}
