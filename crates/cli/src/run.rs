//! `replicascope run`: one run and its numbers.

mod summary;

use std::io::{self, Write};

use replicascope_engine::event::Event;
use replicascope_engine::time::Time;
use replicascope_engine::{Course, Scenario, Simulation};

use crate::args;
use crate::failure::{Ended, Failure, Result};
use crate::files;
use crate::progress::Progress;

/// Steps between two looks at the progress.
const CHUNK: u64 = 50_000;

pub(crate) fn run(options: &args::Run) -> Result<Ended> {
    let scenario = files::read(&options.file)?;
    let name = files::name(&options.file);
    let mut course = course(&name, &scenario, options.until)?;
    to_the_end(&mut course, |_, _| Ok(()))?;
    let report = course.report();
    let mut out = io::stdout().lock();
    if options.json {
        serde_json::to_writer_pretty(&mut out, &report).map_err(io::Error::from)?;
        writeln!(out)?;
    } else {
        write!(out, "{}", summary::Summary(&report))?;
    }
    out.flush()?;
    Ok(Ended::Well)
}

/// The run of a scenario; says so when actions come after its end.
pub(crate) fn course(name: &str, scenario: &Scenario, until: Option<Time>) -> Result<Course> {
    let end = until.unwrap_or_else(|| scenario.ends_at());
    let course = Course::until(scenario, end).map_err(|source| Failure::Scenario {
        name: name.to_owned(),
        source,
    })?;
    let too_late = scenario
        .actions
        .iter()
        .filter(|action| action.at_us > end)
        .count();
    if too_late > 0 {
        eprintln!("note: {name}: {too_late} of its actions come after the end of the run at {end}");
    }
    Ok(course)
}

/// Runs to the end with progress, and shows every event.
pub(crate) fn to_the_end(
    course: &mut Course,
    mut each: impl FnMut(&Simulation, &Event) -> io::Result<()>,
) -> Result<()> {
    let progress = Progress::of_run(course);
    let mut written = Ok(());
    loop {
        let ended = course.advance(CHUNK, |simulation, event| {
            if written.is_ok() {
                written = each(simulation, event);
            }
        });
        core::mem::replace(&mut written, Ok(()))?;
        if ended {
            return Ok(());
        }
        progress.run_is_at(course);
    }
}
