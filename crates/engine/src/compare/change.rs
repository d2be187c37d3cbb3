//! One parameter with another value.

use crate::scenario::{
    CommitLevel, Database, Failover, Manager, Mode, ReadPolicy, Scenario, Setting, Settings,
    StandbyNames, WaitPoint, Workload,
};

/// A parameter and its value. A change holds for the whole run, whatever the actions of the run set: everything else that
/// they set is set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// A setting as a whole.
    Whole(Setting),
    /// `semi_sync.timeout_us`, Textbook.
    SemiSyncTimeout(Option<u64>),
    /// `sync.drop_after_us`, Textbook.
    DropAfter(Option<u64>),
    /// `timers.election_timeout_us`.
    ElectionTimeout(u64),
    /// Operations per second of the workload.
    Operations(u64),
    /// PostgreSQL's `synchronous_commit`.
    SynchronousCommit(CommitLevel),
    /// PostgreSQL's `synchronous_standby_names`.
    StandbyNames(StandbyNames),
    /// `rpl_semi_sync_source_enabled`, `rpl_semi_sync_master_enabled`.
    SemiSync(bool),
    /// `rpl_semi_sync_source_timeout`, `rpl_semi_sync_master_timeout`, in ms.
    SemiSyncWait(u64),
    /// `rpl_semi_sync_source_wait_point`, `rpl_semi_sync_master_wait_point`.
    WaitPoint(WaitPoint),
    /// `sync_binlog`.
    SyncBinlog(u32),
}

impl Change {
    /// Makes it. A parameter of another database than the one that runs is left alone.
    pub fn apply(&self, settings: &mut Settings, workload: &mut Workload) {
        match (self, &mut settings.database) {
            (Self::Whole(setting), _) => setting.apply(settings, workload),
            (&Self::SemiSyncTimeout(timeout_us), _) => settings.semi_sync.timeout_us = timeout_us,
            (&Self::DropAfter(after_us), _) => settings.sync.drop_after_us = after_us,
            (&Self::ElectionTimeout(us), _) => settings.timers.election_timeout_us = us,
            (&Self::Operations(rate), _) => workload.operations_per_second = rate,
            (&Self::SynchronousCommit(level), Database::Postgresql(pg)) => {
                pg.synchronous_commit = level;
            }
            (Self::StandbyNames(names), Database::Postgresql(pg)) => {
                pg.synchronous_standby_names = names.clone();
            }
            (&Self::SemiSync(on), Database::Mysql(my)) => my.rpl_semi_sync_source_enabled = on,
            (&Self::SemiSync(on), Database::Mariadb(my)) => my.rpl_semi_sync_master_enabled = on,
            (&Self::SemiSyncWait(ms), Database::Mysql(my)) => my.rpl_semi_sync_source_timeout = ms,
            (&Self::SemiSyncWait(ms), Database::Mariadb(my)) => {
                my.rpl_semi_sync_master_timeout = ms;
            }
            (&Self::WaitPoint(point), Database::Mysql(my)) => {
                my.rpl_semi_sync_source_wait_point = point;
            }
            (&Self::WaitPoint(point), Database::Mariadb(my)) => {
                my.rpl_semi_sync_master_wait_point = point;
            }
            (&Self::SyncBinlog(groups), Database::Mysql(my)) => my.sync_binlog = groups,
            (&Self::SyncBinlog(groups), Database::Mariadb(my)) => my.sync_binlog = groups,
            _ => {}
        }
    }
}

/// A second, in µs.
const SECOND_US: u64 = 1_000_000;
/// A day, in ms: the longest time-out, which stands for waiting as long as it takes.
const DAY_MS: u64 = 86_400_000;

fn everyone() -> StandbyNames {
    "ANY 1 (*)".parse().unwrap_or_default()
}

/// The changes that are worth offering for a scenario, those of one parameter beside each other. Also the values that hold
/// already are among them.
#[must_use]
pub fn offers(scenario: &Scenario) -> Vec<Change> {
    let mut offers = match &scenario.settings.database {
        Database::Textbook => textbook(scenario),
        Database::Postgresql(pg) => {
            let levels = [
                CommitLevel::Off,
                CommitLevel::Local,
                CommitLevel::RemoteWrite,
                CommitLevel::On,
                CommitLevel::RemoteApply,
            ];
            let mut names = vec![StandbyNames::default(), everyone()];
            names.extend("FIRST 1 (*)".parse());
            if !names.contains(&pg.synchronous_standby_names) {
                names.push(pg.synchronous_standby_names.clone());
            }
            let levels = levels.map(Change::SynchronousCommit).into_iter();
            levels
                .chain(names.into_iter().map(Change::StandbyNames))
                .collect()
        }
        Database::Mysql(_) | Database::Mariadb(_) => vec![
            Change::SemiSync(false),
            Change::SemiSync(true),
            Change::SemiSyncWait(1_000),
            Change::SemiSyncWait(10_000),
            Change::SemiSyncWait(DAY_MS),
            Change::WaitPoint(WaitPoint::AfterSync),
            Change::WaitPoint(WaitPoint::AfterCommit),
            Change::SyncBinlog(0),
            Change::SyncBinlog(1),
        ],
    };
    offers.extend(managers(scenario).into_iter().map(whole_manager));
    let reads = [
        ReadPolicy::PrimaryOnly,
        ReadPolicy::RoundRobin,
        ReadPolicy::Random,
    ];
    offers.extend(reads.map(|policy| Change::Whole(Setting::Reads(policy))));
    offers.extend([10, 50, 200].map(Change::Operations));
    offers
}

fn textbook(scenario: &Scenario) -> Vec<Change> {
    let timers = scenario.settings.timers;
    let mut offers = vec![
        Change::Whole(Setting::Mode(Mode::Async)),
        Change::Whole(Setting::Mode(Mode::SemiSync)),
        Change::Whole(Setting::Mode(Mode::Sync)),
        Change::SemiSyncTimeout(Some(SECOND_US)),
        Change::SemiSyncTimeout(None),
        Change::DropAfter(Some(SECOND_US)),
        Change::DropAfter(None),
        Change::Whole(Setting::Fencing(true)),
        Change::Whole(Setting::Fencing(false)),
        Change::Whole(Setting::Failover(Failover::Election)),
        Change::Whole(Setting::Failover(Failover::Manual)),
    ];
    let silences = [SECOND_US / 2, SECOND_US * 3 / 2, 5 * SECOND_US];
    let silences = silences
        .into_iter()
        .filter(|&us| us >= 2 * timers.heartbeat_us);
    offers.extend(silences.map(Change::ElectionTimeout));
    offers
}

fn whole_manager(manager: Manager) -> Change {
    Change::Whole(Setting::Manager(manager))
}

/// Nobody, and every manager that goes with the database; the one that runs with its own parameters.
fn managers(scenario: &Scenario) -> Vec<Manager> {
    let now = &scenario.settings.manager;
    let of_database = match scenario.settings.database {
        Database::Textbook => return Vec::new(),
        Database::Postgresql(_) => Manager::Patroni(Box::default()),
        Database::Mysql(_) | Database::Mariadb(_) => Manager::Mha(Box::default()),
    };
    [
        Manager::None,
        of_database,
        Manager::Sentinel(Box::default()),
    ]
    .into_iter()
    .map(|manager| {
        if manager.is_same_kind(now) {
            now.clone()
        } else {
            manager
        }
    })
    .collect()
}

/// The columns to begin with: from answering at once to waiting for replicas, in the database's own terms.
#[must_use]
pub fn usual(scenario: &Scenario) -> Vec<Vec<Change>> {
    match &scenario.settings.database {
        Database::Textbook => [Mode::Async, Mode::SemiSync, Mode::Sync]
            .map(|mode| vec![Change::Whole(Setting::Mode(mode))])
            .into(),
        Database::Postgresql(pg) => [
            CommitLevel::Local,
            CommitLevel::On,
            CommitLevel::RemoteApply,
        ]
        .map(|level| {
            let mut changes = vec![Change::SynchronousCommit(level)];
            // Levels above `local` mean nothing while nobody is waited for (R-PG-1).
            if pg.synchronous_standby_names.is_empty() && level > CommitLevel::Local {
                changes.push(Change::StandbyNames(everyone()));
            }
            changes
        })
        .into(),
        Database::Mysql(_) | Database::Mariadb(_) => vec![
            vec![Change::SemiSync(false)],
            vec![Change::SemiSync(true), Change::SemiSyncWait(1_000)],
            vec![Change::SemiSync(true), Change::SemiSyncWait(DAY_MS)],
        ],
    }
}
