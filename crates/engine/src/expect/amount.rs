//! Numbers with up to three decimals, and comparisons of them.

use core::fmt;
use core::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::report::Millis;
use crate::time::Span;

/// A count, or milliseconds to the microsecond: a number of thousandths, so that comparing is exact.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Amount(u64);

impl Amount {
    /// The largest one.
    pub const MOST: u64 = 1_000_000_000_000_000;

    /// A whole number. More than [`Amount::MOST`] is taken for that.
    #[must_use]
    pub const fn whole(number: u64) -> Self {
        if number > Self::MOST {
            Self(Self::MOST * 1_000)
        } else {
            Self(number * 1_000)
        }
    }

    /// In thousandths: what is exact about it.
    #[must_use]
    pub const fn thousandths(self) -> u64 {
        self.0
    }

    /// How much more it is than `other`; 0 when it is not.
    #[must_use]
    pub const fn more_than(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

impl From<Millis> for Amount {
    fn from(millis: Millis) -> Self {
        Self(millis.0.0)
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Millis(Span(self.0)).fmt(f)
    }
}

impl FromStr for Amount {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let (whole, decimals) = text.split_once('.').unwrap_or((text, "0"));
        let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        if !digits(whole) || !digits(decimals) || decimals.len() > 3 {
            return Err(format!(
                "\"{text}\" is not a number of 0 or more with at most three decimals"
            ));
        }
        let whole: Option<u64> = whole.parse().ok().filter(|whole| *whole < Self::MOST);
        let whole = whole.ok_or_else(|| format!("{text} is more than {}", Self::MOST))?;
        let thousandths = format!("{decimals:0<3}").parse::<u64>().unwrap_or(0);
        Ok(Self(whole * 1_000 + thousandths))
    }
}

impl Serialize for Amount {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Millis(Span(self.0)).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Amount {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // A float's shortest decimal form is what the file says, so nothing is rounded here.
        struct Number;
        impl de::Visitor<'_> for Number {
            type Value = Amount;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number of 0 or more with at most three decimals")
            }
            fn visit_u64<E: de::Error>(self, number: u64) -> Result<Amount, E> {
                number.to_string().parse().map_err(E::custom)
            }
            fn visit_i64<E: de::Error>(self, number: i64) -> Result<Amount, E> {
                number.to_string().parse().map_err(E::custom)
            }
            fn visit_f64<E: de::Error>(self, number: f64) -> Result<Amount, E> {
                number.to_string().parse().map_err(E::custom)
            }
        }
        deserializer.deserialize_any(Number)
    }
}

#[cfg(feature = "schema")]
impl schemars::JsonSchema for Amount {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Amount".into()
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "description": "A count, or milliseconds with at most three decimals.",
            "type": "number",
            "minimum": 0,
            "maximum": Self::MOST,
        })
    }
}

/// How a number must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Comparison {
    /// `==`
    EqualTo(Amount),
    /// `!=`
    NotEqualTo(Amount),
    /// `<`
    Below(Amount),
    /// `<=`
    AtMost(Amount),
    /// `>`
    Above(Amount),
    /// `>=`
    AtLeast(Amount),
    /// `in A to B`: at least the first and at most the second.
    Within(Amount, Amount),
}

impl Comparison {
    /// Whether a number is like that.
    #[must_use]
    pub fn holds(self, amount: Amount) -> bool {
        match self {
            Self::EqualTo(other) => amount == other,
            Self::NotEqualTo(other) => amount != other,
            Self::Below(most) => amount < most,
            Self::AtMost(most) => amount <= most,
            Self::Above(least) => amount > least,
            Self::AtLeast(least) => amount >= least,
            Self::Within(least, most) => (least..=most).contains(&amount),
        }
    }
}

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::EqualTo(amount) => write!(f, "== {amount}"),
            Self::NotEqualTo(amount) => write!(f, "!= {amount}"),
            Self::Below(amount) => write!(f, "< {amount}"),
            Self::AtMost(amount) => write!(f, "<= {amount}"),
            Self::Above(amount) => write!(f, "> {amount}"),
            Self::AtLeast(amount) => write!(f, ">= {amount}"),
            Self::Within(least, most) => write!(f, "in {least} to {most}"),
        }
    }
}
