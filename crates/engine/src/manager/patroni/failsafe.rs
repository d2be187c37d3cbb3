//! The store cannot be reached (R-PT-5), and `failsafe_mode` (R-PT-6).

use super::{Agent, DemoteWhy, PollFor, parameters};
use crate::ids::NodeId;
use crate::manager::{ManagerContext, ManagerEvent};
use crate::time::Span;

impl Agent {
    /// ha.py `_handle_dcs_error`: a primary steps down, unless every member confirms that it may go on.
    pub(super) fn store_is_gone(&mut self, cx: &mut ManagerContext<'_>) {
        self.doing = super::cycle::Doing::Working;
        self.number += 1;
        cx.event(ManagerEvent::StoreUnreachable { node: self.node });
        let primary = cx
            .server
            .as_ref()
            .is_some_and(|server| server.ready && Self::is_primary(server));
        // In maintenance mode it goes on as it is.
        if !primary || parameters(cx).pause {
            self.finish(cx, true);
            return;
        }
        let failsafe = self.view.failsafe;
        if parameters(cx).failsafe_mode && failsafe.contains(self.node) {
            self.asked_at = cx.now;
            self.poll(cx, failsafe, PollFor::Failsafe);
            return;
        }
        self.stop_in_order(cx, DemoteWhy::StoreGone);
        self.finish(cx, true);
    }

    pub(super) fn judge_failsafe(&mut self, cx: &mut ManagerContext<'_>, accepted: bool) {
        if accepted {
            cx.event(ManagerEvent::Failsafe { node: self.node });
            self.keeps_lock(cx);
        } else {
            self.stop_in_order(cx, DemoteWhy::StoreGone);
        }
        self.finish(cx, true);
    }

    /// A leader asks whether it may go on. A node that is primary itself says no; any other remembers it for `ttl`.
    pub(super) fn on_failsafe_ask(&mut self, cx: &ManagerContext<'_>, leader: NodeId) -> bool {
        if cx.server.as_ref().is_some_and(Self::is_primary) {
            return false;
        }
        let until = cx.now + Span::from_secs(parameters(cx).ttl);
        self.failsafe = Some((leader, until));
        true
    }
}
