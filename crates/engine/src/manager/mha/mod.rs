//! MHA: one manager host that pings the source of a MySQL or MariaDB cluster, and replaces it when it is dead (R-MH-1 to
//! R-MH-8).
//!
//! - `ping`: when the source is held for dead. `checks`: looking at it from elsewhere, and by SSH.
//! - `guards`: when a failover is not begun. `phases`, `takeover`: the failover, phase by phase. `logs`: what is carried from one log to
//!   another. `choice`: the new source. `event`: what it reports.
//!
//! The manager is one-shot: it ends after a failover, done or not. Whoever starts it again has it look for the source anew.

mod checks;
mod choice;
mod event;
mod guards;
mod logs;
mod phases;
mod ping;
mod takeover;

use super::{ManagerContext, ManagerEffect, ManagerEvent, ManagerMessage, Remote};
use crate::ids::NodeId;
use crate::random::{Purpose, below, draw};
use crate::scenario::{Database, Endpoint, Manager, Mha, MhaServer};
use crate::time::{Span, Time};

pub use event::{BinlogKept, GaveUp, MhaEvent, MhaPhase, SecondaryVerdict};
use {checks::Checks, phases::Failover, ping::Ping};

/// How long the manager waits for a server to take its connection when it looks at all of them.
const CONNECT: Span = Span(2_000_000);

/// The timers of the MHA manager.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MhaTimer {
    /// Every server has had its time to answer after the start.
    Started,
    /// The next ping.
    Ping,
    /// A ping has had its time.
    PingTimeout {
        /// Which.
        id: u64,
    },
    /// The login by SSH has had its time.
    SshTimeout {
        /// Which login.
        id: u64,
    },
    /// The secondary check has had its time.
    SecondaryTimeout {
        /// The first login of the check.
        id: u64,
    },
    /// The scripts of a step of the failover have started.
    StepBegins {
        /// Which step, counted over all.
        step: u64,
    },
    /// A step of the failover has had its time.
    StepTimeout {
        /// Which step, counted over all.
        step: u64,
    },
    /// Time to ask the new source again how far it is.
    Poll {
        /// In which step.
        step: u64,
    },
    /// The power has gone off.
    PowerIsOff {
        /// Which order it was.
        id: u64,
    },
}

/// What the manager is at.
#[derive(Clone, Debug, Default)]
enum Doing {
    /// Its process does not run.
    #[default]
    Nothing,
    /// It has just started and looks for the source.
    Starting(guards::Survey),
    /// It pings the source.
    Watching,
    /// It replaces the source.
    Failover(Box<Failover>),
}

/// The MHA manager.
#[derive(Clone, Debug)]
pub(crate) struct MhaManager {
    doing: Doing,
    /// The source that it watches.
    source: NodeId,
    ping: Ping,
    checks: Checks,
    /// Numbers of questions; never used twice.
    asked: u64,
    /// On its disk: when the last failover was done (`failover.complete`).
    completed: Option<Time>,
    /// On its disk: the last failover failed on the way (`failover.error`).
    failed: bool,
}

impl Default for MhaManager {
    fn default() -> Self {
        Self {
            doing: Doing::Nothing,
            source: NodeId(0),
            ping: Ping::default(),
            checks: Checks::default(),
            asked: 0,
            completed: None,
            failed: false,
        }
    }
}

/// The parameters in force.
fn parameters(cx: &ManagerContext<'_>) -> Mha {
    match &cx.settings.manager {
        Manager::Mha(mha) => mha.as_ref().clone(),
        _ => Mha::default(),
    }
}

/// How long one step of the tool takes before anything is asked.
fn step_time(cx: &ManagerContext<'_>) -> Span {
    Span::from_millis(parameters(cx).step_ms)
}

/// Whether the failover goes by GTID auto-position (R-MH-5): only MySQL's, and only where the replicas use it.
fn by_gtid(cx: &ManagerContext<'_>) -> bool {
    let replicas =
        matches!(&cx.settings.database, Database::Mysql(mysql) if mysql.source_auto_position);
    replicas && parameters(cx).use_gtid_auto_pos
}

/// What the configuration says of one server.
fn server(mha: &Mha, node: NodeId) -> MhaServer {
    let said = mha.servers.iter().find(|server| server.node == node);
    said.copied().unwrap_or(MhaServer {
        node,
        candidate_master: false,
        no_master: false,
        ignore_fail: false,
    })
}

impl MhaManager {
    /// The process starts. At the start of a run (`first`) it has been watching n1 for a while.
    pub(super) fn start(&mut self, cx: &mut ManagerContext<'_>, first: bool) {
        if first {
            let interval = Span::from_millis(parameters(cx).ping_interval * 1_000);
            let random = draw(cx.seed, Purpose::MonitorDelay, 0, cx.now.0);
            self.source = NodeId(0);
            self.watch(cx, Span(below(random, interval.0)));
        } else {
            self.survey(cx);
        }
    }

    /// The process has ended. What is on the manager's disk stays.
    pub(super) fn crash(&mut self) {
        *self = Self {
            asked: self.asked,
            completed: self.completed,
            failed: self.failed,
            ..Self::default()
        };
    }

    fn ask(&mut self) -> u64 {
        self.asked += 1;
        self.asked
    }

    /// Every node but the source.
    fn replicas(&self, cx: &ManagerContext<'_>) -> Vec<NodeId> {
        (0..cx.nodes as u8)
            .map(NodeId)
            .filter(|&node| node != self.source)
            .collect()
    }

    fn exit(&mut self, cx: &mut ManagerContext<'_>) {
        self.doing = Doing::Nothing;
        cx.note(MhaEvent::Exited);
        cx.effect(ManagerEffect::Exit);
    }

    pub(super) fn receive(
        &mut self,
        cx: &mut ManagerContext<'_>,
        from: Endpoint,
        message: ManagerMessage,
    ) {
        let (Endpoint::Node(from), ManagerMessage::Remote(message)) = (from, message) else {
            return;
        };
        let Some(id) = message.answers() else { return };
        match &mut self.doing {
            Doing::Nothing => {}
            Doing::Starting(_) => self.on_survey_answer(cx, from, id, &message),
            Doing::Watching => {
                if self.ping.is(id) {
                    let alive = matches!(message, Remote::Answer { status, .. } if status.ready);
                    self.on_ping_answer(cx, alive);
                } else if self.checks.learn(id, &message) {
                    self.judge(cx);
                }
            }
            Doing::Failover(_) => self.on_step_answer(cx, from, id, message),
        }
    }

    pub(super) fn wake(&mut self, cx: &mut ManagerContext<'_>, timer: MhaTimer) {
        match timer {
            MhaTimer::Started => self.on_survey_over(cx),
            MhaTimer::Ping => self.on_ping_due(cx),
            MhaTimer::PingTimeout { id } => {
                if self.ping.is(id) {
                    cx.event(ManagerEvent::Timer { service: cx.me });
                    self.on_ping_answer(cx, false);
                }
            }
            MhaTimer::SshTimeout { id } => {
                if self.checks.ssh_timed_out(id) {
                    self.judge(cx);
                }
            }
            MhaTimer::SecondaryTimeout { id } => {
                if self.checks.secondary_timed_out(id) {
                    self.judge(cx);
                }
            }
            MhaTimer::StepBegins { step } => self.on_step_begins(cx, step),
            MhaTimer::StepTimeout { step } => self.on_step_timeout(cx, step),
            MhaTimer::Poll { step } => self.on_poll(cx, step),
            MhaTimer::PowerIsOff { id } => self.on_power_off(cx, id),
        }
    }
}
