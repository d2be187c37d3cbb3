//! MHA's parameters (R-MH-1).

use serde::{Deserialize, Serialize};

use super::{HOUR_S, contradiction, each_once, known};
use crate::ids::NodeId;
use crate::scenario::validate::{Checked, within};

/// What MHA is told of one server (its section in the configuration).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct MhaServer {
    /// Which server.
    pub node: NodeId,
    /// Preferred as the new source (R-MH-6).
    #[serde(default)]
    pub candidate_master: bool,
    /// Never the new source (R-MH-6).
    #[serde(default)]
    pub no_master: bool,
    /// Its death does not stop a failover (R-MH-7).
    #[serde(default)]
    pub ignore_fail: bool,
}

/// `--last_failover_minute` when it is not given.
const LAST_FAILOVER_MINUTE: u64 = 480;
/// What one step takes, ms: with some ten steps the few seconds of the wiki.
const STEP_MS: u64 = 300;

/// MHA's parameters (R-MH-1).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct Mha {
    /// Time between two pings, s, 1 or more (R-MH-2).
    pub ping_interval: u64,
    /// Whether a candidate whose applier is more than 100,000,000 bytes behind is passed over (R-MH-6).
    pub check_repl_delay: bool,
    /// Whether the replica with the most log is preferred over its order in the list (R-MH-6).
    pub latest_priority: bool,
    /// How long a connection by SSH may take, s, 1 or more (R-MH-1).
    pub ssh_connection_timeout: u64,
    /// `secondary_check_script`: the nodes through which the source is looked at before it is held for dead; none by default
    /// (R-MH-3).
    pub secondary_check_via: Vec<NodeId>,
    /// Whether `master_ip_failover_script` takes the address away from the old source. Off by default: no fencing (R-MH-4).
    pub master_ip_failover_script: bool,
    /// Whether `shutdown_script` powers the old source off. Off by default (R-MH-4).
    pub shutdown_script: bool,
    /// Whether a MySQL cluster whose replicas use GTID auto-position is failed over by GTID: then the dead source's binlog is not
    /// saved (R-MH-5). MariaDB's GTIDs are not MHA's: there it changes nothing.
    ///
    /// Scenarios of before call it `gtid_auto_position`.
    #[serde(alias = "gtid_auto_position")]
    pub use_gtid_auto_pos: bool,
    /// `--last_failover_minute`: no failover is begun so soon after the last one, minutes; 0: at any time (R-MH-7).
    pub last_failover_minute: u64,
    /// Not of the tool: what each step of a failover takes before anything is asked, ms, for logging in by SSH and starting a
    /// script. The tool's wiki counts "a few seconds" for all of them together (R-MH-8).
    pub step_ms: u64,
    /// What differs from server to server (R-MH-6).
    pub servers: Vec<MhaServer>,
}

impl Default for Mha {
    fn default() -> Self {
        Self {
            ping_interval: 3,
            check_repl_delay: true,
            latest_priority: true,
            ssh_connection_timeout: 5,
            secondary_check_via: Vec::new(),
            master_ip_failover_script: false,
            shutdown_script: false,
            use_gtid_auto_pos: true,
            last_failover_minute: LAST_FAILOVER_MINUTE,
            step_ms: STEP_MS,
            servers: Vec::new(),
        }
    }
}

impl Mha {
    pub(super) fn validate(&self, path: &str, nodes: usize) -> Checked {
        within(
            &format!("{path}.ping_interval"),
            self.ping_interval,
            1,
            HOUR_S,
            "s",
        )?;
        within(
            &format!("{path}.ssh_connection_timeout"),
            self.ssh_connection_timeout,
            1,
            HOUR_S,
            "s",
        )?;
        within(
            &format!("{path}.last_failover_minute"),
            self.last_failover_minute,
            0,
            30 * 24 * 60,
            "minutes",
        )?;
        within(&format!("{path}.step_ms"), self.step_ms, 0, 60_000, "ms")?;
        for (index, &node) in self.secondary_check_via.iter().enumerate() {
            known(&format!("{path}.secondary_check_via[{index}]"), node, nodes)?;
        }
        let listed = self.servers.iter().map(|server| server.node);
        each_once(&format!("{path}.servers"), listed, nodes)?;
        for (index, server) in self.servers.iter().enumerate() {
            if server.candidate_master && server.no_master {
                return Err(contradiction(
                    format!("{path}.servers[{index}].no_master"),
                    format!("{} cannot be candidate_master and no_master", server.node),
                ));
            }
        }
        Ok(())
    }
}
