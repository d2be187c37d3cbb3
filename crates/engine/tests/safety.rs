//! Safety under faults, then recovery, over random scenarios: whatever a person does to the cluster, what its settings
//! promise holds. `explore` has the checks; a failure prints the seed, what does not hold, and the scenario as a file's text.

use replicascope_engine::explore::{self, Databases, Limits, Statistics};

const SCENARIOS: u64 = 2_000;

fn explored(seed: u64, limits: Limits) -> Statistics {
    explore::explore(seed, limits).unwrap_or_else(|failure| {
        let (scenario, _) = explore::scenario(seed, limits);
        panic!("{failure}\n{}", scenario.to_json())
    })
}

fn all(seeds: impl Iterator<Item = u64>, limits: Limits) -> Vec<Statistics> {
    seeds.map(|seed| explored(seed, limits)).collect()
}

#[test]
fn with_fencing_promises_are_kept_and_everything_heals() {
    let limits = Limits {
        fencing_may_be_off: false,
        databases: Databases::Textbook,
        ..Limits::default()
    };
    let runs = all(0..SCENARIOS, limits);
    assert!(runs.iter().all(|run| !run.split_brain && run.recovered));
    // The search sees what it is for; an invariant of which nothing is an instance shows nothing.
    let sum = |of: fn(&Statistics) -> u64| runs.iter().map(of).sum::<u64>();
    assert!(sum(|run| run.promotions) > SCENARIOS / 4);
    assert!(sum(|run| run.acks_checked) > SCENARIOS * 100);
    assert!(sum(|run| run.verdicts) > SCENARIOS * 100);
    assert!(sum(|run| run.linearizable_keys) > SCENARIOS / 2);
    assert!(sum(|run| run.linearizable_ops) > SCENARIOS * 50);
    assert!(
        sum(|run| run.lost_acked) > SCENARIOS / 10,
        "async loses writes"
    );
}

#[test]
fn without_fencing_logs_still_agree_up_to_the_fork_and_everything_heals_once_it_is_on() {
    let runs = all(
        1_000_000..1_000_000 + SCENARIOS / 4,
        Limits {
            databases: Databases::Textbook,
            ..Limits::default()
        },
    );
    assert!(runs.iter().all(|run| run.recovered));
    assert!(runs.iter().filter(|run| run.split_brain).count() > 20);
}

#[test]
fn database_servers_keep_their_rules_whatever_is_done_to_them_and_can_be_mended_by_hand() {
    let limits = Limits {
        databases: Databases::Servers,
        ..Limits::default()
    };
    let runs = all(2_000_000..2_000_000 + SCENARIOS / 2, limits);
    assert!(runs.iter().all(|run| run.recovered));
    let sum = |of: fn(&Statistics) -> u64| runs.iter().map(of).sum::<u64>();
    assert!(sum(|run| run.promotions) > SCENARIOS / 4);
    assert!(sum(|run| run.acks_checked) > SCENARIOS * 10);
    assert!(sum(|run| run.verdicts) > SCENARIOS * 10);
    assert!(sum(|run| run.lost_acked) > SCENARIOS / 10);
    assert!(runs.iter().filter(|run| run.split_brain).count() > 20);
}
