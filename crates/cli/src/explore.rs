//! `replicascope explore`: random scenarios, and what must hold in every one of them.
//!
//! The engine says what must hold (`replicascope_engine::explore`); this is the search: which seeds, how many at a time, and
//! what a finding looks like.

use std::cell::Cell;
use std::panic;
use std::path::PathBuf;
use std::time::Instant;

use rayon::prelude::*;
use replicascope_engine::Scenario;
use replicascope_engine::explore::{self, Failure as Broken, Limits, Statistics, Summary};

use crate::args;
use crate::failure::{self, Ended, Failure};
use crate::files;
use crate::output::{count, counted};
use crate::progress::Progress;

/// How many seeds are given to the threads at a time.
const STRETCH: u64 = 512;

thread_local! {
    /// The seed that this thread works on, to tell when the engine panics.
    static SEED: Cell<Option<u64>> = const { Cell::new(None) };
}

/// Every fifth seed may have fencing off, which allows split brain and loss.
fn limits(seed: u64) -> Limits {
    Limits {
        fencing_may_be_off: seed % 5 == 4,
        ..Limits::default()
    }
}

/// The scenario of a seed, with its end.
fn scenario(seed: u64) -> Scenario {
    let (mut scenario, phases) = explore::scenario(seed, limits(seed));
    scenario.until_us = Some(phases.ends_at);
    scenario
}

/// A seed whose scenario violates an invariant.
struct Finding {
    seed: u64,
    broken: Broken,
}

pub(crate) fn explore(options: &args::Explore) -> failure::Result<Ended> {
    let Some(last) = options.from.checked_add(options.seeds - 1) else {
        return Err(Failure::Unsuitable {
            name: "--from".to_owned(),
            reason: format!(
                "{} + {} seeds is more than there are",
                options.from, options.seeds
            ),
        });
    };
    let jobs = options.jobs.map_or(0, usize::from);
    let threads = rayon::ThreadPoolBuilder::new()
        .num_threads(jobs)
        .build()
        .map_err(|error| Failure::Threads {
            jobs,
            reason: error.to_string(),
        })?;
    tell_the_seed_of_a_panic(options.out.clone());
    let started = Instant::now();
    let progress = Progress::of(options.seeds, "scenarios");
    // Stretch after stretch, and within one in the order of seeds: however the threads take turns, the same command finds
    // the same.
    let most = usize::from(options.findings);
    let (mut findings, mut summary) = (Vec::new(), Summary::default());
    let mut next = options.from;
    let mut looked = 0;
    while findings.len() < most && looked < options.seeds {
        let stretch = next..=last.min(next.saturating_add(STRETCH - 1));
        next = stretch.end().saturating_add(1);
        let runs: Vec<(u64, Result<Statistics, Broken>)> = threads.install(|| {
            let look = |seed| {
                let run = (seed, look(seed));
                progress.done(1);
                run
            };
            stretch.into_par_iter().map(look).collect()
        });
        for (seed, run) in runs {
            looked += 1;
            match run {
                Ok(run) => summary.add(explore::theme(seed, limits(seed)), &run),
                Err(broken) if findings.len() < most => findings.push(Finding { seed, broken }),
                Err(_) => {}
            }
        }
    }
    drop(progress);
    let seconds = started.elapsed().as_secs_f64().max(0.001);
    eprintln!("{summary}");
    let pace = format!(
        "{seconds:.1} s, {} scenarios/s",
        count((looked as f64 / seconds) as u64)
    );
    if findings.is_empty() {
        eprintln!(
            "{}, seeds {} to {last}: every invariant holds ({pace})",
            counted(options.seeds, "scenario"),
            options.from,
        );
        return Ok(Ended::Well);
    }
    for finding in &findings {
        report(options, finding)?;
    }
    eprintln!(
        "{} in {} ({pace})",
        counted(findings.len() as u64, "violation"),
        counted(looked, "scenario"),
    );
    Ok(Ended::Violated)
}

fn look(seed: u64) -> Result<Statistics, Broken> {
    SEED.set(Some(seed));
    let run = explore::explore(seed, limits(seed));
    SEED.set(None);
    run
}

fn report(options: &args::Explore, finding: &Finding) -> failure::Result<()> {
    let file = file_of(&options.out, finding.seed);
    match &finding.broken {
        // It names the seed and the invariant.
        Broken::Broken(violation) => eprintln!("{violation}"),
        Broken::Invalid(error) => eprintln!("seed {}: {error}", finding.seed),
    }
    files::write(&file, &scenario(finding.seed).to_json())?;
    eprintln!("the scenario is in {}", file.display());
    Ok(())
}

fn file_of(folder: &std::path::Path, seed: u64) -> PathBuf {
    folder.join(format!("violation-seed-{seed}.json"))
}

/// A panic of the engine is a finding too, and without its seed it is worth little.
fn tell_the_seed_of_a_panic(folder: PathBuf) {
    let before = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        if let Some(seed) = SEED.get() {
            let file = file_of(&folder, seed);
            let written = files::write(&file, &scenario(seed).to_json());
            let place = match written {
                Ok(()) => format!("the scenario is in {}", file.display()),
                Err(failure) => failure.to_string(),
            };
            eprintln!("seed {seed}: the engine panicked; {place}");
        }
        before(info);
    }));
}

#[cfg(test)]
mod tests {
    use replicascope_engine::explore::{Invariant, Violation};
    use replicascope_engine::time::Time;

    use super::*;

    #[test]
    fn a_finding_is_kept_as_a_scenario_that_runs_the_same() {
        let folder = tempfile::TempDir::new().expect("a temporary folder");
        let options = args::Explore {
            seeds: 1,
            from: 7,
            jobs: None,
            findings: 1,
            out: folder.path().to_owned(),
        };
        let violation = Violation {
            seed: 7,
            invariant: Invariant::OnePrimary,
            when: Time::from_secs(3),
            detail: "n1 and n2".to_owned(),
        };
        let finding = Finding {
            seed: 7,
            broken: Broken::Broken(violation),
        };
        report(&options, &finding).expect("writable");
        let kept = files::read(&folder.path().join("violation-seed-7.json")).expect("a scenario");
        let (drawn, phases) = explore::scenario(7, limits(7));
        assert_eq!((kept.seed, &kept.actions), (7, &drawn.actions));
        assert_eq!(kept.ends_at(), phases.ends_at);
        let statistics = explore::explore(7, limits(7)).expect("every invariant holds");
        let mut course = replicascope_engine::Course::new(&kept).expect("valid");
        course.finish();
        assert_eq!(course.report().trace_hash, statistics.trace_hash);
        let missing = folder.path().join("no such folder");
        let nowhere = args::Explore {
            out: missing,
            ..options
        };
        assert!(report(&nowhere, &finding).is_err());
    }
}
