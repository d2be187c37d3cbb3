//! `replicascope check`: do the expectations of scenarios hold?

use std::io::{self, Write};

use replicascope_engine::expect::{Answer, Expectation, Found, written_time};

use crate::args;
use crate::failure::{Ended, Failure, Result};
use crate::files;
use crate::output::counted;
use crate::run::{course, to_the_end};

pub(crate) fn check(options: &args::Check) -> Result<Ended> {
    let mut ended = Ended::Well;
    // Everything is read before anything runs: a mistake in the last file should not cost the run of the others.
    let mut scenarios = Vec::new();
    for file in &options.files {
        let (name, scenario) = (files::name(file), files::read(file)?);
        if scenario.expect.is_empty() {
            return Err(Failure::Unsuitable {
                name,
                reason: "expect: there are no expectations to check".to_owned(),
            });
        }
        scenarios.push((name, scenario));
    }
    for (name, scenario) in scenarios {
        let mut course = course(&name, &scenario, None)?;
        to_the_end(&mut course, |_, _| Ok(()))?;
        let answers = course.answers();
        let broken = answers.iter().filter(|answer| !answer.holds).count();
        let mut out = io::stdout().lock();
        if broken == 0 {
            let number = counted(answers.len() as u64, "expectation");
            writeln!(out, "ok      {name}: {number}")?;
            continue;
        }
        ended = Ended::Violated;
        let of = answers.len();
        writeln!(
            out,
            "FAILED  {name}: {broken} of {of} expectations do not hold"
        )?;
        for (index, answer) in answers.iter().enumerate().filter(|(_, a)| !a.holds) {
            let (expectation, why) = (&answer.expectation, why(answer));
            writeln!(out, "  expect[{index}]: {expectation}: {why}")?;
        }
    }
    io::stdout().lock().flush()?;
    Ok(ended)
}

/// Why an expectation does not hold.
pub(crate) fn why(answer: &Answer) -> String {
    match &answer.found {
        Found::Amount(None) => "there is no such number in this run".to_owned(),
        Found::AfterTheEnd => "the run ends before that instant".to_owned(),
        Found::Amount(_) | Found::Role(_) | Found::Health(_) | Found::Truth(_) => {
            format!("it is {}", answer.found)
        }
        Found::Events { count, first } => {
            let mut text = match count {
                0 => "it did not happen".to_owned(),
                count => format!("it happened {}", counted(*count, "time")),
            };
            let windowed = matches!(
                answer.expectation,
                Expectation::Event { from_us, until_us, .. } if from_us.is_some() || until_us.is_some()
            );
            let times: Vec<String> = first.iter().map(|&at| written_time(at)).collect();
            if windowed {
                text.push_str(" then");
            }
            if !times.is_empty() {
                text.push_str("; in the whole run first at ");
                text.push_str(&times.join(", "));
            }
            text
        }
    }
}
