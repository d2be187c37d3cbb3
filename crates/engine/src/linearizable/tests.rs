//! Known histories, and a cross-check against trying every order.

use super::{Anomaly, Kind, Operation, check};
use crate::ids::OpId;
use crate::random::{Purpose, below, draw};
use crate::time::Time;

fn write(id: u32, invoked: u64, responded: impl Into<Option<u64>>) -> Operation {
    Operation {
        id: OpId(id),
        kind: Kind::Write,
        invoked: Time(invoked),
        responded: responded.into().map(Time),
    }
}

fn read(id: u32, of: impl Into<Option<u32>>, invoked: u64, responded: u64) -> Operation {
    Operation {
        id: OpId(id),
        kind: Kind::Read(of.into().map(OpId)),
        invoked: Time(invoked),
        responded: Some(Time(responded)),
    }
}

fn good(history: &[Operation]) {
    assert_eq!(check(history), Ok(()));
    assert!(by_trying_every_order(history));
}

fn bad(history: &[Operation]) -> Anomaly {
    assert!(!by_trying_every_order(history));
    check(history).expect_err("no order explains it")
}

#[test]
fn nothing_and_reads_of_the_initial_value_are_fine() {
    good(&[]);
    good(&[read(1, None, 0, 5), read(2, None, 3, 9)]);
}

#[test]
fn a_read_after_an_ack_must_not_return_what_was_before() {
    let history = [write(1, 10, 20), read(2, None, 21, 30)];
    let anomaly = bad(&history);
    assert!(
        matches!(
            anomaly,
            Anomaly::OutOfOrder {
                one: None,
                other: Some(OpId(1)),
                ..
            } | Anomaly::OutOfOrder {
                one: Some(OpId(1)),
                other: None,
                ..
            }
        ),
        "{anomaly:?}"
    );
    // While the write is under way both values are fine, but not the old one after the new one.
    good(&[write(1, 10, 20), read(2, None, 11, 30)]);
    good(&[write(1, 10, 40), read(2, None, 11, 15), read(3, 1, 16, 18)]);
    bad(&[write(1, 10, 40), read(2, 1, 11, 15), read(3, None, 16, 18)]);
}

#[test]
fn the_same_microsecond_counts_as_overlapping() {
    good(&[write(1, 10, 20), read(2, None, 20, 30)]);
    good(&[write(1, 10, 20), read(2, 1, 5, 10)]);
    bad(&[write(1, 10, 20), read(2, 1, 5, 9)]);
}

#[test]
fn a_read_cannot_return_what_nobody_wrote_or_will_only_write() {
    let nowhere = bad(&[write(1, 10, 20), read(2, 9, 21, 30)]);
    let (read_id, write_id) = (OpId(2), OpId(9));
    assert_eq!(
        nowhere,
        Anomaly::FromNowhere {
            read: read_id,
            write: write_id
        }
    );
    let future = bad(&[read(2, 9, 1, 8), write(9, 10, 20)]);
    assert_eq!(
        future,
        Anomaly::FromTheFuture {
            read: read_id,
            write: write_id
        }
    );
}

#[test]
fn an_unknown_write_takes_effect_late_or_never_but_only_once() {
    good(&[write(1, 10, None), read(2, None, 50, 60)]);
    good(&[
        write(1, 10, None),
        read(2, None, 50, 60),
        read(3, 1, 70, 80),
    ]);
    bad(&[
        write(1, 10, None),
        read(2, 1, 50, 60),
        read(3, None, 70, 80),
    ]);
    // Overwritten by an acked write, it must not come back.
    bad(&[
        write(1, 10, None),
        read(2, 1, 20, 30),
        write(3, 40, 50),
        read(4, 3, 60, 70),
        read(5, 1, 80, 90),
    ]);
    good(&[
        write(1, 10, None),
        write(3, 40, 50),
        read(4, 3, 60, 70),
        read(5, 1, 80, 90),
    ]);
    // Its value cannot be read before it was sent.
    bad(&[write(1, 10, None), read(2, 1, 3, 9)]);
}

#[test]
fn a_lost_acked_write_is_found() {
    let lost = [
        write(1, 0, 10),
        write(2, 20, 30),
        read(3, 2, 40, 50),
        read(4, 1, 60, 70),
    ];
    let anomaly = bad(&lost);
    assert_eq!(
        anomaly.to_string(),
        "the values of Some(OpId(1)) and Some(OpId(2)) cannot be put in order: Some(OpId(1)) of the first ended before \
         Some(OpId(3)) of the second began, and Some(OpId(2)) of the second before Some(OpId(4)) of the first"
    );
}

#[test]
fn an_acked_write_that_nobody_read_still_has_its_place() {
    // Between two reads of the first value, a second write began and ended.
    bad(&[
        write(1, 0, 10),
        read(2, 1, 11, 12),
        write(3, 20, 30),
        read(4, 1, 40, 50),
    ]);
    // It may have come before the first when they overlap.
    good(&[write(1, 0, 25), write(3, 20, 30), read(4, 1, 40, 50)]);
}

#[test]
fn two_clients_that_see_two_writes_in_different_orders_are_found() {
    let (a, b) = (write(1, 0, 100), write(2, 0, 100));
    good(&[a, b, read(3, 1, 110, 120), read(4, 1, 130, 140)]);
    bad(&[a, b, read(3, 1, 110, 120), read(4, 2, 130, 140)]);
    bad(&[
        a,
        b,
        read(3, 1, 10, 20),
        read(4, 2, 30, 40),
        read(5, 1, 50, 60),
    ]);
}

#[test]
fn reads_without_an_answer_say_nothing() {
    let mut unanswered = read(2, 9, 21, 30);
    unanswered.responded = None;
    good(&[write(1, 10, 20), unanswered]);
}

#[test]
fn the_order_of_the_list_does_not_matter() {
    let mut history = vec![
        write(1, 0, 10),
        write(2, 20, 30),
        read(3, 2, 40, 50),
        read(4, 1, 60, 70),
    ];
    for _ in 0..history.len() {
        history.rotate_left(1);
        assert!(check(&history).is_err());
    }
}

/// Wing and Gong's search, without any cleverness: every order that respects real time, every subset of the unknown writes.
fn by_trying_every_order(history: &[Operation]) -> bool {
    let known: Vec<Operation> = history
        .iter()
        .copied()
        .filter(|op| op.kind == Kind::Write || op.responded.is_some())
        .collect();
    explain(&known, &mut vec![false; known.len()], None)
}

fn explain(history: &[Operation], done: &mut [bool], value: Option<OpId>) -> bool {
    let open = |place: &usize| !done[*place];
    let rest: Vec<usize> = (0..history.len()).filter(open).collect();
    if rest.iter().all(|&place| history[place].responded.is_none()) {
        return true;
    }
    for &place in &rest {
        let op = history[place];
        let must_wait = rest
            .iter()
            .any(|&other| history[other].responded.is_some_and(|at| at < op.invoked));
        let next = match op.kind {
            Kind::Write => Some(op.id),
            Kind::Read(of) if of == value => value,
            Kind::Read(_) => continue,
        };
        if must_wait {
            continue;
        }
        done[place] = true;
        let found = explain(history, done, next);
        done[place] = false;
        if found {
            return true;
        }
    }
    false
}

/// A tiny history of a seed: few instants, so that ties, overlaps and impossible reads are common.
fn tiny(seed: u64) -> Vec<Operation> {
    let lot = |number: u64, what: u64, bound: u64| {
        below(draw(seed, Purpose::Scenario, number, what), bound)
    };
    let count = 1 + lot(0, 0, 7);
    let writes = 1 + lot(0, 1, 3.min(count));
    let instants = 3 + lot(0, 2, 18);
    (1..=count)
        .map(|number| {
            let id = number as u32;
            let invoked = lot(number, 1, instants);
            let responded = invoked + lot(number, 2, instants / 2 + 1);
            if number <= writes {
                let unknown = lot(number, 3, 3) == 0;
                write(id, invoked, (!unknown).then_some(responded))
            } else {
                let of = lot(number, 4, writes + 1) as u32;
                read(id, (of > 0).then_some(of), invoked, responded)
            }
        })
        .collect()
}

#[test]
fn it_agrees_with_trying_every_order_on_twenty_thousand_tiny_histories() {
    let mut linearizable = 0;
    let total = 20_000;
    for seed in 0..total {
        let history = tiny(seed);
        let found = check(&history);
        let expected = by_trying_every_order(&history);
        assert_eq!(
            found.is_ok(),
            expected,
            "seed {seed}: {found:?}\n{history:#?}"
        );
        linearizable += u64::from(expected);
    }
    // Both answers are common, or the comparison shows little.
    assert!(
        (total / 5..total * 4 / 5).contains(&linearizable),
        "{linearizable}"
    );
}

#[test]
fn a_long_history_is_checked_quickly_and_one_wrong_read_in_it_is_found() {
    let mut history = Vec::new();
    for number in 0..50_000u32 {
        let at = u64::from(number) * 10;
        history.push(write(2 * number + 1, at, at + 15));
        history.push(read(2 * number + 2, 2 * number + 1, at + 16, at + 18));
    }
    // Each read overlaps the write after it, which may take effect after the read.
    assert_eq!(check(&history), Ok(()));
    history[70_001].kind = Kind::Read(Some(OpId(60_001)));
    assert!(matches!(check(&history), Err(Anomaly::OutOfOrder { .. })));
}
