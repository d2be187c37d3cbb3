//! Patroni's parameters (R-PT-1).

use serde::{Deserialize, Serialize};

use super::{HOUR_S, contradiction, each_once, known};
use crate::ids::NodeId;
use crate::scenario::validate::{Checked, within};

/// Which Patroni. Where they differ, what was measured on each is followed (R-PT-4, R-PT-7).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum PatroniVersion {
    /// 4.1.
    #[default]
    #[serde(rename = "4")]
    V4,
    /// 3.0: a restart in place raises the timeline, and a leader that was frozen may overwrite the new leader's key.
    #[serde(rename = "3.0")]
    V3,
}

/// Patroni's `synchronous_mode` (R-PT-8, R-PT-9).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum SynchronousMode {
    /// Patroni leaves `synchronous_standby_names` alone.
    #[default]
    Off,
    /// Patroni chooses the synchronous standbys, and only they may be promoted.
    On,
    /// As `on` with `ANY k`, and a candidate must be level with enough of the voters.
    Quorum,
}

/// Patroni's `watchdog.mode` (R-PT-7).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum WatchdogMode {
    /// Not used.
    Off,
    /// Used where there is a device; see [`Patroni::watchdog_device`].
    #[default]
    Automatic,
    /// A node without a device does not become leader.
    Required,
}

/// Tags of one member (`tags` in its patroni.yml).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct PatroniTags {
    /// Which member.
    pub node: NodeId,
    /// It never becomes leader: the same as `failover_priority` 0 (R-PT-3).
    #[serde(default)]
    pub nofailover: bool,
    /// Of replicas that are level the one with the highest becomes leader; 0 or less: it never does. 1 when not given. Instead of
    /// `nofailover`; since 3.2 (R-PT-3).
    #[serde(default)]
    pub failover_priority: Option<i32>,
    /// Read requests are not sent to it: `/replica` answers 503 (R-RC-5).
    #[serde(default)]
    pub noloadbalance: bool,
    /// It is never chosen as synchronous standby: the same as `sync_priority` 0 (R-PT-8).
    #[serde(default)]
    pub nosync: bool,
    /// The standbys with the highest are chosen as synchronous ones; 0 or less: it never is. 1 when not given. Instead of
    /// `nosync`; since 4.1 (R-PT-8).
    #[serde(default)]
    pub sync_priority: Option<i32>,
    /// Where it streams from, unless that member is gone (R-PT-2).
    #[serde(default)]
    pub replicatefrom: Option<NodeId>,
    /// An empty member is filled from one that has this tag, by lot, rather than from the leader (R-PT-10).
    #[serde(default)]
    pub clonefrom: bool,
}

impl PatroniTags {
    /// A member without tags.
    #[must_use]
    pub const fn of(node: NodeId) -> Self {
        Self {
            node,
            nofailover: false,
            failover_priority: None,
            noloadbalance: false,
            nosync: false,
            sync_priority: None,
            replicatefrom: None,
            clonefrom: false,
        }
    }

    /// How much it is preferred as leader among those that are level; 0 or less: it never is one.
    #[must_use]
    pub fn failover_rank(&self) -> i32 {
        priority(self.nofailover, self.failover_priority)
    }

    /// Whether it never becomes leader.
    #[must_use]
    pub fn never_leads(&self) -> bool {
        self.failover_rank() <= 0
    }

    /// How much it is preferred as synchronous standby; 0 or less: it never is one.
    #[must_use]
    pub fn sync_rank(&self) -> i32 {
        priority(self.nosync, self.sync_priority)
    }
}

/// patroni/tags.py `_priority_tag`.
fn priority(never: bool, given: Option<i32>) -> i32 {
    if never { 0 } else { given.unwrap_or(1) }
}

/// Patroni's parameters (R-PT-1).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct Patroni {
    /// Which Patroni (R-PT-4, R-PT-7).
    pub version: PatroniVersion,
    /// How long the leader's lease lasts without renewal, s, 20 or more (R-PT-1).
    pub ttl: u64,
    /// Time between two rounds of an agent, s, 1 or more (R-PT-2).
    pub loop_wait: u64,
    /// How long an agent goes on trying to reach the store or PostgreSQL before it gives up, s, 3 or more (R-PT-5).
    pub retry_timeout: u64,
    /// A replica that is further behind the leader's last published position does not stand, bytes (R-PT-3).
    pub maximum_lag_on_failover: u64,
    /// A standby further behind than this is replaced as synchronous standby, bytes; 0 and -1 never (R-PT-8).
    pub maximum_lag_on_syncnode: i64,
    /// Whether a replica that follows an older timeline than the newest known one does not stand (R-PT-3).
    pub check_timeline: bool,
    /// Replicas whose log still grows put the race off for so long, s; 0 never. Since 4.1.1 (R-PT-3).
    pub primary_race_backoff: u64,
    /// How long a crashed primary is given to start again in place before another takes over, s; 0: at once (R-PT-4).
    pub primary_start_timeout: u64,
    /// Whether Patroni chooses the synchronous standbys (R-PT-8, R-PT-9).
    pub synchronous_mode: SynchronousMode,
    /// Whether writes block rather than be acked by the leader alone when no standby is left (R-PT-8).
    pub synchronous_mode_strict: bool,
    /// How many synchronous standbys, 1 or more (R-PT-8).
    pub synchronous_node_count: u8,
    /// Whether a leader that loses the store goes on while every member confirms that it is reachable (R-PT-6).
    pub failsafe_mode: bool,
    /// `patronictl pause`: maintenance mode. Agents keep the leader's lock and otherwise leave the databases alone (R-PT-1).
    pub pause: bool,
    /// Whether a diverged node is rewound (R-PT-10). Off by default.
    pub use_pg_rewind: bool,
    /// Whether a diverged node that cannot be rewound is wiped and filled again (R-PT-10).
    pub remove_data_directory_on_diverged_timelines: bool,
    /// Whether every member streams from a replication slot that Patroni makes (R-PG-14).
    pub use_slots: bool,
    /// How long the slot of a member that is gone is kept, s; 0: it goes with the member's key. Since 4.0 (R-PG-14).
    pub member_slots_ttl: u64,
    /// Whether the leader feeds a watchdog (R-PT-7).
    pub watchdog_mode: WatchdogMode,
    /// Whether the hosts have a watchdog device. Most have none (R-PT-7).
    pub watchdog_device: bool,
    /// The watchdog fires so long before the lease ends, s; -1: at half of `ttl` (R-PT-7).
    pub safety_margin: i64,
    /// Members of the consensus store: 1, 3 or 5 (R-PT-5).
    pub store_members: u8,
    /// Tags of members that differ from the default (R-PT-3, R-PT-8).
    pub tags: Vec<PatroniTags>,
}

/// `member_slots_ttl` when it is not given, s.
const SLOTS_TTL: u64 = 1_800;

impl Default for Patroni {
    fn default() -> Self {
        Self {
            version: PatroniVersion::V4,
            ttl: 30,
            loop_wait: 10,
            retry_timeout: 10,
            maximum_lag_on_failover: 1_048_576,
            maximum_lag_on_syncnode: -1,
            check_timeline: false,
            primary_race_backoff: 0,
            primary_start_timeout: 300,
            synchronous_mode: SynchronousMode::Off,
            synchronous_mode_strict: false,
            synchronous_node_count: 1,
            failsafe_mode: false,
            pause: false,
            use_pg_rewind: false,
            remove_data_directory_on_diverged_timelines: false,
            use_slots: true,
            member_slots_ttl: SLOTS_TTL,
            watchdog_mode: WatchdogMode::Automatic,
            watchdog_device: false,
            safety_margin: 5,
            store_members: 3,
            tags: Vec::new(),
        }
    }
}

impl Patroni {
    pub(super) fn validate(&self, path: &str, nodes: usize) -> Checked {
        let seconds =
            |name: &str, value, least| within(&format!("{path}.{name}"), value, least, HOUR_S, "s");
        seconds("ttl", self.ttl, 20)?;
        seconds("loop_wait", self.loop_wait, 1)?;
        seconds("retry_timeout", self.retry_timeout, 3)?;
        seconds("primary_start_timeout", self.primary_start_timeout, 0)?;
        seconds("primary_race_backoff", self.primary_race_backoff, 0)?;
        within(
            &format!("{path}.member_slots_ttl"),
            self.member_slots_ttl,
            0,
            24 * HOUR_S,
            "s",
        )?;
        if self.loop_wait + 2 * self.retry_timeout > self.ttl {
            return Err(contradiction(
                format!("{path}.ttl"),
                format!(
                    "loop_wait {} s + 2 × retry_timeout {} s must not be more than ttl {} s",
                    self.loop_wait, self.retry_timeout, self.ttl
                ),
            ));
        }
        if self.safety_margin < -1 || self.safety_margin >= self.ttl as i64 {
            return Err(contradiction(
                format!("{path}.safety_margin"),
                format!(
                    "{} is not -1 nor 0 to below ttl, {} s",
                    self.safety_margin, self.ttl
                ),
            ));
        }
        if self.maximum_lag_on_syncnode < -1 {
            return Err(contradiction(
                format!("{path}.maximum_lag_on_syncnode"),
                format!(
                    "{} is neither -1 nor a number of bytes",
                    self.maximum_lag_on_syncnode
                ),
            ));
        }
        within(
            &format!("{path}.synchronous_node_count"),
            u64::from(self.synchronous_node_count),
            1,
            nodes as u64 - 1,
            "standbys",
        )?;
        if !matches!(self.store_members, 1 | 3 | 5) {
            return Err(contradiction(
                format!("{path}.store_members"),
                format!("{} is not 1, 3 or 5", self.store_members),
            ));
        }
        self.version_has_it(path)?;
        each_once(
            &format!("{path}.tags"),
            self.tags.iter().map(|tags| tags.node),
            nodes,
        )?;
        for (index, tags) in self.tags.iter().enumerate() {
            tags.validate(&format!("{path}.tags[{index}]"), nodes)?;
        }
        Ok(())
    }

    /// Patroni 3.0 is not asked for what came later: it would take no notice.
    fn version_has_it(&self, path: &str) -> Checked {
        if self.version != PatroniVersion::V3 {
            return Ok(());
        }
        let later = |name: String, since: &str| {
            Err(contradiction(
                format!("{path}.{name}"),
                format!("it came with Patroni {since}, and this is 3.0"),
            ))
        };
        if self.synchronous_mode == SynchronousMode::Quorum {
            return later("synchronous_mode".to_owned(), "4.0");
        }
        if self.primary_race_backoff > 0 {
            return later("primary_race_backoff".to_owned(), "4.1.1");
        }
        for (index, tags) in self.tags.iter().enumerate() {
            if tags.failover_priority.is_some() {
                return later(format!("tags[{index}].failover_priority"), "3.2");
            }
            if tags.sync_priority.is_some() {
                return later(format!("tags[{index}].sync_priority"), "4.1");
            }
        }
        Ok(())
    }
}

impl PatroniTags {
    fn validate(&self, path: &str, nodes: usize) -> Checked {
        if let Some(source) = self.replicatefrom {
            known(&format!("{path}.replicatefrom"), source, nodes)?;
        }
        // patroni/validator.py: at most one of each pair.
        for (flag, name, priority, given) in [
            (
                self.nofailover,
                "nofailover",
                "failover_priority",
                self.failover_priority,
            ),
            (self.nosync, "nosync", "sync_priority", self.sync_priority),
        ] {
            if flag && given.is_some() {
                return Err(contradiction(
                    format!("{path}.{priority}"),
                    format!("{name} says it already: give one of them"),
                ));
            }
        }
        Ok(())
    }
}
