//! Commits: semi-sync that fell back, rows shown too early, waits that were ended.

use replicascope_engine::event::EventKind;
use replicascope_engine::scenario::{
    Action, Admin, CommitLevel, Database, Mariadb, Mysql, Postgresql, Setting,
};
use replicascope_engine::why::{Part, Question, Step, Verdict, Waited};

use crate::lab::{Lab, mariadb, mysql, n, postgresql};
use crate::{ask, assert_fault, assert_in_order, is_fault, took_over};

fn waited(wanted: Waited) -> impl Fn(&Step) -> bool {
    move |step| step.part == Part::Committed { waited: wanted }
}

fn semi_sync() -> Mysql {
    Mysql {
        rpl_semi_sync_source_enabled: true,
        ..Mysql::default()
    }
}

#[test]
fn the_commit_that_gave_up_and_those_after_it_name_the_dead_replica() {
    let mut lab = Lab::new(&mysql(1, 5, semi_sync())).at_ms(1_000);
    lab.kill(n(2));
    let first = lab.write(0);
    lab.wait_ms(11_000);
    let second = lab.write(1);
    lab.wait_ms(100);
    let why = ask(&lab, Question::Op(first));
    assert_in_order(&why, &[&is_fault, &waited(Waited::GaveUp)]);
    let why = ask(&lab, Question::Op(second));
    assert!(matches!(why.verdict, Verdict::Exposed { .. }), "{why:#?}");
    let fell_back = |step: &Step| step.event.kind == EventKind::SemiSyncFellBack { node: n(1) };
    assert_in_order(&why, &[&is_fault, &fell_back, &waited(Waited::Nobody)]);
    assert_fault(&why, |what| *what == EventKind::Killed { node: n(2) });
}

#[test]
fn a_phantom_of_after_commit_says_when_the_row_could_be_read() {
    let settings = Mariadb {
        rpl_semi_sync_master_enabled: true,
        ..Mariadb::default()
    };
    let mut lab = Lab::new(&mariadb(1, 5, settings)).at_ms(1_000);
    lab.act(Action::Isolate { node: n(1) });
    lab.write(0);
    lab.wait_ms(100);
    let read = lab.read(0, Some(n(1)));
    lab.wait_ms(100);
    lab.kill(n(1));
    lab.promote(n(2));
    lab.wait_ms(1_000);
    let why = ask(&lab, Question::Op(read));
    assert_eq!(why.verdict, Verdict::Phantom { node: n(1) });
    let shown = |step: &Step| matches!(step.part, Part::Shown { .. });
    let answered = |step: &Step| matches!(step.part, Part::Answered { .. });
    assert_in_order(&why, &[&shown, &answered, &took_over]);
}

#[test]
fn who_ended_a_wait_and_which_standby_was_waited_for() {
    let settings = |names: &str| Postgresql {
        synchronous_standby_names: names.parse().expect("names"),
        ..Postgresql::default()
    };
    let mut lab = Lab::new(&postgresql(1, 5, settings("n2"))).at_ms(1_000);
    lab.act(Action::Isolate { node: n(2) });
    let cancelled = lab.write(0);
    let other = lab.write(1);
    lab.wait_ms(1_000);
    lab.admin(n(1), Admin::CancelWait { op: cancelled });
    lab.wait_ms(1_000);
    let database = Database::Postgresql(Box::new(settings("")));
    lab.set(Setting::Database(database));
    lab.wait_ms(100);
    let why = ask(&lab, Question::Op(cancelled));
    let ended = |step: &Step| matches!(step.event.kind, EventKind::WaitEnded { .. });
    assert_in_order(&why, &[&ended, &waited(Waited::Cancelled)]);
    let why = ask(&lab, Question::Op(other));
    assert_in_order(&why, &[&waited(Waited::ListChanged)]);
}

#[test]
fn a_stall_names_the_standby_that_was_given_up() {
    let settings = Postgresql {
        synchronous_standby_names: "FIRST 1 (n2, n3)".parse().expect("names"),
        wal_sender_timeout: 10_000,
        ..Postgresql::default()
    };
    let mut lab = Lab::new(&postgresql(2, 5, settings)).at_ms(1_000);
    lab.act(Action::Freeze { node: n(2) });
    let write = lab.write(0);
    lab.wait_ms(25_000);
    let why = ask(&lab, Question::Op(write));
    let lost = |step: &Step| matches!(step.event.kind, EventKind::StandbyLost { standby, .. } if standby == n(2));
    assert_in_order(&why, &[&is_fault, &lost, &waited(Waited::For(n(3)))]);
    assert_fault(&why, |what| *what == EventKind::Frozen { node: n(2) });
}

#[test]
fn what_was_not_on_disk_is_said() {
    let mut lab = Lab::new(&postgresql(1, 5, Postgresql::default())).at_ms(1_000);
    let off = lab.write_at(0, n(1), Some(CommitLevel::Off));
    lab.wait_ms(1_000);
    let why = ask(&lab, Question::Op(off));
    assert_in_order(&why, &[&waited(Waited::NotEvenDisk)]);

    let mut lab = Lab::new(&mariadb(1, 5, Mariadb::default())).at_ms(1_000);
    let write = lab.write(0);
    lab.wait_ms(1_000);
    let why = ask(&lab, Question::Op(write));
    assert_in_order(&why, &[&waited(Waited::Written)]);
}

#[test]
fn a_rewind_that_erased_a_write_is_told_with_who_ordered_it() {
    let settings = Postgresql {
        wal_log_hints: true,
        ..Postgresql::default()
    };
    let mut lab = Lab::new(&postgresql(1, 100, settings)).at_ms(1_000);
    let write = lab.write(0);
    lab.wait_ms(10);
    lab.kill(n(1));
    lab.promote(n(2));
    lab.wait_ms(1_000);
    lab.follow(n(1), n(2));
    lab.restart(n(1));
    lab.wait_ms(1_000);
    lab.admin(n(1), Admin::Rewind { source: n(2) });
    lab.wait_ms(5_000);
    let why = ask(&lab, Question::Op(write));
    let rewound =
        |step: &Step| matches!(step.event.kind, EventKind::Rewound { node, .. } if node == n(1));
    assert_in_order(&why, &[&is_fault, &took_over, &rewound]);
}
