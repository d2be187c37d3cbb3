//! What a step asks for, part by part, in sentences: `At least 10 writes are acked`, and beside it what there is now.
//!
//! `events`: what must happen. `numbers`: what must be counted or measured. Every condition that a lesson can hold has its words here.

mod events;
mod numbers;

use replicascope_engine::expect::{Amount, Comparison, Expectation, NodeState};
use replicascope_engine::json;
use replicascope_engine::node::Role;
use replicascope_engine::scenario::{Failover, Mode, ReadPolicy};
use replicascope_engine::world::Health;
use replicascope_lessons::{Answered, Atom, Number, OfNode, Part, PartKind, Seen, Unit};

use super::lessons::{Style, Told, amount};
use super::{at, settings};
use events::happened;
use numbers::{Gap, gap};

/// A part of a goal, and what there is now.
pub(crate) fn part(part: &Part) -> (Told, String) {
    let mut asked = Vec::new();
    let between = match part.kind {
        PartKind::Is => "",
        PartKind::Any => ", or: ",
        PartKind::None => {
            asked.push((Style::Plain, "Not: ".to_owned()));
            "; nor: "
        }
    };
    for (index, answered) in part.atoms.iter().enumerate() {
        let mut words = sentence(&answered.atom);
        if index > 0 {
            asked.push((Style::Plain, between.to_owned()));
        }
        if (index > 0 || part.kind == PartKind::None)
            && let Some((_, first)) = words.first_mut()
        {
            *first = lower(first);
        }
        asked.extend(words);
    }
    let mut found: Vec<String> = part.atoms.iter().filter_map(seen).collect();
    found.dedup();
    let stands = match (part.holds, found.is_empty()) {
        (_, false) => format!("now {}", found.join(", ")),
        (false, true) => "not yet".to_owned(),
        (true, true) => String::new(),
    };
    (asked, stands)
}

/// What is asked, as a sentence without its full stop.
fn sentence(atom: &Atom) -> Told {
    let plain = |text: String| vec![(Style::Plain, text)];
    match atom {
        Atom::Number { newly, number, is } => compared(number, *is, *newly),
        Atom::Expectation { newly, what } => match *what {
            Expectation::Report { number, is } => compared(&Number::Report(number), is, *newly),
            Expectation::Node { node, is, .. } => {
                let number = |what, is| compared(&Number::Node(node, what), is, false);
                plain(match is {
                    NodeState::Role(role) => format!("{node} is {}", self::role(role)),
                    NodeState::Health(health) => format!("{node} {}", does(health)),
                    NodeState::TakesWrites(true) => format!("{node} takes writes"),
                    NodeState::TakesWrites(false) => format!("{node} takes no writes"),
                    NodeState::Diverged(true) => {
                        format!("{node} has records that the surviving history does not hold")
                    }
                    NodeState::Diverged(false) => {
                        format!("{node} has no records that the surviving history does not hold")
                    }
                    NodeState::Timeline(is) => return number(OfNode::Timeline, is),
                    NodeState::InsertLsn(is) => return number(OfNode::InsertLsn, is),
                    NodeState::WriteLsn(is) => return number(OfNode::WriteLsn, is),
                    NodeState::FlushLsn(is) => return number(OfNode::FlushLsn, is),
                    NodeState::ReplayLsn(is) => return number(OfNode::ReplayLsn, is),
                    NodeState::LagRecords(is) => return number(OfNode::LagRecords, is),
                    NodeState::LagMs(is) => return number(OfNode::LagMs, is),
                })
            }
            Expectation::Event {
                event,
                node,
                from_us,
                until_us,
                times,
            } => {
                let mut text = happened(event, node);
                match (from_us.map(at), until_us.map(at)) {
                    (Some(from), Some(until)) => text += &format!(" between {from} and {until}"),
                    (Some(from), None) => text += &format!(" after {from}"),
                    (None, Some(until)) => text += &format!(" before {until}"),
                    (None, None) => {}
                }
                plain(match times {
                    Comparison::EqualTo(none) if none == Amount::whole(0) => {
                        format!("Never: {}", lower(&text))
                    }
                    Comparison::AtLeast(once) if once == Amount::whole(1) => text,
                    times => format!("{text}, {} times", how(times, Unit::Count)),
                })
            }
        },
        Atom::Setting { path, is } => {
            let path = path.to_string();
            let is_in_force = value(&path, is);
            plain(match path.as_str() {
                "settings.mode" => format!("The mode is {is_in_force}"),
                "settings.reads" => format!("Reads go to {is_in_force}"),
                "settings.failover" => format!("A dead primary is replaced by {is_in_force}"),
                "settings.fencing" => format!("Fencing is {is_in_force}"),
                _ => {
                    let name = path.rsplit('.').next().unwrap_or(&path).to_owned();
                    return vec![
                        (Style::Code, name),
                        (Style::Plain, format!(" is {is_in_force}")),
                    ];
                }
            })
        }
    }
}

/// A number that must be so.
fn compared(number: &Number, is: Comparison, newly: bool) -> Told {
    let how = how(is, number.unit());
    let none = Amount::whole(0);
    let mut text = match gap(number) {
        Gap::Count(one, many) => {
            let single = match is {
                Comparison::EqualTo(amount)
                | Comparison::AtLeast(amount)
                | Comparison::AtMost(amount) => amount == Amount::whole(1),
                _ => false,
            };
            let how = match is {
                Comparison::EqualTo(amount) | Comparison::AtMost(amount) if amount == none => {
                    return vec![(Style::Plain, ended(&one.replace("{}", "No"), number, newly))];
                }
                Comparison::EqualTo(_) => format!("exactly {how}"),
                _ => how,
            };
            upper(&(if single { one } else { many }).replace("{}", &how))
        }
        // Whether it has happened at all.
        Gap::Say(text) if is == Comparison::Above(none) && text.ends_with(" after {}") => {
            text.trim_end_matches(" after {}").to_owned()
        }
        Gap::Say(text) => upper(&text.replace("{}", &how)),
        Gap::Parameter(name) => {
            return vec![(Style::Code, name), (Style::Plain, format!(" is {how}"))];
        }
    };
    text = ended(&text, number, newly);
    vec![(Style::Plain, text)]
}

/// What counts only from the step's beginning on says so.
fn ended(text: &str, number: &Number, newly: bool) -> String {
    if newly && matches!(number, Number::Report(_) | Number::ReadLatency(_)) {
        format!("{text} in this step")
    } else {
        text.to_owned()
    }
}

/// How a number must be.
fn how(is: Comparison, unit: Unit) -> String {
    let number = |is: Amount| plain(amount(Some(is), unit));
    match is {
        Comparison::EqualTo(is) => number(is),
        Comparison::NotEqualTo(other) => format!("other than {}", number(other)),
        Comparison::Below(most) if unit == Unit::Count => format!("fewer than {}", number(most)),
        Comparison::Below(most) => format!("less than {}", number(most)),
        Comparison::AtMost(most) => format!("at most {}", number(most)),
        Comparison::Above(least) => format!("more than {}", number(least)),
        Comparison::AtLeast(least) => format!("at least {}", number(least)),
        Comparison::Within(least, most) => {
            format!("between {} and {}", number(least), number(most))
        }
    }
}

/// A limit is a round number: `1 s`, `2.5 s`.
fn plain(number: String) -> String {
    match number.split_once(' ') {
        Some((digits, unit)) if digits.contains('.') => {
            let digits = digits.trim_end_matches('0').trim_end_matches('.');
            format!("{digits} {unit}")
        }
        _ => number,
    }
}

/// What there is, where that tells more than whether it holds.
fn seen(answered: &Answered) -> Option<String> {
    let unit = match &answered.atom {
        Atom::Number { number, .. } => number.unit(),
        Atom::Expectation {
            what: Expectation::Report { number, .. },
            ..
        } => Number::Report(*number).unit(),
        Atom::Expectation {
            what:
                Expectation::Node {
                    is: NodeState::LagMs(_),
                    ..
                },
            ..
        } => Unit::Millis,
        // Whether it happened is all there is to say.
        Atom::Expectation {
            what:
                Expectation::Event {
                    times: Comparison::AtLeast(_),
                    ..
                },
            ..
        } => return None,
        Atom::Expectation {
            what: Expectation::Event { .. },
            ..
        } if answered.holds => return None,
        _ => Unit::Count,
    };
    match &answered.found {
        Seen::Amount(found) => Some(amount(Some(*found), unit)),
        Seen::Nothing | Seen::Truth(_) => None,
        _ if answered.holds => None,
        Seen::Role(role) => Some(self::role(*role).to_owned()),
        Seen::Health(health) => Some(
            match health {
                Health::Up => "running",
                Health::Frozen => "frozen",
                Health::Down => "down",
                Health::Lost => "lost",
            }
            .to_owned(),
        ),
        Seen::Setting(is) => match &answered.atom {
            Atom::Setting { path, .. } => Some(value(&path.to_string(), is)),
            _ => None,
        },
    }
}

/// A value of a setting.
fn value(path: &str, is: &str) -> String {
    fn named<T: serde::de::DeserializeOwned>(is: &str) -> Option<T> {
        json::from_text(&format!("\"{is}\"")).ok()
    }
    let known = match path {
        "settings.mode" => named(is).map(|mode| match mode {
            Mode::Async => "asynchronous",
            Mode::SemiSync => "semi-synchronous",
            Mode::Sync => "synchronous",
        }),
        "settings.reads" => named::<ReadPolicy>(is).map(settings::reads),
        "settings.failover" => named(is).map(|failover| match failover {
            Failover::Election => "the nodes themselves",
            Failover::Manual => "a person",
        }),
        _ => match is {
            "true" => Some("on"),
            "false" => Some("off"),
            "null" => Some("not set"),
            _ => None,
        },
    };
    known.unwrap_or(is).to_owned()
}

fn role(role: Role) -> &'static str {
    match role {
        Role::Primary => "primary",
        Role::Fenced => "a fenced primary",
        Role::Promoting => "about to be primary",
        Role::Candidate => "a candidate",
        Role::Replica => "a replica",
        Role::Demoted => "a former primary",
    }
}

fn does(health: Health) -> &'static str {
    match health {
        Health::Up => "runs",
        Health::Frozen => "is frozen",
        Health::Down => "is down",
        Health::Lost => "is lost with its disk",
    }
}

fn upper(text: &str) -> String {
    first(text, char::to_ascii_uppercase)
}

fn lower(text: &str) -> String {
    first(text, char::to_ascii_lowercase)
}

/// The names of nodes begin sentences as they are.
fn first(text: &str, to: fn(&char) -> char) -> String {
    let mut letters = text.chars();
    let Some(letter) = letters.next() else {
        return String::new();
    };
    let name = letters.clone().next().is_some_and(|c| c.is_ascii_digit());
    let letter = if name { letter } else { to(&letter) };
    core::iter::once(letter).chain(letters).collect()
}

#[cfg(test)]
mod tests;
