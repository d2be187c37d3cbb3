//! What a scenario must satisfy before it runs. Everything is checked, nothing is corrected in silence.

use super::action::{Action, Admin, Endpoint, Service, Setting};
use super::database::Database;
use super::manager::Manager;
use super::read::{Problem, ScenarioError};
use super::settings::{Costs, LinkSettings, SemiSync, Settings, Sync, Timers, Workload};
use super::{Cluster, Scenario, VERSION};
use crate::ids::{ClientId, Key, MAX_NODES, NodeId};

/// The longest span a scenario may name: an hour.
pub(super) const MOST_US: u64 = 3_600_000_000;
/// The latest an action may happen: thirty days.
const LATEST_US: u64 = 30 * 24 * MOST_US;

pub(super) type Checked = Result<(), ScenarioError>;

pub(super) fn within(path: &str, value: u64, least: u64, most: u64, unit: &'static str) -> Checked {
    if (least..=most).contains(&value) {
        return Ok(());
    }
    Err(ScenarioError::new(
        path,
        Problem::OutOfRange {
            value,
            least,
            most,
            unit,
        },
    ))
}

impl Scenario {
    /// Checks every field against its range and against the others.
    ///
    /// # Errors
    /// [`ScenarioError`] for the first field that is wrong.
    pub fn validate(&self) -> Checked {
        if self.version > VERSION {
            return Err(ScenarioError::new(
                "version",
                Problem::NewerVersion {
                    found: self.version,
                },
            ));
        }
        within(
            "version",
            u64::from(self.version),
            1,
            u64::from(VERSION),
            "",
        )?;
        self.cluster.validate()?;
        let rules = self.rules();
        rules.settings("settings", &self.settings)?;
        self.cluster.links(&rules)?;
        self.no_newer_than_said()?;
        workload("workload", &self.workload)?;
        let mut earlier = 0;
        for (index, timed) in self.actions.iter().enumerate() {
            let path = format!("actions[{index}].at_us");
            within(&path, timed.at_us.0, 0, LATEST_US, "µs")?;
            if timed.at_us.0 < earlier {
                let text = format!(
                    "{} is before the action ahead of it, at {earlier} µs",
                    timed.at_us.0
                );
                return Err(ScenarioError::new(path, Problem::Contradiction(text)));
            }
            earlier = timed.at_us.0;
            rules.action(&format!("actions[{index}].action"), &timed.action)?;
        }
        crate::expect::instant("until_us", self.until_us)?;
        for (index, expectation) in self.expect.iter().enumerate() {
            expectation.validate(&format!("expect[{index}]"), self.cluster.node_count())?;
        }
        Ok(())
    }

    /// Checks one action against this scenario's cluster, with `path` in front of the field's name in an error.
    ///
    /// # Errors
    /// [`ScenarioError`] for the field that is wrong.
    pub fn validate_action(&self, path: &str, action: &Action) -> Checked {
        self.rules().action(path, action)
    }

    fn rules(&self) -> Rules<'_> {
        Rules {
            cluster: &self.cluster,
            settings: &self.settings,
            keys: self.workload.keys,
        }
    }

    /// A file that says it is of version 1 holds nothing that version 1 did not have.
    fn no_newer_than_said(&self) -> Checked {
        let newer = |path: &str, what: &str| {
            let text = format!("{what} came with version 2, and this file says version 1");
            Err(ScenarioError::new(path, Problem::Contradiction(text)))
        };
        if self.version >= 2 {
            return Ok(());
        }
        if !self.settings.database.is_textbook() {
            return newer("settings.database", "other databases");
        }
        if self.settings.manager != Manager::None {
            return newer("settings.manager", "failover managers");
        }
        if self.until_us.is_some() {
            return newer("until_us", "the end of a run");
        }
        if !self.expect.is_empty() {
            return newer("expect", "expectations");
        }
        if !self.settings.routing.is_plain() {
            return newer("settings.routing", "routers");
        }
        Ok(())
    }
}

impl Cluster {
    fn links(&self, rules: &Rules<'_>) -> Checked {
        for (index, over) in self.links.iter().enumerate() {
            let path = format!("cluster.links[{index}]");
            rules.ends(&path, over.from, over.to)?;
            link(&format!("{path}.link"), &over.link)?;
        }
        Ok(())
    }

    fn validate(&self) -> Checked {
        within(
            "cluster.replicas",
            u64::from(self.replicas),
            1,
            MAX_NODES as u64 - 1,
            "replicas",
        )?;
        within(
            "cluster.clients",
            self.clients.len() as u64,
            1,
            16,
            "clients",
        )?;
        for (index, name) in self.clients.iter().enumerate() {
            if name.trim().is_empty() || name.chars().count() > 24 {
                let text = format!("\"{name}\" must have 1 to 24 characters");
                return Err(ScenarioError::new(
                    format!("cluster.clients[{index}]"),
                    Problem::Malformed(text),
                ));
            }
        }
        link("cluster.node_link", &self.node_link)?;
        link("cluster.client_link", &self.client_link)?;
        let Costs {
            read_us,
            write_us,
            apply_us,
            fsync_us,
            start_us,
            record_bytes,
        } = self.costs;
        for (name, value) in [
            ("read_us", read_us),
            ("write_us", write_us),
            ("apply_us", apply_us),
            ("fsync_us", fsync_us),
            ("start_us", start_us),
        ] {
            within(&format!("cluster.costs.{name}"), value, 0, 10_000_000, "µs")?;
        }
        within(
            "cluster.costs.record_bytes",
            record_bytes,
            1,
            1_048_576,
            "bytes",
        )
    }
}

fn link(path: &str, link: &LinkSettings) -> Checked {
    within(
        &format!("{path}.delay_us"),
        link.delay_us,
        0,
        60_000_000,
        "µs",
    )?;
    within(
        &format!("{path}.jitter_us"),
        link.jitter_us,
        0,
        60_000_000,
        "µs",
    )?;
    within(
        &format!("{path}.loss_ppm"),
        u64::from(link.loss_ppm),
        0,
        900_000,
        "per million",
    )?;
    link.extra
        .map_or(Ok(()), |extra| extra.validate(&format!("{path}.extra")))
}

fn workload(path: &str, workload: &Workload) -> Checked {
    within(
        &format!("{path}.operations_per_second"),
        workload.operations_per_second,
        0,
        100_000,
        "operations/s",
    )?;
    within(
        &format!("{path}.read_percent"),
        u64::from(workload.read_percent),
        0,
        100,
        "%",
    )?;
    within(
        &format!("{path}.keys"),
        u64::from(workload.keys),
        1,
        10_000,
        "keys",
    )?;
    within(
        &format!("{path}.skew_percent"),
        u64::from(workload.skew_percent),
        0,
        300,
        "hundredths",
    )
}

fn timers(path: &str, timers: &Timers) -> Checked {
    let Timers {
        heartbeat_us,
        election_timeout_us,
        vote_wait_us,
        health_check_us,
        client_timeout_us,
        rewind_us,
        base_backup_us,
    } = *timers;
    for (name, value) in [
        ("heartbeat_us", heartbeat_us),
        ("election_timeout_us", election_timeout_us),
        ("vote_wait_us", vote_wait_us),
        ("health_check_us", health_check_us),
        ("client_timeout_us", client_timeout_us),
    ] {
        within(&format!("{path}.{name}"), value, 1_000, MOST_US, "µs")?;
    }
    within(&format!("{path}.rewind_us"), rewind_us, 0, MOST_US, "µs")?;
    within(
        &format!("{path}.base_backup_us"),
        base_backup_us,
        0,
        MOST_US,
        "µs",
    )?;
    if election_timeout_us < 2 * heartbeat_us {
        let text = format!(
            "{election_timeout_us} µs must be at least two heartbeats of {heartbeat_us} µs, or every node stands"
        );
        return Err(ScenarioError::new(
            format!("{path}.election_timeout_us"),
            Problem::Contradiction(text),
        ));
    }
    Ok(())
}

/// The rules that need to know the cluster.
struct Rules<'a> {
    cluster: &'a Cluster,
    settings: &'a Settings,
    keys: u32,
}

impl Rules<'_> {
    fn node(&self, path: &str, node: NodeId) -> Checked {
        let nodes = self.cluster.node_count();
        if node.index() < nodes {
            return Ok(());
        }
        Err(ScenarioError::new(
            path,
            Problem::NoSuchNode {
                node: node.to_string(),
                nodes,
            },
        ))
    }

    fn client(&self, path: &str, client: ClientId) -> Checked {
        let last = self.cluster.clients.len() - 1;
        if client.index() <= last {
            return Ok(());
        }
        Err(ScenarioError::new(
            path,
            Problem::NoSuchClient {
                client: client.0,
                last,
            },
        ))
    }

    fn key(&self, path: &str, key: Key) -> Checked {
        if key.0 < self.keys {
            return Ok(());
        }
        Err(ScenarioError::new(
            path,
            Problem::NoSuchKey {
                key: key.0,
                last: self.keys - 1,
            },
        ))
    }

    fn ends(&self, path: &str, from: Endpoint, to: Endpoint) -> Checked {
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
    fn service(&self, path: &str, service: Service) -> Checked {
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

    fn admin(&self, path: &str, command: &Admin) -> Checked {
        if self.settings.database.is_textbook() {
            let text = "the nodes of the Textbook profile take no commands".to_owned();
            return Err(ScenarioError::new(path, Problem::Contradiction(text)));
        }
        match command {
            Admin::Follow { upstream } => self.node(&format!("{path}.follow.upstream"), *upstream),
            Admin::Rewind { source } => self.node(&format!("{path}.rewind.source"), *source),
            Admin::Rebuild { source } => self.node(&format!("{path}.rebuild.source"), *source),
            Admin::TerminateSender { standby } => {
                self.node(&format!("{path}.terminate_sender.standby"), *standby)
            }
            Admin::ConflictingQuery { for_us } => within(
                &format!("{path}.conflicting_query.for_us"),
                *for_us,
                1,
                MOST_US,
                "µs",
            ),
            Admin::PauseReplay
            | Admin::ResumeReplay
            | Admin::StopReceiver
            | Admin::StartReceiver
            | Admin::ResetReplica
            | Admin::CancelWait { .. }
            | Admin::TerminateBackend { .. } => Ok(()),
        }
    }

    /// Which managers go with which database.
    fn profile(&self, path: &str, database: &Database, manager: &Manager) -> Checked {
        let nodes = self.cluster.node_count();
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

    fn semi_sync(&self, path: &str, semi_sync: &SemiSync) -> Checked {
        let replicas = u64::from(self.cluster.replicas);
        within(
            &format!("{path}.acks"),
            u64::from(semi_sync.acks),
            1,
            replicas,
            "replicas",
        )?;
        match semi_sync.timeout_us {
            Some(timeout) => within(&format!("{path}.timeout_us"), timeout, 1_000, MOST_US, "µs"),
            None => Ok(()),
        }
    }

    fn sync(&self, path: &str, sync: &Sync) -> Checked {
        for (index, &node) in sync.members.iter().flatten().enumerate() {
            self.node(&format!("{path}.members[{index}]"), node)?;
        }
        match sync.drop_after_us {
            Some(span) => within(&format!("{path}.drop_after_us"), span, 1_000, MOST_US, "µs"),
            None => Ok(()),
        }
    }

    fn settings(&self, path: &str, settings: &Settings) -> Checked {
        self.profile(path, &settings.database, &settings.manager)?;
        let routing = &settings.routing;
        routing.validate(&format!("{path}.routing"), &settings.database)?;
        self.semi_sync(&format!("{path}.semi_sync"), &settings.semi_sync)?;
        self.sync(&format!("{path}.sync"), &settings.sync)?;
        timers(&format!("{path}.timers"), &settings.timers)
    }

    fn action(&self, path: &str, action: &Action) -> Checked {
        match action {
            Action::Write {
                client,
                key,
                node,
                synchronous_commit,
                ..
            } => {
                self.client(&format!("{path}.write.client"), *client)?;
                self.key(&format!("{path}.write.key"), *key)?;
                let postgresql = matches!(self.settings.database, Database::Postgresql(_));
                if synchronous_commit.is_some() && !postgresql {
                    return Err(ScenarioError::new(
                        format!("{path}.write.synchronous_commit"),
                        Problem::Contradiction("only PostgreSQL has it".to_owned()),
                    ));
                }
                node.map_or(Ok(()), |node| {
                    self.node(&format!("{path}.write.node"), node)
                })
            }
            Action::Admin { node, command } => {
                self.node(&format!("{path}.admin.node"), *node)?;
                self.admin(&format!("{path}.admin.command"), command)
            }
            Action::Service { service, .. } => {
                self.service(&format!("{path}.service.service"), *service)
            }
            Action::Read { client, key, node } => {
                self.client(&format!("{path}.read.client"), *client)?;
                self.key(&format!("{path}.read.key"), *key)?;
                node.map_or(Ok(()), |node| self.node(&format!("{path}.read.node"), node))
            }
            Action::Kill { node, .. } => self.node(&format!("{path}.kill.node"), *node),
            Action::LoseHost { node } => self.node(&format!("{path}.lose_host.node"), *node),
            Action::Restart { node } => self.node(&format!("{path}.restart.node"), *node),
            Action::Freeze { node } => self.node(&format!("{path}.freeze.node"), *node),
            Action::Thaw { node } => self.node(&format!("{path}.thaw.node"), *node),
            Action::Slow { node, factor } => {
                self.node(&format!("{path}.slow.node"), *node)?;
                within(
                    &format!("{path}.slow.factor"),
                    u64::from(*factor),
                    1,
                    1_000,
                    "times",
                )
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
            Action::Isolate { node } => self.node(&format!("{path}.isolate.node"), *node),
            Action::Reconnect { node } => self.node(&format!("{path}.reconnect.node"), *node),
            Action::Promote { node } => self.node(&format!("{path}.promote.node"), *node),
            Action::DelayMessage { by_us, .. } => within(
                &format!("{path}.delay_message.by_us"),
                *by_us,
                0,
                MOST_US,
                "µs",
            ),
            Action::HealAll
            | Action::HoldMessage { .. }
            | Action::ReleaseMessage { .. }
            | Action::DropMessage { .. }
            | Action::DuplicateMessage { .. } => Ok(()),
            Action::Set(setting) => self.setting(&format!("{path}.set"), setting),
        }
    }

    fn setting(&self, path: &str, setting: &Setting) -> Checked {
        match setting {
            Setting::SemiSync(semi_sync) => self.semi_sync(&format!("{path}.semi_sync"), semi_sync),
            Setting::Sync(sync) => self.sync(&format!("{path}.sync"), sync),
            Setting::Routing(new) => {
                new.validate(&format!("{path}.routing"), &self.settings.database)
            }
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
                new.validate(&path, self.cluster.node_count())
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
                new.validate(&path, self.cluster.node_count())
            }
            Setting::Mode(_) | Setting::Failover(_) | Setting::Fencing(_) | Setting::Reads(_) => {
                Ok(())
            }
        }
    }
}
