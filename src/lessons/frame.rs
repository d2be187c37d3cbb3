//! Where the list and a lesson are shown, and the buttons in the top bar: what is there before either is asked for.

use leptos::prelude::*;

use super::asked::Lessons;
use crate::lean::{Memo, Show};
use crate::parts::{Later, Part};
use crate::shell::{Dialog, Icon, Panels, Picture, Sheet};

/// The button in the top bar.
#[component]
pub(crate) fn LessonsButton() -> impl IntoView {
    let lessons = Lessons::expect();
    view! {
        <button
            type="button"
            class="tb"
            aria-label="Lessons"
            aria-haspopup="dialog"
            on:click=move |_| lessons.listed.set(true)
        >
            <Picture icon=Icon::Book />
            <span class="tb-t">"Lessons"</span>
        </button>
    }
}

/// The list, while it is asked for.
#[component]
pub(crate) fn CourseDialog() -> impl IntoView {
    let listed = Lessons::expect().listed;
    view! {
        <Dialog shown=listed id="course-title" title="Lessons" class="keys course">
            <Later part=Part::Course />
        </Dialog>
    }
}

/// The lesson, while one is asked for.
#[component]
pub(crate) fn LessonPanel() -> impl IntoView {
    let lessons = Lessons::expect();
    let open = Memo::new(move || lessons.is_open());
    view! {
        <Show when=move || open.get()>
            <section class="prose" aria-labelledby="les-h">
                <Later part=Part::Lesson />
            </section>
        </Show>
    }
}

/// What stands in the top bar while a lesson is open: which, and how far.
#[component]
pub(crate) fn Crumb() -> impl IntoView {
    let place = Lessons::expect().place;
    let cells = move || {
        let cells = place.with(|place| place.cells.clone()).into_iter();
        cells
            .map(|class| view! { <i class=class></i> })
            .collect_view()
    };
    view! {
        <div class="crumb">
            <span>{move || place.with(|place| place.lesson.clone())}</span>
            <span class="prog" role="img" aria-label=move || place.with(|place| place.step.clone())>
                {cells}
            </span>
        </div>
    }
}

/// The buttons of the top bar that only a lesson needs.
#[component]
pub(crate) fn LeaveButtons() -> impl IntoView {
    let (lessons, panels) = (Lessons::expect(), expect_context::<Panels>());
    let leave = move |keep: bool, icon: Icon, name: &'static str, title: &'static str| {
        view! {
            <button
                type="button"
                class=if keep { "tb only-les to-keep" } else { "tb only-les" }
                aria-label=name
                title=title
                on:click=move |_| lessons.close(keep)
            >
                <Picture icon=icon />
                <span class="tb-t">{name}</span>
            </button>
        }
    };
    let ledger = move || panels.sheet.get() == Sheet::Ledger;
    view! {
        <button
            type="button"
            class="tb only-les to-ledger"
            aria-label="Ledger"
            aria-expanded=move || ledger().to_string()
            on:click=move |_| {
                panels.sheet.set(if ledger() { Sheet::Stage } else { Sheet::Ledger });
            }
        >
            <Picture icon=Icon::Eye />
            <span class="tb-t">"Ledger"</span>
        </button>
        {leave(
            true,
            Icon::Open,
            "Open in playground",
            "Go on with this run in the playground; undo brings yours back",
        )}
        {leave(false, Icon::Cross, "Leave", "Leave the lesson, back to your own run")}
    }
}
