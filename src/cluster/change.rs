//! A change of the cluster, brought into the run: as actions where the run can go on, else as a run that starts anew.

use leptos::prelude::*;
use replicascope_engine::ids::NodeId;
use replicascope_engine::scenario::{Action, Setting, Settings, TimedAction};
use replicascope_engine::time::Time;
use replicascope_engine::{Recording, Scenario, ScenarioError};

use super::catalogue::{close, open};
use super::renumber::without;
use super::start::{as_it_is, take_along};
use super::value::Value;
use crate::lean::Memo;
use crate::session::Session;
use crate::shell::Panels;
use crate::stage::selection::Selection;
use crate::words;

/// What can change the cluster. A copy is a handle to the same.
#[derive(Clone, Copy)]
pub(super) struct Changer {
    session: Session,
    panels: Panels,
    selection: Selection,
}

impl Changer {
    /// The one of the page.
    pub(super) fn expect() -> Self {
        Self {
            session: Session::expect(),
            panels: expect_context(),
            selection: expect_context(),
        }
    }

    /// The present settings as JSON, tracked as the panels are.
    pub(super) fn scenario(self) -> Memo<Value> {
        self.session
            .on_panel(|run| open(&as_it_is(run.simulation(), run.scenario().seed)))
    }

    /// Makes a change that a person wants. When the engine refuses it nothing has changed.
    pub(super) fn make(self, change: impl FnOnce(&mut Value)) -> Result<(), ScenarioError> {
        self.make_without(|_| false, change)
    }

    /// As [`Changer::make`]; if the run starts anew, the actions that are void are left behind.
    pub(super) fn make_without(
        self,
        void: impl Fn(&Action) -> bool,
        change: impl FnOnce(&mut Value),
    ) -> Result<(), ScenarioError> {
        let old = self.session.peek(Recording::scenario);
        let actions = old.actions.into_iter();
        let log: Vec<_> = actions.filter(|timed| !void(&timed.action)).collect();
        self.make_of(&log, 0, change)
    }

    /// Has the run start anew without a replica.
    pub(super) fn remove(self, node: NodeId) -> Result<(), ScenarioError> {
        let number = node.index() as u64 + 1;
        let old = self.session.peek(Recording::scenario);
        let mut log = open(&old);
        without(&mut log, number);
        let log = close(&log)?.actions;
        let left = old.actions.len() - log.len();
        self.make_of(&log, left, |scenario| without(scenario, number))
    }

    /// Makes a change; if the run starts anew, it has these actions, after so many were left out of them.
    fn make_of(
        self,
        log: &[TimedAction],
        left_out: usize,
        change: impl FnOnce(&mut Value),
    ) -> Result<(), ScenarioError> {
        let seed = self.session.peek(|run| run.scenario().seed);
        let now = self.session.peek(|run| as_it_is(run.simulation(), seed));
        let mut json = open(&now);
        change(&mut json);
        let mut new = close(&json)?;
        // Before anything has happened a change is one of the start, not a branch of what has not begun. A lesson's start is its own.
        let lesson = self.session.is_aside();
        let at_start = self.session.peek(|run| {
            let simulation = run.simulation();
            !lesson && simulation.now() == Time::ZERO && simulation.actions_taken() == 0
        });
        match while_it_runs(&now, &new) {
            Some(actions) if actions.is_empty() => Ok(()),
            Some(actions) if !at_start => {
                self.session.act_all(actions);
                Ok(())
            }
            possible => {
                let left = left_out + take_along(log, &mut new);
                let taken = new.actions.len();
                self.session.start_anew(new)?;
                if !lesson {
                    self.panels.scenario.set(None);
                }
                self.selection.clear();
                if possible.is_none() {
                    self.session
                        .notice()
                        .set(Some(words::settings::anew(taken, left)));
                }
                Ok(())
            }
        }
    }
}

/// The actions that make one start into another while it runs; `None` if only a new run can.
fn while_it_runs(now: &Scenario, new: &Scenario) -> Option<Vec<Action>> {
    if now.cluster != new.cluster || now.workload != new.workload || now.seed != new.seed {
        return None;
    }
    let actions: Vec<Action> = differences(&now.settings, &new.settings)
        .into_iter()
        .map(Action::Set)
        .collect();
    let possible = actions
        .iter()
        .all(|action| now.validate_action("action", action).is_ok());
    possible.then_some(actions)
}

fn differences(now: &Settings, new: &Settings) -> Vec<Setting> {
    let all = |it: &Settings| {
        [
            Setting::Database(it.database.clone()),
            Setting::Manager(it.manager.clone()),
            Setting::Mode(it.mode),
            Setting::SemiSync(it.semi_sync),
            Setting::Sync(it.sync.clone()),
            Setting::Failover(it.failover),
            Setting::Fencing(it.fencing),
            Setting::Reads(it.reads),
            Setting::Routing(it.routing),
            Setting::Timers(it.timers),
        ]
    };
    let pairs = all(now).into_iter().zip(all(new));
    pairs
        .filter(|(now, new)| now != new)
        .map(|(_, new)| new)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scenario(settings: &str) -> Scenario {
        Scenario::from_json(&format!(r#"{{"version":2,"settings":{settings}}}"#)).expect("valid")
    }

    #[test]
    fn parameters_change_while_it_runs() {
        let now = scenario(r#"{"database":{"postgresql":{}},"manager":{"patroni":{}}}"#);
        let new = scenario(
            r#"{"database":{"postgresql":{"synchronous_commit":"off"}},"manager":{"patroni":{"ttl":60}},"reads":"random"}"#,
        );
        let actions = while_it_runs(&now, &new).expect("possible");
        let names: Vec<&str> = actions
            .iter()
            .map(|action| match action {
                Action::Set(Setting::Database(_)) => "database",
                Action::Set(Setting::Manager(_)) => "manager",
                Action::Set(Setting::Reads(_)) => "reads",
                _ => "another",
            })
            .collect();
        assert_eq!(names, ["database", "manager", "reads"]);
        assert_eq!(while_it_runs(&now, &now), Some(Vec::new()));
    }

    #[test]
    fn another_database_manager_or_number_of_hosts_starts_anew() {
        let now = scenario(r#"{"database":{"postgresql":{}},"manager":{"patroni":{}}}"#);
        for settings in [
            "{}",
            r#"{"database":{"postgresql":{}}}"#,
            r#"{"database":{"postgresql":{}},"manager":{"patroni":{"store_members":5}}}"#,
        ] {
            assert_eq!(while_it_runs(&now, &scenario(settings)), None, "{settings}");
        }
        let mut more = now.clone();
        more.cluster.replicas += 1;
        assert_eq!(while_it_runs(&now, &more), None);
    }
}
