//! The rules for who is not in every [`crate::Cast`]: databases, managers and routers with their parameters, and expectations.

use super::{Checked, MOST_US, Rules, field_within};
use crate::cast::Others;
use crate::expect::Expectation;
use crate::scenario::action::Admin;
use crate::scenario::database::Database;
use crate::scenario::manager::Manager;
use crate::scenario::read::{Problem, ScenarioError};
use crate::scenario::routing::Routing;
use crate::scenario::settings::Settings;

/// The rules, behind what a [`crate::Cast`] holds.
pub(crate) trait Kinds: Sync {
    /// The database, the manager, and whether they go together.
    fn profile(&self, path: &str, settings: &Settings, nodes: usize) -> Checked;
    /// A database's parameters.
    fn database(&self, path: &str, database: &Database, nodes: usize) -> Checked;
    /// A manager's parameters.
    fn manager(&self, path: &str, manager: &Manager, nodes: usize) -> Checked;
    /// A router's parameters, and whether it stands before this database.
    fn routing(&self, path: &str, routing: &Routing, database: &Database) -> Checked;
    /// A command to a database server.
    fn admin(&self, rules: &Rules<'_>, path: &str, command: &Admin) -> Checked;
    /// What a run is expected to show.
    fn expectation(&self, path: &str, expectation: &Expectation, nodes: usize) -> Checked;
}

/// The rules of [`crate::Cast::all`].
pub(crate) struct AllKinds;

/// The only one there is.
pub(crate) static ALL_KINDS: AllKinds = AllKinds;

impl Kinds for AllKinds {
    fn profile(&self, path: &str, settings: &Settings, nodes: usize) -> Checked {
        let (database, manager) = (&settings.database, &settings.manager);
        database.validate(&format!("{path}.database"), nodes)?;
        manager.validate(&format!("{path}.manager"), nodes)?;
        let text = match (database, manager) {
            (_, Manager::None)
            | (Database::Postgresql(_), Manager::Patroni(_) | Manager::Sentinel(_))
            | (Database::Mysql(_) | Database::Mariadb(_), Manager::Mha(_) | Manager::Sentinel(_)) =>
            {
                return Ok(());
            }
            (Database::Textbook, _) => {
                "the nodes of the Textbook profile elect a primary themselves, as `failover` says"
            }
            (Database::Postgresql(_), _) => "MHA is for MySQL and MariaDB",
            (_, _) => "Patroni is for PostgreSQL",
        };
        Err(ScenarioError::new(
            format!("{path}.manager"),
            Problem::Contradiction(text.to_owned()),
        ))
    }

    fn database(&self, path: &str, database: &Database, nodes: usize) -> Checked {
        database.validate(path, nodes)
    }

    fn manager(&self, path: &str, manager: &Manager, nodes: usize) -> Checked {
        manager.validate(path, nodes)
    }

    fn routing(&self, path: &str, routing: &Routing, database: &Database) -> Checked {
        routing.validate(path, database)
    }

    fn admin(&self, rules: &Rules<'_>, path: &str, command: &Admin) -> Checked {
        match command {
            Admin::Follow { upstream } => rules.node_at(path, "follow.upstream", *upstream),
            Admin::Rewind { source } => rules.node_at(path, "rewind.source", *source),
            Admin::Rebuild { source } => rules.node_at(path, "rebuild.source", *source),
            Admin::SetSlavePos { server, number } => {
                if !matches!(rules.settings.database, Database::Mariadb(_)) {
                    let text = "only MariaDB has gtid_slave_pos".to_owned();
                    let problem = Problem::Contradiction(text);
                    return Err(ScenarioError::new(format!("{path}.set_slave_pos"), problem));
                }
                rules.node_at(path, "set_slave_pos.server", *server)?;
                field_within(
                    path,
                    "set_slave_pos.number",
                    *number,
                    1,
                    u64::from(u32::MAX),
                    "",
                )
            }
            Admin::TerminateSender { standby } => {
                rules.node_at(path, "terminate_sender.standby", *standby)
            }
            Admin::ConflictingQuery { for_us } => {
                field_within(path, "conflicting_query.for_us", *for_us, 1, MOST_US, "µs")
            }
            Admin::PauseReplay
            | Admin::ResumeReplay
            | Admin::StopReceiver
            | Admin::StartReceiver
            | Admin::ResetReplica
            | Admin::CancelWait { .. }
            | Admin::TerminateBackend { .. } => Ok(()),
        }
    }

    fn expectation(&self, path: &str, expectation: &Expectation, nodes: usize) -> Checked {
        expectation.validate(path, nodes)
    }
}

impl Rules<'_> {
    /// The rules for what this field needs, if the cast has it.
    fn others(&self, path: &str) -> Result<&'static Others, ScenarioError> {
        let others = self.cast.others();
        others.ok_or_else(|| ScenarioError::new(path, Problem::NotInCast))
    }

    fn nodes(&self) -> usize {
        self.cluster.node_count()
    }

    pub(super) fn profile(&self, path: &str, settings: &Settings) -> Checked {
        if let Some(others) = self.cast.others() {
            return others.kinds.profile(path, settings, self.nodes());
        }
        self.database(&format!("{path}.database"), &settings.database)?;
        self.manager(&format!("{path}.manager"), &settings.manager)
    }

    pub(super) fn database(&self, path: &str, database: &Database) -> Checked {
        if database.is_textbook() {
            return Ok(());
        }
        self.others(path)?
            .kinds
            .database(path, database, self.nodes())
    }

    pub(super) fn manager(&self, path: &str, manager: &Manager) -> Checked {
        if *manager == Manager::None {
            return Ok(());
        }
        self.others(path)?
            .kinds
            .manager(path, manager, self.nodes())
    }

    pub(super) fn routing(&self, path: &str, routing: &Routing, settings: &Settings) -> Checked {
        if routing.is_plain() {
            return Ok(());
        }
        self.others(path)?
            .kinds
            .routing(path, routing, &settings.database)
    }

    pub(super) fn admin(&self, path: &str, command: &Admin) -> Checked {
        if self.settings.database.is_textbook() {
            let text = "the nodes of the Textbook profile take no commands".to_owned();
            return Err(ScenarioError::new(path, Problem::Contradiction(text)));
        }
        self.others(path)?.kinds.admin(self, path, command)
    }

    pub(super) fn expectation(&self, path: &str, expectation: &Expectation) -> Checked {
        self.others(path)?
            .kinds
            .expectation(path, expectation, self.nodes())
    }
}
