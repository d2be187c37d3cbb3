//! What a step asks: something to do, a question, a choice, a task; and what became of it.

use leptos::{ev, prelude::*};
use replicascope_lessons::{Control, StepKind};

use super::course::Course;
use super::turn::{Live, Outcome};
use crate::lean::{Memo, Show};
use crate::shell::{Icon, Panels, Picture, Sheet, hand_focus_to};
use crate::why::WhyButton;
use crate::words::lessons::{Style, Told, met, numbers_of, runs_to};

/// The parts of a text.
fn parts(told: Told) -> AnyView {
    let part = |(style, text): (Style, String)| match style {
        Style::Plain => text.into_any(),
        Style::Strong => view! { <b>{text}</b> }.into_any(),
        Style::Code => view! { <code>{text}</code> }.into_any(),
        Style::Rule => view! { <cite class="rule">{text}</cite> }.into_any(),
        Style::Number => view! { <b class="tnum">{text}</b> }.into_any(),
    };
    told.into_iter().map(part).collect_view().into_any()
}

/// A paragraph.
pub(super) fn paragraph(told: Told) -> AnyView {
    view! { <p>{parts(told)}</p> }.into_any()
}

/// What is shown of a step.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    Doing,
    Asking,
    Running,
    Done,
}

/// The part of a step that is acted on.
#[component]
pub(super) fn Asked(live: Memo<Live>) -> impl IntoView {
    let course = Course::of_page();
    let (turn, step) = (course.turn, course.step);
    let phase = Memo::new(move || {
        let phase = turn.with(|turn| {
            if turn.outcome.is_some() {
                Phase::Done
            } else if turn.script.is_some() {
                Phase::Running
            } else if turn.options.is_empty() {
                Phase::Doing
            } else {
                Phase::Asking
            }
        });
        (step.get(), phase)
    });
    move || match phase.get().1 {
        Phase::Asking => view! { <Question /> }.into_any(),
        Phase::Done => {
            let outcome = turn.with_untracked(|turn| turn.outcome.clone());
            view! { <Became outcome=outcome.unwrap_or_default() /> }.into_any()
        }
        Phase::Running => view! { <Running live=live /> }.into_any(),
        Phase::Doing => view! { <ToDo live=live /> }.into_any(),
    }
}

/// What takes the focus when what had it is gone with the view before.
const NOW: &str = "les-now";

/// Something to do, or to construct.
#[component]
fn ToDo(live: Memo<Live>) -> impl IntoView {
    let course = Course::of_page();
    let ask = course.turn.with_untracked(|turn| turn.ask.clone());
    let Some((lesson, index)) = course.here() else {
        return ().into_any();
    };
    let step = &lesson.steps[index];
    let task = step.kind() == StepKind::Construct;
    let scripted = task && step.script.is_some();
    view! {
        <div class="todo">
            {task.then(|| view! { <p class="small">"A task: any way that reaches it counts."</p> })}
            {ask.map(paragraph)} <Goal live=live />
        </div>
        {scripted
            .then(|| {
                view! {
                    <p>
                        <button
                            type="button"
                            class="btn"
                            on:click=move |_| course.run_script(None)
                        >
                            <Picture icon=Icon::Play />
                            "Ready: run it"
                        </button>
                    </p>
                }
            })}
        {doors(&step.controls)}
        <Hint />
    }
    .into_any()
}

/// Part by part what the goal asks, and what speaks against it.
#[component]
fn Goal(live: Memo<Live>) -> impl IntoView {
    let each = Memo::new(move || live.with(|live| live.parts.clone()));
    let refusals = Memo::new(move || live.with(|live| live.refusals.clone()));
    let summary = move || {
        each.with(|each| {
            let reached = each.iter().filter(|part| part.0).count();
            (each.len() > 1).then(|| met(reached, each.len()))
        })
    };
    let part = |(holds, asked, stands): (bool, Told, String)| {
        view! {
            <li class="goal" class:is-done=holds>
                <span>
                    {parts(asked)}
                    {(!stands.is_empty()).then(|| view! { <small>{stands}</small> })}
                    {holds.then(|| view! { <span class="sr">"reached"</span> })}
                </span>
            </li>
        }
    };
    view! {
        <p class="sr">{summary}</p>
        <ul class="goals">{move || each.get().into_iter().map(part).collect_view()}</ul>
        <div role="status" class="refused">
            {move || {
                refusals.get().into_iter().map(|text| view! { <p>{text}</p> }).collect_view()
            }}
        </div>
    }
}

/// Ways to the parts of the page that the step needs and that lie out of sight.
fn doors(controls: &[Control]) -> AnyView {
    let panels = expect_context::<Panels>();
    let needs = |of: &[Control]| controls.iter().any(|control| of.contains(control));
    let setup = needs(&[
        Control::Send,
        Control::Workload,
        Control::Network,
        Control::Messages,
        Control::Cluster,
    ]);
    let ledger = needs(&[Control::Ledger, Control::Why, Control::Numbers]);
    let door = |wanted: bool, sheet: Sheet, icon: Icon, text: &'static str| {
        wanted.then(|| {
            view! {
                <button type="button" class="btn btn--line" on:click=move |_| panels.sheet.set(sheet)>
                    <Picture icon=icon />
                    {text}
                </button>
            }
        })
    };
    (setup || ledger)
        .then(|| {
            view! {
                <div class="qrow doors">
                    {door(setup, Sheet::Setup, Icon::Sliders, "Open setup")}
                    {door(ledger, Sheet::Ledger, Icon::Eye, "Open the ledger")}
                </div>
            }
        })
        .into_any()
}

#[component]
fn Hint() -> impl IntoView {
    let hint = Course::of_page().hint();
    hint.map(|hint| {
        view! {
            <details class="hinted">
                <summary>"Hint"</summary>
                {paragraph(hint)}
            </details>
        }
    })
}

/// A question or a choice, before it is locked in.
#[component]
fn Question() -> impl IntoView {
    let course = Course::of_page();
    let (ask, options) = course
        .turn
        .with_untracked(|turn| (turn.ask.clone(), turn.options.clone()));
    let Some((lesson, index)) = course.here() else {
        return ().into_any();
    };
    let decides = lesson.steps[index].kind() == StepKind::Decide;
    let picked = RwSignal::new(None::<usize>);
    let options = options.into_iter().enumerate().map(|(index, text)| {
        view! {
            <label>
                <input
                    type="radio"
                    name="les-q"
                    prop:checked=move || picked.get() == Some(index)
                    on:change=move |_| picked.set(Some(index))
                />
                <span>{parts(text)}</span>
            </label>
        }
    });
    let lock = move |event: ev::SubmitEvent| {
        event.prevent_default();
        if picked.get_untracked().is_some() {
            course.run_script(picked.get_untracked());
        }
    };
    let skip = (!decides).then(|| {
        view! {
            <button type="button" class="skip" on:click=move |_| course.run_script(None)>
                "Just show me"
            </button>
        }
    });
    view! {
        <form class="quiz" on:submit=lock>
            <fieldset>
                <legend>{ask.map(parts)}</legend>
                {options.collect_view()}
            </fieldset>
            <div class="qrow">
                <button type="submit" class="btn" disabled=move || picked.get().is_none()>
                    <Picture icon=Icon::Play />
                    {if decides { "Choose and run" } else { "Lock in and run" }}
                </button>
                {skip}
            </div>
        </form>
        <Hint />
    }
    .into_any()
}

/// While the script runs, and after it if it went another way.
#[component]
fn Running(live: Memo<Live>) -> impl IntoView {
    let course = Course::of_page();
    let (chosen, end) = course.turn.with_untracked(|turn| {
        let chosen = turn
            .choice
            .and_then(|choice| turn.options.get(choice).cloned());
        (chosen, turn.script.map(|(_, end)| end))
    });
    let over = Memo::new(move || live.with(|live| live.over));
    hand_focus_to(NOW, true);
    view! {
        <div class="todo">
            {chosen.map(|chosen| view! { <p>"You chose: " {parts(chosen)}</p> })}
            <p>
                {move || {
                    if over.get() {
                        "The script has ended, and what this step is about has not happened. Play on, or begin again."
                            .to_owned()
                    } else {
                        end.map_or_else(String::new, runs_to)
                    }
                }}
            </p>
            <Show when=move || over.get()>
                <Goal live=live />
            </Show>
        </div>
        <p>
            <button
                type="button"
                class="btn btn--line"
                id=NOW
                on:click=move |_| {
                    if over.get_untracked() {
                        course.enter(course.step.get_untracked(), true);
                    } else {
                        course.to_the_end();
                    }
                }
            >
                {move || if over.get() { "Begin this step again" } else { "Skip to the end" }}
            </button>
        </p>
    }
}

/// What became of the step.
#[component]
fn Became(outcome: Outcome) -> impl IntoView {
    let Outcome {
        at,
        chosen,
        right,
        verdict,
        told,
        needs,
        settings,
        why,
    } = outcome;
    hand_focus_to(NOW, true);
    let numbers = told.iter().flatten();
    let numbers = numbers.chain(needs.iter().flat_map(|(_, told)| told));
    let instant = numbers
        .into_iter()
        .any(|(style, _)| *style == Style::Number)
        .then(|| view! { <p class="small">{numbers_of(at)}</p> });
    let icon = if right == Some(false) {
        Icon::Cross
    } else {
        Icon::Tick
    };
    let title = match chosen {
        Some(chosen) => view! { <span>"You said: " {parts(chosen)}</span> }.into_any(),
        None => "Done".into_any(),
    };
    let need = |(given, text): (bool, Told)| {
        view! {
            <li class="goal" class:is-done=given>
                <span>
                    {parts(text)}
                    <span class="sr">{if given { ": given" } else { ": not given" }}</span>
                </span>
            </li>
        }
    };
    let setting = |(name, text): (&'static str, Told)| {
        view! {
            <p>
                <b>{name}</b>
                ": "
                {parts(text)}
            </p>
        }
    };
    view! {
        <div class="past" class:is-right=right != Some(false)>
            <h3 tabindex="-1" id=NOW>
                <Picture icon=icon />
                {title}
            </h3>
            {(!verdict.is_empty()).then(|| view! { <p>{verdict}</p> })}
            <ul class="goals">{needs.into_iter().map(need).collect_view()}</ul>
            {told.into_iter().map(paragraph).collect_view()}
            {instant}
            {settings.into_iter().map(setting).collect_view()}
            {why.map(|question| view! { <WhyButton question=question about="What this step showed" /> })}
        </div>
    }
}
