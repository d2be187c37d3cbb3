//! Play, pause, step, rewind, and how fast.

use leptos::prelude::*;
use replicascope_engine::recording::Worth;

use super::branches::Branches;
use crate::lean::Memo;
use crate::session::{SPEEDS, Session};
use crate::shell::{Icon, Picture};
use crate::words;

/// The buttons, the clock, the speed and the branches.
#[component]
pub(super) fn Transport() -> impl IntoView {
    let session = Session::expect();
    let playing = session.playing();
    let play_name = move || if playing.get() { "Pause" } else { "Play" };
    let play_icon = Memo::new(move || {
        if playing.get() {
            Icon::Pause
        } else {
            Icon::Play
        }
    });
    view! {
        <div class="trans">
            <div class="tbtns" role="group" aria-label="Transport">
                <TransportButton name="Rewind" icon=Icon::Rewind on_press=move |()| session.rewind() />
                <TransportButton
                    name="Step back"
                    icon=Icon::StepBack
                    on_press=move |()| session.step_back(Worth::Event)
                />
                <TransportButton
                    name="Back by message"
                    icon=Icon::MessageBack
                    on_press=move |()| session.step_back(Worth::Arrival)
                />
                <button
                    type="button"
                    class="go"
                    aria-label=play_name
                    title=play_name
                    on:click=move |_| session.toggle()
                >
                    <Picture icon=play_icon />
                </button>
                <TransportButton
                    name="Step by message"
                    icon=Icon::Message
                    on_press=move |()| session.step(Worth::Arrival)
                />
                <TransportButton
                    name="Step"
                    icon=Icon::Step
                    on_press=move |()| session.step(Worth::Event)
                />
            </div>
            <Clock />
            <Pace />
            <Arrived />
            <Branches />
        </div>
    }
}

#[component]
fn TransportButton(
    name: &'static str,
    icon: Icon,
    #[prop(into)] on_press: Callback<()>,
) -> impl IntoView {
    view! {
        <button
            type="button"
            class="ib"
            aria-label=name
            title=name
            on:click=move |_| on_press.run(())
        >
            <Picture icon=icon />
        </button>
    }
}

/// The present instant. It changes every frame, so it is not read aloud; the timeline's slider says it when asked.
#[component]
fn Clock() -> impl IntoView {
    let session = Session::expect();
    let now = session.on_frame(|simulation| {
        let millis = simulation.now().0 / 1_000;
        format!("{}.{:03}", millis / 1_000, millis % 1_000)
    });
    view! {
        <div class="clock">
            <b class="tnum">{move || now.get()}</b>
            " s"
        </div>
    }
}

/// The message that has arrived just now, while the run stands still.
#[component]
fn Arrived() -> impl IntoView {
    let session = Session::expect();
    let playing = session.playing();
    let arrived = session.on_panel(|run| {
        let newest = run.newest(Worth::Arrival)?;
        (newest.at == run.simulation().now()).then_some(newest.kind)
    });
    let text = move || {
        let arrived = arrived.get().filter(|_| !playing.get());
        arrived.and_then(|kind| words::messages::arrival(&kind))
    };
    view! {
        <span class="arrived" role="status">
            {text}
        </span>
    }
}

/// How fast time passes.
#[component]
fn Pace() -> impl IntoView {
    let session = Session::expect();
    let chosen = move || {
        let speed = session.speed().get();
        SPEEDS.iter().position(|&other| other == speed).unwrap_or(0)
    };
    view! {
        <label class="speed">
            <span>"Speed"</span>
            <select
                aria-label="Speed"
                on:change:target=move |event| {
                    if let Some(&speed) = event
                        .target()
                        .value()
                        .parse::<usize>()
                        .ok()
                        .and_then(|index| SPEEDS.get(index))
                    {
                        session.set_speed(speed);
                    }
                }
            >
                {SPEEDS
                    .iter()
                    .enumerate()
                    .map(|(index, speed)| {
                        view! {
                            <option value=index.to_string() selected=move || chosen() == index>
                                {speed.label()}
                            </option>
                        }
                    })
                    .collect_view()}
            </select>
        </label>
        <span class="saturated" hidden=move || !session.saturated().get()>
            "as fast as this machine can"
        </span>
    }
}
