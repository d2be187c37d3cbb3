//! Random parameters of the failover managers: every one that there is, so that a new one does not compile until it is drawn.

use super::{Dice, Theme};
use crate::scenario::{
    Cluster, Manager, Mha, MhaServer, Patroni, PatroniTags, PatroniVersion, ReplicaPriority,
    Sentinel, SynchronousMode, WatchdogMode,
};

/// The manager of a theme.
pub(super) fn manager(dice: &mut Dice, cluster: &Cluster, theme: Theme) -> Manager {
    match theme {
        Theme::Patroni => Manager::Patroni(Box::new(patroni(dice, cluster))),
        Theme::PatroniSync => Manager::Patroni(Box::new(patroni_sync(dice, cluster))),
        Theme::Mha => Manager::Mha(Box::new(mha(dice, cluster))),
        Theme::Sentinel => Manager::Sentinel(Box::new(sentinel(dice, cluster))),
        _ => Manager::None,
    }
}

/// Other parameters of the same manager with the same hosts.
pub(super) fn other(dice: &mut Dice, cluster: &Cluster, manager: &Manager) -> Manager {
    match manager {
        Manager::None => Manager::None,
        Manager::Patroni(now) => {
            let next = patroni(dice, cluster);
            Manager::Patroni(Box::new(of_version(Patroni {
                version: now.version,
                store_members: now.store_members,
                // A device is not put in or taken out.
                watchdog_device: now.watchdog_device,
                ..next
            })))
        }
        Manager::Mha(_) => Manager::Mha(Box::new(mha(dice, cluster))),
        Manager::Sentinel(now) => Manager::Sentinel(Box::new(Sentinel {
            sentinels: now.sentinels,
            quorum: dice.between(1, u64::from(now.sentinels)) as u8,
            ..sentinel(dice, cluster)
        })),
    }
}

fn patroni(dice: &mut Dice, cluster: &Cluster) -> Patroni {
    let (ttl, loop_wait, retry_timeout) = dice.pick(&[(20, 1, 3), (20, 5, 5), (30, 10, 10)]);
    of_version(Patroni {
        version: dice.pick(&[PatroniVersion::V4, PatroniVersion::V4, PatroniVersion::V3]),
        ttl,
        loop_wait,
        retry_timeout,
        maximum_lag_on_failover: dice.pick(&[1_048_576, 1_048_576, 0, 2_560]),
        maximum_lag_on_syncnode: dice.pick(&[-1, -1, 0, 2_560]),
        check_timeline: dice.one_in(4),
        primary_race_backoff: dice.pick(&[0, 0, 0, 3, 15]),
        primary_start_timeout: dice.pick(&[0, 5, 300]),
        synchronous_mode: dice.pick(&[
            SynchronousMode::Off,
            SynchronousMode::On,
            SynchronousMode::Quorum,
        ]),
        synchronous_mode_strict: dice.one_in(2),
        synchronous_node_count: dice.between(1, u64::from(cluster.replicas)) as u8,
        failsafe_mode: dice.one_in(3),
        pause: dice.one_in(12),
        use_pg_rewind: dice.one_in(2),
        remove_data_directory_on_diverged_timelines: dice.one_in(2),
        use_slots: !dice.one_in(4),
        member_slots_ttl: dice.pick(&[1_800, 1_800, 0, 10]),
        watchdog_mode: dice.pick(&[
            WatchdogMode::Off,
            WatchdogMode::Automatic,
            WatchdogMode::Automatic,
            WatchdogMode::Required,
        ]),
        watchdog_device: dice.one_in(2),
        safety_margin: dice.pick(&[5, 5, -1, 0]),
        store_members: dice.pick(&[1, 3, 3, 5]),
        tags: tags(dice, cluster),
    })
}

/// Without what came after its version.
fn of_version(mut patroni: Patroni) -> Patroni {
    if patroni.version == PatroniVersion::V3 {
        if patroni.synchronous_mode == SynchronousMode::Quorum {
            patroni.synchronous_mode = SynchronousMode::On;
        }
        patroni.primary_race_backoff = 0;
        for tags in &mut patroni.tags {
            tags.failover_priority = None;
            tags.sync_priority = None;
        }
    }
    patroni
}

fn tags(dice: &mut Dice, cluster: &Cluster) -> Vec<PatroniTags> {
    let some: Vec<_> = cluster.nodes().filter(|_| dice.one_in(4)).collect();
    some.into_iter()
        .map(|node| {
            // One of each pair at the most.
            let (nofailover, nosync) = (dice.one_in(4), dice.one_in(4));
            PatroniTags {
                node,
                nofailover,
                failover_priority: priority(dice).filter(|_| !nofailover),
                noloadbalance: dice.one_in(3),
                nosync,
                sync_priority: priority(dice).filter(|_| !nosync),
                replicatefrom: dice.one_in(3).then(|| dice.node(cluster)),
                clonefrom: dice.one_in(3),
            }
        })
        .collect()
}

fn priority(dice: &mut Dice) -> Option<i32> {
    dice.pick(&[None, None, Some(0), Some(1), Some(2), Some(100)])
}

/// Settings under which no acked write is lost: see `promises`.
fn patroni_sync(dice: &mut Dice, cluster: &Cluster) -> Patroni {
    let watchdog_device = dice.one_in(2);
    Patroni {
        version: PatroniVersion::V4,
        synchronous_mode: dice.pick(&[SynchronousMode::On, SynchronousMode::Quorum]),
        watchdog_mode: WatchdogMode::Automatic,
        watchdog_device,
        safety_margin: dice.pick(&[5, -1]),
        ..patroni(dice, cluster)
    }
}

fn mha(dice: &mut Dice, cluster: &Cluster) -> Mha {
    let servers: Vec<_> = cluster.nodes().filter(|_| dice.one_in(3)).collect();
    Mha {
        ping_interval: dice.pick(&[1, 3]),
        check_repl_delay: dice.one_in(2),
        latest_priority: !dice.one_in(3),
        ssh_connection_timeout: dice.pick(&[1, 5]),
        secondary_check_via: if dice.one_in(3) {
            dice.nodes(cluster)
        } else {
            Vec::new()
        },
        master_ip_failover_script: dice.one_in(2),
        shutdown_script: dice.one_in(3),
        use_gtid_auto_pos: dice.one_in(2),
        last_failover_minute: dice.pick(&[480, 480, 0, 1]),
        step_ms: dice.pick(&[300, 0, 1_500]),
        servers: servers
            .into_iter()
            .map(|node| {
                let candidate_master = dice.one_in(2);
                MhaServer {
                    node,
                    candidate_master,
                    no_master: !candidate_master && dice.one_in(2),
                    ignore_fail: dice.one_in(2),
                }
            })
            .collect(),
    }
}

fn sentinel(dice: &mut Dice, cluster: &Cluster) -> Sentinel {
    let sentinels = dice.pick(&[1, 3, 3, 5]);
    let some: Vec<_> = cluster.nodes().filter(|_| dice.one_in(4)).collect();
    Sentinel {
        sentinels,
        quorum: dice.between(1, u64::from(sentinels)) as u8,
        down_after_milliseconds: dice.pick(&[1_000, 5_000]),
        failover_timeout: dice.pick(&[5_000, 20_000]),
        priorities: some
            .into_iter()
            .map(|node| ReplicaPriority {
                node,
                priority: dice.pick(&[0, 10, 200]),
            })
            .collect(),
        min_replicas_to_write: dice.pick(&[0, 0, 1]),
        min_replicas_max_lag: dice.pick(&[1, 10]),
    }
}
