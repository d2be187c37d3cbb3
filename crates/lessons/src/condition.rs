//! Conditions over a run: what a step asks for, when an answer is right, what a case needs.
//!
//! In a file a condition is a sentence, a list of which all must hold, or `{"any": […]}`, `{"none": […]}`. A sentence is an expectation
//! as the engine reads it (`writes.lost_acked >= 1`, `n2.role == primary`, `promoted n2`, `never split_brain`), a comparison of a
//! [`Number`] (`newly writes.acked >= 3`, `read_latency_ms.p50 < 20`), or a setting (`settings.mode == semi_sync`). `newly` in front
//! counts only what happened since the step began.

use core::fmt;
use core::str::FromStr;

use replicascope_engine::expect::{Amount, Comparison, Expectation, Found};
use replicascope_engine::node::Role;
use replicascope_engine::world::Health;
use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use crate::number::Number;
use crate::setting::SettingPath;
use crate::witness::Witness;

/// Something that holds in a run as it stands, or does not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Condition {
    /// One thing.
    Is(Atom),
    /// Each of them.
    All(Vec<Condition>),
    /// At least one of them.
    Any(Vec<Condition>),
    /// None of them.
    None(Vec<Condition>),
}

/// One thing that is asked of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Atom {
    /// As the engine understands it.
    Expectation {
        /// Only since the step began.
        newly: bool,
        /// What.
        what: Expectation,
    },
    /// A number.
    Number {
        /// Only since the step began.
        newly: bool,
        /// Which.
        number: Number,
        /// How it must be.
        is: Comparison,
    },
    /// A setting in force.
    Setting {
        /// Which.
        path: SettingPath,
        /// What it must be, as JSON writes it.
        is: String,
    },
}

/// What became of an [`Atom`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answered {
    /// What was asked.
    pub atom: Atom,
    /// Whether it holds.
    pub holds: bool,
    /// What there is in the place of what was asked for.
    pub found: Seen,
}

/// What a run shows of what was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Seen {
    /// Nothing, such as the latency of no write at all.
    Nothing,
    /// A number, or a count of events.
    Amount(Amount),
    /// What a node does.
    Role(Role),
    /// How a node is.
    Health(Health),
    /// Yes or no.
    Truth(bool),
    /// A setting in force, as JSON writes it.
    Setting(String),
}

/// A part of a condition, as a person reads it: one line of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// How its atoms belong together.
    pub kind: PartKind,
    /// Whether it holds.
    pub holds: bool,
    /// What it consists of: one, unless it is an alternative or a refusal of several.
    pub atoms: Vec<Answered>,
}

/// How the atoms of a [`Part`] belong together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PartKind {
    /// There is one, and it must hold.
    Is,
    /// One of them must hold.
    Any,
    /// None of them may hold.
    None,
}

/// How a condition stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Whether it holds.
    pub reached: bool,
    /// Its parts in their order: lists are taken apart, alternatives and what must not hold are one part each.
    pub parts: Vec<Part>,
}

impl Standing {
    /// How many of its parts hold, of how many.
    #[must_use]
    pub fn met(&self) -> (usize, usize) {
        let met = self.parts.iter().filter(|part| part.holds).count();
        (met, self.parts.len())
    }

    /// Every atom that it consists of.
    pub fn atoms(&self) -> impl Iterator<Item = &Answered> {
        self.parts.iter().flat_map(|part| &part.atoms)
    }
}

impl Condition {
    /// Whether it holds now.
    #[must_use]
    pub fn holds(&self, witness: &Witness) -> bool {
        let each = |parts: &[Self]| parts.iter().filter(|part| part.holds(witness)).count();
        match self {
            Self::Is(atom) => atom.answer(witness).holds,
            Self::All(parts) => each(parts) == parts.len(),
            Self::Any(parts) => each(parts) > 0,
            Self::None(parts) => each(parts) == 0,
        }
    }

    /// Whether it holds now, and how far it is.
    #[must_use]
    pub fn standing(&self, witness: &Witness) -> Standing {
        let mut parts = Vec::new();
        self.part_by_part(witness, &mut parts);
        Standing {
            reached: self.holds(witness),
            parts,
        }
    }

    fn part_by_part(&self, witness: &Witness, parts: &mut Vec<Part>) {
        let kind = match self {
            Self::All(all) => {
                for part in all {
                    part.part_by_part(witness, parts);
                }
                return;
            }
            Self::Is(_) => PartKind::Is,
            Self::Any(_) => PartKind::Any,
            Self::None(_) => PartKind::None,
        };
        let mut atoms = Vec::new();
        self.each(&mut |atom| atoms.push(atom.answer(witness)));
        parts.push(Part {
            kind,
            holds: self.holds(witness),
            atoms,
        });
    }

    /// Every atom that it consists of.
    pub fn each(&self, each: &mut dyn FnMut(&Atom)) {
        match self {
            Self::Is(atom) => each(atom),
            Self::All(parts) | Self::Any(parts) | Self::None(parts) => {
                for part in parts {
                    part.each(each);
                }
            }
        }
    }
}

impl Atom {
    /// Whether it holds now, and what there is.
    #[must_use]
    pub fn answer(&self, witness: &Witness) -> Answered {
        let amount = |found: Option<Amount>| found.map_or(Seen::Nothing, Seen::Amount);
        let (holds, found) = match self {
            Self::Expectation { newly, what } => {
                let since = witness.since(*newly);
                let answer = what.answer(witness.run(), witness.report(), since);
                let found = match answer.found {
                    Found::Amount(found) => amount(found),
                    Found::Events { count, .. } => Seen::Amount(Amount::whole(count)),
                    Found::Role(role) => Seen::Role(role),
                    Found::Health(health) => Seen::Health(health),
                    Found::Truth(truth) => Seen::Truth(truth),
                    Found::AfterTheEnd => Seen::Nothing,
                };
                (answer.holds, found)
            }
            Self::Number { newly, number, is } => {
                let found = number.of(witness, *newly);
                let holds = found.is_some_and(|amount| is.holds(amount));
                (holds, amount(found))
            }
            Self::Setting { path, is } => {
                let found = path.of(witness.run());
                let holds = found.as_ref() == Some(is);
                (holds, found.map_or(Seen::Nothing, Seen::Setting))
            }
        };
        Answered {
            atom: self.clone(),
            holds,
            found,
        }
    }
}

impl FromStr for Atom {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let (newly, rest) = text
            .trim()
            .strip_prefix("newly ")
            .map_or((false, text.trim()), |rest| (true, rest.trim()));
        let end = rest
            .find(|c: char| c.is_whitespace() || matches!(c, '=' | '<' | '>' | '!'))
            .unwrap_or(rest.len());
        let (word, compared) = (&rest[..end], rest[end..].trim());
        if SettingPath::begins(word) {
            if newly {
                return Err(format!("in \"{text}\": a setting is never new"));
            }
            let path: SettingPath = word.parse()?;
            if compared.parse::<Comparison>().is_err() {
                let is = compared.strip_prefix("==").map(str::trim);
                let is = is.filter(|is| !is.is_empty());
                let is =
                    is.ok_or_else(|| format!("in \"{text}\": a setting is compared with =="))?;
                return Ok(Self::Setting {
                    path,
                    is: is.to_owned(),
                });
            }
        }
        // What the engine can say by itself it says, except for what is counted anew.
        let counted = newly && matches!(word.parse(), Ok(Number::Report(_)));
        if !counted && let Ok(what) = rest.parse::<Expectation>() {
            if let Expectation::Node { at_us: Some(_), .. } = what {
                return Err(format!(
                    "in \"{text}\": a lesson asks how a node is now, not at an instant"
                ));
            }
            return Ok(Self::Expectation { newly, what });
        }
        if compared.is_empty() || word == "never" || word.parse::<Number>().is_err() {
            // Not a number: the engine's own error says what it could have been.
            let what = rest.parse::<Expectation>()?;
            return Ok(Self::Expectation { newly, what });
        }
        Ok(Self::Number {
            newly,
            number: word.parse()?,
            is: compared.parse()?,
        })
    }
}

impl fmt::Display for Atom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let newly = |newly: bool| if newly { "newly " } else { "" };
        match self {
            Self::Expectation { newly: new, what } => write!(f, "{}{what}", newly(*new)),
            Self::Number {
                newly: new,
                number,
                is,
            } => write!(f, "{}{number} {is}", newly(*new)),
            Self::Setting { path, is } => write!(f, "{path} == {is}"),
        }
    }
}

impl<'de> Deserialize<'de> for Condition {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;
        impl<'de> Visitor<'de> for Any {
            type Value = Condition;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(
                    "a sentence, a list of which all must hold, {\"any\": […]} or {\"none\": […]}",
                )
            }
            fn visit_str<E: Error>(self, text: &str) -> Result<Condition, E> {
                text.parse().map(Condition::Is).map_err(E::custom)
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Condition, A::Error> {
                let mut parts = Vec::new();
                while let Some(part) = items.next_element()? {
                    parts.push(part);
                }
                if parts.is_empty() {
                    return Err(A::Error::custom("an empty list holds always"));
                }
                Ok(Condition::All(parts))
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Condition, A::Error> {
                let one = || A::Error::custom("one of \"any\" and \"none\" belongs here");
                let name: String = map.next_key()?.ok_or_else(one)?;
                let parts: Vec<Condition> = map.next_value()?;
                if map.next_key::<String>()?.is_some() || parts.is_empty() {
                    return Err(one());
                }
                match name.as_str() {
                    "any" => Ok(Condition::Any(parts)),
                    "none" => Ok(Condition::None(parts)),
                    _ => Err(one()),
                }
            }
        }
        deserializer.deserialize_any(Any)
    }
}
