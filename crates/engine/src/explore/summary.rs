//! What many runs add up to, theme by theme, so that nothing is silently empty.

use core::fmt;
use std::collections::BTreeMap;

use super::{Excuse, Statistics, Theme};

/// What the runs of one theme add up to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OfTheme {
    /// Runs.
    pub runs: u64,
    /// Runs that recovered, with everything that is checked then.
    pub recovered: u64,
    /// Runs that were not expected to recover, by reason.
    pub excused: BTreeMap<Excuse, u64>,
    /// Runs in which two nodes took writes at a time, where no setting promised otherwise.
    pub split_brain: u64,
    /// Events.
    pub events: u64,
    /// Promotions.
    pub promotions: u64,
    /// Acks whose rule was checked.
    pub acks_checked: u64,
    /// Acked writes that were promised to survive, and did.
    pub promised_acks: u64,
    /// Acked writes that are lost, where no setting promised otherwise.
    pub lost_acked: u64,
    /// Verdicts whose causes were followed back.
    pub verdicts: u64,
    /// Keys whose histories were promised to be linearizable, and are.
    pub linearizable_keys: u64,
    /// Operations in those histories.
    pub linearizable_ops: u64,
    /// Promotions of the replica that had received most, where semi-sync promised that nothing acked is lost.
    pub safest_promotions: u64,
}

/// What many runs add up to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// By theme.
    pub themes: BTreeMap<Theme, OfTheme>,
}

impl Summary {
    /// Counts one more run.
    pub fn add(&mut self, theme: Theme, run: &Statistics) {
        let sum = self.themes.entry(theme).or_default();
        sum.runs += 1;
        sum.recovered += u64::from(run.recovered);
        if let Some(excuse) = run.excused {
            *sum.excused.entry(excuse).or_default() += 1;
        }
        sum.split_brain += u64::from(run.split_brain);
        for (total, one) in [
            (&mut sum.events, run.events),
            (&mut sum.promotions, run.promotions),
            (&mut sum.acks_checked, run.acks_checked),
            (&mut sum.promised_acks, run.promised_acks),
            (&mut sum.lost_acked, run.lost_acked),
            (&mut sum.verdicts, run.verdicts),
            (&mut sum.linearizable_keys, run.linearizable_keys),
            (&mut sum.linearizable_ops, run.linearizable_ops),
            (&mut sum.safest_promotions, run.safest_promotions),
        ] {
            *total += one;
        }
    }
}

impl fmt::Display for Summary {
    /// A table, one line for each theme.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:<13}{:>8}{:>11}{:>13}{:>12}{:>12}{:>11}{:>9}{:>12}{:>14}{:>8}",
            "theme",
            "runs",
            "recovered",
            "split brain",
            "promotions",
            "acks",
            "promised",
            "lost",
            "verdicts",
            "linearizable",
            "safest"
        )?;
        for (theme, sum) in &self.themes {
            write!(
                f,
                "\n{theme:<13}{:>8}{:>11}{:>13}{:>12}{:>12}{:>11}{:>9}{:>12}{:>14}{:>8}",
                sum.runs,
                sum.recovered,
                sum.split_brain,
                sum.promotions,
                sum.acks_checked,
                sum.promised_acks,
                sum.lost_acked,
                sum.verdicts,
                sum.linearizable_ops,
                sum.safest_promotions
            )?;
            for (excuse, count) in &sum.excused {
                write!(f, "\n{:<13}{count} not expected to recover: {excuse}", "")?;
            }
        }
        Ok(())
    }
}
