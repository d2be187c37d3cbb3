//! `replicascope shrink`: the shortest scenario that still shows something.
//!
//! First actions are left out as long as the expectation holds (`actions`), then the rest is made plainer (`plainer`), again
//! and again until nothing more goes. Only what was tried and held is kept, and nothing is drawn by lot: the same file and
//! expectation give the same result.

mod actions;
mod plainer;
mod still;

use std::io::{self, Write};

use replicascope_engine::Scenario;
use replicascope_engine::scenario::VERSION;

use crate::args;
use crate::failure::{Ended, Failure, Result};
use crate::files;
use crate::output::{counted, seconds};
use crate::progress::Progress;
use still::Still;

/// Tries scenarios.
struct Trial {
    still: Still,
    tried: u64,
    progress: Progress,
    /// The best so far.
    best: Scenario,
}

impl Trial {
    /// Whether a scenario is valid and shows it. Then it is the best so far.
    fn keep(&mut self, mut candidate: Scenario) -> bool {
        if candidate == self.best {
            return false;
        }
        candidate.expect = self.still.expected();
        let Ok(missing) = self.still.missing(&candidate) else {
            return false;
        };
        self.tried += 1;
        self.progress.done(1);
        let holds = missing.is_none();
        if holds {
            self.best = candidate;
            self.progress.say(format!(", {}", size(&self.best)));
        }
        holds
    }

    /// As [`Trial::keep`], of the best so far with a change.
    fn change(&mut self, change: impl FnOnce(&mut Scenario)) -> bool {
        let mut candidate = self.best.clone();
        change(&mut candidate);
        self.keep(candidate)
    }
}

fn size(scenario: &Scenario) -> String {
    format!(
        "{}, {}, {}",
        counted(scenario.actions.len() as u64, "action"),
        counted(scenario.cluster.node_count() as u64, "node"),
        seconds(scenario.ends_at())
    )
}

pub(crate) fn shrink(options: &args::Shrink) -> Result<Ended> {
    let name = files::name(&options.file);
    let mut scenario = files::read(&options.file)?;
    // The end is held fast: it must not move when the last action goes.
    scenario.until_us = Some(scenario.ends_at());
    scenario.version = VERSION;
    let invalid = |source| Failure::Scenario {
        name: name.clone(),
        source,
    };
    let still = match options.still {
        Some(expectation) => Still::Holds(expectation),
        None => Still::violation(&scenario).map_err(invalid)?,
    };
    scenario.expect = still.expected();
    if let Some(missing) = still.missing(&scenario).map_err(invalid)? {
        eprintln!("{name} does not show it, so there is nothing to shrink: {missing}");
        return Ok(Ended::Violated);
    }
    let before = size(&scenario);
    let mut trial = Trial {
        still,
        tried: 1,
        progress: Progress::open("runs"),
        best: scenario,
    };
    loop {
        let at_first = trial.best.clone();
        actions::leave_out(&mut trial);
        plainer::make(&mut trial);
        if trial.best == at_first {
            break;
        }
    }
    let Trial {
        tried,
        best,
        progress,
        ..
    } = trial;
    drop(progress);
    let text = best.to_json();
    match &options.out {
        Some(file) => files::write(file, &text)?,
        None => {
            let mut out = io::stdout().lock();
            out.write_all(text.as_bytes())?;
            out.flush()?;
        }
    }
    eprintln!(
        "{before} -> {}, after {}",
        size(&best),
        counted(tried, "run")
    );
    Ok(Ended::Well)
}
