//! The countdown beside a node: a primary's lease, or how long a replica still waits for a silent primary.

use leptos::prelude::*;

use crate::lean::{Memo, Show};

use super::facts::Countdown;

/// The ring; nothing where nothing runs out.
#[component]
pub(crate) fn Ring(countdown: Memo<Option<Countdown>>, big: bool) -> impl IntoView {
    let shown = Memo::new(move || countdown.get().map(|countdown| countdown.lease));
    let left = move || {
        format!(
            "{} 100",
            countdown.get().map_or(0, |countdown| countdown.left)
        )
    };
    let out = move || countdown.get().is_some_and(|countdown| countdown.left == 0);
    let text = move || {
        countdown.get().map(|countdown| {
            // Two digits and a tenth would be wider than the ring.
            match countdown.tenths {
                tenths @ 100.. => format!("{} s", tenths / 10),
                tenths => format!("{}.{} s", tenths / 10, tenths % 10),
            }
        })
    };
    let title = move || match shown.get() {
        Some(true) => {
            "The lease: when it runs out without a renewal, the primary stops taking writes."
        }
        _ => {
            "Patience with the primary: when it runs out without a heartbeat, this node calls an election."
        }
    };
    view! {
        <Show when=move || shown.get().is_some()>
            <span class="sg-ring" class:is-lease=move || shown.get() == Some(true) class:is-big=big class:is-out=out title=title>
                <svg viewBox="0 0 40 40" aria-hidden="true">
                    <circle class="sg-ring-b" cx="20" cy="20" r="17" />
                    <circle
                        class="sg-ring-a"
                        cx="20"
                        cy="20"
                        r="17"
                        pathLength="100"
                        stroke-dasharray=left
                    />
                </svg>
                {big.then(|| view! { <span>{text}</span> })}
            </span>
        </Show>
    }
}
