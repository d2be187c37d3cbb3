//! A lesson beside the stage: what is told, what is asked, where it goes on.

use std::sync::Arc;

use leptos::prelude::*;
use replicascope_lessons::{Lesson, StepState};

use super::course::Course;
use super::step::{Asked, paragraph};
use crate::compare::{self, Compare};
use crate::lean::{Memo, effect, effect_after};
use crate::shell::{Icon, Picture, hand_focus_to};
use crate::words;
use crate::words::lessons::Told;

/// The lesson that is asked for.
pub(crate) fn content() -> AnyView {
    let course = Course::of_page();
    let asked = course.lessons.asked;
    effect(move || {
        if let Some(id) = asked.get() {
            course.load(id);
        }
    });
    course.follow_place();
    on_cleanup(move || course.forget());
    let shown = move || match course.lesson.get() {
        Some(lesson) => view! { <Steps lesson=lesson /> }.into_any(),
        None => view! { <Waiting /> }.into_any(),
    };
    view! { {shown} }.into_any()
}

/// While the file is on its way, or when it does not come.
#[component]
fn Waiting() -> impl IntoView {
    let course = Course::of_page();
    let again = move |_| {
        if let Some(id) = course.lessons.asked.get_untracked() {
            course.load(id);
        }
    };
    view! {
        <div class="p-read">
            <h1 id="les-h">"A lesson"</h1>
            <p role="status">
                {move || course.no_lesson.get().unwrap_or_else(|| "It is being fetched.".to_owned())}
            </p>
            <div class="qrow" hidden=move || course.no_lesson.with(Option::is_none)>
                <button type="button" class="btn" on:click=again>
                    "Try again"
                </button>
                <button
                    type="button"
                    class="skip"
                    hidden=course.lessons.report.is_some()
                    on:click=move |_| course.lessons.close(false)
                >
                    "Leave"
                </button>
            </div>
        </div>
    }
}

#[component]
fn Steps(lesson: Arc<Lesson>) -> impl IntoView {
    let course = Course::of_page();
    let live = course.live();
    let steps = lesson.steps.len();
    let (step, turn) = (course.step, course.turn);
    let opening = Memo::new(move || turn.with(|turn| turn.opening.clone()));
    let text = Memo::new(move || turn.with(|turn| turn.text.clone()));
    let told = |text: Memo<Vec<Told>>| move || text.get().into_iter().map(paragraph).collect_view();
    // The heading of a step takes the focus, so that who hears the page hears where it goes on.
    effect(move || {
        text.track();
        let first = step.get() == 0;
        hand_focus_to(if first { "les-h" } else { "les-step" }, false);
    });
    let title = {
        let lesson = Arc::clone(&lesson);
        move || {
            let index = step.get();
            match lesson.steps.get(index) {
                Some(step) => {
                    let own = step.title.clone();
                    own.unwrap_or_else(|| words::lessons::place(index, steps))
                }
                None => "What to take away".to_owned(),
            }
        }
    };
    let state = {
        let lesson = Arc::clone(&lesson);
        Memo::new(move || course.state(&lesson, step.get()))
    };
    let done = Memo::new(move || state.get() == StepState::Done);
    let skipped = move || {
        let undone = state.get() == StepState::Skipped;
        undone.then(|| view! { <p class="small">"You skipped this step. It is still to do."</p> })
    };
    let ended = move || step.get() == steps;
    let next = move || match (done.get(), step.get() + 1 == steps) {
        (false, _) => "Skip step",
        (true, false) => "Next",
        (true, true) => "Finish",
    };
    view! {
        <div class="p-read">
            <h1 id="les-h" tabindex="-1">
                {lesson.title.clone()}
            </h1>
            {told(opening)}
            <h2 tabindex="-1" id="les-step">
                {title}
            </h2>
            {skipped} {told(text)}
        </div>
        <div class="p-do">
            {move || {
                if ended() {
                    view! { <End lesson=Arc::clone(&lesson) /> }.into_any()
                } else {
                    view! { <Asked live=live /> }.into_any()
                }
            }}
        </div>
        <p class="sr" role="status">
            {move || course.said.get()}
        </p>
        <div class="les-nav">
            <button
                type="button"
                class="btn btn--line"
                disabled=move || step.get() == 0
                on:click=move |_| course.enter(step.get_untracked() - 1, true)
            >
                "Back"
            </button>
            <button
                type="button"
                class=move || if done.get() { "btn" } else { "btn btn--line" }
                hidden=ended
                on:click=move |_| course.next()
            >
                {next}
            </button>
            <button
                type="button"
                class="skip"
                hidden=ended
                on:click=move |_| course.enter(step.get_untracked(), true)
            >
                "Begin again"
            </button>
        </div>
        <More />
    }
}

/// What the top bar of a phone has no room for.
#[component]
fn More() -> impl IntoView {
    const COMPARE: &str = "les-compare";
    let course = Course::of_page();
    let compare = Compare::expect();
    // Where a comparison is, this is not, and the other way round; who opened it by key goes on there.
    effect_after(move |was_open: Option<bool>| {
        let open = compare.open.get();
        if was_open.is_some_and(|was_open| was_open != open) {
            hand_focus_to(if open { compare::BUTTON } else { COMPARE }, true);
        }
        open
    });
    view! {
        <div class="les-more">
            <button
                type="button"
                class="btn btn--line"
                id=COMPARE
                on:click=move |_| compare.toggle()
            >
                <Picture icon=Icon::Columns />
                "Compare"
            </button>
            <button
                type="button"
                class="btn btn--line"
                on:click=move |_| course.lessons.close(true)
            >
                <Picture icon=Icon::Open />
                "Open in playground"
            </button>
        </div>
    }
}

/// After the last step: how it went, where to look things up, where to go on.
#[component]
fn End(lesson: Arc<Lesson>) -> impl IntoView {
    let course = Course::of_page();
    let score = course.progress.with_untracked(|progress| {
        let mine = progress.lesson(&lesson.id);
        mine.map(|mine| words::lessons::score(&mine.score(&lesson)))
    });
    let undone = lesson.steps.iter().enumerate().filter_map(|(index, step)| {
        let skipped = untrack(|| course.state(&lesson, index)) == StepState::Skipped;
        let title = step.title.clone();
        let title = title.map_or_else(String::new, |title| format!(": {title}"));
        skipped.then(|| {
            view! {
                <li>
                    <button type="button" class="skip" on:click=move |_| course.enter(index, true)>
                        {format!("Do step {}{title}", index + 1)}
                    </button>
                </li>
            }
        })
    });
    let undone: Vec<_> = undone.collect();
    let undone = (!undone.is_empty()).then(|| {
        view! {
            <h3>"Skipped, and still to do"</h3>
            <ul class="undone">{undone}</ul>
        }
    });
    let sources = lesson.sources.iter().map(|source| {
        let title = source.title.clone();
        match source.url.clone() {
            Some(url) => {
                view! { <li><a href=url target="_blank" rel="noopener">{title}</a></li> }.into_any()
            }
            None => view! { <li>{title}</li> }.into_any(),
        }
    });
    let sources = (!lesson.sources.is_empty()).then(|| {
        view! {
            <h3>"Sources"</h3>
            <ol class="sources">{sources.collect_view()}</ol>
        }
    });
    let id = lesson.id.clone();
    let alone = course.lessons.report.is_none();
    let following = move || {
        let index = course.index.get().filter(|_| alone)?;
        let here = index.lessons.iter().position(|entry| entry.id == id)?;
        let entry = index.lessons.get(here + 1)?.clone();
        Some(view! {
            <button type="button" class="btn" on:click=move |_| course.lessons.open(entry.id.clone())>
                {format!("Next: {}", entry.title)}
            </button>
        })
    };
    view! {
        <p class="small">{score}</p>
        {undone}
        {sources}
        <div class="qrow">
            {following}
            <button
                type="button"
                class="btn btn--line"
                hidden=!alone
                on:click=move |_| course.lessons.close(false)
            >
                "Back to the playground"
            </button>
        </div>
    }
}
