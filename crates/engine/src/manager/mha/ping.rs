//! When the source is held for dead: the fourth ping in a row that fails (R-MH-2).

use super::{Doing, MhaEvent, MhaManager, MhaTimer, SecondaryVerdict, parameters};
use crate::manager::{ManagerContext, ManagerEvent, Remote};
use crate::time::{Span, Time};

/// So many failures in a row and a failover is considered.
const FAILURES: u32 = 4;

/// The pings.
#[derive(Clone, Debug, Default)]
pub(super) struct Ping {
    /// The one without an answer.
    open: Option<u64>,
    sent: Time,
    failures: u32,
    /// The fourth has failed, and the checks are waited for.
    judging: bool,
}

impl Ping {
    pub(super) fn is(&self, id: u64) -> bool {
        self.open == Some(id)
    }
}

impl MhaManager {
    /// Begins to ping, after some time.
    pub(super) fn watch(&mut self, cx: &mut ManagerContext<'_>, after: Span) {
        self.doing = Doing::Watching;
        self.ping = Ping::default();
        self.checks.forget();
        cx.timer(after, MhaTimer::Ping);
    }

    pub(super) fn on_ping_due(&mut self, cx: &mut ManagerContext<'_>) {
        if !matches!(self.doing, Doing::Watching) {
            return;
        }
        let id = self.ask();
        self.ping.open = Some(id);
        self.ping.sent = cx.now;
        cx.event(ManagerEvent::Timer { service: cx.me });
        cx.send(self.source, Remote::Query { id });
        cx.timer(interval(cx), MhaTimer::PingTimeout { id });
    }

    /// A ping was answered, refused, or had its time. A refusal counts at once, silence after the whole interval.
    pub(super) fn on_ping_answer(&mut self, cx: &mut ManagerContext<'_>, alive: bool) {
        self.ping.open = None;
        if alive {
            self.ping.failures = 0;
            self.checks.forget();
            self.next_ping(cx);
            return;
        }
        self.ping.failures += 1;
        cx.event(MhaEvent::PingFailed {
            source: self.source,
            times: self.ping.failures,
        });
        self.start_checks(cx);
        if self.ping.failures >= FAILURES {
            self.ping.judging = true;
            self.judge(cx);
        } else {
            self.next_ping(cx);
        }
    }

    fn next_ping(&mut self, cx: &mut ManagerContext<'_>) {
        let due = (self.ping.sent + interval(cx)).max(cx.now);
        cx.timer(due.since(cx.now), MhaTimer::Ping);
    }

    /// Once both checks are done: on to the failover, or the counter starts again (R-MH-3).
    pub(super) fn judge(&mut self, cx: &mut ManagerContext<'_>) {
        if !self.ping.judging {
            return;
        }
        let Some((ssh, secondary)) = self.checks.result() else {
            return;
        };
        cx.event(MhaEvent::Checked {
            source: self.source,
            ssh,
            secondary,
        });
        self.ping.judging = false;
        self.ping.failures = 0;
        self.checks.forget();
        if secondary == SecondaryVerdict::Down {
            self.start_failover(cx, ssh);
        } else {
            self.next_ping(cx);
        }
    }
}

fn interval(cx: &ManagerContext<'_>) -> Span {
    Span::from_millis(parameters(cx).ping_interval * 1_000)
}
