//! A comparison in words: what a column changes, what it promises, and the rows of the table.

use replicascope_engine::compare::{Change, Measure, Odd, Value, Why};
use replicascope_engine::scenario::{
    CommitLevel, Database, Failover, Manager, Mode, ReadPolicy, Setting, Settings, WaitPoint,
};
use replicascope_engine::time::Span;

use super::{at, events, settings, span};

/// From so many milliseconds on a time-out is none.
const AS_GOOD_AS_EVER_MS: u64 = 86_400_000;

/// A change as a column is named after it, in the words of the database.
pub(crate) fn change(change: &Change) -> String {
    match change {
        Change::Whole(setting) => whole(setting),
        Change::SemiSyncTimeout(Some(us)) => {
            format!("semi-sync gives up after {}", span(Span(*us)))
        }
        Change::SemiSyncTimeout(None) => "semi-sync never gives up".to_owned(),
        Change::DropAfter(Some(us)) => format!("dead member dropped after {}", span(Span(*us))),
        Change::DropAfter(None) => "dead member never dropped".to_owned(),
        Change::ElectionTimeout(us) => format!("election after {}", span(Span(*us))),
        Change::Operations(rate) => format!("{rate} operations a second"),
        Change::SynchronousCommit(level) => format!("commit {}", commit_level(*level)),
        Change::StandbyNames(names) if names.is_empty() => "no synchronous standby".to_owned(),
        Change::StandbyNames(names) => format!("standbys {names}"),
        Change::SemiSync(true) => "Semi-sync on".to_owned(),
        Change::SemiSync(false) => "Semi-sync off".to_owned(),
        Change::SemiSyncWait(AS_GOOD_AS_EVER_MS..) => "waits as long as it takes".to_owned(),
        Change::SemiSyncWait(ms) => format!("time-out {}", span(Span::from_millis(*ms))),
        Change::WaitPoint(WaitPoint::AfterSync) => "AFTER_SYNC".to_owned(),
        Change::WaitPoint(WaitPoint::AfterCommit) => "AFTER_COMMIT".to_owned(),
        Change::SyncBinlog(groups) => format!("sync_binlog {groups}"),
    }
}

fn commit_level(level: CommitLevel) -> &'static str {
    match level {
        CommitLevel::Off => "off",
        CommitLevel::Local => "local",
        CommitLevel::RemoteWrite => "remote_write",
        CommitLevel::On => "on",
        CommitLevel::RemoteApply => "remote_apply",
    }
}

fn whole(setting: &Setting) -> String {
    match setting {
        Setting::Mode(mode) => settings::mode(*mode).to_owned(),
        Setting::Fencing(true) => "fencing on".to_owned(),
        Setting::Fencing(false) => "fencing off".to_owned(),
        Setting::Failover(Failover::Election) => "the nodes elect".to_owned(),
        Setting::Failover(Failover::Manual) => "a person promotes".to_owned(),
        Setting::Reads(ReadPolicy::PrimaryOnly) => "reads from the primary".to_owned(),
        Setting::Reads(ReadPolicy::RoundRobin) => "reads round-robin".to_owned(),
        Setting::Reads(ReadPolicy::Random) => "reads at random".to_owned(),
        Setting::Manager(Manager::None) => "no manager".to_owned(),
        Setting::Manager(Manager::Patroni(_)) => "Patroni".to_owned(),
        Setting::Manager(Manager::Mha(_)) => "MHA".to_owned(),
        Setting::Manager(Manager::Sentinel(_)) => "Sentinel".to_owned(),
        other => settings::setting(other).unwrap_or_else(|| "other parameters".to_owned()),
    }
}

/// What offers are grouped by.
pub(crate) fn group(change: &Change) -> &'static str {
    match change {
        Change::Whole(Setting::Mode(_)) => "Mode",
        Change::SemiSyncTimeout(_) | Change::DropAfter(_) => "When a replica is silent",
        Change::Whole(Setting::Fencing(_) | Setting::Failover(_) | Setting::Manager(_))
        | Change::ElectionTimeout(_) => "Failover",
        Change::SynchronousCommit(_) => "synchronous_commit",
        Change::StandbyNames(_) => "synchronous_standby_names",
        Change::SemiSync(_) | Change::SemiSyncWait(_) | Change::WaitPoint(_) => "Semi-sync",
        Change::SyncBinlog(_) => "sync_binlog",
        Change::Whole(Setting::Reads(_)) => "Reads",
        _ => "Workload",
    }
}

/// What a column is called.
pub(crate) fn title(changes: &[Change]) -> String {
    if changes.is_empty() {
        return "As it ran".to_owned();
    }
    let parts: Vec<String> = changes.iter().map(change).collect();
    parts.join(", ")
}

/// When a client is told OK under these settings.
pub(crate) fn promise(settings: &Settings) -> &'static str {
    match &settings.database {
        Database::Textbook => match settings.mode {
            Mode::Async => "OK as soon as the primary has flushed the write.",
            Mode::SemiSync => "OK once enough replicas have received the entry. Not applied.",
            Mode::Sync => "OK once every replica in the sync set has applied the entry.",
        },
        Database::Postgresql(pg) => match pg.synchronous_commit {
            CommitLevel::Off => "OK at once, before anything is on a disk.",
            _ if pg.synchronous_standby_names.is_empty() => {
                "OK once it is on the primary's disk. No standby is waited for."
            }
            CommitLevel::Local => "OK once it is on the primary's disk.",
            CommitLevel::RemoteWrite => "OK once the standbys have it, not yet on disk.",
            CommitLevel::On => "OK once it is on the standbys' disks. Not applied.",
            CommitLevel::RemoteApply => "OK once the standbys have applied it.",
        },
        Database::Mysql(my) => semi_sync(
            my.rpl_semi_sync_source_enabled,
            my.rpl_semi_sync_source_timeout,
        ),
        Database::Mariadb(my) => semi_sync(
            my.rpl_semi_sync_master_enabled,
            my.rpl_semi_sync_master_timeout,
        ),
    }
}

fn semi_sync(on: bool, timeout_ms: u64) -> &'static str {
    match (on, timeout_ms) {
        (false, _) => "OK once the source has committed. No replica is waited for.",
        (true, AS_GOOD_AS_EVER_MS..) => "OK once a replica has it in its relay log.",
        (true, _) => "OK once a replica has it, or the time-out has passed.",
    }
}

/// A row of the table.
pub(crate) fn measure(measure: Measure) -> &'static str {
    match measure {
        Measure::Lost => "Acked writes lost",
        Measure::NotOk => "Writes blocked: no OK",
        Measure::Waiting => "Writes waiting now",
        Measure::CommitMedian => "Commit latency, median",
        Measure::CommitP99 => "Commit latency, 99th percentile",
        Measure::LongestWait => "Longest wait of a write",
        Measure::NoPrimary => "Without a primary",
        Measure::SplitBrain => "Split brain for",
        Measure::Stale => "Stale reads",
        Measure::Broken => "Reads that went back",
        Measure::WorstLag => "Worst lag",
    }
}

/// A row of the table where there is little room.
pub(crate) fn short_measure(row: Measure) -> &'static str {
    match row {
        Measure::NotOk => "Without OK",
        Measure::CommitMedian => "Commit p50",
        Measure::NoPrimary => "No primary",
        row => measure(row),
    }
}

/// A number of the table.
pub(crate) fn value(value: Value) -> String {
    match value {
        Value::Count(count) => count.to_string(),
        Value::Of(part, whole) => format!("{part} of {whole}"),
        Value::Span(Some(long)) => span(long),
        Value::Span(None) => "none".to_owned(),
    }
}

/// An action that makes no sense in a column.
pub(crate) fn odd(odd: &Odd) -> String {
    let why = match &odd.why {
        Why::NoEffect(why) => events::no_effect(*why).to_owned(),
        Why::Held => "this column keeps its own value".to_owned(),
        Why::OtherMessages => "no such message is on its way".to_owned(),
        Why::NotThere(error) => error.problem.to_string(),
    };
    format!(
        "{} at {} makes no sense here: {why}.",
        settings::short(&odd.action),
        at(odd.at)
    )
}

/// How the columns compare, for those who hear the page.
pub(crate) fn summary(columns: &[(String, u64)]) -> String {
    let parts: Vec<String> = columns
        .iter()
        .map(|(title, lost)| format!("{title}: {lost}"))
        .collect();
    format!("Acked writes lost. {}.", parts.join(". "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use replicascope_engine::Scenario;
    use replicascope_engine::compare::{offers, usual};
    use replicascope_engine::event::NoEffect;
    use replicascope_engine::ids::NodeId;
    use replicascope_engine::scenario::Action;
    use replicascope_engine::time::Time;

    fn of(database: Database) -> Scenario {
        Scenario {
            settings: Settings {
                database,
                ..Settings::default()
            },
            ..Scenario::default()
        }
    }

    #[test]
    fn every_offer_has_a_name_of_its_own_and_stands_beside_its_like() {
        let databases = [
            Database::Textbook,
            Database::Postgresql(Box::default()),
            Database::Mysql(Box::default()),
            Database::Mariadb(Box::default()),
        ];
        for database in databases {
            let scenario = of(database);
            let offers = offers(&scenario);
            let mut names: Vec<String> = offers.iter().map(change).collect();
            assert!(names.iter().all(|name| name.len() < 40), "{names:?}");
            names.sort();
            names.dedup();
            assert_eq!(names.len(), offers.len(), "{names:?}");
            let mut groups: Vec<&str> = offers.iter().map(group).collect();
            groups.dedup();
            let many = groups.len();
            groups.sort_unstable();
            groups.dedup();
            assert_eq!(many, groups.len(), "a group is in two parts: {groups:?}");
            let mut titles: Vec<String> = usual(&scenario).iter().map(|c| title(c)).collect();
            titles.dedup();
            assert_eq!(titles.len(), 3);
        }
    }

    #[test]
    fn an_action_that_makes_no_sense_is_said_with_its_reason() {
        let told = odd(&Odd {
            at: Time::from_millis(3_200),
            action: Action::Promote { node: NodeId(1) },
            why: Why::NoEffect(NoEffect::AlreadyPrimary),
        });
        assert_eq!(
            told,
            "Promote n2 at 3.200 s makes no sense here: the node takes writes already."
        );
    }
}
