//! Logs of actions: what a person could do at the page, at any instant, in any order.
//!
//! The actions are made from the bytes, so nearly every input is a run. What is valid is taken, live; then the log is replayed from
//! the start, and it must be the same run.

use replicascope_engine::ids::{ClientId, Key, MessageId, NodeId, OpId};
use replicascope_engine::scenario::{
    Action, Admin, CommitLevel, Endpoint, Failover, KillKind, LinkSettings, Mode, ReadPolicy,
    SemiSync, Service, ServiceAction, Setting, Sync,
};
use replicascope_engine::time::Time;
use replicascope_engine::{Recording, Scenario};

use crate::draw::Draw;

/// The clusters in which it happens: each database, each manager. Two nodes too few of anything are invalid, which is tried too.
const CLUSTERS: [&str; 8] = [
    r#"{"version": 2}"#,
    r#"{"version": 2, "settings": {"mode": "sync", "fencing": false}}"#,
    r#"{"version": 2, "settings": {"database": {"postgresql": {}}}}"#,
    r#"{"version": 2, "settings": {"database": {"postgresql": {}}, "manager": {"patroni": {}}}}"#,
    r#"{"version": 2, "settings": {"database": {"mysql": {}}}}"#,
    r#"{"version": 2, "settings": {"database": {"mysql": {}}, "manager": {"mha": {}}}}"#,
    r#"{"version": 2, "settings": {"database": {"mariadb": {}}, "manager": {"sentinel": {}}}}"#,
    r#"{"version": 2, "cluster": {"replicas": 1, "clients": ["a"]}, "workload": {"keys": 1}, "settings": {"routing": {"token": {}}}}"#,
];
/// Most steps of a run.
const STEPS: u64 = 4_000;
/// Most actions of a log.
const ACTIONS: usize = 24;

/// Acting live and replaying the log is the same run.
pub fn check(input: &[u8]) {
    let mut draw = Draw(input);
    let text = draw.one_of(&CLUSTERS);
    let scenario = Scenario::from_json(text)
        .unwrap_or_else(|error| unreachable!("the clusters are valid: {error}"));
    let mut live = Recording::new(scenario).expect("valid");
    for _ in 0..ACTIONS {
        if draw.is_empty() {
            break;
        }
        let wait = u64::from(draw.byte()) * 10_000;
        let left = STEPS.saturating_sub(live.simulation().steps());
        if !live.advance_within(Time(live.simulation().now().0 + wait), left) {
            break;
        }
        let action = action(&mut draw);
        if let Err(error) = live.act(action.clone()) {
            assert!(!error.to_string().is_empty(), "{action:?}");
        }
    }
    live.advance_within(Time(live.simulation().now().0 + 5_000_000), 500);
    let (now, steps) = (live.simulation().now(), live.simulation().steps());
    let mut again = Recording::new(live.scenario()).expect("every action was checked");
    again.advance_within(now, steps);
    while again.simulation().steps() < steps && again.step() {}
    let hash = |recording: &Recording| recording.simulation().trace().hash();
    assert_eq!(again.simulation().steps(), steps);
    assert_eq!(hash(&again), hash(&live), "{}", live.scenario().to_json());
}

fn node(draw: &mut Draw<'_>) -> NodeId {
    NodeId(draw.below(6))
}

fn end(draw: &mut Draw<'_>) -> Endpoint {
    match draw.below(8) {
        0 => Endpoint::Clients,
        1 => Endpoint::Store(draw.below(4)),
        2 => Endpoint::Monitor(draw.below(4)),
        _ => Endpoint::Node(node(draw)),
    }
}

fn link(draw: &mut Draw<'_>) -> LinkSettings {
    LinkSettings {
        delay_us: draw.number(),
        jitter_us: draw.number(),
        loss_ppm: u32::try_from(draw.number()).unwrap_or(u32::MAX),
        extra: None,
    }
}

fn action(draw: &mut Draw<'_>) -> Action {
    match draw.below(24) {
        0 => Action::Write {
            client: ClientId(draw.below(4).into()),
            key: Key(draw.below(14).into()),
            value: None,
            node: draw.yes().then(|| node(draw)),
            synchronous_commit: draw.yes().then(|| {
                draw.one_of(&[
                    CommitLevel::Off,
                    CommitLevel::Local,
                    CommitLevel::RemoteWrite,
                    CommitLevel::On,
                    CommitLevel::RemoteApply,
                ])
            }),
        },
        1 => Action::Read {
            client: ClientId(draw.below(4).into()),
            key: Key(draw.below(14).into()),
            node: draw.yes().then(|| node(draw)),
        },
        2 => Action::Kill {
            node: node(draw),
            how: draw.one_of(&[
                KillKind::PowerOff,
                KillKind::Process,
                KillKind::AllProcesses,
            ]),
        },
        3 => Action::LoseHost { node: node(draw) },
        4 => Action::Restart { node: node(draw) },
        5 => Action::Freeze { node: node(draw) },
        6 => Action::Thaw { node: node(draw) },
        7 => Action::Slow {
            node: node(draw),
            factor: u32::try_from(draw.number()).unwrap_or(u32::MAX),
        },
        8 => Action::CutLink {
            from: end(draw),
            to: end(draw),
        },
        9 => Action::HealLink {
            from: end(draw),
            to: end(draw),
        },
        10 => Action::SetLink {
            from: end(draw),
            to: end(draw),
            link: link(draw),
        },
        11 => Action::Isolate { node: node(draw) },
        12 => Action::Reconnect { node: node(draw) },
        13 => Action::HealAll,
        14 => Action::HoldMessage {
            message: MessageId(draw.number()),
        },
        15 => Action::ReleaseMessage {
            message: MessageId(draw.number()),
        },
        16 => Action::DropMessage {
            message: MessageId(draw.number()),
        },
        17 => Action::DelayMessage {
            message: MessageId(draw.number()),
            by_us: draw.number(),
        },
        18 => Action::DuplicateMessage {
            message: MessageId(draw.number()),
        },
        19 => Action::Promote { node: node(draw) },
        20 => Action::Admin {
            node: node(draw),
            command: admin(draw),
        },
        21 => Action::Service {
            service: match draw.below(3) {
                0 => Service::Agent(node(draw)),
                1 => Service::Store(draw.below(4)),
                _ => Service::Monitor(draw.below(4)),
            },
            what: draw.one_of(&[
                ServiceAction::Kill,
                ServiceAction::Restart,
                ServiceAction::Freeze,
                ServiceAction::Thaw,
            ]),
        },
        _ => Action::Set(setting(draw)),
    }
}

fn admin(draw: &mut Draw<'_>) -> Admin {
    match draw.below(12) {
        0 => Admin::Follow {
            upstream: node(draw),
        },
        1 => Admin::Rewind { source: node(draw) },
        2 => Admin::Rebuild { source: node(draw) },
        3 => Admin::PauseReplay,
        4 => Admin::ResumeReplay,
        5 => Admin::StopReceiver,
        6 => Admin::StartReceiver,
        7 => Admin::ResetReplica,
        8 => Admin::CancelWait {
            op: OpId(draw.byte().into()),
        },
        9 => Admin::TerminateBackend {
            op: OpId(draw.byte().into()),
        },
        10 => Admin::TerminateSender {
            standby: node(draw),
        },
        _ => Admin::ConflictingQuery {
            for_us: draw.number(),
        },
    }
}

fn setting(draw: &mut Draw<'_>) -> Setting {
    match draw.below(7) {
        0 => Setting::Mode(draw.one_of(&[Mode::Async, Mode::SemiSync, Mode::Sync])),
        1 => Setting::SemiSync(SemiSync {
            acks: draw.below(6),
            timeout_us: draw.yes().then(|| draw.number()),
        }),
        2 => Setting::Sync(Sync {
            members: draw
                .yes()
                .then(|| (0..draw.below(6)).map(|_| node(draw)).collect()),
            drop_after_us: draw.yes().then(|| draw.number()),
        }),
        3 => Setting::Failover(draw.one_of(&[Failover::Manual, Failover::Election])),
        4 => Setting::Fencing(draw.yes()),
        5 => Setting::Reads(draw.one_of(&[
            ReadPolicy::PrimaryOnly,
            ReadPolicy::RoundRobin,
            ReadPolicy::Random,
        ])),
        _ => json_setting(draw),
    }
}

/// A setting with many fields, as a file would have it.
fn json_setting(draw: &mut Draw<'_>) -> Setting {
    let text = draw.one_of(&[
        r#"{"routing": "plain"}"#,
        r#"{"routing": {"token": {}}}"#,
        r#"{"routing": {"haproxy": {}}}"#,
        r#"{"routing": {"proxysql": {}}}"#,
        r#"{"routing": {"maxscale": {}}}"#,
        r#"{"routing": {"pgpool": {}}}"#,
        r#"{"routing": {"pin": {}}}"#,
        r#"{"workload": {"operations_per_second": 2000, "keys": 12}}"#,
        r#"{"timers": {"heartbeat_us": 1000, "election_timeout_us": 2000}}"#,
        r#"{"database": {"postgresql": {"synchronous_standby_names": "ANY 1 (*)", "synchronous_commit": "remote_apply"}}}"#,
        r#"{"database": {"postgresql": {}}}"#,
        r#"{"database": {"mysql": {"rpl_semi_sync_source_enabled": true}}}"#,
        r#"{"database": {"mysql": {}}}"#,
        r#"{"manager": {"patroni": {"synchronous_mode": "quorum"}}}"#,
    ]);
    serde_json::from_str(text).unwrap_or_else(|error| unreachable!("{text}: {error}"))
}
