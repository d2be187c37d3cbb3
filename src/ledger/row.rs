//! One row of the ledger.

use leptos::prelude::*;
use replicascope_engine::ids::OpId;
use replicascope_engine::why::Question;

use super::window::height_of;
use crate::session::Session;
use crate::shell::{Icon, Picture};
use crate::why::WhyButton;
use crate::words::verdicts::{Chip, RowWords, Step, Tone, row};

/// The class and the picture of a verdict.
fn look(tone: Tone) -> (&'static str, Icon) {
    match tone {
        Tone::Lost => ("chip chip--lost", Icon::Cross),
        Tone::Stale => ("chip chip--stale", Icon::ClockBack),
        Tone::Unknown => ("chip chip--unk", Icon::Question),
        Tone::Survived => ("chip chip--surv", Icon::Tick),
        Tone::Ok => ("chip chip--ok", Icon::Tick),
        Tone::Failed => ("chip chip--fail", Icon::Cross),
    }
}

/// An operation: what was asked, the verdict, and its fate.
#[component]
pub(super) fn Row(
    op: OpId,
    /// Which row it is, and where it begins.
    #[prop(into)]
    place: Signal<(usize, f64)>,
    #[prop(into)] count: Signal<usize>,
) -> impl IntoView {
    let words = Session::expect().on_panel(move |run| {
        let simulation = run.simulation();
        simulation.oracle().op(op).map(|op| row(simulation, op))
    });
    let is_lost = move || {
        words.with(|words| {
            words
                .as_ref()
                .is_some_and(|words| words.chips.iter().any(|chip| chip.tone == Tone::Lost))
        })
    };
    view! {
        <li
            class="op"
            class:is-lost=is_lost
            data-op=op.0
            aria-posinset=move || place.get().0 + 1
            aria-setsize=move || count.get()
            style:top=move || format!("{}px", place.get().1)
            style:height=move || {
                let more = words.with(|words| words.as_ref().map_or(0, |words| words.chips.len().max(1) - 1));
                format!("{}px", height_of(more))
            }
        >
            {move || words.get().map(|words| content(op, words))}
        </li>
    }
}

fn content(op: OpId, words: RowWords) -> impl IntoView {
    let RowWords {
        number,
        write,
        title,
        meta,
        chips,
        track,
        fate,
    } = words;
    let (kind, icon) = if write {
        ("write", Icon::Pen)
    } else {
        ("read", Icon::Eye)
    };
    let verdict = chips
        .first()
        .map_or("in progress".to_owned(), |chip| chip.text.clone());
    let mut chips = chips.into_iter();
    let first = chips.next();
    view! {
        <span class="opk" class:opk-w=write title=kind>
            <Picture icon=icon />
            <span class="sr">{kind}</span>
        </span>
        <code class="op-w">{title}</code>
        <span class="op-m tnum">
            <span class="op-n">"#" {number}</span>
            " "
            {meta}
        </span>
        <div class="op-v">
            {first.map(chip)}
            {(!track.is_empty())
                .then(|| {
                    view! {
                        <ol class="track" aria-label="progress">
                            {track.into_iter().map(step).collect_view()}
                        </ol>
                    }
                })}
            <WhyButton
                question=Question::Op(op)
                about=format!("{kind} {number}, {}", verdict)
                in_list=true
            />
            {chips
                .map(|other| view! { <span class="op-also">{chip(other)}</span> })
                .collect_view()}
        </div>
        <p class="op-f" title=fate.clone()>
            {fate.clone()}
        </p>
    }
}

/// A verdict.
pub(crate) fn chip(chip: Chip) -> impl IntoView {
    let (class, icon) = look(chip.tone);
    view! {
        <span class=class>
            <Picture icon=icon />
            {chip.text}
        </span>
    }
}

fn step((text, done): Step) -> impl IntoView {
    view! {
        <li class:done=done>
            {text} <span class="sr">{if done { " done" } else { " not yet" }}</span>
        </li>
    }
}
