//! The row of controls. What is locked is there, says so, and does nothing.

use leptos::{ev, html, prelude::*};
use replicascope_embed::Control;
use replicascope_engine::ids::{ClientId, Key};
use replicascope_engine::recording::Worth;
use replicascope_engine::scenario::Action;
use replicascope_engine::time::Time;
use replicascope_link::Link;

use super::Embedded;
use super::line::Line;
use crate::controls::{FAULTS, ModeSwitch};
use crate::lean::{Memo, Show};
use crate::session::Session;
use crate::shell::{Icon, Picture, Which};
use crate::time;

/// The row.
#[component]
pub(super) fn Controls(line: Memo<Line>) -> impl IntoView {
    let embedded = expect_context::<Embedded>();
    let session = Session::expect();
    let textbook = session.on_panel(|run| run.simulation().settings().database.is_textbook());
    let mode = embedded.shows(Control::Mode);
    let shown = |control| embedded.shows(control);
    view! {
        <footer class="emb-f">
            {shown(Control::Transport).then(|| view! { <Transport /> })}
            {shown(Control::Timeline).then(|| view! { <Scrubber line /> })}
            <Show when=move || mode && textbook.get()>
                <ModeSwitch locked=embedded.locks(Control::Mode) />
            </Show>
            {shown(Control::Send).then(|| view! { <Send /> })}
            {shown(Control::Faults).then(|| view! { <Faults /> })}
            {shown(Control::Open).then(|| view! { <Open /> })}
        </footer>
    }
}

/// What a button is called where it may be locked.
fn named(name: &str, locked: bool) -> String {
    if locked {
        format!("{name}, locked")
    } else {
        name.to_owned()
    }
}

/// A button with a picture.
#[component]
fn Press(
    #[prop(into)] name: Memo<String>,
    #[prop(into)] icon: Which,
    #[prop(default = "ib")] class: &'static str,
    locked: bool,
    #[prop(into)] on_press: Callback<()>,
) -> impl IntoView {
    view! {
        <button
            type="button"
            class=class
            aria-label=move || named(&name.get(), locked)
            title=move || named(&name.get(), locked)
            aria-disabled=locked.then_some("true")
            on:click=move |_| {
                if !locked {
                    on_press.run(());
                }
            }
        >
            <Picture icon=icon />
        </button>
    }
}

#[component]
fn Transport() -> impl IntoView {
    let embedded = expect_context::<Embedded>();
    let session = Session::expect();
    let locked = embedded.locks(Control::Transport);
    let playing = session.playing();
    let name = Memo::new(move || {
        if playing.get() {
            "Pause".to_owned()
        } else {
            "Play".to_owned()
        }
    });
    let icon = Memo::new(move || {
        if playing.get() {
            Icon::Pause
        } else {
            Icon::Play
        }
    });
    view! {
        <div class="tbtns" role="group" aria-label="Transport">
            <Press
                name="Step back"
                icon=Icon::StepBack
                locked
                on_press=move |()| session.step_back(Worth::Event)
            />
            <Press name icon class="go" locked on_press=move |()| session.toggle() />
            <Press
                name="Step"
                icon=Icon::Step
                locked
                on_press=move |()| session.step(Worth::Event)
            />
        </div>
    }
}

/// The slider over the run's time, and the present.
#[component]
fn Scrubber(line: Memo<Line>) -> impl IntoView {
    let embedded = expect_context::<Embedded>();
    let session = Session::expect();
    let locked = embedded.locks(Control::Timeline);
    let end = session.on_panel(|run| time::end_for(run.reached()).0 / 1_000);
    let now = session.on_frame(|run| run.now().0 / 1_000);
    let settled = session.on_panel(|run| run.simulation().now().0 / 1_000);
    let percent = move |millis: u64| millis as f64 / end.get().max(1) as f64 * 100.0;
    let seek = move |millis: u64| session.seek(Time::from_millis(millis));
    // A millisecond a key press would take all day; with Shift it may.
    let on_key = move |event: ev::KeyboardEvent| {
        let stride = if event.shift_key() {
            1
        } else {
            (end.get_untracked() / 200).max(1)
        };
        let at = settled.get_untracked();
        let to = match event.key().as_str() {
            "ArrowRight" | "ArrowUp" => at + stride,
            "ArrowLeft" | "ArrowDown" => at.saturating_sub(stride),
            _ => return,
        };
        event.prevent_default();
        seek(to.min(end.get_untracked()));
    };
    let mark = move || {
        line.with(|line| {
            let at = line.at?.0 / 1_000;
            let class = format!("emb-mk {}", line.class());
            Some(view! { <i class=class style:left=format!("{:.2}%", percent(at))></i> })
        })
    };
    let seconds = |millis: u64| format!("{}.{:02} s", millis / 1_000, millis % 1_000 / 10);
    view! {
        <div class="emb-time">
            <div class="emb-s" style=("--p", move || format!("{:.2}%", percent(now.get())))>
                <input
                    type="range"
                    aria-label=named("Time", locked)
                    aria-valuetext=move || format!("{}.{:03} seconds", settled.get() / 1_000, settled.get() % 1_000)
                    min="0"
                    max=move || end.get()
                    step="1"
                    disabled=locked
                    prop:value=move || now.get().to_string()
                    on:input:target=move |event| {
                        if let Ok(millis) = event.target().value().parse() {
                            seek(millis);
                        }
                    }
                    on:keydown=on_key
                />
                {mark}
            </div>
            <span class="tnum emb-t" aria-hidden="true">
                {move || seconds(now.get())}
            </span>
        </div>
    }
}

/// One write, one read.
#[component]
fn Send() -> impl IntoView {
    let embedded = expect_context::<Embedded>();
    let session = Session::expect();
    let locked = embedded.locks(Control::Send);
    let (client, key) = (ClientId(0), Key(0));
    let write = Action::Write {
        client,
        key,
        value: None,
        node: None,
        synchronous_commit: None,
    };
    let read = Action::Read {
        client,
        key,
        node: None,
    };
    let button = |text: &'static str, action: Action| {
        view! {
            <button
                type="button"
                class="btn btn--line"
                aria-label=locked.then(|| named(text, true))
                aria-disabled=locked.then_some("true")
                on:click=move |_| {
                    if !locked {
                        session.act(action.clone());
                    }
                }
            >
                {text}
            </button>
        }
    };
    view! {
        <div class="emb-send" role="group" aria-label="Send one">
            {button("Write", write)} {button("Read", read)}
        </div>
    }
}

#[component]
fn Faults() -> impl IntoView {
    let embedded = expect_context::<Embedded>();
    let session = Session::expect();
    let locked = embedded.locks(Control::Faults);
    let each = FAULTS.map(|(fault, icon, name, _)| {
        let act = move |()| {
            if let Some(action) = session.peek(|run| fault.action(run.simulation(), None)) {
                session.act(action);
            }
        };
        view! { <Press name icon locked on_press=act /> }
    });
    view! {
        <div class="tbtns" role="group" aria-label="Quick faults">
            {each.into_iter().collect_view()}
        </div>
    }
}

/// The way to the whole page, with the run as it stands.
#[component]
fn Open() -> impl IntoView {
    let embedded = expect_context::<Embedded>();
    let session = Session::expect();
    let locked = embedded.locks(Control::Open);
    let link = NodeRef::<html::A>::new();
    let here = window().location().pathname().unwrap_or_default();
    // Made when it is about to be followed: a link carries all of the run.
    let make = move || {
        if locked {
            return;
        }
        let fragment = session.peek(|run| Link::bare(run).to_fragment());
        if let Some(link) = link.get_untracked() {
            link.set_href(&format!("{here}#{fragment}"));
        }
    };
    let (by_pointer, by_focus, by_click) = (make.clone(), make.clone(), make);
    view! {
        <a
            class="emb-open"
            node_ref=link
            href=(!locked).then_some("#")
            role=locked.then_some("link")
            target="_blank"
            rel="noopener"
            aria-label=named("Open in ReplicaScope", locked)
            title=named("Open in ReplicaScope", locked)
            aria-disabled=locked.then_some("true")
            on:pointerdown=move |_| by_pointer()
            on:focus=move |_| by_focus()
            on:click=move |_| by_click()
        >
            <crate::shell::Logo size=18 />
            <span>"Open"</span>
            <Picture icon=Icon::Open />
        </a>
    }
}
