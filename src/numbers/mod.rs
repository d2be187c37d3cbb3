//! Numbers: commit latency, staleness and lag with their quantiles, and how much the cluster can take. From the run's own data.

mod capacity;
mod figures;

use core::fmt::Write as _;

use leptos::prelude::*;
use replicascope_engine::oracle::LEDGER_CAP;
use replicascope_engine::time::{Span, Time};

use crate::lean::Show;
use crate::session::Session;
use crate::words;

pub(crate) use figures::{Figures, Measure, width};

/// Most stretches of a chart.
const STRETCHES: u64 = 60;
/// The drawing's units; the page stretches it.
const WIDE: f64 = 600.0;
const HIGH: f64 = 100.0;

/// The charts and the capacity, while they are asked for.
pub(crate) fn content() -> AnyView {
    view! { <Numbers /> }.into_any()
}

#[component]
fn Numbers() -> impl IntoView {
    let session = Session::expect();
    let now = session.on_second(|run| run.simulation().now());
    let capped = session.on_second(|run| !run.simulation().oracle().keeps_everything());
    view! {
        <div class="nums escroll" role="group" aria-label="Numbers" tabindex="0" data-own-arrows="">
            <p class="hint">
                <span>{move || format!("0 to {}", words::at(now.get()))}</span>
                <span class="nu-key">"p50"</span>
                <span class="nu-key nu-key99">"p99"</span>
                {move || {
                    capped
                        .get()
                        .then(|| {
                            let kept = words::grouped(LEDGER_CAP as u64);
                            view! { <span>{format!("the newest {kept} operations")}</span> }
                        })
                }}
            </p>
            <Chart measure=Measure::Commit />
            <Chart measure=Measure::Staleness />
            <Chart measure=Measure::Lag />
            <capacity::CapacityView />
        </div>
    }
}

/// A chart as it is drawn.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Drawn {
    p50: String,
    p99: String,
    /// The numbers beside the title.
    numbers: String,
    /// The top of the drawing.
    top: String,
}

impl Drawn {
    fn of(figures: &Figures, measure: Measure, width: Span, now: Time) -> Self {
        let Some(whole) = figures.whole else {
            return Self {
                numbers: match measure {
                    Measure::Commit => "no write acked yet",
                    Measure::Staleness => "no read was stale",
                    Measure::Lag => "",
                }
                .to_owned(),
                ..Self::default()
            };
        };
        let parts = || figures.stretches.iter().enumerate();
        let most = parts()
            .filter_map(|(_, part)| Some(part.as_ref()?.p99))
            .max()
            .unwrap_or_default();
        let line = |pick: fn(&figures::Quantiles) -> Span| {
            let mut path = String::new();
            let mut joins = false;
            for (index, part) in parts() {
                let Some(part) = part else {
                    joins = false;
                    continue;
                };
                let middle = (index as f64 + 0.5) * width.0 as f64;
                let x = (middle / now.0.max(1) as f64).min(1.0) * WIDE;
                let y = HIGH - pick(part).0 as f64 / most.0.max(1) as f64 * HIGH;
                // A lone point is a line of no length with a round cap.
                let (command, again) = if joins { ('L', "") } else { ('M', "h0") };
                let _ = write!(path, "{command}{x:.1} {y:.0}{again}");
                joins = true;
            }
            path
        };
        Self {
            p50: line(|part| part.p50),
            p99: line(|part| part.p99),
            numbers: format!(
                "p50 {}, p99 {}",
                words::span(whole.p50),
                words::span(whole.p99)
            ),
            top: words::span(most),
        }
    }
}

#[component]
fn Chart(measure: Measure) -> impl IntoView {
    let drawn = Session::expect().on_second(move |run| {
        let run = run.simulation();
        let width = width(run, STRETCHES);
        Drawn::of(&Figures::of(run, measure, width), measure, width, run.now())
    });
    let (title, long) = match measure {
        Measure::Commit => ("Commit latency", "issue to ack, as clients saw it"),
        Measure::Staleness => ("Staleness", "age of stale answers"),
        Measure::Lag => ("Lag", "the worst running replica"),
    };
    let numbers = move || drawn.with(|drawn| drawn.numbers.clone());
    let top = move || drawn.with(|drawn| drawn.top.clone());
    let name = move || {
        format!(
            "{title}, {long}, over time: {}, highest p99 {}",
            numbers(),
            top()
        )
    };
    view! {
        <section class="nu">
            <h3>{title}</h3>
            <b class="tnum">{numbers}</b>
            <p>{long}</p>
            <Show when=move || drawn.with(|drawn| !drawn.top.is_empty())>
                <div class="nu-plot">
                    <svg
                        viewBox=format!("0 -4 {WIDE} {}", HIGH + 8.0)
                        preserveAspectRatio="none"
                        role="img"
                        aria-label=name
                    >
                        <path class="nu-99" d=move || drawn.with(|drawn| drawn.p99.clone()) />
                        <path class="nu-50" d=move || drawn.with(|drawn| drawn.p50.clone()) />
                    </svg>
                    <span class="tnum" aria-hidden="true">
                        {top}
                    </span>
                </div>
            </Show>
        </section>
    }
}

#[cfg(test)]
mod tests {
    use super::figures::Quantiles;
    use super::*;

    #[test]
    fn a_stretch_without_values_breaks_the_line() {
        let at = |millis| {
            Some(Quantiles {
                count: 1,
                p50: Span::from_millis(millis / 2),
                p99: Span::from_millis(millis),
                most: Span::from_millis(millis),
            })
        };
        let figures = Figures {
            whole: at(40),
            stretches: vec![at(40), at(20), None, at(10)],
        };
        let drawn = Drawn::of(
            &figures,
            Measure::Commit,
            Span::from_secs(1),
            Time::from_secs(4),
        );
        assert_eq!(drawn.p99, "M75.0 0h0L225.0 50M525.0 75h0");
        assert_eq!(drawn.p50, "M75.0 50h0L225.0 75M525.0 88h0");
        assert_eq!(drawn.top, "40 ms");
        assert_eq!(drawn.numbers, "p50 20 ms, p99 40 ms");
    }

    #[test]
    fn nothing_is_said_to_be_nothing() {
        let none = Figures {
            whole: None,
            stretches: Vec::new(),
        };
        let drawn = Drawn::of(&none, Measure::Commit, Span::from_secs(1), Time::ZERO);
        assert_eq!(
            (drawn.numbers.as_str(), drawn.top.as_str()),
            ("no write acked yet", "")
        );
    }
}
