//! One row of the ledger.

use leptos::prelude::*;
use replicascope_engine::ids::OpId;
use replicascope_engine::why::Question;

use super::window::height_of;
use crate::lean::Memo;
use crate::lean::number::px;
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
    place: Memo<(usize, f64)>,
    #[prop(into)] count: Memo<usize>,
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
    // Another run may have another operation of this number.
    let kind = Memo::new(move || words.with(|words| words.as_ref().map(|words| words.write)));
    view! {
        <li
            class="op"
            class:is-lost=is_lost
            data-op=op.0
            aria-posinset=move || place.get().0 + 1
            aria-setsize=move || count.get()
            style:top=move || px(place.get().1)
            style:height=move || {
                let more = words.with(|words| words.as_ref().map_or(0, |words| words.chips.len().max(1) - 1));
                px(height_of(more))
            }
        >
            {move || kind.get().map(|write| content(op, write, words))}
        </li>
    }
}

/// What the row says. Its words change under a person's hands; its button stays, and the focus on it.
fn content(op: OpId, write: bool, words: Memo<Option<RowWords>>) -> impl IntoView {
    let (kind, icon) = if write {
        ("write", Icon::Pen)
    } else {
        ("read", Icon::Eye)
    };
    let part = move |part: fn(&RowWords) -> &str| {
        words.with(|words| words.as_ref().map_or("", part).to_owned())
    };
    let fate = move || part(|words| &words.fate);
    let about = move || {
        words.with(|words| {
            let first = words.as_ref().and_then(|words| words.chips.first());
            let verdict = first.map_or("in progress", |chip| &chip.text);
            format!("{kind} {}, {verdict}", op.0)
        })
    };
    let first = move || {
        words.with(|words| {
            let RowWords { chips, track, .. } = words.as_ref()?;
            let first = chips.first().cloned().map(chip);
            let steps = (!track.is_empty()).then(|| {
                view! {
                    <ol class="track" aria-label="progress">
                        {track.iter().cloned().map(step).collect_view()}
                    </ol>
                }
            });
            Some((first, steps))
        })
    };
    let others = move || {
        words.with(|words| {
            let others = words.iter().flat_map(|words| words.chips.iter().skip(1));
            others
                .map(|other| view! { <span class="op-also">{chip(other.clone())}</span> })
                .collect_view()
        })
    };
    view! {
        <span class="opk" class:opk-w=write title=kind>
            <Picture icon=icon />
            <span class="sr">{kind}</span>
        </span>
        <code class="op-w">{move || part(|words| &words.title)}</code>
        <span class="op-m tnum">
            <span class="op-n">"#" {op.0}</span>
            " "
            {move || part(|words| &words.meta)}
        </span>
        <div class="op-v">
            {first}
            <WhyButton question=Question::Op(op) about=Memo::new(about) in_list=true />
            {others}
        </div>
        <p class="op-f" title=fate>
            {fate}
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
