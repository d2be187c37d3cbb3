//! The story of a run: its milestones as sentences, those that belong together told as one.

use replicascope_engine::Simulation;
use replicascope_engine::event::{Event, EventKind};
use replicascope_engine::ids::{EventId, NodeId};
use replicascope_engine::scenario::{Action, Endpoint};
use replicascope_engine::time::{Span, Time};

use super::events::{Mark, links, sentence};
use super::{count, few, list, span};

/// How many milestones are looked at: an election among many nodes makes dozens.
const LOOKED_AT: usize = 1_500;

/// One line of the story.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    /// The event that it begins with: its identity, and where a click leads.
    pub(crate) event: EventId,
    /// When.
    pub(crate) at: Time,
    /// What it is about.
    pub(crate) mark: Mark,
    /// How many events it tells.
    pub(crate) events: usize,
    /// The sentence.
    pub(crate) text: String,
}

/// Events that are told as one when they happen together.
#[derive(PartialEq)]
enum Group {
    Lost,
    Regained,
    Cut,
    Healed,
    LinkSet,
    Votes(NodeId),
    Follow(u64),
    Nothing,
}

fn group(simulation: &Simulation, kind: &EventKind) -> Option<Group> {
    Some(match *kind {
        EventKind::WriteLost { .. } => Group::Lost,
        EventKind::WriteRegained { .. } => Group::Regained,
        EventKind::LinkCut { .. } => Group::Cut,
        EventKind::LinkHealed { .. } => Group::Healed,
        EventKind::Voted { candidate, .. } => Group::Votes(candidate),
        EventKind::Following { timeline, .. } => Group::Follow(timeline.0),
        EventKind::ActionHadNoEffect { .. } => Group::Nothing,
        EventKind::Action { index } => {
            let action = &simulation.actions().get(index as usize)?.action;
            matches!(action, Action::SetLink { .. }).then_some(Group::LinkSet)?
        }
        _ => return None,
    })
}

/// The newest `most` lines of the story, oldest first.
pub(crate) fn newest(simulation: &Simulation, most: usize) -> Vec<Entry> {
    let mut milestones: Vec<&Event> = simulation
        .trace()
        .milestones()
        .rev()
        .take(LOOKED_AT)
        .collect();
    milestones.reverse();
    let mut entries = tell(simulation, &milestones);
    entries.drain(..entries.len().saturating_sub(most));
    entries
}

fn tell(simulation: &Simulation, milestones: &[&Event]) -> Vec<Entry> {
    let mut entries = Vec::new();
    let mut gathered: Vec<&Event> = Vec::new();
    let mut split = false;
    for event in milestones {
        match event.kind {
            EventKind::SplitBrain { .. } => split = true,
            EventKind::NoPrimary => split = false,
            // The promotion before it has said so already, unless it ends a split brain.
            EventKind::OnePrimary { .. } if !core::mem::take(&mut split) => continue,
            EventKind::SettingChanged | EventKind::LinkChanged { .. } => continue,
            _ => {}
        }
        let this = group(simulation, &event.kind);
        if let Some(first) = gathered.first() {
            // Votes and followers arrive one by one; the rest belongs together only in one instant.
            let near = match this {
                Some(Group::Votes(_) | Group::Follow(_)) => {
                    event.at.since(first.at) < Span::from_secs(1)
                }
                _ => event.at == first.at,
            };
            if near && this.is_some() && group(simulation, &first.kind) == this {
                gathered.push(event);
                continue;
            }
            entries.extend(together(simulation, &gathered));
            gathered.clear();
        }
        if this.is_some() {
            gathered.push(event);
        } else if let Some((mark, text)) = sentence(simulation, &event.kind) {
            entries.push(Entry {
                event: event.id,
                at: event.at,
                mark,
                events: 1,
                text,
            });
        }
    }
    if !gathered.is_empty() {
        entries.extend(together(simulation, &gathered));
    }
    entries
}

/// One line for events of the same group.
fn together(simulation: &Simulation, events: &[&Event]) -> Option<Entry> {
    let first = *events.first()?;
    let (mark, text) = match group(simulation, &first.kind)? {
        Group::Lost => {
            let ops = ops(events);
            let text = match ops.as_slice() {
                [op] => format!("Write {op} is lost, though its app was told OK."),
                ops => format!("{} acked writes are lost: {}.", ops.len(), few(ops)),
            };
            (Mark::Lost, text)
        }
        Group::Regained => (
            Mark::Follow,
            format!(
                "Lost before, in the history again: writes {}.",
                few(&ops(events))
            ),
        ),
        Group::Cut => (
            Mark::Cut,
            links(&ends(events), "was cut off from", "was cut", "were cut"),
        ),
        Group::Healed => (
            Mark::Heal,
            links(
                &ends(events),
                "can reach again",
                "was mended",
                "were mended",
            ),
        ),
        Group::LinkSet => (Mark::Person, links_set(simulation, events)),
        Group::Votes(candidate) => {
            let voters = events.iter().filter_map(|event| match event.kind {
                EventKind::Voted { node, .. } => Some(node),
                _ => None,
            });
            (
                Mark::Vote,
                format!("{} voted for {candidate}.", list(voters)),
            )
        }
        Group::Follow(_) => {
            let mut who: Vec<NodeId> = events
                .iter()
                .filter_map(|event| match event.kind {
                    EventKind::Following { node, .. } => Some(node),
                    _ => None,
                })
                .collect();
            who.dedup();
            let EventKind::Following { timeline, .. } = first.kind else {
                return None;
            };
            let verb = if who.len() == 1 { "follows" } else { "follow" };
            (
                Mark::Follow,
                format!("{} {verb} {}.", list(who), timeline.owner()),
            )
        }
        Group::Nothing => sentence(simulation, &first.kind)?,
    };
    Some(Entry {
        event: first.id,
        at: first.at,
        mark,
        events: events.len(),
        text,
    })
}

fn ops(events: &[&Event]) -> Vec<u32> {
    let op = |event: &&Event| match event.kind {
        EventKind::WriteLost { op } | EventKind::WriteRegained { op } => Some(op.0),
        _ => None,
    };
    events.iter().filter_map(op).collect()
}

fn ends(events: &[&Event]) -> Vec<(Endpoint, Endpoint)> {
    let ends = |event: &&Event| match event.kind {
        EventKind::LinkCut { from, to } | EventKind::LinkHealed { from, to } => Some((from, to)),
        _ => None,
    };
    events.iter().filter_map(ends).collect()
}

fn links_set(simulation: &Simulation, events: &[&Event]) -> String {
    let set = |event: &&Event| match event.kind {
        EventKind::Action { index } => match simulation.actions()[index as usize].action {
            Action::SetLink { from, to, link } => Some((from, to, link)),
            _ => None,
        },
        _ => None,
    };
    let set: Vec<_> = events.iter().filter_map(set).collect();
    let which = match set.as_slice() {
        [(from, to, _)] => format!(
            "The link from {} to {}",
            super::endpoint(*from),
            super::endpoint(*to)
        ),
        many => count(many.len() as u64, "link"),
    };
    let Some((.., link)) = set.first() else {
        return which;
    };
    if set.iter().any(|(.., other)| other != link) {
        return format!("{which} changed.");
    }
    format!(
        "{which}: {} delay, {} jitter, {} loss.",
        span(Span(link.delay_us)),
        span(Span(link.jitter_us)),
        percent(link.loss_ppm)
    )
}

fn percent(ppm: u32) -> String {
    let hundredths = ppm / 100;
    if hundredths.is_multiple_of(100) {
        format!("{} %", hundredths / 100)
    } else {
        format!("{}.{:02} %", hundredths / 100, hundredths % 100)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use replicascope_engine::Scenario;
    use replicascope_engine::scenario::{KillKind, LinkSettings, Mode, Setting};

    fn run(actions: &[Action], until: Time) -> Simulation {
        let mut simulation = Simulation::new(&Scenario::default()).expect("valid");
        simulation.advance_to(Time::from_secs(1));
        for action in actions {
            simulation.act(action.clone()).expect("valid");
        }
        simulation.advance_to(until);
        simulation
    }

    fn texts(simulation: &Simulation) -> Vec<String> {
        newest(simulation, 100)
            .into_iter()
            .map(|entry| entry.text)
            .collect()
    }

    #[test]
    fn a_cut_off_node_is_one_line() {
        let cut = run(&[Action::Isolate { node: NodeId(0) }], Time::from_secs(1));
        assert_eq!(texts(&cut), ["n1 was cut off from n2, n3, n4 and n5."]);
    }

    #[test]
    fn links_that_are_set_together_are_one_line() {
        let link = LinkSettings {
            delay_us: 100_000,
            jitter_us: 0,
            loss_ppm: 15_000,
            extra: None,
        };
        let set = |to| Action::SetLink {
            from: NodeId(0).into(),
            to: NodeId(to).into(),
            link,
        };
        let changed = run(&[set(1), set(2)], Time::from_secs(1));
        assert_eq!(
            texts(&changed),
            ["2 links: 100 ms delay, 0 ms jitter, 1.50 % loss."]
        );
    }

    #[test]
    fn a_failover_is_told_in_order() {
        let kill = Action::Kill {
            node: NodeId(0),
            how: KillKind::PowerOff,
        };
        let story = texts(&run(&[kill], Time::from_secs(10)));
        let place = |what: &str| {
            story
                .iter()
                .position(|text| text.contains(what))
                .unwrap_or_else(|| panic!("{what}: {story:#?}"))
        };
        assert_eq!(place("n1 was killed."), 0);
        assert!(place("Nobody takes writes.") < place("has not heard from a primary"));
        assert!(place("has not heard from a primary") < place("stands for election"));
        assert!(place("stands for election") < place("took over. Timeline"));
        assert!(
            !story.iter().any(|text| text.starts_with("Only")),
            "{story:#?}"
        );
    }

    #[test]
    fn a_mode_says_what_it_promises() {
        let sync = run(
            &[Action::Set(Setting::Mode(Mode::Sync))],
            Time::from_secs(1),
        );
        assert!(
            texts(&sync)[0].starts_with("Mode: sync. The primary waits"),
            "{:?}",
            texts(&sync)
        );
    }
}
