//! What is different in the search when the nodes run PostgreSQL, MySQL or MariaDB: their parameters, commands to them, and
//! how a cluster is mended that does not mend itself.

use super::Phases;
use super::generate::Dice;
use crate::ids::{NodeId, OpId};
use crate::scenario::{
    Action, Admin, Cluster, CommitLevel, Database, Manager, Postgresql, Scenario, Setting,
    Settings, StandbyNames, Timers,
};
use crate::time::{Span, Time};

/// Random settings of a database server in place of the Textbook ones.
pub(super) fn settings(dice: &mut Dice, cluster: &Cluster, textbook: Settings) -> Settings {
    Settings {
        database: Database::Postgresql(Box::new(postgresql(dice, cluster))),
        ..textbook
    }
}

fn postgresql(dice: &mut Dice, cluster: &Cluster) -> Postgresql {
    Postgresql {
        synchronous_commit: level(dice),
        synchronous_standby_names: names(dice, cluster),
        wal_writer_delay: dice.pick(&[10, 200]),
        wal_sender_timeout: dice.pick(&[0, 1_500, 4_000]),
        wal_receiver_timeout: dice.pick(&[0, 1_500, 4_000]),
        wal_receiver_status_interval: dice.pick(&[0, 1, 10]),
        wal_retrieve_retry_interval: dice.pick(&[100, 1_000, 5_000]),
        recovery_min_apply_delay: dice.pick(&[0, 0, 0, 1_000]),
        max_standby_streaming_delay: dice.pick(&[-1, 0, 500]),
        hot_standby_feedback: dice.one_in(4),
        wal_log_hints: dice.one_in(2),
        replication_slots: dice.one_in(2),
        ..Postgresql::default()
    }
}

fn level(dice: &mut Dice) -> CommitLevel {
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

/// Something that is done to database servers only. Nothing that would leave nobody with the data: n1 is never filled from
/// another.
pub(super) fn action(
    dice: &mut Dice,
    cluster: &Cluster,
    settings: &Settings,
    node: NodeId,
) -> Option<Action> {
    let other = dice.node(cluster);
    let postgresql = matches!(settings.database, Database::Postgresql(_));
    let command = match dice.below(13) {
        0 => return Some(Action::Promote { node }),
        1 | 2 => Admin::Follow { upstream: other },
        3 if postgresql => Admin::Rewind { source: other },
        4 if node != NodeId(0) => Admin::Rebuild { source: other },
        5 => Admin::PauseReplay,
        6 => Admin::ResumeReplay,
        7 => Admin::StopReceiver,
        8 => Admin::StartReceiver,
        9 => Admin::CancelWait {
            op: OpId(dice.between(1, 300) as u32),
        },
        10 => Admin::TerminateBackend {
            op: OpId(dice.between(1, 300) as u32),
        },
        11 => Admin::TerminateSender { standby: other },
        12 if postgresql => Admin::ConflictingQuery {
            for_us: dice.between(1, 5_000_000),
        },
        _ => return None,
    };
    Some(Action::Admin { node, command })
}

/// Other parameters of the same database.
pub(super) fn setting(dice: &mut Dice, cluster: &Cluster, settings: &Settings) -> Setting {
    Setting::Database(match settings.database {
        Database::Postgresql(_) => Database::Postgresql(Box::new(postgresql(dice, cluster))),
        ref other => other.clone(),
    })
}

/// How long a node may go on asking a source that does not answer, before it starts again.
const GIVES_UP: Span = Span::from_secs(16);

/// What mends the cluster. Without a manager a person does: n1 becomes primary, and everybody else is filled from it.
pub(super) fn mend(scenario: &Scenario, phases: Phases) -> Vec<(Time, Action)> {
    let healed = phases.healed_at;
    let mut actions = vec![
        (healed, Action::Set(Setting::Timers(Timers::default()))),
        (
            healed,
            Action::Set(Setting::Database(plain(&scenario.settings.database))),
        ),
        (healed, Action::HealAll),
    ];
    if scenario.settings.manager != Manager::None {
        return actions;
    }
    let admin = |at, node, command| (at, Action::Admin { node, command });
    for node in scenario.cluster.nodes() {
        actions.push(admin(healed, node, Admin::ResumeReplay));
        actions.push(admin(healed, node, Admin::StartReceiver));
    }
    let first = NodeId(0);
    let ready = healed + GIVES_UP;
    // A promotion, even of one that is primary, so that it is clear whose history goes on.
    actions.push(admin(
        ready,
        first,
        Admin::Follow {
            upstream: NodeId(1),
        },
    ));
    let restarted = ready + Span::from_secs(1);
    actions.push((restarted, Action::Promote { node: first }));
    let promoted = ready + Span::from_secs(2);
    for node in scenario.cluster.nodes().filter(|&node| node != first) {
        actions.push(admin(promoted, node, Admin::Rebuild { source: first }));
    }
    actions
}

/// The database with parameters that let everything recover: nobody is waited for, and time-outs are short.
fn plain(database: &Database) -> Database {
    match database {
        Database::Postgresql(_) => Database::Postgresql(Box::new(Postgresql {
            wal_retrieve_retry_interval: 500,
            wal_log_hints: true,
            ..Postgresql::default()
        })),
        other => other.clone(),
    }
}
