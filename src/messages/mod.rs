//! Messages by hand: while the run stands still, any message on its way can be held, let go, delayed, dropped, doubled, or let
//! past those in front of it. By pointer on the stage, by keyboard in a list.

mod actions;
mod list;

use leptos::prelude::*;
use replicascope_engine::Simulation;
use replicascope_engine::ids::MessageId;
use replicascope_engine::scenario::Action;

use crate::session::Session;

pub(crate) use actions::{Placed, pick};
pub(crate) use list::MessagesOnTheWay;

/// The list of the messages on their way.
pub(crate) fn listed() -> AnyView {
    view! { <list::Listed /> }.into_any()
}

/// The card beside the message that is picked on the stage.
pub(crate) fn card() -> AnyView {
    view! { <actions::MessageCard /> }.into_any()
}

/// How much later a delayed message arrives.
const DELAY_US: u64 = 100_000;

/// The message that a person has picked, and whether on the stage.
#[derive(Clone, Copy)]
pub(crate) struct Picked(pub(crate) RwSignal<Option<(MessageId, bool)>>);

impl Picked {
    /// The one of the page, or one of its own where nobody provides any.
    pub(crate) fn of_page() -> Self {
        use_context().unwrap_or_else(|| {
            let picked = Self(RwSignal::new(None));
            provide_context(picked);
            picked
        })
    }
}

impl Picked {
    /// The message that is picked on the stage, while the run stands still.
    pub(crate) fn on_stage(self, session: Session) -> Option<MessageId> {
        let Self(picked) = self;
        let (message, on_stage) = picked.get()?;
        (on_stage && !session.playing().get()).then_some(message)
    }
}

/// What can be done to a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Deed {
    Hold,
    Release,
    Delay,
    Drop,
    Double,
    Overtake,
}

impl Deed {
    const SENSIBLE: usize = 5;

    /// What makes sense for a message, by whether it is held.
    fn sensible(held: bool) -> [Self; Self::SENSIBLE] {
        let first = if held { Self::Release } else { Self::Hold };
        [first, Self::Delay, Self::Overtake, Self::Double, Self::Drop]
    }

    fn word(self) -> &'static str {
        match self {
            Self::Hold => "Hold",
            Self::Release => "Release",
            Self::Delay => "Delay 100 ms",
            Self::Drop => "Drop",
            Self::Double => "Duplicate",
            Self::Overtake => "Overtake",
        }
    }

    fn explained(self) -> &'static str {
        match self {
            Self::Hold => "It does not arrive until it is released.",
            Self::Release => "It arrives now.",
            Self::Delay => "It arrives 100 ms later than it would have, after others if need be.",
            Self::Drop => "It is lost.",
            Self::Double => "It arrives twice.",
            Self::Overtake => "It arrives now, before those in front of it.",
        }
    }

    /// The actions for a message.
    fn actions(self, message: MessageId, held: bool) -> Vec<Action> {
        let release = Action::ReleaseMessage { message };
        match self {
            Self::Hold => vec![Action::HoldMessage { message }],
            Self::Release => vec![release],
            Self::Delay => vec![Action::DelayMessage {
                message,
                by_us: DELAY_US,
            }],
            Self::Drop => vec![Action::DropMessage { message }],
            Self::Double => vec![Action::DuplicateMessage { message }],
            Self::Overtake if held => vec![release],
            Self::Overtake => vec![Action::HoldMessage { message }, release],
        }
    }
}

/// Does it.
fn act(session: Session, message: MessageId, deed: Deed) {
    let held = session.peek(|run| held(run.simulation(), message));
    if let Some(held) = held {
        session.act_all(deed.actions(message, held));
    }
}

/// Whether a message is held; `None` when it is not on its way.
fn held(run: &Simulation, message: MessageId) -> Option<bool> {
    run.network().find(message).map(|message| message.held)
}

#[cfg(test)]
mod tests {
    use super::*;
    use replicascope_engine::Scenario;
    use replicascope_engine::event::EventKind;
    use replicascope_engine::message::MessageKind;
    use replicascope_engine::time::Time;

    /// A run with at least two log messages from n1 on their way to one node.
    fn busy() -> (Simulation, MessageId, MessageId) {
        let mut run = Simulation::new(&Scenario::default()).expect("valid");
        for millis in 500..3_000 {
            run.advance_to(Time::from_millis(millis));
            let mut wal: Vec<_> = run
                .network()
                .in_flight()
                .filter(|message| {
                    message.message.kind() == MessageKind::Wal
                        && message.to == replicascope_engine::ids::NodeId(1).into()
                })
                .map(|message| message.id)
                .collect();
            wal.sort_unstable();
            if let [first, second, ..] = wal[..] {
                return (run, first, second);
            }
        }
        panic!("the workload keeps two on their way at some time");
    }

    fn arrived(run: &Simulation, id: MessageId) -> Option<Time> {
        run.trace()
            .events()
            .find(
                |event| matches!(event.kind, EventKind::Delivered { message, .. } if message == id),
            )
            .map(|event| event.at)
    }

    fn after(deed: Deed) -> (Option<Time>, Option<Time>, Time) {
        let (mut run, first, second) = busy();
        let due = run.network().find(first).expect("on its way").arrives_at;
        for action in deed.actions(second, false) {
            run.act(action).expect("valid");
        }
        run.advance_to(run.now() + replicascope_engine::time::Span::from_secs(1));
        (arrived(&run, first), arrived(&run, second), due)
    }

    #[test]
    fn each_deed_does_what_it_says() {
        let (first, second, due) = after(Deed::Overtake);
        assert!(second < first && first == Some(due), "it arrives first");
        assert_eq!(after(Deed::Hold).1, None);
        assert_eq!(after(Deed::Drop).1, None);
        let (first, second, _) = after(Deed::Delay);
        assert!(second.expect("late").since(first.expect("in time")).0 >= DELAY_US);
        let (_, second, _) = after(Deed::Double);
        assert!(second.is_some());
    }

    #[test]
    fn a_held_message_offers_release_instead_of_hold() {
        assert!(Deed::sensible(true).contains(&Deed::Release));
        assert!(!Deed::sensible(true).contains(&Deed::Hold));
        assert!(Deed::sensible(false).contains(&Deed::Hold));
    }
}
