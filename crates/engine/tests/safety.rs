//! Safety under faults, then recovery, over random scenarios: whatever is done to the cluster, what its settings promise
//! holds. `explore` has the checks; a failure prints the seed, what does not hold, and the scenario as a file's text.

use replicascope_engine::explore::{
    self, Excuse, Limits, OfTheme, Statistics, Summary, Theme, Themes,
};

fn explored(seed: u64, limits: Limits) -> Statistics {
    explore::explore(seed, limits).unwrap_or_else(|failure| {
        let (scenario, _) = explore::scenario(seed, limits);
        panic!("{failure}\n{}", scenario.to_json())
    })
}

fn all(seeds: impl Iterator<Item = u64>, limits: Limits) -> Summary {
    let mut summary = Summary::default();
    for seed in seeds {
        summary.add(explore::theme(seed, limits), &explored(seed, limits));
    }
    summary
}

/// So many scenarios of one theme.
fn only(theme: Theme, from: u64, count: u64) -> OfTheme {
    let limits = Limits {
        themes: Themes::Only(theme),
        ..Limits::default()
    };
    let summary = all(from..from + count, limits);
    summary.themes[&theme].clone()
}

/// The search sees what it is for; an invariant of which nothing is an instance shows nothing.
fn is_lively(sum: &OfTheme) {
    assert!(sum.promotions > sum.runs / 4, "{sum:?}");
    assert!(sum.acks_checked > sum.runs * 10, "{sum:?}");
    assert!(sum.verdicts > sum.runs * 10, "{sum:?}");
    assert!(sum.lost_acked > sum.runs / 10, "{sum:?}");
}

#[test]
fn with_fencing_promises_are_kept_and_everything_heals() {
    let limits = Limits {
        fencing_may_be_off: false,
        themes: Themes::Textbook,
        ..Limits::default()
    };
    let summary = all(0..2_000, limits);
    for (theme, sum) in &summary.themes {
        assert_eq!(sum.split_brain, 0, "{theme}");
        assert!(sum.recovered * 5 > sum.runs * 4, "{theme}: {sum:?}");
    }
    is_lively(&summary.themes[&Theme::Textbook]);
    let steady = &summary.themes[&Theme::Linearizable];
    assert_eq!(steady.recovered, steady.runs);
    assert!(steady.linearizable_keys > steady.runs * 2, "{steady:?}");
    assert!(steady.linearizable_ops > steady.runs * 200, "{steady:?}");
    let lost = &summary.themes[&Theme::LostDisk];
    assert!(lost.promised_acks > lost.runs * 10, "{lost:?}");
}

#[test]
fn without_fencing_logs_still_agree_up_to_the_fork_and_everything_heals_once_it_is_on() {
    let sum = only(Theme::Textbook, 1_000_000, 500);
    assert_eq!(sum.recovered, sum.runs);
    assert!(sum.split_brain > 0, "{sum:?}");
}

#[test]
fn postgresql_keeps_its_rules_whatever_is_done_to_it_and_can_be_mended_by_hand() {
    let sum = only(Theme::Postgresql, 2_000_000, 1_000);
    assert_eq!(sum.recovered, sum.runs);
    is_lively(&sum);
    assert!(sum.split_brain > 20, "{sum:?}");
}

#[test]
fn mysql_and_mariadb_keep_their_rules_and_can_be_mended_by_hand() {
    for theme in [Theme::Mysql, Theme::Mariadb] {
        let sum = only(theme, 3_000_000, 700);
        assert_eq!(sum.recovered, sum.runs);
        is_lively(&sum);
        assert!(sum.safest_promotions > 10, "{theme}: {sum:?}");
    }
}

#[test]
fn patroni_recovers_from_whatever_was_done_to_it() {
    let sum = only(Theme::Patroni, 4_000_000, 700);
    is_lively(&sum);
    assert!(sum.promised_acks > sum.runs * 5, "{sum:?}");
    assert!(sum.recovered * 100 > sum.runs * 97, "{sum:?}");
}

#[test]
fn patroni_in_synchronous_mode_loses_no_acked_write_and_heals() {
    let sum = only(Theme::PatroniSync, 5_000_000, 1_000);
    // Without slots, or when they have run out, a standby that was away may find its log gone.
    let stuck = sum.excused.get(&Excuse::LogRemoved).copied();
    assert_eq!(sum.recovered + stuck.unwrap_or_default(), sum.runs);
    assert!(sum.recovered * 100 > sum.runs * 98, "{sum:?}");
    assert!(sum.promotions > sum.runs / 2, "{sum:?}");
    // Those are of levels that promise nothing, or of a quorum without a watchdog.
    assert!(sum.lost_acked * 100 < sum.promised_acks, "{sum:?}");
    assert!(sum.promised_acks > sum.runs * 100, "{sum:?}");
    assert!(sum.linearizable_ops > sum.runs, "{sum:?}");
}

#[test]
fn after_mha_has_replaced_the_source_once_a_person_can_mend() {
    let sum = only(Theme::Mha, 6_000_000, 700);
    is_lively(&sum);
    assert_eq!(sum.recovered, sum.runs);
    assert!(sum.safest_promotions > 20, "{sum:?}");
}

#[test]
fn r_rs_after_healing_one_primary_is_left_and_everybody_follows_it() {
    let sum = only(Theme::Sentinel, 7_000_000, 700);
    is_lively(&sum);
    let unfit = sum.excused.get(&Excuse::NobodyFit).copied();
    assert_eq!(sum.recovered + unfit.unwrap_or_default(), sum.runs);
    assert!(sum.recovered * 100 > sum.runs * 98, "{sum:?}");
}

#[test]
fn every_theme_is_drawn_and_nearly_all_of_its_runs_are_checked_for_recovery() {
    let summary = all(8_000_000..8_001_000, Limits::default());
    for theme in Theme::ALL {
        let sum = summary.themes.get(&theme).cloned().unwrap_or_default();
        let least = if theme.is_textbook() { 15 } else { 70 };
        assert!(sum.runs >= least, "{theme}: {sum:?}");
        let excused: u64 = sum.excused.values().sum();
        assert_eq!(sum.recovered + excused, sum.runs, "{theme}: {sum:?}");
        assert!(sum.recovered * 10 >= sum.runs * 7, "{theme}: {sum:?}");
    }
}
