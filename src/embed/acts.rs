//! What commands do, and why one cannot be done. What cannot changes nothing.

use leptos::{ev, prelude::*};
use replicascope_embed::Given;
use replicascope_engine::Experiment;
use replicascope_engine::recording::Worth;
use replicascope_engine::time::Time;

use super::{Embedded, opening};
use crate::lessons::lesson_text;
use crate::scenarios;
use crate::session::{SPEEDS, Speed};
use crate::words;

/// Why a command was not done.
#[derive(Debug)]
pub(super) struct Refusal {
    /// The field that is wrong.
    pub(super) field: String,
    /// Its value, shortened.
    pub(super) value: String,
    /// What is wrong with it, a sentence.
    pub(super) reason: String,
}

/// Most characters of a value that is said again.
const MOST_VALUE: usize = 60;

fn refusal(field: &str, value: &str, reason: impl Into<String>) -> Refusal {
    let short: String = value.chars().take(MOST_VALUE).collect();
    Refusal {
        field: field.to_owned(),
        value: if short.len() < value.len() {
            format!("{short}…")
        } else {
            short
        },
        reason: reason.into(),
    }
}

/// The speed of so many thousandths, one that the page offers where it is one.
fn speed_of(milli: u32) -> Speed {
    let offered = |speed: &Speed| speed.times * 1_000 == speed.over * milli;
    SPEEDS.into_iter().find(offered).unwrap_or(Speed {
        times: milli,
        over: 1_000,
    })
}

impl Embedded {
    pub(super) fn play(self, speed_milli: Option<u32>) {
        if let Some(milli) = speed_milli {
            self.session.set_speed(speed_of(milli));
        }
        self.session.play();
    }

    pub(super) fn step(self, back: bool) {
        if back {
            self.session.step_back(Worth::Event);
        } else {
            self.session.step(Worth::Event);
        }
    }

    pub(super) fn seek(self, at: Time) -> Result<(), Refusal> {
        let session = self.session;
        let before = session.peek(|run| run.simulation().now());
        let playing = session.playing().get_untracked();
        session.seek(at);
        let reached = session.peek(|run| run.simulation().now());
        if reached >= at {
            return Ok(());
        }
        session.seek(before);
        if playing {
            session.play();
        }
        let reason = format!(
            "It takes too long to compute at once: about a second of work ends at {}. Play on to get there.",
            words::at(reached)
        );
        Err(refusal("at_ms", &(at.0 / 1_000).to_string(), reason))
    }

    pub(super) fn set_scenario(self, given: Given) -> Result<(), Refusal> {
        match given {
            Given::Named(id) => {
                let Some(preset) = opening::index(&id) else {
                    let known = scenarios::ALL.map(|preset| preset.id).join(", ");
                    let reason = format!(
                        "There is no such scenario. There are {known}; or give a link, run=…, or a scenario as an object."
                    );
                    return Err(refusal("scenario", &id, reason));
                };
                self.show(opening::of_preset(preset), Some(preset));
            }
            Given::Link(fragment) => {
                let opened = opening::of_link(&fragment);
                let (experiment, note) =
                    opened.map_err(|reason| refusal("scenario", &fragment, reason))?;
                self.show(experiment, None);
                self.session.notice().set(note);
            }
            Given::Json(json) => {
                let experiment = opening::of_json(&json).map_err(|(path, reason)| {
                    let field = match path.as_str() {
                        "scenario" => path,
                        path => format!("scenario.{path}"),
                    };
                    refusal(&field, &json, reason)
                })?;
                self.show(experiment, None);
            }
        }
        Ok(())
    }

    /// Shows another run, in the place of a lesson too. Whether it plays stays.
    fn show(self, experiment: Experiment, preset: Option<usize>) {
        let session = self.session;
        let playing = session.playing().get_untracked();
        session.take_along([]);
        session.come_back(false);
        self.report.set(None);
        // A stage that is there stays, with the focus in it.
        if self.lesson.with_untracked(Option::is_some) {
            self.lesson.set(None);
        }
        session.show(experiment);
        self.panels.scenario.set(preset);
        if playing {
            session.play();
        }
    }

    pub(super) async fn open_lesson(self, lesson: String) -> Result<(), Refusal> {
        // Whether there is one is known once its file is there; who shows it has it then.
        match lesson_text(&lesson).await {
            Ok(_) => {
                self.report.set(None);
                self.lesson.set(Some(lesson));
                Ok(())
            }
            Err(status) => Err(refusal("lesson", &lesson, words::lessons::no_file(status))),
        }
    }

    /// Opens what is put behind `#` in the address of the frame.
    pub(super) fn follow_fragment(self) {
        let address = window_event_listener(ev::hashchange, move |_| {
            let fragment = window().location().hash().unwrap_or_default();
            match opening::in_fragment(fragment.trim_start_matches('#')) {
                None => {}
                Some(Ok((experiment, note))) => {
                    self.show(experiment, None);
                    self.session.notice().set(note);
                }
                Some(Err(error)) => {
                    let text = format!("In the address of this frame, {error}.");
                    super::warn(&text);
                    self.session.notice().set(Some(text));
                }
            }
        });
        on_cleanup(move || address.remove());
    }
}
