//! The watchdog, pauses of the loop, and looking whether a database is ready.

use super::{Afterwards, Agent, AgentTimer, LOOK, parameters};
use crate::manager::{ManagerContext, ManagerEffect, ManagerTimer};
use crate::time::{Span, Time};

impl Agent {
    /// Sets or stops the watchdog, if this node uses one (R-PT-7). `until` is the end of the lease.
    pub(in crate::manager::patroni) fn feed_watchdog(
        &self,
        cx: &mut ManagerContext<'_>,
        lease_until: Time,
    ) {
        let patroni = parameters(cx);
        let used =
            patroni.watchdog_device && patroni.watchdog_mode != crate::scenario::WatchdogMode::Off;
        if used && !patroni.pause {
            // -1 is half of ttl (patroni/watchdog/base.py).
            let margin = u64::try_from(patroni.safety_margin)
                .map_or(Span(Span::from_secs(patroni.ttl).0 / 2), Span::from_secs);
            let at = Time(lease_until.0.saturating_sub(margin.0));
            cx.effect(ManagerEffect::Watchdog(Some(at)));
        } else {
            // Its mode may have been changed while it ran.
            Self::stop_watchdog(cx);
        }
    }

    pub(in crate::manager::patroni) fn stop_watchdog(cx: &mut ManagerContext<'_>) {
        cx.effect(ManagerEffect::Watchdog(None));
    }

    /// Lets the loop pause.
    pub(in crate::manager::patroni) fn pause(
        &mut self,
        cx: &mut ManagerContext<'_>,
        span: Span,
        afterwards: Afterwards,
    ) {
        self.afterwards = afterwards;
        self.number += 1;
        cx.timer(span, ManagerTimer::Agent(AgentTimer::Pause(self.number)));
    }

    pub(in crate::manager::patroni) fn after_pause(&mut self, cx: &mut ManagerContext<'_>) {
        match self.afterwards {
            Afterwards::Finish => self.finish(cx, false),
            Afterwards::MakeRoom | Afterwards::Rejoin => self.rejoin(cx),
            Afterwards::ReleaseGraceful => self.release(cx, Afterwards::MakeRoom),
            Afterwards::SyncAgain => self.sync_again(cx),
        }
    }

    /// Looks every now and then whether the database is ready, and runs the loop when it is.
    pub(in crate::manager::patroni) fn look_out(&mut self, cx: &mut ManagerContext<'_>) {
        self.starting_since.get_or_insert(cx.now);
        self.ids += 1;
        self.look = self.ids;
        cx.timer(LOOK, ManagerTimer::Agent(AgentTimer::Look(self.look)));
    }

    pub(in crate::manager::patroni) fn on_look_timer(
        &mut self,
        cx: &mut ManagerContext<'_>,
        look: u64,
    ) {
        if look != self.look {
            return;
        }
        match &cx.server {
            Some(server) if server.ready => {
                self.look = 0;
                self.starting_since = None;
                self.wake_up(cx);
            }
            Some(_) => cx.timer(LOOK, ManagerTimer::Agent(AgentTimer::Look(look))),
            None => self.look = 0,
        }
    }
}
