//! Looking at the source by SSH and from other hosts, from the first failed ping on (R-MH-2, R-MH-3).

use super::{MhaManager, MhaTimer, SecondaryVerdict, parameters};
use crate::ids::NodeId;
use crate::manager::{ManagerContext, Remote};
use crate::time::Span;

/// How long the look from other hosts may take (`masterha_secondary_check --timeout`).
const SECONDARY_TIMEOUT: Span = Span(5_000_000);

/// A host to look from.
#[derive(Clone, Copy, Debug)]
struct Route {
    via: NodeId,
    login: u64,
    look: u64,
    logged_in: bool,
    /// Whether the source takes connections from there.
    seen: Option<bool>,
}

/// Both checks.
#[derive(Clone, Debug, Default)]
pub(super) struct Checks {
    /// The login at the source's host; `None` while the checks do not run.
    login: Option<u64>,
    ssh: Option<bool>,
    routes: Vec<Route>,
    routes_are_over: bool,
}

impl Checks {
    pub(super) fn forget(&mut self) {
        *self = Self::default();
    }

    /// Takes an answer. Returns whether it was one to these checks.
    pub(super) fn learn(&mut self, id: u64, answer: &Remote) -> bool {
        if self.login == Some(id) {
            self.ssh = self.ssh.or(Some(true));
            return true;
        }
        for route in &mut self.routes {
            match *answer {
                Remote::LoggedIn { .. } if route.login == id => route.logged_in = true,
                Remote::Seen { alive, .. } if route.look == id => route.seen = Some(alive),
                _ => continue,
            }
            return true;
        }
        false
    }

    pub(super) fn ssh_timed_out(&mut self, id: u64) -> bool {
        let mine = self.login == Some(id) && self.ssh.is_none();
        if mine {
            self.ssh = Some(false);
        }
        mine
    }

    pub(super) fn secondary_timed_out(&mut self, id: u64) -> bool {
        let mine = self.login == Some(id) && !self.routes_are_over;
        if mine {
            self.routes_are_over = true;
        }
        mine
    }

    /// Whether SSH works, and what the other routes say; `None` while a check is not done.
    pub(super) fn result(&self) -> Option<(bool, SecondaryVerdict)> {
        let ssh = self.ssh?;
        // The routes are tried in their order: the first that does not say "down" decides.
        for route in &self.routes {
            match route.seen {
                Some(true) => return Some((ssh, SecondaryVerdict::Reachable(route.via))),
                Some(false) => {}
                None if !self.routes_are_over => return None,
                // The host is there, and its own connection to the source hangs.
                None if route.logged_in => {}
                None => return Some((ssh, SecondaryVerdict::RouteUnreachable(route.via))),
            }
        }
        Some((ssh, SecondaryVerdict::Down))
    }
}

impl MhaManager {
    /// Starts both checks, unless they run.
    pub(super) fn start_checks(&mut self, cx: &mut ManagerContext<'_>) {
        if self.checks.login.is_some() {
            return;
        }
        let mha = parameters(cx);
        let id = self.ask();
        self.checks.login = Some(id);
        cx.send(self.source, Remote::Login { id });
        let patience = Span::from_millis(mha.ssh_connection_timeout * 1_000);
        cx.timer(patience, MhaTimer::SshTimeout { id });
        for &via in &mha.secondary_check_via {
            let (login, look) = (self.ask(), self.ask());
            cx.send(via, Remote::Login { id: login });
            let at = self.source;
            cx.send(via, Remote::LookFrom { id: look, at });
            self.checks.routes.push(Route {
                via,
                login,
                look,
                logged_in: false,
                seen: None,
            });
        }
        if !mha.secondary_check_via.is_empty() {
            cx.timer(SECONDARY_TIMEOUT, MhaTimer::SecondaryTimeout { id });
        }
    }
}
