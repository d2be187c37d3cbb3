//! The JSON Schema of the scenario format, derived from the types. Only with the feature `schema`: the page does without.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::Value;

use super::action::{Endpoint, Service};
use super::standby_names::StandbyNames;
use super::{Scenario, VERSION};
use crate::ids::{ClientId, Key, MAX_NODES, MessageId, NodeId, OpId};
use crate::time::Time;

/// Ranges of fields as `validate` enforces them: type, field, least, most. A test sends every one of them through it.
const RANGES: &[(&str, &str, u64, u64)] = &[
    ("Cluster", "replicas", 1, 63),
    ("SemiSync", "timeout_us", 1_000, HOUR),
    ("Sync", "drop_after_us", 1_000, HOUR),
    ("Timers", "heartbeat_us", 1_000, HOUR),
    ("Timers", "election_timeout_us", 1_000, HOUR),
    ("Timers", "vote_wait_us", 1_000, HOUR),
    ("Timers", "health_check_us", 1_000, HOUR),
    ("Timers", "client_timeout_us", 1_000, HOUR),
    ("Timers", "rewind_us", 0, HOUR),
    ("Timers", "base_backup_us", 0, HOUR),
    ("Costs", "read_us", 0, 10_000_000),
    ("Costs", "write_us", 0, 10_000_000),
    ("Costs", "apply_us", 0, 10_000_000),
    ("Costs", "fsync_us", 0, 10_000_000),
    ("Costs", "start_us", 0, 10_000_000),
    ("Costs", "record_bytes", 1, 1_048_576),
    ("LinkSettings", "delay_us", 0, 60_000_000),
    ("LinkSettings", "jitter_us", 0, 60_000_000),
    ("LinkSettings", "loss_ppm", 0, 900_000),
    ("Patroni", "ttl", 20, 3_600),
    ("Patroni", "loop_wait", 1, 3_600),
    ("Patroni", "retry_timeout", 3, 3_600),
    ("Patroni", "primary_race_backoff", 0, 3_600),
    ("Patroni", "primary_start_timeout", 0, 3_600),
    ("Patroni", "member_slots_ttl", 0, 86_400),
    ("Mha", "ping_interval", 1, 3_600),
    ("Mha", "ssh_connection_timeout", 1, 3_600),
    ("Mha", "last_failover_minute", 0, 43_200),
    ("Mha", "step_ms", 0, 60_000),
    ("Sentinel", "sentinels", 1, 5),
    ("Sentinel", "down-after-milliseconds", 1, 3_600_000),
    ("Sentinel", "failover-timeout", 1, 3_600_000),
    ("Sentinel", "min-replicas-max-lag", 1, 3_600),
    ("Postgresql", "wal_writer_delay", 1, 10_000),
    ("Postgresql", "wal_sender_timeout", 0, DAY_MS),
    ("Postgresql", "wal_receiver_timeout", 0, DAY_MS),
    (
        "Postgresql",
        "wal_receiver_status_interval",
        0,
        DAY_MS / 1_000,
    ),
    ("Postgresql", "wal_retrieve_retry_interval", 1, DAY_MS),
    ("Postgresql", "recovery_min_apply_delay", 0, DAY_MS),
    ("Postgresql", "checkpoint_timeout", 30, 86_400),
    ("Postgresql", "max_wal_size", 32, 2_147_483_647),
    ("Postgresql", "wal_keep_size", 0, 2_147_483_647),
    ("Mysql", "rpl_semi_sync_source_timeout", 0, DAY_MS),
    ("Mysql", "replica_parallel_workers", 0, 1_024),
    ("Mysql", "replica_net_timeout", 1, DAY_MS / 1_000),
    ("Mysql", "source_connect_retry", 1, DAY_MS / 1_000),
    ("Mariadb", "rpl_semi_sync_master_timeout", 0, DAY_MS),
    ("Mariadb", "slave_parallel_threads", 0, 16_383),
    ("Mariadb", "slave_net_timeout", 1, DAY_MS / 1_000),
    ("Mariadb", "master_connect_retry", 1, DAY_MS / 1_000),
    ("Workload", "operations_per_second", 0, 100_000),
    ("Workload", "read_percent", 0, 100),
    ("Workload", "keys", 1, 10_000),
    ("Workload", "skew_percent", 0, 300),
];

const HOUR: u64 = 3_600_000_000;
const DAY_MS: u64 = 86_400_000;

impl Scenario {
    /// The JSON Schema of a scenario file (draft 2020-12). What depends on two fields at once, such as the order of the
    /// actions, is beyond it: [`Scenario::from_json`] says the last word.
    #[must_use]
    pub fn json_schema() -> Value {
        let mut schema = SchemaGenerator::default()
            .into_root_schema_for::<Self>()
            .to_value();
        schema["title"] = Value::from("A ReplicaScope scenario");
        bound(&mut schema["properties"]["version"], 1, u64::from(VERSION));
        for &(of, field, least, most) in RANGES {
            bound(&mut schema["$defs"][of]["properties"][field], least, most);
        }
        schema
    }
}

fn bound(property: &mut Value, least: u64, most: u64) {
    property["minimum"] = Value::from(least);
    property["maximum"] = Value::from(most);
}

macro_rules! number {
    ($($type:ty, $name:literal, $most:expr, $description:literal;)*) => {
        $(impl JsonSchema for $type {
            fn inline_schema() -> bool {
                true
            }
            fn schema_name() -> Cow<'static, str> {
                $name.into()
            }
            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({ "description": $description, "type": "integer", "minimum": 0, "maximum": $most })
            }
        })*
    };
}

number! {
    Time, "Time", 720 * HOUR, "Microseconds from the start of the run.";
    ClientId, "ClientId", 15, "A client: its place in `cluster.clients`, from 0.";
    Key, "Key", 9_999, "A key, from 0.";
    OpId, "OpId", u32::MAX, "An operation: its number, counted over all operations from 1.";
    MessageId, "MessageId", u64::MAX, "A message: its number, counted over all messages from 1.";
}

/// `n1` to `n64`.
fn node_pattern() -> String {
    debug_assert_eq!(MAX_NODES, 64);
    "n([1-9]|[1-5][0-9]|6[0-4])".to_owned()
}

impl JsonSchema for NodeId {
    fn schema_name() -> Cow<'static, str> {
        "Node".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A database node, n1 to n64. n1 is the primary at the start.",
            "type": "string",
            "pattern": format!("^{}$", node_pattern()),
        })
    }
}

impl JsonSchema for Endpoint {
    fn schema_name() -> Cow<'static, str> {
        "Endpoint".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "An end of a link: a node, `clients` for all of them with their router, `s1` for a member of the consensus store, `m1` for a monitor.",
            "type": "string",
            "pattern": format!("^(clients|[sm][1-9]|{})$", node_pattern()),
        })
    }
}

impl JsonSchema for Service {
    fn schema_name() -> Cow<'static, str> {
        "Service".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A process beside the databases: `agent:n1`, `s1` for a member of the consensus store, `m1` for a monitor.",
            "type": "string",
            "pattern": format!("^([sm][1-9]|agent:{})$", node_pattern()),
        })
    }
}

impl JsonSchema for StandbyNames {
    fn schema_name() -> Cow<'static, str> {
        "StandbyNames".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "`synchronous_standby_names` as PostgreSQL reads it: `FIRST 1 (n2, n3)`, `ANY 2 (*)`, `n2, n3`, `*`, or empty.",
            "type": "string",
        })
    }
}
