use super::*;
use replicascope_engine::ids::NodeId;
use replicascope_engine::scenario::{Action, KillKind};

const PLENTY: u64 = 10_000_000;

fn recording(until: u64) -> Recording {
    let text = include_str!("../../../tests/corpus/promoted_by_hand.json");
    let scenario = Scenario::from_json(text).expect("valid");
    let mut recording = Recording::new(scenario).expect("valid");
    recording.advance_to(Time::from_millis(until));
    recording
}

#[test]
fn what_is_linked_opens_at_the_same_state() {
    let mut linked = recording(2_500);
    linked
        .act(Action::Kill {
            node: NodeId(2),
            how: KillKind::PowerOff,
        })
        .expect("valid");
    linked.advance_to(Time::from_millis(3_777));
    let fragment = Link::to(&linked).to_fragment();
    let link = Link::from_fragment(&fragment).expect("readable");
    let (opened, replay) = link.replay(PLENTY).expect("valid");
    assert_eq!(replay, Replay::Exact);
    let (a, b) = (linked.simulation(), opened.simulation());
    assert_eq!(
        (a.now(), a.steps(), a.trace().hash()),
        (b.now(), b.steps(), b.trace().hash())
    );
    assert!(fragment.len() < 2_000, "{}", fragment.len());
}

#[test]
fn a_cursor_in_the_middle_of_an_instant_is_found_again() {
    let mut linked = recording(1_299);
    for _ in 0..40 {
        linked.step();
        let link = Link::from_fragment(&Link::to(&linked).to_fragment()).expect("readable");
        let (opened, replay) = link.replay(PLENTY).expect("valid");
        assert_eq!(replay, Replay::Exact);
        assert_eq!(opened.simulation().steps(), linked.simulation().steps());
    }
}

#[test]
fn what_is_wrong_with_a_link_is_said() {
    let good = Link::to(&recording(500)).to_fragment();
    assert_eq!(Link::from_fragment("#seed=7"), Err(LinkError::NotALink));
    assert_eq!(
        Link::from_fragment("#run=9.1.2.x"),
        Err(LinkError::Newer("9".to_owned()))
    );
    let cut = &good[..good.len() - 30];
    assert!(
        matches!(Link::from_fragment(cut), Err(LinkError::Cut { found, whole }) if found + 30 == whole)
    );
    let mut altered = good.clone().into_bytes();
    let middle = altered.len() - 100;
    altered[middle] = if altered[middle] == b'A' { b'B' } else { b'A' };
    let altered = String::from_utf8(altered).expect("ASCII");
    assert_eq!(Link::from_fragment(&altered), Err(LinkError::Altered));
    assert_eq!(
        Link::from_fragment(&format!("{good}x")),
        Err(LinkError::Altered)
    );
}

fn packed(payload: &[u8]) -> String {
    in_letters(&compress_to_vec(payload, 6))
}

#[test]
fn a_bomb_is_refused_and_nonsense_is_no_panic() {
    let bomb = packed(&vec![b' '; 8 << 20]);
    assert!(bomb.len() < 200_000);
    assert_eq!(Link::from_fragment(&bomb), Err(LinkError::TooLarge));
    for payload in [
        &b""[..],
        b"1 2 3",
        b"1 2 3 \n{}",
        b"x 2 3 4\n{}",
        b"1 2 3 \xff\n{}",
        b"1 2 3 zz\n{\"version\":1}",
    ] {
        assert!(Link::from_fragment(&packed(payload)).is_err());
    }
    let named = Link::from_fragment(&packed(b"1 2 3 00\n{\"version\":1,\"sed\":2}"));
    let error = named.expect_err("unknown field").to_string();
    assert!(error.contains("sed"), "{error}");
}

#[test]
fn a_changed_engine_is_told_with_the_stretch_of_the_first_difference() {
    let mut link = Link::to(&recording(4_000));
    link.marks[4] ^= 1;
    link.hash ^= 1;
    let (opened, replay) = link.replay(PLENTY).expect("valid");
    assert_eq!(opened.simulation().now(), Time::from_millis(4_000));
    let Replay::Differs { by, .. } = replay else {
        panic!("{replay:?}")
    };
    assert_eq!(by, Time::from_millis(2_500));
}

#[test]
fn an_instant_too_far_away_stops_on_the_way() {
    let mut link = Link::to(&recording(500));
    link.at = Time::from_secs(1_000_000);
    let (_, replay) = link.replay(20_000).expect("valid");
    assert!(matches!(replay, Replay::TooFar { .. }));
}

/// Links to scenarios of the corpus, each at an instant in milliseconds: one for every kind of database and manager.
const GIVEN: [(&str, u64); 6] = [
    ("postgresql_commands_and_levels", 4_000),
    ("mysql_errant_transactions_spread", 9_000),
    ("mariadb_power_failure_leaves_replicas_ahead", 9_000),
    ("patroni_leader_dies_and_is_replaced", 30_000),
    ("mha_saves_what_a_dead_source_had_not_sent", 20_000),
    ("sentinels_replace_a_cut_off_primary", 20_000),
];

/// With `UPDATE_LINKS=1` those that are missing are written. One that is there stays as it is, whatever the format has become.
#[test]
fn there_is_a_link_for_every_kind_of_database_and_manager() {
    let here = env!("CARGO_MANIFEST_DIR");
    for (name, at_ms) in GIVEN {
        let file = format!("{here}/links/{name}.txt");
        if std::env::var_os("UPDATE_LINKS").is_some() && !std::path::Path::new(&file).exists() {
            let json = std::fs::read_to_string(format!("{here}/../../tests/corpus/{name}.json"));
            let scenario = Scenario::from_json(&json.expect("in the corpus")).expect("valid");
            let mut recording = Recording::new(scenario).expect("valid");
            recording.advance_to(Time::from_millis(at_ms));
            let line = format!("{}\n", Link::to(&recording).to_fragment());
            std::fs::write(&file, line).expect("writable");
        }
        let text = std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{file}: {error}"));
        let link = Link::from_fragment(&text).unwrap_or_else(|error| panic!("{file}: {error}"));
        assert_eq!(link.at, Time::from_millis(at_ms), "{file}");
        assert!(!link.scenario.settings.database.is_textbook() || name.starts_with("sentinels"));
    }
}

#[test]
fn the_links_that_were_given_out_still_open() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/links");
    let mut opened = 0;
    for entry in std::fs::read_dir(folder).expect("links").flatten() {
        let path = entry.path();
        if path.extension().is_none_or(|extension| extension != "txt") {
            continue;
        }
        let text = std::fs::read_to_string(&path).expect("readable");
        let fragment = text.lines().last().expect("a line");
        let link = Link::from_fragment(fragment)
            .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let (_, replay) = link.replay(PLENTY).expect("valid");
        assert!(!matches!(replay, Replay::TooFar { .. }));
        opened += 1;
    }
    assert!(opened >= 9, "{opened}");
}

#[test]
fn crc_is_the_usual_one() {
    assert_eq!(crc32(b"123456789"), 0xCBF4_3926);
}
