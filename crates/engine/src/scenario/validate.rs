//! What a scenario must satisfy before it runs. Everything is checked, nothing is corrected in silence.

mod commands;
mod kinds;

pub(crate) use kinds::{ALL_KINDS, Kinds};

use super::action::Action;
use super::manager::Manager;
use super::read::{Problem, ScenarioError};
use super::settings::{Costs, LinkSettings, SemiSync, Settings, Sync, Timers, Workload};
use super::{Cluster, Scenario, VERSION};
use crate::cast::Cast;
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

/// As [`within`], of a field of what stands at `path`: its own path is made only where it is wrong.
pub(super) fn field_within(
    path: &str,
    field: &str,
    value: u64,
    least: u64,
    most: u64,
    unit: &'static str,
) -> Checked {
    if (least..=most).contains(&value) {
        return Ok(());
    }
    within(&joined(path, field), value, least, most, unit)
}

/// The path of a field of what stands at `path`.
#[cold]
fn joined(path: &str, field: &str) -> String {
    format!("{path}.{field}")
}

impl Scenario {
    /// Checks every field against its range and against the others.
    ///
    /// # Errors
    /// [`ScenarioError`] for the first field that is wrong.
    pub fn validate(&self) -> Checked {
        self.validate_for(Cast::all())
    }

    /// As [`Scenario::validate`], and that nobody is needed who is not in the cast.
    ///
    /// # Errors
    /// [`ScenarioError`] for the first field that is wrong.
    pub fn validate_for(&self, cast: Cast) -> Checked {
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
        let rules = self.rules(cast);
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
            rules.expectation(&format!("expect[{index}]"), expectation)?;
        }
        Ok(())
    }

    /// Checks one action against this scenario's cluster, with `path` in front of the field's name in an error.
    ///
    /// # Errors
    /// [`ScenarioError`] for the field that is wrong.
    pub fn validate_action(&self, path: &str, action: &Action) -> Checked {
        self.validate_action_for(Cast::all(), path, action)
    }

    /// As [`Scenario::validate_action`], and that nobody is needed who is not in the cast.
    ///
    /// # Errors
    /// [`ScenarioError`] for the field that is wrong.
    pub fn validate_action_for(&self, cast: Cast, path: &str, action: &Action) -> Checked {
        self.rules(cast).action(path, action)
    }

    fn rules(&self, cast: Cast) -> Rules<'_> {
        Rules {
            cast,
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
            field_within("cluster.costs", name, value, 0, 10_000_000, "µs")?;
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
    field_within(path, "delay_us", link.delay_us, 0, 60_000_000, "µs")?;
    field_within(path, "jitter_us", link.jitter_us, 0, 60_000_000, "µs")?;
    field_within(
        path,
        "loss_ppm",
        u64::from(link.loss_ppm),
        0,
        900_000,
        "per million",
    )?;
    link.extra
        .map_or(Ok(()), |extra| extra.validate(&format!("{path}.extra")))
}

fn workload(path: &str, workload: &Workload) -> Checked {
    field_within(
        path,
        "operations_per_second",
        workload.operations_per_second,
        0,
        100_000,
        "operations/s",
    )?;
    field_within(
        path,
        "read_percent",
        u64::from(workload.read_percent),
        0,
        100,
        "%",
    )?;
    field_within(path, "keys", u64::from(workload.keys), 1, 10_000, "keys")?;
    field_within(
        path,
        "skew_percent",
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
        field_within(path, name, value, 1_000, MOST_US, "µs")?;
    }
    field_within(path, "rewind_us", rewind_us, 0, MOST_US, "µs")?;
    field_within(path, "base_backup_us", base_backup_us, 0, MOST_US, "µs")?;
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
pub(crate) struct Rules<'a> {
    cast: Cast,
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

    /// As [`Rules::node`], of a field of what stands at `path`.
    fn node_at(&self, path: &str, field: &str, node: NodeId) -> Checked {
        if node.index() < self.cluster.node_count() {
            return Ok(());
        }
        self.node(&joined(path, field), node)
    }

    fn client(&self, path: &str, field: &str, client: ClientId) -> Checked {
        let last = self.cluster.clients.len() - 1;
        if client.index() <= last {
            return Ok(());
        }
        Err(ScenarioError::new(
            joined(path, field),
            Problem::NoSuchClient {
                client: client.0,
                last,
            },
        ))
    }

    fn key(&self, path: &str, field: &str, key: Key) -> Checked {
        if key.0 < self.keys {
            return Ok(());
        }
        Err(ScenarioError::new(
            joined(path, field),
            Problem::NoSuchKey {
                key: key.0,
                last: self.keys - 1,
            },
        ))
    }

    fn semi_sync(&self, path: &str, semi_sync: &SemiSync) -> Checked {
        let replicas = u64::from(self.cluster.replicas);
        field_within(
            path,
            "acks",
            u64::from(semi_sync.acks),
            1,
            replicas,
            "replicas",
        )?;
        match semi_sync.timeout_us {
            Some(timeout) => field_within(path, "timeout_us", timeout, 1_000, MOST_US, "µs"),
            None => Ok(()),
        }
    }

    fn sync(&self, path: &str, sync: &Sync) -> Checked {
        for (index, &node) in sync.members.iter().flatten().enumerate() {
            self.node(&format!("{path}.members[{index}]"), node)?;
        }
        match sync.drop_after_us {
            Some(span) => field_within(path, "drop_after_us", span, 1_000, MOST_US, "µs"),
            None => Ok(()),
        }
    }

    fn settings(&self, path: &str, settings: &Settings) -> Checked {
        self.profile(path, settings)?;
        self.routing(&format!("{path}.routing"), &settings.routing, settings)?;
        self.semi_sync(&format!("{path}.semi_sync"), &settings.semi_sync)?;
        self.sync(&format!("{path}.sync"), &settings.sync)?;
        timers(&format!("{path}.timers"), &settings.timers)
    }
}
