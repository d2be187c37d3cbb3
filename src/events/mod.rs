//! The event log: what happened, in words, newest first. A click goes there. In its place, when asked for, the numbers.

use leptos::prelude::*;

use crate::lean::{For, Memo, Show};
use crate::parts::{Later, Part};
use crate::session::Session;
use crate::shell::{Icon, Picture, rove};
use crate::words::story::{self, Entry};
use crate::words::{self, events::Mark};

/// How many lines the log shows.
const SHOWN: usize = 150;

/// The log. It is not read aloud as it grows: the narration above the stage is.
#[component]
pub(crate) fn Events() -> impl IntoView {
    let session = Session::expect();
    // The sentences are made anew only when there is a new milestone, or another run.
    let newest = session.on_branches(|experiment| {
        let simulation = experiment.current().simulation();
        let newest = simulation.trace().milestones().next_back();
        (
            experiment.current_index(),
            newest.map(|event| (event.id, event.at)),
        )
    });
    let entries = Memo::new(move || {
        newest.track();
        let mut entries = session.peek(|run| story::newest(run.simulation(), SHOWN));
        entries.reverse();
        entries
    });
    let numbers = RwSignal::new(false);
    let choice = move |this: bool, text: &'static str| {
        view! {
            <button
                type="button"
                aria-pressed=move || (numbers.get() == this).to_string()
                on:click=move |_| numbers.set(this)
            >
                {text}
            </button>
        }
    };
    view! {
        <section class="events" aria-labelledby="events-title">
            <header>
                <h2 id="events-title" class="sr">
                    {move || if numbers.get() { "Numbers" } else { "Events" }}
                </h2>
                <div class="seg seg--s" role="group" aria-label="Below the ledger">
                    {choice(false, "Events")} {choice(true, "Numbers")}
                </div>
                <p class="tally" hidden=move || numbers.get()>
                    {format!("the newest {SHOWN}")}
                </p>
            </header>
            <Show when=move || numbers.get()>
                <Later part=Part::Numbers />
            </Show>
            <div class="escroll" hidden=move || numbers.get() role="log" aria-label="Events" aria-live="off" tabindex="0" data-own-arrows="" on:keydown=move |event| rove(&event)>
                <Show when=move || entries.with(Vec::is_empty)>
                    <p class="empty">"Nothing has happened yet."</p>
                </Show>
                <ol>
                    <For
                        each=move || entries.get()
                        key=|entry| (entry.event, entry.at, entry.events)
                        let:entry
                    >
                        {line(session, entry)}
                    </For>
                </ol>
            </div>
        </section>
    }
}

fn line(session: Session, entry: Entry) -> impl IntoView {
    let Entry {
        event,
        at,
        mark,
        text,
        ..
    } = entry;
    view! {
        <li>
            <button
                type="button"
                class="ev"
                tabindex="-1"
                class:ev-lost=mark == Mark::Lost
                class:ev-big=matches!(mark, Mark::Down | Mark::Crown | Mark::Lost)
                on:click=move |_| session.seek_event(event)
            >
                <span class="ev-t tnum">{words::at(at)}</span>
                " "
                <Picture icon=Icon::from(mark) />
                <span>{text}</span>
            </button>
        </li>
    }
}
