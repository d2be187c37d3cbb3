//! What may be done to the picked node. The buttons follow their node in the order of tabbing.

use leptos::ev::MouseEvent;
use leptos::prelude::*;
use replicascope_engine::ids::NodeId;
use replicascope_engine::scenario::{Action, KillKind, Service, ServiceAction};
use replicascope_engine::world::Health;

use crate::lean::{For, Memo, Show};
use crate::session::Session;

use super::facts::{Condition, Face, Part};
use super::icons::Icon;
use super::status::StatusButton;

/// How much slower a slow node is.
const SLOW_FACTOR: u32 = 100;

/// One button: what it says and shows, what it does, and why it does nothing when it makes no sense.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Choice {
    word: &'static str,
    icon: Icon,
    action: Action,
    pressed: Option<bool>,
    senseless: Option<&'static str>,
}

/// The choices for a node; two more for the agent beside it, if there is one.
fn choices(node: NodeId, face: Face) -> Vec<Choice> {
    let stopped = face.condition.is_stopped();
    let frozen = face.condition == Condition::Frozen;
    let choice = |word, icon, action, senseless: Option<&'static str>| Choice {
        word,
        icon,
        action,
        pressed: None,
        senseless,
    };
    let when = |holds: bool, why| holds.then_some(why);
    let slow_factor = if face.slow { 1 } else { SLOW_FACTOR };
    let mut choices = vec![
        choice(
            "Kill",
            Icon::Power,
            Action::Kill {
                node,
                how: KillKind::PowerOff,
            },
            when(stopped, "It is down already."),
        ),
        choice(
            "Restart",
            Icon::Ring,
            Action::Restart { node },
            when(!stopped, "It runs. Kill it first."),
        ),
        if frozen {
            choice("Thaw", Icon::Snowflake, Action::Thaw { node }, None)
        } else {
            choice(
                "Freeze",
                Icon::Snowflake,
                Action::Freeze { node },
                when(stopped, "It is down."),
            )
        },
        Choice {
            pressed: Some(face.slow),
            ..choice(
                "Slow",
                Icon::Hourglass,
                Action::Slow {
                    node,
                    factor: slow_factor,
                },
                None,
            )
        },
        if face.cut_off {
            choice("Reconnect", Icon::Arrows, Action::Reconnect { node }, None)
        } else {
            choice("Cut off", Icon::OpenContact, Action::Isolate { node }, None)
        },
        choice(
            "Promote",
            Icon::Up,
            Action::Promote { node },
            if stopped {
                Some("It is down.")
            } else if frozen {
                Some("It is frozen.")
            } else {
                when(face.part == Part::Primary, "It takes writes already.")
            },
        ),
    ];
    if let Some(agent) = face.agent {
        let touch = |word, icon, what, senseless| {
            let service = Service::Agent(node);
            choice(word, icon, Action::Service { service, what }, senseless)
        };
        let down = matches!(agent, Health::Down | Health::Lost);
        choices.push(if down {
            touch("Start agent", Icon::Ring, ServiceAction::Restart, None)
        } else {
            touch("Kill agent", Icon::Power, ServiceAction::Kill, None)
        });
        choices.push(if agent == Health::Frozen {
            touch("Thaw agent", Icon::Snowflake, ServiceAction::Thaw, None)
        } else {
            let senseless = when(down, "It is down.");
            touch(
                "Freeze agent",
                Icon::Snowflake,
                ServiceAction::Freeze,
                senseless,
            )
        });
    }
    choices
}

/// The buttons.
#[component]
pub(crate) fn NodeActions(
    /// Whose.
    id: NodeId,
    /// What it is now.
    face: Memo<Option<Face>>,
) -> impl IntoView {
    let count = Memo::new(move || face.get().map_or(0, |face| choices(id, face).len()));
    let has_status = Memo::new(move || face.get().is_some_and(|face| face.is_server));
    view! {
        <div class="sg-acts">
            <For
                each=move || 0..count.get()
                key=|kind| *kind
                children=move |kind| view! { <ActionButton id face kind /> }
            />
            <Show when=move || has_status.get()>
                <StatusButton />
            </Show>
        </div>
    }
}

#[component]
fn ActionButton(id: NodeId, face: Memo<Option<Face>>, kind: usize) -> impl IntoView {
    let session = Session::expect();
    let choice = Memo::new(move || {
        face.get()
            .and_then(|face| choices(id, face).get(kind).cloned())
    });
    let word = move || choice.get().map(|choice| choice.word);
    let icon = move || choice.get().map_or(Icon::Power, |choice| choice.icon);
    let senseless = move || choice.get().and_then(|choice| choice.senseless);
    let act = move |event: MouseEvent| {
        event.stop_propagation();
        if let Some(Choice {
            action,
            senseless: None,
            ..
        }) = choice.get_untracked()
        {
            session.act(action);
        }
    };
    view! {
        <button
            type="button"
            class="sg-act"
            title=senseless
            aria-disabled=move || senseless().map(|_| "true")
            aria-pressed=move || {
                choice.get().and_then(|choice| choice.pressed).map(|pressed| pressed.to_string())
            }
            on:click=act
        >
            {Icon::view(icon)}
            <span>{word}</span>
        </button>
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::outlook::Names;
    use replicascope_engine::scenario::Database;

    fn face(condition: Condition, part: Part) -> Face {
        Face {
            part,
            condition,
            slow: condition == Condition::Slow,
            cut_off: condition == Condition::CutOff,
            term: 1,
            names: Names::of(&Database::Textbook),
            agent: None,
            is_server: false,
        }
    }

    #[test]
    fn an_agent_can_be_killed_and_frozen_apart_from_its_node() {
        let with_agent = |agent| Face {
            agent: Some(agent),
            ..face(Condition::Up, Part::Primary)
        };
        let last = |agent| {
            let all = words(with_agent(agent));
            all[all.len() - 2..].to_vec()
        };
        assert_eq!(
            last(Health::Up),
            [("Kill agent", true), ("Freeze agent", true)]
        );
        assert_eq!(
            last(Health::Frozen),
            [("Kill agent", true), ("Thaw agent", true)]
        );
        assert_eq!(
            last(Health::Down),
            [("Start agent", true), ("Freeze agent", false)]
        );
    }

    fn words(face: Face) -> Vec<(&'static str, bool)> {
        choices(NodeId(0), face)
            .iter()
            .map(|choice| (choice.word, choice.senseless.is_none()))
            .collect()
    }

    #[test]
    fn a_primary_can_be_killed_and_need_not_be_promoted() {
        assert_eq!(
            words(face(Condition::Up, Part::Primary)),
            [
                ("Kill", true),
                ("Restart", false),
                ("Freeze", true),
                ("Slow", true),
                ("Cut off", true),
                ("Promote", false)
            ]
        );
    }

    #[test]
    fn what_was_done_can_be_undone() {
        assert!(words(face(Condition::Down, Part::OldPrimary)).contains(&("Restart", true)));
        assert!(words(face(Condition::Frozen, Part::Replica)).contains(&("Thaw", true)));
        assert!(words(face(Condition::CutOff, Part::Replica)).contains(&("Reconnect", true)));
        let slow = choices(NodeId(0), face(Condition::Slow, Part::Replica));
        assert_eq!((slow[3].word, slow[3].pressed), ("Slow", Some(true)));
        assert_eq!(
            slow[3].action,
            Action::Slow {
                node: NodeId(0),
                factor: 1
            }
        );
    }
}
