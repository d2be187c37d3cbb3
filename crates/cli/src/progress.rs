//! Progress of long work on standard error: what is done, how fast, and how long it will take. Only on a terminal.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};
use replicascope_engine::Course;

use crate::output;

/// A line that tells how far work has come.
pub(crate) struct Progress(ProgressBar);

impl Progress {
    /// For `total` pieces of work, such as scenarios.
    pub(crate) fn of(total: u64, unit: &'static str) -> Self {
        let template = format!(
            "{{bar:24}} {{human_pos}} of {{human_len}} {unit}, {{rate}}, {{eta}} left{{msg}}"
        );
        let bar = ProgressBar::with_draw_target(Some(total), ProgressDrawTarget::stderr());
        bar.set_style(style(&template).with_key("rate", rate(unit)));
        Self(bar)
    }

    /// For work whose end is not known.
    pub(crate) fn open(unit: &'static str) -> Self {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
        let template = format!("{{spinner}} {{human_pos}} {unit}, {{rate}}, {{elapsed}}{{msg}}");
        bar.set_style(style(&template).with_key("rate", rate(unit)));
        bar.enable_steady_tick(Duration::from_millis(200));
        Self(bar)
    }

    /// For one run, in milliseconds of its time.
    pub(crate) fn of_run(course: &Course) -> Self {
        let bar = ProgressBar::with_draw_target(
            Some(course.end().0 / 1_000),
            ProgressDrawTarget::stderr(),
        );
        bar.set_style(style("{bar:24} {msg}, {eta} left"));
        Self(bar)
    }

    /// So many pieces more are done.
    pub(crate) fn done(&self, pieces: u64) {
        self.0.inc(pieces);
    }

    /// A remark at the end of the line.
    pub(crate) fn say(&self, text: String) {
        self.0.set_message(text);
    }

    /// A run has come so far.
    pub(crate) fn run_is_at(&self, course: &Course) {
        let simulation = course.simulation();
        self.0.set_position(simulation.now().0 / 1_000);
        let seconds = self.0.elapsed().as_secs_f64().max(0.001);
        let events = simulation.trace().len();
        let rate = (events as f64 / seconds) as u64;
        self.0.set_message(format!(
            "{} of {}, {}, {} events/s",
            output::seconds(simulation.now()),
            output::seconds(course.end()),
            output::counted(events, "event"),
            output::count(rate),
        ));
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}

fn rate(unit: &'static str) -> impl Fn(&ProgressState, &mut dyn core::fmt::Write) + Clone {
    move |state, out| {
        let rate = state.per_sec();
        let _ = if rate < 10.0 {
            write!(out, "{rate:.1} {unit}/s")
        } else {
            write!(out, "{rate:.0} {unit}/s")
        };
    }
}
