//! PG3a: who sees a commit that waits for a synchronous standby, and how the wait ends.
//!
//! | observation | where |
//! |---|---|
//! | waiting after 2 s, in SyncRep; who sees the row; the same key is locked | `during_the_wait_and_after_it` |
//! | each exit: after how long, what the client is told, the warning, who sees the row then | the same |
//! | client killed: the backend waits on; primary killed: the row is there | `a_killed_client_…` |

use replicascope_engine::event::EventKind;
use replicascope_engine::ids::OpId;
use replicascope_engine::oracle::Status;
use replicascope_engine::scenario::{Action, Admin, Database, KillKind, Postgresql, Setting};

use crate::lab::{Lab, n, postgresql};
use crate::{number, observed, time_agrees};

/// s1 (n2) is killed before the commit; s2 (n3) is async. Two seconds later the commit waits, and people look.
fn waiting() -> (Lab, OpId) {
    let settings = Postgresql {
        synchronous_standby_names: "FIRST 1 (n2)".parse().expect("valid"),
        ..Postgresql::default()
    };
    let mut lab = Lab::new(&postgresql(2, 0, settings)).at_ms(1_000);
    lab.act(Action::Kill {
        node: n(2),
        how: KillKind::Process,
    });
    lab.run_to_ms(1_100);
    let op = lab.write(0);
    lab.run_to_ms(3_100);
    (lab, op)
}

fn sees(lab: &mut Lab, node: u8, op: OpId) -> bool {
    let read = lab.read(0, Some(n(node)));
    let now = lab.simulation.now().0 / 1_000;
    lab.run_to_ms(now + 100);
    lab.value(read) == Some(op)
}

#[test]
fn during_the_wait_and_after_it() {
    let measured = observed("PG3a");
    for case in measured["cases"].as_array().expect("a list") {
        let name = case["case"].as_str().expect("a name");
        let (mut lab, op) = waiting();
        assert_eq!(case["waiting_2s"], lab.op(op).status == Status::Open);
        let waits_for = lab.simulation.node(n(1)).waiting_level(op);
        assert_eq!(case["wait_event"] == "SyncRep", waits_for.is_some());
        assert_eq!(
            case["visible_other_primary_session"],
            sees(&mut lab, 1, op),
            "{name}"
        );
        assert_eq!(case["visible_async_s2"], sees(&mut lab, 3, op), "{name}");
        let same_row = lab.write(0);
        let now = lab.simulation.now().0 / 1_000;
        lab.run_to_ms(now + 100);
        let blocked =
            lab.when(|kind| matches!(kind, EventKind::LockWait { op, .. } if *op == same_row));
        assert!(blocked.is_some(), "{name}: the same row is locked");
        let warned = match name {
            "pg_cancel_backend" => {
                lab.admin(n(1), Admin::CancelWait { op });
                true
            }
            "pg_terminate_backend" => {
                lab.admin(n(1), Admin::TerminateBackend { op });
                true
            }
            "names emptied + reload" => {
                lab.set(Setting::Database(Database::Postgresql(Box::default())));
                false
            }
            "s1 restarted" => {
                lab.restart(n(2));
                false
            }
            // PG3b has these at length: `statement_timeout` does nothing, the cancel 15 s later ends the wait.
            _ => {
                let now = lab.simulation.now().0 / 1_000;
                lab.run_to_ms(now + 15_000);
                assert_eq!(lab.op(op).status, Status::Open, "{name}");
                lab.admin(n(1), Admin::CancelWait { op });
                true
            }
        };
        let now = lab.simulation.now().0 / 1_000;
        lab.run_to_ms(now + 5_000);
        let (told, warnings) = (&case["result"][1], &case["result"][2]);
        let expected = if told == "OK" {
            Status::Acked
        } else {
            Status::Unknown
        };
        assert_eq!(lab.op(op).status, expected, "{name}");
        let waited = lab.latency(op).expect("over").0 as f64 / 1_000_000.0;
        let there = number(&case["result"][0]);
        assert!(
            time_agrees(waited, there, there),
            "{name}: {waited} s here, {there} s there"
        );
        let said = lab.when(|kind| matches!(kind, EventKind::WaitEnded { .. }));
        assert_eq!(said.is_some(), warned, "{name}");
        assert_eq!(
            !warnings.as_array().expect("a list").is_empty(),
            warned,
            "{name}"
        );
        // The write that waited for the row has gone on meanwhile, so the row has moved on at most to that one.
        for (who, node) in [("primary", 1), ("s2", 3)] {
            assert_eq!(case["visible_after"][who], true);
            let row = lab.simulation.node(n(node)).table().row(lab.op(op).key);
            assert!(row.op == op || row.op == same_row, "{name}: {who}");
        }
    }
}

#[test]
fn a_killed_client_does_not_end_the_wait_and_a_restart_of_the_primary_does() {
    let measured = observed("PG3a");
    assert_eq!(
        measured["client killed during the wait"]["backend_still_waiting_5s_later"],
        1
    );
    let mut scenario = postgresql(2, 0, Postgresql::default());
    scenario.settings.timers.client_timeout_us = 1_000_000;
    scenario.settings.database = Database::Postgresql(Box::new(Postgresql {
        synchronous_standby_names: "FIRST 1 (n2)".parse().expect("valid"),
        ..Postgresql::default()
    }));
    let mut lab = Lab::new(&scenario).at_ms(1_000);
    lab.kill(n(2));
    let op = lab.write(0);
    lab.run_to_ms(7_000);
    assert_eq!(lab.op(op).status, Status::Unknown, "its client is gone");
    assert_eq!(lab.simulation.node(n(1)).waiting_commits(), 1);
    assert!(!sees(&mut lab, 1, op));
    lab.act(Action::Kill {
        node: n(1),
        how: KillKind::Process,
    });
    lab.restart(n(1));
    lab.run_to_ms(8_000);
    let visible = &measured["primary killed during the wait, restarted with s1 still down"];
    assert_eq!(
        visible["row_visible_on_primary_after_restart_while_s1_down"],
        sees(&mut lab, 1, op)
    );
}
