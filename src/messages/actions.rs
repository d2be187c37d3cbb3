//! What can be done to one message: the buttons, and on the stage the card that holds them.

use leptos::prelude::*;
use replicascope_engine::ids::MessageId;

use super::{Deed, Picked, act, held};
use crate::lean::Memo;
use crate::session::Session;
use crate::shell::{Icon, Picture};
use crate::stage::{Place, place_of};
use crate::words;

/// The buttons.
#[component]
pub(super) fn MessageActions(message: MessageId) -> impl IntoView {
    let session = Session::expect();
    let is_held = session.on_panel(move |run| held(run.simulation(), message));
    view! {
        <div class="msg-do">
            {(0..Deed::SENSIBLE)
                .map(|index| {
                    // The same button holds and releases, so that the focus stays on it.
                    let deed = move || Deed::sensible(is_held.get().unwrap_or(false))[index];
                    view! {
                        <button
                            type="button"
                            title=move || deed().explained()
                            on:click=move |_| act(session, message, deed())
                        >
                            {move || deed().word()}
                        </button>
                    }
                })
                .collect_view()}
        </div>
    }
}

/// Where a message is drawn, and how large the stage is.
#[derive(Clone, Copy)]
pub(crate) struct Placed(pub(crate) Callback<MessageId, Option<Place>>);

/// The card beside the message that was picked on the stage.
#[component]
pub(super) fn MessageCard() -> impl IntoView {
    let session = Session::expect();
    let picked = Picked::of_page();
    let Placed(place) = expect_context();
    let shown = Memo::new(move || picked.on_stage(session));
    let Picked(picked) = picked;
    let title = session.on_panel(move |run| {
        let run = run.simulation();
        shown
            .get()
            .and_then(|message| run.network().find(message))
            .map(|message| {
                (
                    message.id,
                    words::messages::title(message),
                    words::messages::state(run, message),
                )
            })
    });
    let at = move |message| {
        let _ = session.now();
        place_of(place.run(message))
    };
    let message =
        Memo::new(move || title.with(|title| title.as_ref().map(|(message, ..)| *message)));
    let name = move || title.with(|title| title.as_ref().map(|(_, name, _)| name.clone()));
    let state = move || title.with(|title| title.as_ref().map(|(.., state)| state.clone()));
    move || {
        message.get().map(|message| {
            view! {
                <div
                    class="msg-card"
                    role="group"
                    aria-label=name
                    style:transform=move || at(message)
                >
                    <header>
                        <b>{name}</b>
                        <button
                            type="button"
                            class="ib"
                            aria-label="Close"
                            on:click=move |_| picked.set(None)
                        >
                            <Picture icon=Icon::Cross />
                        </button>
                    </header>
                    <p class="tnum">{state}</p>
                    <MessageActions message=message />
                </div>
            }
        })
    }
}

/// Picks a message on the stage, or lets go.
pub(crate) fn pick(picked: Picked, message: Option<MessageId>) {
    picked.0.set(message.map(|message| (message, true)));
}
