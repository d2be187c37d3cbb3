//! The oracle alone: it is told what happened, and its verdicts are compared with what they must be.

use super::*;
use crate::time::Span;

const FIRST: Timeline = Timeline::new(1, NodeId(0));
const KEY: Key = Key(1);

fn tip(timeline: Timeline, lsn: u64) -> Tip {
    Tip {
        timeline,
        lsn: Lsn(lsn),
    }
}

fn row(op: OpId, at: Tip) -> Row {
    Row {
        op,
        lsn: at.lsn,
        timeline: at.timeline,
        version: at.lsn.0 as u32,
        value: op.0,
    }
}

/// Two keys, two clients.
fn oracle() -> Oracle {
    Oracle::new(2, 2)
}

/// A write by a client that is inserted and flushed at `lsn` of the first timeline, and acked then.
fn write(oracle: &mut Oracle, client: u16, lsn: u64, acked_at: u64) -> OpId {
    let op = oracle.issue(
        ClientId(client),
        KEY,
        OpKind::Write { value: 0 },
        Time(acked_at - 1),
    );
    oracle.inserted(op, tip(FIRST, lsn), lsn as u32);
    oracle.flushed(op);
    oracle.acked(op, tip(FIRST, lsn), Time(acked_at));
    op
}

/// A read by a client, sent and answered then with what was written at `lsn`; 0 is the initial value.
fn read(oracle: &mut Oracle, client: u16, sent_at: u64, of: Option<OpId>, lsn: u64) -> ReadVerdict {
    let op = oracle.issue(ClientId(client), KEY, OpKind::Read, Time(sent_at));
    let at = if lsn == 0 {
        Tip::default()
    } else {
        tip(FIRST, lsn)
    };
    oracle.answered(op, row(of.unwrap_or_default(), at), Time(sent_at + 5))
}

/// A node opens a timeline after `fork` of the first one.
fn promote(oracle: &mut Oracle, owner: u8, term: u32, fork: u64) -> (Vec<OpId>, Vec<OpId>) {
    let history = [Segment {
        timeline: FIRST,
        from: Lsn(1),
    }];
    let timeline = Timeline::new(term, NodeId(owner));
    oracle.promoted(timeline, &history, Lsn(fork), history::Opened::Elected)
}

#[test]
fn a_read_is_stale_by_the_acked_writes_it_misses_and_since_the_first_of_them() {
    let mut oracle = oracle();
    let first = write(&mut oracle, 0, 1, 100);
    write(&mut oracle, 0, 2, 200);
    write(&mut oracle, 0, 3, 300);
    let verdict = read(&mut oracle, 1, 1_000, Some(first), 1);
    let stale = verdict.stale.expect("it misses two");
    assert_eq!((stale.versions, stale.span), (2, Span(800)));
    assert!(!verdict.broke_read_your_writes && !verdict.broke_monotonic_reads && !verdict.phantom);
    let all = read(&mut oracle, 1, 1_000, None, 0)
        .stale
        .expect("it misses three");
    assert_eq!((all.versions, all.span), (3, Span(900)));
    let totals = oracle.totals();
    assert_eq!(
        (totals.stale_reads, totals.fresh_reads, totals.reads_issued),
        (2, 0, 2)
    );
    assert_eq!((totals.writes_issued, totals.writes_acked), (3, 3));
}

#[test]
fn what_is_acked_after_the_read_was_sent_does_not_count_and_at_that_instant_it_does() {
    let mut oracle = oracle();
    write(&mut oracle, 0, 1, 100);
    assert_eq!(read(&mut oracle, 1, 99, None, 0), ReadVerdict::default());
    let stale = read(&mut oracle, 1, 100, None, 0)
        .stale
        .expect("acked by then");
    assert_eq!((stale.versions, stale.span), (1, Span(0)));
    assert_eq!(oracle.totals().fresh_reads, 1);
}

#[test]
fn writes_of_another_key_do_not_matter() {
    let mut oracle = oracle();
    write(&mut oracle, 0, 1, 100);
    let op = oracle.issue(ClientId(0), Key(0), OpKind::Read, Time(500));
    let verdict = oracle.answered(op, row(OpId(0), Tip::default()), Time(505));
    assert_eq!(verdict, ReadVerdict::default());
}

#[test]
fn read_your_writes_is_about_the_own_acked_write_only() {
    let mut oracle = oracle();
    let own = write(&mut oracle, 0, 1, 100);
    assert!(
        read(&mut oracle, 0, 100, None, 0).broke_read_your_writes,
        "acked when it was sent"
    );
    assert!(
        !read(&mut oracle, 0, 99, None, 0).broke_read_your_writes,
        "not acked yet"
    );
    assert!(
        !read(&mut oracle, 1, 500, None, 0).broke_read_your_writes,
        "somebody else's"
    );
    assert!(!read(&mut oracle, 0, 500, Some(own), 1).broke_read_your_writes);
    assert_eq!(oracle.totals().broke_read_your_writes, 1);
}

#[test]
fn the_newest_own_write_counts_whatever_the_order_of_acks() {
    let mut oracle = oracle();
    let early = oracle.issue(ClientId(0), KEY, OpKind::Write { value: 0 }, Time(10));
    let late = oracle.issue(ClientId(0), KEY, OpKind::Write { value: 0 }, Time(11));
    oracle.acked(late, tip(FIRST, 2), Time(50));
    oracle.acked(early, tip(FIRST, 1), Time(60));
    assert!(read(&mut oracle, 0, 100, Some(early), 1).broke_read_your_writes);
}

#[test]
fn monotonic_reads_are_about_what_the_client_has_seen() {
    let mut oracle = oracle();
    let first = write(&mut oracle, 1, 1, 100);
    let second = write(&mut oracle, 1, 2, 200);
    assert!(
        !read(&mut oracle, 0, 300, Some(first), 1).broke_monotonic_reads,
        "its first"
    );
    assert!(
        !read(&mut oracle, 0, 310, Some(second), 2).broke_monotonic_reads,
        "forward"
    );
    assert!(
        !read(&mut oracle, 0, 314, Some(first), 1).broke_monotonic_reads,
        "sent before that answer"
    );
    assert!(
        read(&mut oracle, 0, 315, Some(first), 1).broke_monotonic_reads,
        "sent at that answer"
    );
    assert!(
        read(&mut oracle, 0, 400, Some(first), 1).broke_monotonic_reads,
        "what it saw stays seen"
    );
    assert!(
        !read(&mut oracle, 1, 400, Some(first), 1).broke_monotonic_reads,
        "another client"
    );
    assert_eq!(oracle.totals().broke_monotonic_reads, 2);
}

#[test]
fn a_promotion_loses_what_is_acked_beyond_its_fork_and_only_that() {
    let mut oracle = oracle();
    let kept = write(&mut oracle, 0, 1, 100);
    let gone = write(&mut oracle, 0, 2, 200);
    let unknown = oracle.issue(ClientId(0), KEY, OpKind::Write { value: 0 }, Time(210));
    oracle.inserted(unknown, tip(FIRST, 3), 3);
    assert_eq!(promote(&mut oracle, 1, 2, 1), (vec![gone], vec![]));
    assert_eq!(oracle.totals().lost_acked, 1);
    let lost = |id| oracle.op(id).expect("kept").lost;
    assert_eq!(
        (lost(kept), lost(gone), lost(unknown)),
        (false, true, false)
    );
    // A read that does not show it is not stale any more: it never was in this history.
    assert_eq!(read(&mut oracle, 1, 900, Some(kept), 1).stale, None);
    // A second promotion tells nothing twice, and one of an older timeline changes nothing.
    assert_eq!(promote(&mut oracle, 2, 3, 1), (vec![], vec![]));
    assert_eq!(oracle.totals().lost_acked, 1);
}

#[test]
fn what_is_in_the_surviving_history_again_is_regained() {
    let mut oracle = oracle();
    write(&mut oracle, 0, 1, 100);
    let gone = write(&mut oracle, 0, 2, 200);
    promote(&mut oracle, 1, 2, 1);
    assert_eq!(promote(&mut oracle, 2, 3, 2), (vec![], vec![gone]));
    assert_eq!(oracle.totals().lost_acked, 0);
    assert!(!oracle.op(gone).expect("kept").lost);
    assert_eq!(
        read(&mut oracle, 1, 900, None, 0)
            .stale
            .expect("two again")
            .versions,
        2
    );
}

#[test]
fn a_read_of_what_is_in_the_surviving_history_again_is_no_phantom_any_more() {
    let mut oracle = oracle();
    let gone = write(&mut oracle, 0, 2, 100);
    promote(&mut oracle, 1, 2, 1);
    assert!(read(&mut oracle, 1, 200, Some(gone), 2).phantom);
    // Another history that has it goes on.
    promote(&mut oracle, 2, 3, 2);
    assert_eq!(
        oracle.op(OpId(2)).expect("kept").verdict,
        ReadVerdict::default()
    );
    let totals = oracle.totals();
    assert_eq!((totals.phantom_reads, totals.fresh_reads), (0, 1));

    // R-LW-4: a source that had it as an errant transaction logs it again, elsewhere.
    let errant = write(&mut oracle, 0, 3, 300);
    promote(&mut oracle, 3, 4, 2);
    assert!(oracle.op(errant).expect("kept").lost);
    assert!(read(&mut oracle, 1, 400, Some(errant), 3).phantom);
    let again = Tip {
        timeline: Timeline::new(5, NodeId(4)),
        lsn: Lsn(9),
    };
    oracle.inserted(errant, again, 3);
    promote(&mut oracle, 4, 5, 2);
    assert!(!oracle.op(errant).expect("kept").lost);
    assert!(!oracle.op(OpId(4)).expect("kept").verdict.phantom);
    assert_eq!(oracle.totals().phantom_reads, 0);
}

#[test]
fn an_ack_on_a_dead_timeline_is_lost_at_once() {
    let mut oracle = oracle();
    promote(&mut oracle, 1, 2, 0);
    let op = oracle.issue(ClientId(0), KEY, OpKind::Write { value: 0 }, Time(10));
    assert!(oracle.acked(op, tip(FIRST, 1), Time(20)));
    assert_eq!(
        (oracle.totals().lost_acked, oracle.totals().writes_acked),
        (1, 1)
    );
    assert_eq!(
        read(&mut oracle, 1, 900, None, 0).stale,
        None,
        "nobody can miss it"
    );
    let new = Timeline::new(2, NodeId(1));
    let kept = oracle.issue(ClientId(0), KEY, OpKind::Write { value: 0 }, Time(30));
    assert!(!oracle.acked(kept, tip(new, 1), Time(40)));
    assert_eq!(oracle.totals().lost_acked, 1);
}

#[test]
fn a_value_that_is_lost_is_a_phantom_also_when_it_was_read_before() {
    let mut oracle = oracle();
    let gone = write(&mut oracle, 0, 2, 100);
    assert_eq!(
        read(&mut oracle, 1, 200, Some(gone), 2),
        ReadVerdict::default()
    );
    assert_eq!(
        read(&mut oracle, 1, 201, None, 0)
            .stale
            .expect("stale")
            .versions,
        1
    );
    assert_eq!(oracle.totals().fresh_reads, 1);
    promote(&mut oracle, 1, 2, 1);
    let verdict = |number: u32| oracle.op(OpId(number)).expect("kept").verdict;
    assert!(
        verdict(2).phantom && !verdict(3).phantom,
        "the initial value is never one"
    );
    assert_eq!(
        (oracle.totals().phantom_reads, oracle.totals().fresh_reads),
        (1, 0)
    );
    promote(&mut oracle, 2, 3, 1);
    assert_eq!(oracle.totals().phantom_reads, 1, "counted once");
    assert!(read(&mut oracle, 1, 300, Some(gone), 2).phantom);
    assert_eq!(oracle.totals().phantom_reads, 2);
}

#[test]
fn a_promotion_leaves_reads_of_what_it_keeps_alone() {
    let mut oracle = oracle();
    let kept = write(&mut oracle, 0, 1, 100);
    let verdict = read(&mut oracle, 1, 200, Some(kept), 1);
    assert_eq!(verdict, ReadVerdict::default());
    promote(&mut oracle, 1, 2, 1);
    let op = oracle.op(OpId(2)).expect("kept");
    assert_eq!(op.verdict, ReadVerdict::default());
    let totals = oracle.totals();
    assert_eq!((totals.fresh_reads, totals.phantom_reads), (1, 0));
}

#[test]
fn an_own_write_that_stands_in_another_history_is_not_missed() {
    let mut oracle = oracle();
    let own = write(&mut oracle, 0, 1, 100);
    promote(&mut oracle, 1, 2, 0);
    // A server that still had the row logged it again on its own timeline.
    let again = row(own, tip(Timeline::new(2, NodeId(1)), 1));
    for at in [200, 300] {
        let op = oracle.issue(ClientId(0), KEY, OpKind::Read, Time(at));
        assert_eq!(
            oracle.answered(op, again, Time(at + 5)),
            ReadVerdict::default()
        );
    }
}

#[test]
fn when_the_survivor_is_on_no_disk_the_other_history_is_what_survives() {
    let mut oracle = oracle();
    let kept = write(&mut oracle, 0, 1, 100);
    let gone = write(&mut oracle, 0, 2, 200);
    promote(&mut oracle, 1, 2, 1);
    let new = oracle.issue(ClientId(0), KEY, OpKind::Write { value: 0 }, Time(300));
    let newest = Timeline::new(2, NodeId(1));
    assert!(!oracle.acked(new, tip(newest, 2), Time(310)));
    assert_eq!(oracle.fell_back(FIRST), (vec![new], vec![gone]));
    assert_eq!(oracle.totals().lost_acked, 1);
    let lost = |id| oracle.op(id).expect("kept").lost;
    assert_eq!((lost(kept), lost(gone), lost(new)), (false, false, true));
    assert_eq!(oracle.fell_back(newest), (vec![gone], vec![new]));
}

#[test]
fn a_ghost_is_flushed_in_the_surviving_history_and_was_never_acked() {
    let mut oracle = oracle();
    let mut unknown = |lsn: u64, flushed: bool| {
        let op = oracle.issue(ClientId(0), KEY, OpKind::Write { value: 0 }, Time(10));
        oracle.inserted(op, tip(FIRST, lsn), lsn as u32);
        if flushed {
            oracle.flushed(op);
        }
        oracle.unknown(op, Time(20));
        op
    };
    let (ghost, unflushed, beyond) = (unknown(1, true), unknown(2, false), unknown(4, true));
    let acked = write(&mut oracle, 0, 3, 100);
    promote(&mut oracle, 1, 2, 3);
    let is_ghost = |id| oracle.is_ghost(oracle.op(id).expect("kept"));
    assert!(is_ghost(ghost) && !is_ghost(unflushed) && !is_ghost(beyond) && !is_ghost(acked));
    assert_eq!(oracle.totals().writes_unknown, 3);
}

#[test]
fn a_record_that_was_never_flushed_is_no_ghost() {
    let mut oracle = oracle();
    let op = oracle.issue(ClientId(0), KEY, OpKind::Write { value: 0 }, Time(10));
    oracle.inserted(op, tip(FIRST, 1), 1);
    oracle.never_flushed(op);
    oracle.unknown(op, Time(20));
    assert_eq!(oracle.op(op).expect("kept").tip, None);
    assert!(!oracle.is_ghost(oracle.op(op).expect("kept")));
}

#[test]
fn failures_are_counted_as_what_they_are() {
    let mut oracle = oracle();
    let write = oracle.issue(ClientId(0), KEY, OpKind::Write { value: 0 }, Time(10));
    let read = oracle.issue(ClientId(0), KEY, OpKind::Read, Time(11));
    oracle.routed(write, NodeId(1));
    oracle.failed(write, Failure::NoPrimary, Time(30));
    oracle.failed(read, Failure::TimedOut, Time(31));
    let totals = oracle.totals();
    assert_eq!((totals.writes_failed, totals.reads_failed), (1, 1));
    let op = oracle.op(write).expect("kept");
    assert_eq!(
        (op.status, op.done_at),
        (Status::Failed(Failure::NoPrimary), Some(Time(30)))
    );
    assert_eq!(op.node, Some(NodeId(1)));
}

#[test]
fn a_rewind_erases_what_is_beyond_the_fork_of_the_history_it_had() {
    let mut oracle = oracle();
    let (kept, erased) = (write(&mut oracle, 0, 1, 100), write(&mut oracle, 0, 2, 200));
    let beyond = write(&mut oracle, 0, 4, 300);
    let read_id = oracle.next_op();
    read(&mut oracle, 1, 400, Some(erased), 2);
    let had = [Segment {
        timeline: FIRST,
        from: Lsn(1),
    }];
    oracle.erased(NodeId(1), &had, Lsn(3), Lsn(1));
    let from = |id| oracle.erased_from(id);
    assert_eq!(from(erased), NodeSet::EMPTY.with(NodeId(1)));
    assert!(from(kept).is_empty() && from(beyond).is_empty() && from(read_id).is_empty());
}

#[test]
fn an_operation_is_broken_by_any_one_thing_that_went_wrong() {
    let whole = Op::issued(OpId(1), ClientId(0), KEY, OpKind::Read, Time(1));
    assert!(!whole.is_broken());
    let mut lost = whole;
    lost.lost = true;
    let mut stale = whole;
    stale.verdict.phantom = true;
    let mut unknown = whole;
    unknown.status = Status::Unknown;
    let mut failed = whole;
    failed.status = Status::Failed(Failure::TimedOut);
    for op in [lost, stale, unknown, failed] {
        assert!(op.is_broken(), "{op:?}");
    }
}

#[test]
fn operations_are_numbered_from_one_and_all_kept_at_first() {
    let mut oracle = oracle();
    assert_eq!(oracle.next_op(), OpId(1));
    let op = write(&mut oracle, 0, 1, 100);
    assert_eq!((op, oracle.next_op()), (OpId(1), OpId(2)));
    assert_eq!(oracle.op(OpId(0)), None);
    assert_eq!(oracle.op(OpId(2)), None);
    assert!(oracle.keeps_everything());
    for _ in 0..LEDGER_CAP {
        oracle.issue(ClientId(0), KEY, OpKind::Read, Time(1_000));
    }
    assert!(!oracle.keeps_everything());
    assert_eq!(oracle.op(op), None, "the oldest went");
}

#[test]
fn far_behind_is_counted_as_far_as_acked_writes_are_kept() {
    let mut oracle = oracle();
    let many = ACKED_PER_KEY as u64 + 10;
    for lsn in 1..=many {
        write(&mut oracle, 0, lsn, 100 + lsn);
    }
    let all = |verdict: ReadVerdict| verdict.stale.expect("stale").versions as usize;
    assert_eq!(all(read(&mut oracle, 1, 9_000, None, 0)), ACKED_PER_KEY);
    promote(&mut oracle, 1, 2, many);
    assert_eq!(all(read(&mut oracle, 1, 9_000, None, 0)), ACKED_PER_KEY);
}
