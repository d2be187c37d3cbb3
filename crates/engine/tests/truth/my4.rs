//! MY4: an old source with extra transactions returns to `MariaDB`'s new one.
//!
//! | observation | where |
//! |---|---|
//! | twelve trials: both threads, both errors with the GTIDs that they name, rows of both servers | `every_trial_ends_as_it_did` |
//! | GTIDs of both before the old one follows | the same, in `returned` |
//! | error 1947 on presetting `gtid_slave_pos` in strict mode | the same, in `refused_with_1947` |

use replicascope_engine::event::{ApplierError, EventKind};
use replicascope_engine::message::Refusal;
use replicascope_engine::node::server::{Gtid, ReceiverState};
use replicascope_engine::scenario::{Admin, Mariadb, UseGtid};
use serde_json::Value;

use crate::lab::{Lab, mariadb, n};
use crate::observed;

/// `0-1-6` is number 6 of server m1, which is n1 here.
fn gtid(text: &str) -> Gtid {
    let parts: Vec<u64> = text
        .split('-')
        .map(|part| part.parse().expect("a number"))
        .collect();
    Gtid {
        server: n(parts[1] as u8),
        number: parts[2],
    }
}

fn number_list(value: &Value) -> Vec<u32> {
    serde_json::from_value(value.clone()).expect("row ids")
}

/// As the trial did it: five transactions on both, `extra` on the old source, `new` on the new one, then the old one returns.
fn returned(trial: &Value) -> Lab {
    let settings = Mariadb {
        master_use_gtid: match trial["how"].as_str() {
            Some("slave_pos") => UseGtid::SlavePos,
            Some("current_pos") => UseGtid::CurrentPos,
            other => panic!("{other:?} is no way to find the position"),
        },
        gtid_strict_mode: trial["gtid_strict_mode"] == 1,
        ..Mariadb::default()
    };
    let mut scenario = mariadb(1, 0, settings);
    scenario.workload.keys = 300;
    let mut lab = Lab::new(&scenario).at_ms(1_000);
    for _ in 0..5 {
        lab.write_at(1, n(1), None);
    }
    lab.wait_ms(500);
    lab.admin(n(2), Admin::StopReceiver);
    let rows = |node: &str| number_list(&trial[node]).into_iter();
    for key in rows("rows_m1").filter(|&key| (100..200).contains(&key)) {
        lab.write_at(key, n(1), None);
    }
    lab.wait_ms(500);
    lab.kill_process(n(1));
    lab.promote(n(2));
    lab.wait_ms(500);
    for key in rows("rows_m2").filter(|&key| key >= 200) {
        lab.write_at(key, n(2), None);
    }
    lab.wait_ms(500);
    lab.restart(n(1));
    lab.wait_ms(500);
    if let Some(positions) = trial["gtid"].as_object() {
        let last = |node: u8| {
            let tip = lab.simulation.node(n(node)).tip();
            Gtid {
                server: tip.timeline.owner(),
                number: tip.lsn.0,
            }
        };
        let text = |value: &Value| gtid(value.as_str().expect("a GTID"));
        assert_eq!(last(1), text(&positions["m1"][0]), "{trial}");
        assert_eq!(last(2), text(&positions["m2"]), "{trial}");
    }
    if let Some(preset) = trial["gtid_slave_pos preset to fork"].as_str() {
        let Gtid { server, number } = gtid(preset);
        lab.admin(n(1), Admin::SetSlavePos { server, number });
        if trial.get("error_setting_up").is_some() {
            // The trial ended there.
            return lab;
        }
    }
    lab.follow(n(1), n(2));
    lab.wait_ms(2_000);
    lab
}

/// Error 1947: the command is refused, and nothing has changed.
fn refused_with_1947(lab: &Lab, trial: &Value) {
    let text = trial["error_setting_up"].as_str().expect("a text");
    assert!(text.starts_with("(1947,"));
    let mut named = text.split("GTID ").skip(1);
    let mut name = || {
        let rest = named.next().expect("two");
        gtid(rest.split([' ', '.']).next().expect("one"))
    };
    let (asked, newer) = (name(), name());
    let refused = lab.when(|kind| {
        *kind
            == EventKind::SlavePosSet {
                node: n(1),
                gtid: asked,
                conflict: Some(newer),
            }
    });
    assert!(refused.is_some(), "{trial}");
    assert_eq!(lab.rows(n(1)), number_list(&trial["rows_m1"]));
    assert_eq!(lab.rows(n(2)), number_list(&trial["rows_m2"]));
}

#[test]
fn every_trial_ends_as_it_did() {
    let measured = observed("MY4");
    let trials = measured["trials"].as_array().expect("trials");
    let mut compared = 0;
    for trial in trials {
        if trial.get("error_setting_up").is_some() {
            refused_with_1947(&returned(trial), trial);
            compared += 1;
            continue;
        }
        compared += 1;
        let lab = returned(trial);
        let (here, there) = (lab.replica(n(1)), &trial["status"]);
        let runs = here.receiver == ReceiverState::Yes;
        assert_eq!(runs, there["Slave_IO_Running"] == "Yes", "{trial}");
        assert_eq!(here.applier_runs, there["Slave_SQL_Running"] == "Yes");
        let code = here.receiver_error.and_then(|error| error.code());
        assert_eq!(u64::from(code.unwrap_or(0)), there["Last_IO_Errno"]);
        let text = there["Last_IO_Error"].as_str().expect("a text");
        if let Some(Refusal::NotInBinlog {
            gtid: asked,
            diverged,
        }) = here.receiver_error
        {
            let named = text
                .split("GTID ")
                .nth(1)
                .and_then(|rest| rest.split(',').next());
            assert_eq!(asked, gtid(named.expect("it names one")));
            assert_eq!(diverged, text.contains("probably means"));
        } else {
            assert_eq!(text, "");
        }
        let code = here.applier_error.map_or(0, |error| error.code());
        assert_eq!(u64::from(code), there["Last_SQL_Errno"]);
        if let Some(ApplierError::OutOfOrder {
            gtid: next,
            existing,
        }) = here.applier_error
        {
            let text = there["Last_SQL_Error"].as_str().expect("a text");
            let mut named = text.split("GTID ").skip(1);
            let mut name = || {
                gtid(
                    named
                        .next()
                        .expect("two")
                        .split([' ', ','])
                        .next()
                        .expect("one"),
                )
            };
            assert_eq!((next, existing), (name(), name()));
        }
        assert_eq!(lab.rows(n(1)), number_list(&trial["rows_m1"]), "{trial}");
        assert_eq!(lab.rows(n(2)), number_list(&trial["rows_m2"]), "{trial}");
    }
    assert_eq!(compared, 12);
}
