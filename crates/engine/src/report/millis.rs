//! Milliseconds, as people read them.

use core::fmt;

use serde::{Serialize, Serializer};

use crate::time::Span;

/// A span that is written in milliseconds: `41.2`. Nothing is computed with the float that JSON makes of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Millis(pub Span);

impl Serialize for Millis {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let micros = self.0.0;
        if micros.is_multiple_of(1_000) {
            serializer.serialize_u64(micros / 1_000)
        } else {
            serializer.serialize_f64(self.0.as_millis_f64())
        }
    }
}

impl fmt::Display for Millis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, micros) = (self.0.0 / 1_000, self.0.0 % 1_000);
        if micros == 0 {
            return write!(f, "{whole}");
        }
        let decimals = format!("{micros:03}");
        write!(f, "{whole}.{}", decimals.trim_end_matches('0'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_and_people_see_the_same_digits() {
        for micros in [
            0,
            1,
            40,
            500,
            999,
            1_000,
            1_001,
            41_200,
            3_600_000_001,
            2_592_000_000_123,
        ] {
            let millis = Millis(Span(micros));
            let json = serde_json::to_string(&millis).expect("a number");
            assert_eq!(json, millis.to_string());
        }
        assert_eq!(Millis(Span(41_200)).to_string(), "41.2");
        assert_eq!(Millis(Span(1_001)).to_string(), "1.001");
    }
}
