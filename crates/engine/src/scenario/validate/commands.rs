//! Actions, and commands to servers and services.

use super::{Checked, MOST_US, Rules, field_within, link, timers, workload};
use crate::scenario::action::{Action, Endpoint, Service, Setting};
use crate::scenario::database::Database;
use crate::scenario::manager::Manager;
use crate::scenario::read::{Problem, ScenarioError};

impl Rules<'_> {
    pub(in crate::scenario) fn ends(&self, path: &str, from: Endpoint, to: Endpoint) -> Checked {
        for (name, end) in [("from", from), ("to", to)] {
            let path = format!("{path}.{name}");
            match end {
                Endpoint::Node(node) => self.node(&path, node)?,
                Endpoint::Clients => {}
                Endpoint::Store(index) => self.service(&path, Service::Store(index))?,
                Endpoint::Monitor(index) => self.service(&path, Service::Monitor(index))?,
            }
        }
        if from == to {
            let text = format!("{to} is also where the link begins");
            return Err(ScenarioError::new(
                format!("{path}.to"),
                Problem::Contradiction(text),
            ));
        }
        Ok(())
    }

    /// Whether the failover manager in force has the service.
    pub(in crate::scenario) fn service(&self, path: &str, service: Service) -> Checked {
        let manager = &self.settings.manager;
        let found = match service {
            Service::Agent(node) => {
                self.node(path, node)?;
                matches!(manager, Manager::Patroni(_))
            }
            Service::Store(index) => index < manager.store_members(),
            Service::Monitor(index) => index < manager.monitors(),
        };
        if found {
            return Ok(());
        }
        let text = format!("the failover manager of this cluster has no {service}");
        Err(ScenarioError::new(path, Problem::Contradiction(text)))
    }

    pub(in crate::scenario) fn action(&self, path: &str, action: &Action) -> Checked {
        match action {
            Action::Write {
                client,
                key,
                node,
                synchronous_commit,
                ..
            } => {
                self.client(path, "write.client", *client)?;
                self.key(path, "write.key", *key)?;
                let postgresql = matches!(self.settings.database, Database::Postgresql(_));
                if synchronous_commit.is_some() && !postgresql {
                    return Err(ScenarioError::new(
                        format!("{path}.write.synchronous_commit"),
                        Problem::Contradiction("only PostgreSQL has it".to_owned()),
                    ));
                }
                node.map_or(Ok(()), |node| self.node_at(path, "write.node", node))
            }
            Action::Admin { node, command } => {
                self.node_at(path, "admin.node", *node)?;
                self.admin(&format!("{path}.admin.command"), command)
            }
            Action::Service { service, .. } => {
                self.service(&format!("{path}.service.service"), *service)
            }
            Action::Read { client, key, node } => {
                self.client(path, "read.client", *client)?;
                self.key(path, "read.key", *key)?;
                node.map_or(Ok(()), |node| self.node_at(path, "read.node", node))
            }
            Action::Kill { node, .. } => self.node_at(path, "kill.node", *node),
            Action::LoseHost { node } => self.node_at(path, "lose_host.node", *node),
            Action::Restart { node } => self.node_at(path, "restart.node", *node),
            Action::Freeze { node } => self.node_at(path, "freeze.node", *node),
            Action::Thaw { node } => self.node_at(path, "thaw.node", *node),
            Action::Slow { node, factor } => {
                self.node_at(path, "slow.node", *node)?;
                field_within(path, "slow.factor", u64::from(*factor), 1, 1_000, "times")
            }
            Action::CutLink { from, to } => self.ends(&format!("{path}.cut_link"), *from, *to),
            Action::HealLink { from, to } => self.ends(&format!("{path}.heal_link"), *from, *to),
            Action::SetLink {
                from,
                to,
                link: settings,
            } => {
                self.ends(&format!("{path}.set_link"), *from, *to)?;
                link(&format!("{path}.set_link.link"), settings)
            }
            Action::Isolate { node } => self.node_at(path, "isolate.node", *node),
            Action::Reconnect { node } => self.node_at(path, "reconnect.node", *node),
            Action::Promote { node } => self.node_at(path, "promote.node", *node),
            Action::DelayMessage { by_us, .. } => {
                field_within(path, "delay_message.by_us", *by_us, 0, MOST_US, "µs")
            }
            Action::HealAll
            | Action::HoldMessage { .. }
            | Action::ReleaseMessage { .. }
            | Action::DropMessage { .. }
            | Action::DuplicateMessage { .. } => Ok(()),
            Action::Set(setting) => self.setting(&format!("{path}.set"), setting),
        }
    }

    pub(in crate::scenario) fn setting(&self, path: &str, setting: &Setting) -> Checked {
        match setting {
            Setting::SemiSync(semi_sync) => self.semi_sync(&format!("{path}.semi_sync"), semi_sync),
            Setting::Sync(sync) => self.sync(&format!("{path}.sync"), sync),
            Setting::Routing(new) => self.routing(&format!("{path}.routing"), new, self.settings),
            Setting::Timers(new) => timers(&format!("{path}.timers"), new),
            Setting::Workload(new) => {
                workload(&format!("{path}.workload"), new)?;
                if new.keys == self.keys {
                    return Ok(());
                }
                let text = format!(
                    "{} is not the run's number of keys, {}, which cannot change",
                    new.keys, self.keys
                );
                Err(ScenarioError::new(
                    format!("{path}.workload.keys"),
                    Problem::Contradiction(text),
                ))
            }
            Setting::Database(new) => {
                let path = format!("{path}.database");
                if !new.is_same_kind(&self.settings.database) {
                    let text = "which database it is cannot change while it runs".to_owned();
                    return Err(ScenarioError::new(path, Problem::Contradiction(text)));
                }
                self.database(&path, new)
            }
            Setting::Manager(new) => {
                let path = format!("{path}.manager");
                let now = &self.settings.manager;
                let hosts = |manager: &Manager| (manager.store_members(), manager.monitors());
                if !new.is_same_kind(now) || hosts(new) != hosts(now) {
                    let text = "which manager it is, and how many hosts it has, cannot change while it runs";
                    return Err(ScenarioError::new(
                        path,
                        Problem::Contradiction(text.to_owned()),
                    ));
                }
                self.manager(&path, new)
            }
            Setting::Mode(_) | Setting::Failover(_) | Setting::Fencing(_) | Setting::Reads(_) => {
                Ok(())
            }
        }
    }
}
