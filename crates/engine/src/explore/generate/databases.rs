//! Random parameters of PostgreSQL, MySQL and MariaDB.

use super::{Dice, Theme};
use crate::ids::NodeId;
use crate::scenario::{
    Cluster, CommitLevel, Database, Mariadb, Mysql, Postgresql, StandbyNames, UseGtid, WaitPoint,
};

/// A database that the theme is about.
pub(super) fn database(dice: &mut Dice, cluster: &Cluster, theme: Theme) -> Database {
    let kind = match theme {
        Theme::Postgresql | Theme::Patroni | Theme::PatroniSync => 0,
        Theme::Mysql => 1,
        Theme::Mariadb => 2,
        Theme::Mha => dice.between(1, 2),
        Theme::Sentinel => dice.below(3),
        Theme::Textbook | Theme::Linearizable | Theme::LostDisk => return Database::Textbook,
    };
    match kind {
        0 if theme == Theme::PatroniSync => Database::Postgresql(Box::new(Postgresql {
            synchronous_commit: dice.pick(&[CommitLevel::On, CommitLevel::RemoteApply]),
            ..postgresql(dice, cluster)
        })),
        0 => Database::Postgresql(Box::new(postgresql(dice, cluster))),
        1 => Database::Mysql(Box::new(mysql(dice, cluster))),
        _ => Database::Mariadb(Box::new(mariadb(dice, cluster))),
    }
}

/// Other parameters of the same database.
pub(super) fn other(dice: &mut Dice, cluster: &Cluster, database: &Database) -> Database {
    match database {
        Database::Textbook => Database::Textbook,
        Database::Postgresql(_) => Database::Postgresql(Box::new(postgresql(dice, cluster))),
        Database::Mysql(_) => Database::Mysql(Box::new(mysql(dice, cluster))),
        Database::Mariadb(_) => Database::Mariadb(Box::new(mariadb(dice, cluster))),
    }
}

fn postgresql(dice: &mut Dice, cluster: &Cluster) -> Postgresql {
    let synchronous_commit = level(dice);
    let synchronous_standby_names = names(dice, cluster);
    // 0 is not for synchronous standbys.
    let least = u64::from(!synchronous_standby_names.is_empty());
    Postgresql {
        synchronous_commit,
        synchronous_standby_names,
        wal_writer_delay: dice.pick(&[10, 200, 200, 3_000]),
        wal_sender_timeout: dice.pick(&[0, 1_500, 4_000]),
        wal_receiver_timeout: dice.pick(&[0, 1_500, 4_000]),
        wal_receiver_status_interval: dice.pick(&[least, 1, 10]),
        wal_retrieve_retry_interval: dice.pick(&[100, 1_000, 5_000]),
        recovery_min_apply_delay: dice.pick(&[0, 0, 0, 1_000]),
        recovery_min_apply_delay_on: dice.one_in(2).then(|| dice.node(cluster)),
        wal_keep_size: dice.pick(&[0, 0, 1]),
        replication_slots: dice.one_in(2),
        max_slot_wal_keep_size: dice.pick(&[-1, -1, 0, 1]),
        checkpoint_timeout: dice.pick(&[30, 300]),
        max_standby_streaming_delay: dice.pick(&[-1, 0, 500]),
        hot_standby_feedback: dice.one_in(4),
        wal_log_hints: dice.one_in(2),
        data_checksums: dice.one_in(4),
        full_page_writes: !dice.one_in(6),
        max_wal_size: dice.pick(&[1_024, 1_024, 32]),
    }
}

/// `synchronous_commit`, the usual one more often.
pub(super) fn level(dice: &mut Dice) -> CommitLevel {
    dice.pick(&[
        CommitLevel::Off,
        CommitLevel::Local,
        CommitLevel::RemoteWrite,
        CommitLevel::On,
        CommitLevel::On,
        CommitLevel::RemoteApply,
    ])
}

fn names(dice: &mut Dice, cluster: &Cluster) -> StandbyNames {
    let listed: Vec<NodeId> = cluster.nodes().filter(|_| !dice.one_in(3)).collect();
    let most = (listed.len() as u64).clamp(1, 3);
    let count = dice.between(1, most) as u8;
    match dice.below(3) {
        0 => StandbyNames::default(),
        1 => StandbyNames::first(count, listed),
        _ => StandbyNames::any(count, listed),
    }
}

fn wait_point(dice: &mut Dice) -> WaitPoint {
    dice.pick(&[WaitPoint::AfterSync, WaitPoint::AfterCommit])
}

fn mysql(dice: &mut Dice, cluster: &Cluster) -> Mysql {
    Mysql {
        sync_binlog: dice.pick(&[0, 1, 1, 3]),
        rpl_semi_sync_source_enabled: !dice.one_in(3),
        rpl_semi_sync_replica_enabled: dice.one_in(4).then(|| dice.nodes(cluster)),
        rpl_semi_sync_source_timeout: dice.pick(&[100, 2_000, 10_000, 86_400_000]),
        rpl_semi_sync_source_wait_for_replica_count: dice.between(1, u64::from(cluster.replicas))
            as u8,
        rpl_semi_sync_source_wait_no_replica: dice.one_in(2),
        rpl_semi_sync_source_wait_point: wait_point(dice),
        replica_parallel_workers: dice.pick(&[0, 4]),
        sync_relay_log: dice.pick(&[0, 1, 1, 7]),
        replica_net_timeout: dice.pick(&[1, 2, 60]),
        source_connect_retry: dice.pick(&[1, 5]),
        source_auto_position: !dice.one_in(3),
    }
}

fn mariadb(dice: &mut Dice, cluster: &Cluster) -> Mariadb {
    Mariadb {
        sync_binlog: dice.pick(&[0, 1, 3]),
        rpl_semi_sync_master_enabled: !dice.one_in(3),
        rpl_semi_sync_slave_enabled: dice.one_in(4).then(|| dice.nodes(cluster)),
        rpl_semi_sync_master_timeout: dice.pick(&[100, 2_000, 10_000, 86_400_000]),
        rpl_semi_sync_master_wait_no_slave: dice.one_in(2),
        rpl_semi_sync_master_wait_point: wait_point(dice),
        slave_parallel_threads: dice.pick(&[0, 4]),
        sync_relay_log: dice.pick(&[0, 1, 1, 7]),
        slave_net_timeout: dice.pick(&[1, 2, 60]),
        master_connect_retry: dice.pick(&[1, 5]),
        master_use_gtid: dice.pick(&[UseGtid::SlavePos, UseGtid::CurrentPos]),
        gtid_strict_mode: dice.one_in(3),
    }
}
