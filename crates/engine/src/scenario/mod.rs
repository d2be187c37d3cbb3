//! A scenario: everything a run depends on, as data.
//!
//! A run is a pure function of its [`Scenario`]: version, seed, cluster, settings, workload and the log of actions. The
//! types here are what a file or a link holds, so they are written for reading: every span says its unit, every field has
//! a default, and an unknown field is an error that names it.

mod action;
mod database;
mod distribution;
mod manager;
mod read;
mod routing;
#[cfg(feature = "schema")]
mod schema;
mod settings;
mod standby_names;
mod validate;

pub use action::{Action, Admin, Endpoint, KillKind, Service, ServiceAction, Setting, TimedAction};
pub use database::{CommitLevel, Database, Mariadb, Mysql, Postgresql, UseGtid, WaitPoint};
pub use distribution::Distribution;
pub use manager::{
    Manager, Mha, MhaServer, Patroni, PatroniTags, PatroniVersion, ReplicaPriority, Sentinel,
    SynchronousMode, WatchdogMode,
};
pub use read::{Problem, ScenarioError};
pub use routing::{
    CausalReads, DisableLoadBalanceOnWrite, Django, Haproxy, Maxscale, Pgpool, Pin, PinFrom,
    Proxysql, Routing, Token, TokenPosition,
};
pub use settings::{
    Arrival, Costs, Failover, LinkSettings, Mode, ReadPolicy, SemiSync, Settings, Sync, Timers,
    Workload,
};
pub use standby_names::{Method, StandbyNames};
pub(crate) use validate::{ALL_KINDS, Kinds};

use serde::{Deserialize, Serialize};

use crate::expect::Expectation;
use crate::ids::NodeId;
use crate::time::Time;

/// The version this engine writes. It reads this one and every older one. Version 2 added `settings.database`,
/// `settings.manager`, `settings.routing` and the actions that go with them, `until_us` and `expect`; a file of version 1 is
/// a file of version 2 without them.
pub const VERSION: u32 = 2;

/// What a run depends on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// Format version, [`VERSION`].
    pub version: u32,
    /// Seed of every random draw.
    #[serde(default)]
    pub seed: u64,
    /// Nodes, links and clients at the start.
    #[serde(default)]
    pub cluster: Cluster,
    /// Settings at the start; [`Action::Set`] changes them.
    #[serde(default)]
    pub settings: Settings,
    /// The steady workload at the start.
    #[serde(default)]
    pub workload: Workload,
    /// What a person did, in order of time.
    #[serde(default)]
    pub actions: Vec<TimedAction>,
    /// Where a run ends that is not watched by a person, in µs; see [`Scenario::ends_at`] for what holds when it is absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until_us: Option<Time>,
    /// What the run will show. It changes nothing in the run.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub expect: Vec<Expectation>,
}

impl Default for Scenario {
    fn default() -> Self {
        Self {
            version: VERSION,
            seed: 1,
            cluster: Cluster::default(),
            settings: Settings::default(),
            workload: Workload::default(),
            actions: Vec::new(),
            until_us: None,
            expect: Vec::new(),
        }
    }
}

/// Nodes, links and clients. Node n1 is the primary at the start.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct Cluster {
    /// Replicas beside the primary, 1 to 63 (the page offers 1 to 9).
    pub replicas: u8,
    /// Every link between two nodes that `links` does not name.
    pub node_link: LinkSettings,
    /// Every link between the clients (with their router) and a node that `links` does not name.
    pub client_link: LinkSettings,
    /// Links that differ, one direction each.
    pub links: Vec<LinkOverride>,
    /// Names of the client applications, one session each; 1 to 16.
    pub clients: Vec<String>,
    /// What work costs on a healthy node.
    pub costs: Costs,
}

/// The settings of one direction of one link.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct LinkOverride {
    /// Sending end.
    pub from: Endpoint,
    /// Receiving end.
    pub to: Endpoint,
    /// How it behaves.
    pub link: LinkSettings,
}

impl Default for Cluster {
    fn default() -> Self {
        Self {
            replicas: 4,
            node_link: LinkSettings {
                delay_us: 20_000,
                jitter_us: 2_000,
                loss_ppm: 0,
                extra: None,
            },
            client_link: LinkSettings {
                delay_us: 1_000,
                jitter_us: 200,
                loss_ppm: 0,
                extra: None,
            },
            links: Vec::new(),
            clients: ["checkout", "cart", "admin"].map(String::from).to_vec(),
            costs: Costs::default(),
        }
    }
}

impl Cluster {
    /// How many nodes there are.
    #[must_use]
    pub fn node_count(&self) -> usize {
        usize::from(self.replicas) + 1
    }

    /// Every node.
    pub fn nodes(&self) -> impl Iterator<Item = NodeId> + use<> {
        (0..=self.replicas).map(NodeId)
    }
}
