//! `cargo xtask test`: every test there is, in the order in which a mistake costs least to find.

mod counts;
mod steps;

use std::time::{Duration, Instant};

use crate::failure::Failure;
use crate::tools::{Need, Toolbox};
use counts::Counts;
pub(crate) use steps::{Step, build_page};

/// Runs `steps` in order and stops at the first that fails.
pub(crate) fn run(steps: &[Step]) -> Result<(), Failure> {
    let needs: Vec<Need> = steps
        .iter()
        .flat_map(|step| step.needs())
        .copied()
        .collect();
    let toolbox = Toolbox::prepare(&needs)?;

    let mut total = Counts::default();
    let mut times = Vec::new();
    let mut ended = Ok(());
    for step in steps {
        println!("\n=== {}: {}", step.name(), step.title());
        let start = Instant::now();
        let outcome = step.run(&toolbox)?;
        times.push((step.name(), start.elapsed()));
        total += outcome.counts;
        if let Err(failure) = outcome.ended {
            ended = Err(Failure::new(format!("step {}: {failure}", step.name())));
            break;
        }
    }

    println!();
    for (name, time) in &times {
        println!("  {name:<12}{:>14}", in_words(*time));
    }
    let sum = times.iter().map(|(_, time)| *time).sum();
    println!("  {:<12}{:>14}", "together", in_words(sum));
    if !total.is_empty() {
        println!("{total}");
    }
    ended
}

fn in_words(time: Duration) -> String {
    let seconds = time.as_secs();
    if seconds < 60 {
        return format!("{:.1} s", time.as_secs_f64());
    }
    format!("{} min {:02} s", seconds / 60, seconds % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_in_words() {
        assert_eq!(in_words(Duration::from_millis(340)), "0.3 s");
        assert_eq!(in_words(Duration::from_secs(125)), "2 min 05 s");
    }
}
