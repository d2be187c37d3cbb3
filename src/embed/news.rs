//! What the host is told without asking: state when it changed, events as they happen, lessons as they go.

use std::cell::RefCell;

use gloo_timers::callback::Timeout;
use leptos::prelude::*;
use replicascope_embed::{Lesson, LessonState, Message, Score, State, events};
use replicascope_engine::Recording;
use replicascope_engine::event::Event;
use replicascope_engine::ids::EventId;
use replicascope_engine::time::Time;

use super::post::Post;
use super::{Embedded, state};
use crate::lean::{effect, effect_after};
use crate::lessons::Report;

/// How long the host is told no other state, in ms, unless it has asked for something.
const STATE_PAUSE_MS: f64 = 250.0;
/// Most events in one message. A jump over more of them is told as one.
const MOST_EVENTS: usize = 5_000;

/// How far the host has been told of events.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Followed {
    at: Time,
    count: u64,
    last: Option<Event>,
}

impl Followed {
    fn of(recording: &Recording) -> Self {
        let run = recording.simulation();
        let count = run.trace().len();
        Self {
            at: run.now(),
            count,
            last: run.trace().get(EventId(count)).copied(),
        }
    }

    /// What has happened since, and whether time has jumped in between: back, to another run, or over more than can be told.
    fn since(self, recording: &Recording) -> (bool, Vec<Event>) {
        let run = recording.simulation();
        let same = match self.last {
            Some(last) => run.trace().get(EventId(self.count)) == Some(&last),
            None => self.count == 0,
        };
        if !same || run.now() < self.at || run.trace().len() < self.count {
            return (true, Vec::new());
        }
        let since = run.trace().since(EventId(self.count));
        let events: Vec<Event> = since.take(MOST_EVENTS + 1).copied().collect();
        // The trace keeps only the newest.
        let all = events.len() as u64 == run.trace().len() - self.count;
        if all && events.len() <= MOST_EVENTS {
            (false, events)
        } else {
            (true, Vec::new())
        }
    }
}

/// What is told. A copy is a handle to the same.
#[derive(Clone, Copy)]
pub(super) struct News {
    embedded: Embedded,
    post: Post,
    subscribed: RwSignal<bool>,
    followed: StoredValue<Followed>,
    sent: StoredValue<Option<State>>,
    sent_ms: StoredValue<f64>,
    later: StoredValue<RefCell<Option<Timeout>>, LocalStorage>,
}

impl News {
    pub(super) fn new(embedded: Embedded, post: Post, events: bool) -> Self {
        Self {
            embedded,
            post,
            subscribed: RwSignal::new(events),
            followed: StoredValue::new(Followed::default()),
            sent: StoredValue::new(None),
            sent_ms: StoredValue::new(f64::NEG_INFINITY),
            later: StoredValue::new_local(RefCell::new(None)),
        }
    }

    /// Tells from now on.
    pub(super) fn follow(self) {
        if !self.post.tells() {
            return;
        }
        self.followed
            .set_value(self.embedded.session.peek(Followed::of));
        let session = self.embedded.session;
        let (report, lesson) = (self.embedded.report, self.embedded.lesson);
        let panel = session.on_panel(|run| run.simulation().steps());
        let (playing, speed) = (session.playing(), session.speed());
        effect(move || {
            panel.track();
            playing.track();
            speed.track();
            report.track();
            lesson.track();
            session.futures().track();
            self.state_soon();
        });
        effect(move || {
            // Each frame in which something changed.
            let _ = session.now();
            if self.subscribed.get() {
                self.events();
            }
        });
        effect_after(move |before: Option<Option<Report>>| {
            let now = report.get();
            if let Some(report) = &now
                && before.is_some_and(|before| before.as_ref() != Some(report))
                && (report.done || report.step == report.steps)
            {
                self.post.message(&Message::Lesson(lesson_of(report)));
            }
            now
        });
    }

    /// Tells events from now on, or no more.
    pub(super) fn subscribe(self, events: bool) {
        if events && !self.subscribed.get_untracked() {
            self.followed
                .set_value(self.embedded.session.peek(Followed::of));
        }
        self.subscribed.set(events);
    }

    fn events(self) {
        let followed = self.followed.get_value();
        let (jumped, since, now) = self.embedded.session.peek(|run| {
            let (jumped, since) = followed.since(run);
            (jumped, since, Followed::of(run))
        });
        self.followed.set_value(now);
        if jumped || !since.is_empty() {
            let sought = jumped.then_some(now.at);
            self.post.json(&events(sought, since.iter()), false);
        }
    }

    fn present(self) -> State {
        let session = self.embedded.session;
        let (playing, speed) = (
            session.playing().get_untracked(),
            session.speed().get_untracked(),
        );
        let report = self.embedded.report.get_untracked();
        State {
            lesson: report.map(|report| LessonState {
                step: report.step + 1,
                steps: report.steps,
                id: report.lesson,
            }),
            ..session.peek(|run| state::of(run, playing, speed))
        }
    }

    /// Tells how the run stands.
    pub(super) fn state_now(self) {
        let state = self.present();
        self.later.with_value(RefCell::take);
        self.sent_ms.set_value(now_ms());
        self.post.message(&Message::State(state.clone()));
        self.sent.set_value(Some(state));
    }

    /// Tells how the run stands, if that is another way than was told, and not too often.
    fn state_soon(self) {
        let wait = self.sent_ms.get_value() + STATE_PAUSE_MS - now_ms();
        if wait <= 0.0 {
            let present = self.present();
            if self.sent.with_value(|sent| sent.as_ref() != Some(&present)) {
                self.state_now();
            }
            return;
        }
        self.later.with_value(|later| {
            let mut later = later.borrow_mut();
            if later.is_none() {
                *later = Some(Timeout::new(wait.ceil() as u32, move || {
                    // The page may be gone.
                    if self.sent_ms.try_get_value().is_some() {
                        self.later.with_value(|later| drop(later.take()));
                        self.state_soon();
                    }
                }));
            }
        });
    }
}

fn now_ms() -> f64 {
    window().performance().map_or(0.0, |clock| clock.now())
}

fn lesson_of(report: &Report) -> Lesson {
    let score = report.score;
    Lesson {
        id: report.lesson.clone(),
        finished: report.finished,
        step: report.step + 1,
        steps: report.steps,
        score: Score {
            done: score.done,
            steps: score.steps,
            right: score.right,
            questions: score.questions,
            accepted: score.accepted,
            tasks: score.tasks,
        },
    }
}
