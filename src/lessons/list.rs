//! The list of the course: what there is, how long it takes, how far the learner is. Progress goes out and comes in here.

use leptos::prelude::*;
use replicascope_lessons::{Entry, LessonState, Progress, StepState};

use super::course::Course;
use super::keep;
use crate::lean::Memo;
use crate::share::{read_picked, save_text};
use crate::words;
use crate::words::lessons::Far;

/// What is in the list's dialog.
pub(crate) fn content() -> AnyView {
    let course = Course::of_page();
    course.fetch_index();
    view! { <Listed /> }.into_any()
}

#[component]
fn Listed() -> impl IntoView {
    let course = Course::of_page();
    let said = RwSignal::new(String::new());
    let entries = move || {
        let index = course.index.get()?;
        let each = index.lessons.iter().map(|entry| entry_of(course, entry));
        Some(view! { <ol>{each.collect_view()}</ol> })
    };
    let missing = move || match (course.index.get(), course.no_index.get()) {
        (Some(_), _) => None,
        (None, None) => Some("The list is being fetched.".to_owned()),
        (None, wrong) => wrong,
    };
    let again = move |_| course.fetch_index();
    let save = move |_| {
        let text = course.progress.with_untracked(Progress::write);
        said.set(match save_text(keep::FILE, "application/json", &text) {
            Ok(()) => words::share::saved(keep::FILE),
            Err(_) => "The browser did not let the file be made.".to_owned(),
        });
    };
    let open = move |event: web_sys::Event| {
        read_picked(&event, move |name, text| {
            let read =
                text.and_then(|text| Progress::read(&text).map_err(|error| error.to_string()));
            said.set(match read {
                Ok(file) => {
                    course
                        .progress
                        .update(|mine| *mine = keep::joined(core::mem::take(mine), file));
                    format!("{name}: its progress is here now.")
                }
                Err(error) => format!("{name}: {error}"),
            });
        });
    };
    view! {
        <p role="status" hidden=move || missing().is_none()>
            {missing}
        </p>
        <button
            type="button"
            class="btn"
            hidden=move || course.no_index.with(Option::is_none)
            on:click=again
        >
            "Try again"
        </button>
        {entries}
        <h3>"Your progress"</h3>
        <p class="share-about">
            {move || {
                if course.kept.get() {
                    "It is kept in this browser and nowhere else. As a file it goes with you."
                } else {
                    "This browser keeps nothing between visits. Save the file to go on later."
                }
            }}
        </p>
        <div class="share-files">
            <button type="button" class="btn btn--line" on:click=save>
                "Save progress"
            </button>
            <label class="btn btn--line">
                "Open progress file"
                <input class="sr" type="file" accept=".json,application/json" on:change=open />
            </label>
        </div>
        <p class="share-said" role="status">
            {move || said.get()}
        </p>
    }
}

fn entry_of(course: Course, entry: &Entry) -> impl IntoView + use<> {
    let (id, minutes) = (entry.id.clone(), entry.minutes);
    let far = {
        let id = id.clone();
        move || {
            course.progress.with(|progress| {
                let mine = progress.lesson(&id)?;
                Some(Far {
                    state: mine.state,
                    done: mine.count(StepState::Done),
                    skipped: mine.count(StepState::Skipped),
                })
            })
        }
    };
    let far = Memo::new(far);
    let is = move |state| far.get().is_some_and(|far| far.state == state);
    view! {
        <li
            class:is-begun=move || is(LessonState::Begun) && far.get().is_some_and(|far| far.done > 0)
            class:is-skipped=move || is(LessonState::GoneThrough)
            class:is-done=move || is(LessonState::Finished)
        >
            <button type="button" on:click=move |_| course.lessons.open(id.clone())>
                <i class="cell"></i>
                <span>
                    <b>{format!("{}. {}", entry.station, entry.title)}</b>
                    <small>{entry.line.clone()}</small>
                </span>
                <small>{move || words::lessons::standing(minutes, far.get())}</small>
            </button>
        </li>
    }
}
