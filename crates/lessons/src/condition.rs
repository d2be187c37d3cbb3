//! Conditions over a run: what a step asks for, when an answer is right, what a case needs.
//!
//! In a file a condition is a sentence, a list of which all must hold, or `{"any": […]}`, `{"none": […]}`. A sentence is an expectation
//! as the engine reads it (`writes.lost_acked >= 1`, `n2.role == primary`, `promoted n2`, `never split_brain`), a comparison of a
//! [`Number`] (`newly writes.acked >= 3`, `read_latency_ms.p50 < 20`), or a setting (`settings.mode == semi_sync`). `newly` in front
//! counts only what happened since the step began.

use core::fmt;
use core::str::FromStr;

use replicascope_engine::expect::{Amount, Comparison, Expectation, Found};
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
    /// The number that there is, where a number or a count was asked for.
    pub found: Option<Amount>,
}

/// How a condition stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Whether it holds.
    pub reached: bool,
    /// Its parts in their order, those of `none` left out.
    pub parts: Vec<Answered>,
}

impl Standing {
    /// How many of its parts hold, of how many.
    #[must_use]
    pub fn met(&self) -> (usize, usize) {
        let met = self.parts.iter().filter(|part| part.holds).count();
        (met, self.parts.len())
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
        self.collect(&mut |atom| parts.push(atom.answer(witness)), false);
        Standing {
            reached: self.holds(witness),
            parts,
        }
    }

    /// Every atom that it consists of; with `none` also those that must not hold.
    pub(crate) fn collect(&self, each: &mut dyn FnMut(&Atom), none: bool) {
        match self {
            Self::Is(atom) => each(atom),
            Self::All(parts) | Self::Any(parts) => {
                for part in parts {
                    part.collect(each, none);
                }
            }
            Self::None(parts) => {
                for part in parts.iter().filter(|_| none) {
                    part.collect(each, none);
                }
            }
        }
    }
}

impl Atom {
    /// Whether it holds now, and what there is.
    #[must_use]
    pub fn answer(&self, witness: &Witness) -> Answered {
        let (holds, found) = match self {
            Self::Expectation { newly, what } => {
                let since = witness.since(*newly);
                let answer = what.answer(witness.run(), witness.report(), since);
                let found = match answer.found {
                    Found::Amount(amount) => amount,
                    Found::Events { count, .. } => Some(Amount::whole(count)),
                    _ => None,
                };
                (answer.holds, found)
            }
            Self::Number { newly, number, is } => {
                let found = number.of(witness, *newly);
                (found.is_some_and(|amount| is.holds(amount)), found)
            }
            Self::Setting { path, is } => (path.of(witness.run()).as_ref() == Some(is), None),
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
