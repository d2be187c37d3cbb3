//! The same run under other settings: without a change it is the same to the bit, a change holds throughout, and what makes
//! no sense under it is said.

#[path = "../../../tests/corpus/mod.rs"]
#[allow(dead_code, reason = "the hashes are the affair of another test")]
mod corpus;

use replicascope_engine::compare::{
    Change, Measure, Numbers, Odd, Script, Value, Why, begin, offers, usual,
};
use replicascope_engine::event::NoEffect;
use replicascope_engine::ids::{ClientId, Key, NodeId};
use replicascope_engine::scenario::{
    Action, CommitLevel, Database, Failover, KillKind, LinkOverride, LinkSettings, Manager, Mode,
    Mysql, Postgresql, Service, ServiceAction, Setting, Settings, TimedAction, Timers, Workload,
};
use replicascope_engine::time::{Span, Time};
use replicascope_engine::{Recording, Scenario, Simulation};

fn mode(mode: Mode) -> Change {
    Change::Whole(Setting::Mode(mode))
}

fn kill(node: u8) -> Action {
    Action::Kill {
        node: NodeId(node),
        how: KillKind::PowerOff,
    }
}

/// A busy Textbook cluster with quick timers, and what is done to it, in ms.
fn busy(actions: impl IntoIterator<Item = (u64, Action)>) -> Scenario {
    Scenario {
        seed: 7,
        settings: Settings {
            timers: Timers {
                heartbeat_us: 100_000,
                election_timeout_us: 500_000,
                vote_wait_us: 200_000,
                health_check_us: 100_000,
                ..Timers::default()
            },
            ..Settings::default()
        },
        workload: Workload {
            operations_per_second: 60,
            read_percent: 50,
            ..Workload::default()
        },
        actions: actions
            .into_iter()
            .map(|(ms, action)| TimedAction {
                at_us: Time::from_millis(ms),
                action,
            })
            .collect(),
        ..Scenario::default()
    }
}

/// Runs it under the changes up to an instant, in ms.
fn run(scenario: &Scenario, changes: &[Change], until_ms: u64) -> (Recording, Script) {
    let (mut run, mut script) = begin(scenario, changes.to_vec()).expect("valid");
    assert!(script.advance_within(&mut run, Time::from_millis(until_ms), u64::MAX));
    (run, script)
}

fn whys(script: &Script) -> Vec<(u64, Why)> {
    let why = |odd: &Odd| (odd.at.0 / 1_000, odd.why.clone());
    script.odd().iter().map(why).collect()
}

#[test]
fn without_changes_it_is_the_same_run_to_the_bit() {
    for (name, text) in corpus::SCENARIOS {
        let scenario = Scenario::from_json(text).expect("the corpus is valid");
        let mut original = Simulation::new(&scenario).expect("valid");
        let until = Time::from_secs(corpus::SECONDS);
        original.advance_to(until);
        let (mut run, mut script) = begin(&scenario, Vec::new()).expect("valid");
        // In small portions, as a page does it.
        while !script.advance_within(&mut run, until, 700) {}
        assert_eq!(
            run.simulation().trace().hash(),
            original.trace().hash(),
            "{name}"
        );
        assert_eq!(run.scenario().actions, scenario.actions, "{name}");
        assert_eq!(
            script.odd(),
            [],
            "{name}: every action of the corpus has an effect"
        );
    }
}

#[test]
fn going_back_and_on_again_takes_no_action_twice() {
    let scenario = busy([
        (1_000, kill(0)),
        (4_000, Action::Restart { node: NodeId(0) }),
    ]);
    let (mut run, mut script) = run(&scenario, &[mode(Mode::Sync)], 6_000);
    let hash = run.simulation().trace().hash();
    for ms in [500, 1_000, 3_999, 4_000] {
        run.seek(Time::from_millis(ms));
        assert!(script.advance_within(&mut run, Time::from_secs(6), u64::MAX));
        assert_eq!(run.simulation().trace().hash(), hash, "from {ms} ms");
        assert_eq!(run.scenario().actions.len(), 2);
    }
}

#[test]
fn the_same_fault_under_three_modes_loses_writes_only_in_async() {
    let mut scenario = busy([(3_000, kill(0))]);
    scenario.cluster.node_link.delay_us = 100_000;
    let numbers: Vec<Numbers> = usual(&scenario)
        .iter()
        .map(|changes| Numbers::of(run(&scenario, changes, 8_000).0.simulation()))
        .collect();
    assert!(numbers[0].lost > 0, "{numbers:?}");
    assert_eq!((numbers[1].lost, numbers[2].lost), (0, 0), "{numbers:?}");
    assert!(numbers[0].commit_median < numbers[1].commit_median);
    assert!(numbers[1].commit_median <= numbers[2].commit_median);
    assert!(
        numbers
            .iter()
            .all(|numbers| numbers.no_primary > Span::ZERO)
    );
    assert!(!Measure::Lost.is_same(&numbers) && !Measure::CommitMedian.is_same(&numbers));
    assert!(Measure::SplitBrain.is_same(&numbers));
    assert_eq!(Measure::Lost.of(&numbers[1]), Value::Count(0));
}

#[test]
fn the_numbers_are_those_of_the_ledger() {
    let scenario = busy([(3_000, kill(0))]);
    let (run, _) = run(&scenario, &[], 3_600);
    let (run, numbers) = (run.simulation(), Numbers::of(run.simulation()));
    let writes: Vec<_> = run.oracle().ops().filter(|op| op.is_write()).collect();
    let waits = writes
        .iter()
        .map(|op| op.done_at.unwrap_or(run.now()).since(op.issued_at));
    assert_eq!(numbers.longest_wait, waits.max());
    let open = writes.iter().filter(|op| op.done_at.is_none()).count() as u64;
    assert!(open > 0, "nobody takes writes yet");
    assert_eq!(
        (numbers.waiting, numbers.writes),
        (open, writes.len() as u64)
    );
    assert_eq!(
        numbers.not_ok + numbers.waiting,
        numbers.writes - run.oracle().totals().writes_acked
    );
}

#[test]
fn promoting_who_is_primary_already_makes_no_sense_and_is_said() {
    // In the original n1 lives until a person promotes n2; in the column the nodes have elected somebody.
    let mut scenario = busy([
        (1_000, kill(0)),
        (4_000, Action::Promote { node: NodeId(1) }),
    ]);
    scenario.settings.failover = Failover::Manual;
    let elects = Change::Whole(Setting::Failover(Failover::Election));
    let (elected, _) = run(&scenario, std::slice::from_ref(&elects), 3_900);
    let winner = elected
        .simulation()
        .writers()
        .iter()
        .next()
        .expect("elected");
    scenario.actions[1].action = Action::Promote { node: winner };
    let (_, original) = run(&scenario, &[], 6_000);
    assert_eq!(original.odd(), []);
    let (_, script) = run(&scenario, &[elects], 6_000);
    assert_eq!(
        whys(&script),
        [(4_000, Why::NoEffect(NoEffect::AlreadyPrimary))]
    );
}

/// n3 is nearest to the primary, so it has most of the log and is elected; in sync mode only n2 may be.
#[test]
fn promoting_n2_makes_sense_in_two_modes_and_not_in_the_third() {
    let mut scenario = busy([
        (1_500, kill(0)),
        (3_500, Action::Promote { node: NodeId(1) }),
    ]);
    let near = LinkSettings {
        delay_us: 4_000,
        ..LinkSettings::default()
    };
    scenario.cluster.node_link.delay_us = 60_000;
    for (from, to) in [(0, 2), (2, 0)] {
        scenario.cluster.links.push(LinkOverride {
            from: NodeId(from).into(),
            to: NodeId(to).into(),
            link: near,
        });
    }
    scenario.settings.sync.members = Some(vec![NodeId(1)]);
    let odd: Vec<_> = usual(&scenario)
        .iter()
        .map(|changes| whys(&run(&scenario, changes, 5_000).1))
        .collect();
    let already = (3_500, Why::NoEffect(NoEffect::AlreadyPrimary));
    assert_eq!(odd, [vec![], vec![], vec![already]]);
}

#[test]
fn a_change_holds_against_what_the_actions_set_and_the_rest_is_set() {
    let timers = Timers {
        client_timeout_us: 1_000_000,
        ..busy([]).settings.timers
    };
    let scenario = busy([
        (1_000, Action::Set(Setting::Mode(Mode::Sync))),
        (2_000, Action::Set(Setting::Timers(timers))),
    ]);
    let changes = [mode(Mode::SemiSync), Change::ElectionTimeout(700_000)];
    let (run, script) = run(&scenario, &changes, 3_000);
    let settings = run.simulation().settings();
    assert_eq!(settings.mode, Mode::SemiSync);
    assert_eq!(settings.timers.election_timeout_us, 700_000);
    assert_eq!(settings.timers.client_timeout_us, 1_000_000);
    assert_eq!(whys(&script), [(1_000, Why::Held)]);
}

#[test]
fn one_parameter_of_a_database_changes_and_the_others_follow_the_actions() {
    let postgresql = |wal_writer_delay| {
        Box::new(Postgresql {
            wal_writer_delay,
            ..Postgresql::default()
        })
    };
    let mut scenario = busy([(
        1_000,
        Action::Set(Setting::Database(Database::Postgresql(postgresql(50)))),
    )]);
    scenario.settings.database = Database::Postgresql(postgresql(200));
    let (run, script) = run(
        &scenario,
        &[Change::SynchronousCommit(CommitLevel::Off)],
        2_000,
    );
    let Database::Postgresql(found) = &run.simulation().settings().database else {
        panic!("the database stays");
    };
    assert_eq!(found.synchronous_commit, CommitLevel::Off);
    assert_eq!(found.wal_writer_delay, 50);
    assert_eq!(script.odd(), []);
}

#[test]
fn what_names_a_process_of_another_manager_is_left_out_and_said() {
    let mut scenario = busy([
        (
            1_000,
            Action::Service {
                service: Service::Agent(NodeId(1)),
                what: ServiceAction::Kill,
            },
        ),
        (2_000, kill(2)),
    ]);
    scenario.settings.database = Database::Postgresql(Box::default());
    scenario.settings.manager = Manager::Patroni(Box::default());
    let off = Change::Whole(Setting::Manager(Manager::None));
    let (run, script) = run(&scenario, &[off], 3_000);
    let [(1_000, Why::NotThere(error))] = &whys(&script)[..] else {
        panic!("{:?}", script.odd());
    };
    assert!(error.to_string().contains("agent:n2"), "{error}");
    assert_eq!(run.scenario().actions.len(), 1, "the kill is taken");
}

/// A write at 1 s and, 2 ms later, something done to the first entry on its way, with its number.
fn with_a_message(act: impl Fn(replicascope_engine::ids::MessageId) -> Action) -> Scenario {
    let write = Action::Write {
        client: ClientId(0),
        key: Key(0),
        value: None,
        node: None,
        synchronous_commit: None,
    };
    let mut scenario = busy([(1_000, write)]);
    scenario.workload.operations_per_second = 0;
    let mut original = Simulation::new(&scenario).expect("valid");
    original.advance_to(Time::from_millis(1_006));
    let entry = original
        .network()
        .in_flight()
        .find(|message| message.message.kind() == replicascope_engine::message::MessageKind::Wal)
        .expect("on its way")
        .id;
    scenario.actions.push(TimedAction {
        at_us: original.now(),
        action: act(entry),
    });
    scenario
}

#[test]
fn a_message_is_known_by_what_it_says_not_by_its_number() {
    let scenario = with_a_message(|message| Action::DropMessage { message });
    let number = |action: &TimedAction| match action.action {
        Action::DropMessage { message } => message,
        _ => panic!("{action:?}"),
    };
    // More heartbeats before the write: the numbers are others, the entry is the same.
    let timers = Timers {
        heartbeat_us: 50_000,
        ..scenario.settings.timers
    };
    let (run_here, script) = run(&scenario, &[Change::Whole(Setting::Timers(timers))], 3_000);
    assert_eq!(script.odd(), []);
    let actions = run_here.scenario().actions;
    assert!(number(&actions[1]) > number(&scenario.actions[1]));
    // Where it was not there in the original either, its number means nothing.
    let mut dead = scenario.clone();
    let first = TimedAction {
        at_us: Time::from_millis(990),
        action: kill(0),
    };
    dead.actions.insert(0, first);
    let (_, script) = run(&dead, &[], 3_000);
    let found = whys(&script);
    assert_eq!(found, [(1_006, Why::NoEffect(NoEffect::NoSuchMessage))]);
}

#[test]
fn every_offer_is_valid_and_changes_something_or_holds_already() {
    let databases = [
        Database::Textbook,
        Database::Postgresql(Box::default()),
        Database::Mysql(Box::<Mysql>::default()),
        Database::Mariadb(Box::default()),
    ];
    for database in databases {
        let mut scenario = busy([]);
        scenario.settings.database = database;
        let offers = offers(&scenario);
        assert!(offers.len() > 10);
        for (index, offer) in offers.iter().enumerate() {
            let (mut settings, mut workload) = (scenario.settings.clone(), scenario.workload);
            offer.apply(&mut settings, &mut workload);
            let again = offers.iter().skip(index + 1).any(|other| other == offer);
            assert!(!again, "{offer:?} is offered twice");
            let ran = begin(&scenario, vec![offer.clone()]);
            assert!(ran.is_ok(), "{offer:?}: {:?}", ran.err());
        }
        let differing = offers.iter().filter(|offer| {
            let (mut settings, mut workload) = (scenario.settings.clone(), scenario.workload);
            offer.apply(&mut settings, &mut workload);
            settings != scenario.settings || workload != scenario.workload
        });
        assert!(differing.count() >= 8);
        let columns = usual(&scenario);
        assert_eq!(columns.len(), 3);
        for changes in columns {
            assert!(changes.iter().all(|change| offers.contains(change)));
        }
    }
}

#[test]
fn waiting_for_replicas_in_the_databases_own_terms_saves_what_answering_at_once_loses() {
    let databases = [
        (
            Database::Postgresql(Box::default()),
            Manager::Patroni(Box::default()),
        ),
        (
            Database::Mysql(Box::default()),
            Manager::Mha(Box::default()),
        ),
    ];
    for (database, manager) in databases {
        let mut scenario = busy([(5_000, kill(0))]);
        scenario.settings.database = database.clone();
        scenario.settings.manager = manager;
        scenario.workload.read_percent = 0;
        let columns = usual(&scenario);
        let numbers =
            |changes: &[Change]| Numbers::of(run(&scenario, changes, 60_000).0.simulation());
        let (at_once, waits) = (numbers(&columns[0]), numbers(&columns[2]));
        assert!(at_once.lost > 0, "{database:?}: {at_once:?}");
        assert!(waits.lost <= at_once.lost, "{database:?}: {waits:?}");
        assert!(waits.commit_median > at_once.commit_median, "{database:?}");
    }
}
