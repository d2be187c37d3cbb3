//! Links and files in words.

use replicascope_engine::Simulation;
use replicascope_engine::time::Time;
use replicascope_link::{Link, Replay};

use super::at;
use crate::share;

/// What opening a link came to.
pub(crate) fn replay(link: &Link, replay: &Replay) -> String {
    match replay {
        Replay::Exact => format!(
            "Opened from a link at {}: replayed exactly, event for event.",
            at(link.at)
        ),
        Replay::Differs { after, by } => format!(
            "Opened from a link at {}, but the engine has changed since: first difference between {} and {}.",
            at(link.at),
            at(*after),
            at(*by)
        ),
        Replay::TooFar { reached } => format!(
            "Opened from a link. Its instant, {}, takes long to compute: this is {}. Play on to get there.",
            at(link.at),
            at(*reached)
        ),
    }
}

/// So many of all the branches that were kept cannot be opened, the first of them for this reason.
pub(crate) fn not_kept(lost: usize, count: usize, why: &str) -> String {
    match count {
        1 => format!("The run of your last visit could not be opened. {why}"),
        _ => {
            format!("{lost} of the {count} branches of your last visit could not be opened. {why}")
        }
    }
}

/// How much is kept between visits.
pub(crate) fn kept() -> String {
    format!(
        "Between visits this browser keeps the one that is played and the newest {} others, up to {} MB.",
        share::MOST_BRANCHES - 1,
        share::MOST_TEXT / 1_000_000
    )
}

/// What a link of this length does.
pub(crate) fn about(length: usize, now: Time) -> String {
    format!(
        "{length} characters. It opens at {} with every setting and action, and says whether it replayed exactly.",
        at(now)
    )
}

/// What a picture of the stage shows.
pub(crate) fn picture(run: &Simulation) -> String {
    let now = super::narration::now(run);
    format!("ReplicaScope at {}: {}", at(run.now()), now.text)
}

/// A file was handed to the browser.
pub(crate) fn saved(name: &str) -> String {
    format!("Saved: {name}.")
}

/// As [`saved`], of one that does not go back to the start of the run.
pub(crate) fn saved_newest(name: &str, kept: usize, all: u64) -> String {
    format!(
        "Saved: {name}, with the newest {} of {}. The older ones are no longer kept.",
        super::grouped(kept as u64),
        super::grouped(all)
    )
}
