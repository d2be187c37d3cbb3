//! The scenario corpus: runs whose trace hashes are known. The engine's native test and the page's browser test both check
//! them, so a scenario gives the same run in both worlds.

/// How long each scenario is run, in seconds of virtual time.
pub(crate) const SECONDS: u64 = 20;

/// The hashes, one line a scenario: name, trace hash, events. Made anew with `UPDATE_CORPUS=1 cargo test --test corpus`.
pub(crate) const HASHES: &str = include_str!("hashes.txt");

macro_rules! corpus {
    ($($name:literal),* $(,)?) => {
        /// Name and text of every scenario.
        pub(crate) const SCENARIOS: &[(&str, &str)] = &[$(($name, include_str!(concat!($name, ".json")))),*];
    };
}

corpus!(
    "async_primary_dies_and_returns",
    "cut_off_primary_is_fenced_and_rewound",
    "every_setting_changes",
    "frozen_primary_without_fencing_splits_brain",
    "lag_limits_and_causal_reads",
    "links_with_long_tails",
    "lossy_links_and_a_one_way_cut",
    "lost_host_is_filled_again",
    "many_faults_then_heal_all",
    "mariadb_power_failure_leaves_replicas_ahead",
    "mha_saves_what_a_dead_source_had_not_sent",
    "messages_held_dropped_delayed_doubled",
    "mysql_errant_transactions_spread",
    "patroni_leader_dies_and_is_replaced",
    "patroni_restarts_in_place_and_fails_over",
    "postgresql_commands_and_levels",
    "promoted_by_hand",
    "semi_sync_falls_back_and_recovers",
    "sentinels_replace_a_cut_off_primary",
    "stale_reads_on_a_slow_replica",
    "sync_drops_a_dead_member",
    "token_of_a_lost_timeline",
);

/// One scenario's line of [`HASHES`].
pub(crate) fn line(name: &str, hash: u64, events: u64) -> String {
    format!("{name} {hash:016x} {events}")
}
