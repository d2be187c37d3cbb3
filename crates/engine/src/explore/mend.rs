//! How a cluster is mended after the faults of a random scenario, and when.
//!
//! The Textbook nodes and Sentinel put things right by themselves once nothing is broken, and Patroni too where it is allowed
//! to wipe what diverged (R-PT-10; a person would call that `patronictl reinit`). Without a manager, and after MHA, which
//! replaces the source once and never again (R-MH-7), a person makes n1 primary and fills everybody else from it.

use super::generate::Theme;
use crate::ids::{ClientId, Key, NodeId};
use crate::scenario::{
    Action, Admin, Cluster, Database, Failover, Manager, Mariadb, Mysql, Patroni, PatroniTags,
    Postgresql, Scenario, Sentinel, Service, ServiceAction, Setting, SynchronousMode, TimedAction,
    Timers, Workload,
};
use crate::time::{Span, Time};

/// When what happens in a scenario of the search.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Phases {
    /// Everything is mended and the workload stops.
    pub healed_at: Time,
    /// A client writes.
    pub settled_at: Time,
    /// That write is read from every node.
    pub read_at: Time,
    /// The run ends.
    pub ends_at: Time,
}

impl Phases {
    /// The phases after faults that end at `faults_until`: a slow processor needs longer to settle, and so does a manager
    /// that counts in tens of seconds.
    pub(super) fn after(faults_until: Time, theme: Theme, cluster: &Cluster) -> Self {
        let healed_at = faults_until + Span::from_secs(1);
        let backlog = Span(cluster.costs.apply_us) * 2_000;
        let settles = match theme {
            Theme::Patroni | Theme::PatroniSync => 120,
            Theme::Sentinel => 110,
            Theme::Textbook | Theme::Linearizable | Theme::LostDisk => 32,
            Theme::Postgresql | Theme::Mysql | Theme::Mariadb | Theme::Mha => 40,
        };
        let settled_at = healed_at + Span::from_secs(settles) + backlog;
        let read_at = settled_at + Span::from_secs(7);
        Self {
            healed_at,
            settled_at,
            read_at,
            ends_at: read_at + Span::from_secs(7),
        }
    }
}

/// What mends everything, leaves the cluster in peace, and asks it for a write and its reads.
pub(super) fn healing(scenario: &Scenario, theme: Theme, phases: Phases) -> Vec<TimedAction> {
    let mut actions = if scenario.settings.database.is_textbook() {
        textbook(phases)
    } else {
        servers(scenario, theme, phases)
    };
    let quiet = Workload {
        operations_per_second: 0,
        ..scenario.workload
    };
    let (client, key) = (ClientId(0), Key(0));
    let write = Action::Write {
        client,
        key,
        value: None,
        node: None,
        synchronous_commit: None,
    };
    actions.push((phases.settled_at, write));
    actions.insert(0, (phases.healed_at, Action::Set(Setting::Workload(quiet))));
    let reads = scenario.cluster.nodes().map(|node| Action::Read {
        client,
        key,
        node: Some(node),
    });
    actions.extend(reads.map(|read| (phases.read_at, read)));
    actions
        .into_iter()
        .map(|(at_us, action)| TimedAction { at_us, action })
        .collect()
}

fn textbook(phases: Phases) -> Vec<(Time, Action)> {
    let set = |setting| (phases.healed_at, Action::Set(setting));
    vec![
        set(Setting::Fencing(true)),
        set(Setting::Failover(Failover::Election)),
        // Timers that the links are too slow for are broken too.
        set(Setting::Timers(Timers::default())),
        (phases.healed_at, Action::HealAll),
    ]
}

/// How long a node may go on asking a source that does not answer, before it starts again.
const GIVES_UP: Span = Span::from_secs(16);

fn servers(scenario: &Scenario, theme: Theme, phases: Phases) -> Vec<(Time, Action)> {
    let healed = phases.healed_at;
    let settings = &scenario.settings;
    let set = |setting| (healed, Action::Set(setting));
    let mut actions = vec![
        set(Setting::Timers(Timers::default())),
        set(Setting::Database(plain_database(&settings.database))),
        set(Setting::Manager(plain_manager(&settings.manager, theme))),
        (healed, Action::HealAll),
    ];
    for node in scenario.cluster.nodes() {
        for command in [Admin::ResumeReplay, Admin::StartReceiver] {
            actions.push((healed, Action::Admin { node, command }));
        }
    }
    match settings.manager {
        Manager::Patroni(_) | Manager::Sentinel(_) => {}
        Manager::None => by_hand(scenario, healed + GIVES_UP, &mut actions),
        Manager::Mha(_) => {
            // The person has no use for a second opinion meanwhile.
            let service = Service::Monitor(0);
            let stop = Action::Service {
                service,
                what: ServiceAction::Kill,
            };
            actions.push((healed, stop));
            // An order of it may be on its way still: what that stopped is started again.
            let arrived = healed + Span::from_secs(5);
            let nodes = scenario.cluster.nodes();
            actions.extend(nodes.map(|node| (arrived, Action::Restart { node })));
            by_hand(scenario, healed + GIVES_UP, &mut actions);
        }
    }
    actions
}

/// n1 becomes primary, and everybody else is filled from it.
fn by_hand(scenario: &Scenario, ready: Time, actions: &mut Vec<(Time, Action)>) {
    let admin = |at, node, command| (at, Action::Admin { node, command });
    let first = NodeId(0);
    // A promotion, even of one that is primary, so that it is clear whose history goes on.
    let upstream = NodeId(1);
    actions.push(admin(ready, first, Admin::Follow { upstream }));
    let restarted = ready + Span(scenario.cluster.costs.start_us) + Span::from_secs(1);
    actions.push((restarted, Action::Promote { node: first }));
    let promoted = restarted + Span::from_secs(1) + Span(scenario.cluster.costs.apply_us) * 1_000;
    for node in scenario.cluster.nodes().filter(|&node| node != first) {
        actions.push(admin(promoted, node, Admin::Rebuild { source: first }));
    }
}

/// The database with parameters that let everything recover: nobody is waited for, and time-outs are short.
fn plain_database(database: &Database) -> Database {
    match database {
        Database::Textbook => Database::Textbook,
        Database::Postgresql(_) => Database::Postgresql(Box::new(Postgresql {
            wal_retrieve_retry_interval: 500,
            wal_log_hints: true,
            ..Postgresql::default()
        })),
        Database::Mysql(_) => Database::Mysql(Box::new(Mysql {
            replica_net_timeout: 4,
            source_connect_retry: 1,
            ..Mysql::default()
        })),
        Database::Mariadb(_) => Database::Mariadb(Box::new(Mariadb {
            sync_binlog: 1,
            slave_net_timeout: 4,
            master_connect_retry: 1,
            ..Mariadb::default()
        })),
    }
}

/// Tags that keep nobody from leading, and send nobody round in a circle of standbys.
fn able(tags: &PatroniTags) -> PatroniTags {
    PatroniTags {
        nofailover: false,
        failover_priority: tags.failover_priority.filter(|&priority| priority > 0),
        replicatefrom: None,
        ..*tags
    }
}

/// The manager with parameters that let everything recover: whoever is fit may take over, and what diverged may be wiped.
fn plain_manager(manager: &Manager, theme: Theme) -> Manager {
    match manager {
        Manager::None => Manager::None,
        Manager::Patroni(now) => Manager::Patroni(Box::new(Patroni {
            version: now.version,
            ttl: 20,
            loop_wait: 5,
            retry_timeout: 5,
            store_members: now.store_members,
            // Else nobody may lead after the loss of a disk (R-PT-3), and a person would force it.
            maximum_lag_on_failover: 1 << 40,
            watchdog_device: now.watchdog_device,
            // What promises is left alone to the end.
            synchronous_mode: match theme {
                Theme::PatroniSync => now.synchronous_mode,
                _ => SynchronousMode::Off,
            },
            use_pg_rewind: now.use_pg_rewind,
            remove_data_directory_on_diverged_timelines: true,
            // Else who has the newest timeline and who has more log of an older one may wait for each other (R-PT-3).
            check_timeline: false,
            primary_race_backoff: now.primary_race_backoff,
            use_slots: now.use_slots,
            member_slots_ttl: now.member_slots_ttl,
            tags: now.tags.iter().map(able).collect(),
            ..Patroni::default()
        })),
        Manager::Mha(_) => Manager::Mha(Box::default()),
        Manager::Sentinel(now) => Manager::Sentinel(Box::new(Sentinel {
            sentinels: now.sentinels,
            quorum: now.sentinels / 2 + 1,
            down_after_milliseconds: 5_000,
            failover_timeout: 10_000,
            ..Sentinel::default()
        })),
    }
}
