//! The grammar of JSON (RFC 8259), with the position that the reader has come to. Nothing here knows a type.

use std::borrow::Cow;

use serde::de::{Error as _, Expected, Unexpected};

use super::Error;

/// How deep lists and objects may lie in each other: a hostile text must not exhaust the stack.
const DEEPEST: u8 = 128;

/// A text and how far it has been read.
pub(super) struct Scanner<'de> {
    text: &'de str,
    at: usize,
    depth: u8,
}

/// A value without parts.
pub(super) enum Scalar<'de> {
    Null,
    Bool(bool),
    Whole(u64),
    /// Below 0.
    Negative(i64),
    /// With decimals, an exponent, or too large for the others.
    Fraction(f64),
    Text(Cow<'de, str>),
}

impl<'de> Scanner<'de> {
    pub(super) fn new(text: &'de str) -> Self {
        Self {
            text,
            at: 0,
            depth: 0,
        }
    }

    /// The error with the place that has been reached, unless it has one already.
    #[cold]
    pub(super) fn placed(&self, mut error: Error) -> Error {
        error.0.place.get_or_insert_with(|| {
            let read = &self.text.as_bytes()[..self.at];
            let line = read.iter().filter(|&&byte| byte == b'\n').count() + 1;
            let column = read.iter().rev().take_while(|&&byte| byte != b'\n').count();
            (line, column)
        });
        error
    }

    /// What is read next breaks the grammar.
    #[cold]
    pub(super) fn broken(&mut self, problem: &str) -> Error {
        if self.at < self.text.len() {
            self.at += 1;
            return self.placed(Error::new(problem.to_owned()));
        }
        self.placed(Error::new("the text ends too early".to_owned()))
    }

    /// The next byte after white space, 0 at the end, without reading it.
    pub(super) fn peek(&mut self) -> u8 {
        let bytes = self.text.as_bytes();
        while let Some(&byte) = bytes.get(self.at) {
            match byte {
                b' ' | b'\t' | b'\n' | b'\r' => self.at += 1,
                _ => return byte,
            }
        }
        0
    }

    /// Reads `byte` after white space, if it is what comes next.
    pub(super) fn takes(&mut self, byte: u8) -> bool {
        let found = self.peek() == byte;
        self.at += usize::from(found);
        found
    }

    /// The bytes that come next, as long as they are digits.
    fn digits(&mut self) -> &'de [u8] {
        let rest = &self.text.as_bytes()[self.at..];
        let count = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        self.at += count;
        &rest[..count]
    }

    fn takes_now(&mut self, set: &[u8]) -> Option<u8> {
        let byte = *self.text.as_bytes().get(self.at)?;
        set.contains(&byte).then(|| {
            self.at += 1;
            byte
        })
    }

    /// Reads the beginning of a list or an object, if that comes next.
    pub(super) fn opens(&mut self, bracket: u8) -> Result<bool, Error> {
        if !self.takes(bracket) {
            return Ok(false);
        }
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(self.placed(Error::new("lists and objects lie too deep".to_owned())));
        }
        Ok(true)
    }

    /// Reads the end of a list or an object.
    pub(super) fn closes(&mut self, bracket: u8) -> Result<(), Error> {
        if !self.takes(bracket) {
            return Err(self.broken("more than was expected here"));
        }
        self.depth -= 1;
        Ok(())
    }

    /// Whether there is one more part before `bracket`; reads the comma before it.
    pub(super) fn has_more(&mut self, first: &mut bool, bracket: u8) -> Result<bool, Error> {
        let is_first = core::mem::take(first);
        if self.peek() == bracket {
            return Ok(false);
        }
        if is_first {
            return Ok(true);
        }
        if !self.takes(b',') {
            return Err(self.broken("a comma or the end of the list or object is missing"));
        }
        if self.peek() == bracket {
            return Err(self.broken("trailing comma"));
        }
        Ok(true)
    }

    /// Reads the name of a field.
    pub(super) fn name(&mut self) -> Result<Cow<'de, str>, Error> {
        if self.peek() != b'"' {
            return Err(self.broken("a name in quotes is missing"));
        }
        self.string()
    }

    /// Reads the colon after a name.
    pub(super) fn colon(&mut self) -> Result<(), Error> {
        if self.takes(b':') {
            Ok(())
        } else {
            Err(self.broken("a colon is missing"))
        }
    }

    /// Reads a value without parts; `None`, and nothing is read, before a list or an object.
    pub(super) fn scalar(&mut self) -> Result<Option<Scalar<'de>>, Error> {
        let scalar = match self.peek() {
            b'{' | b'[' => return Ok(None),
            b'"' => Scalar::Text(self.string()?),
            b'-' | b'0'..=b'9' => self.number()?,
            b't' => self.word("true", Scalar::Bool(true))?,
            b'f' => self.word("false", Scalar::Bool(false))?,
            b'n' => self.word("null", Scalar::Null)?,
            _ => return Err(self.broken("expected a value")),
        };
        Ok(Some(scalar))
    }

    fn word(&mut self, word: &str, meaning: Scalar<'de>) -> Result<Scalar<'de>, Error> {
        if self.text.as_bytes()[self.at..].starts_with(word.as_bytes()) {
            self.at += word.len();
            Ok(meaning)
        } else {
            Err(self.broken("expected a value"))
        }
    }

    fn number(&mut self) -> Result<Scalar<'de>, Error> {
        let negative = self.takes_now(b"-").is_some();
        let whole = self.digits();
        if whole.is_empty() || (whole.len() > 1 && whole[0] == b'0') {
            return Err(self.broken("not a number"));
        }
        // The digits as one number, times ten to the power.
        let (mut digits, mut power, mut exact) = (0_u64, 0_i32, true);
        let mut take = |more: &[u8], after_the_point: bool| {
            for &digit in more {
                let next = digits
                    .checked_mul(10)
                    .and_then(|digits| digits.checked_add(u64::from(digit - b'0')))
                    .filter(|_| exact);
                match next {
                    Some(next) => digits = next,
                    None => exact = false,
                }
                power += i32::from(!exact) - i32::from(after_the_point);
            }
        };
        take(whole, false);
        let mut fraction = false;
        if self.takes_now(b".").is_some() {
            let decimals = self.digits();
            if decimals.is_empty() {
                return Err(self.broken("not a number"));
            }
            take(decimals, true);
            fraction = true;
        }
        if self.takes_now(b"eE").is_some() {
            let down = self.takes_now(b"+-") == Some(b'-');
            let exponent = self.digits();
            if exponent.is_empty() {
                return Err(self.broken("not a number"));
            }
            let most = exponent.iter().fold(0, |sum: i32, &digit| {
                sum.saturating_mul(10)
                    .saturating_add(i32::from(digit - b'0'))
            });
            power = power.saturating_add(if down { -most } else { most });
            fraction = true;
        }
        if !fraction && exact {
            if !negative {
                return Ok(Scalar::Whole(digits));
            }
            if let Some(number) = 0_i64.checked_sub_unsigned(digits) {
                return Ok(Scalar::Negative(number));
            }
        }
        // Right to the last bit below 2^53 and 10^22, which is more than any number of a scenario needs: both are exact, so only
        // the one division or product rounds. Beyond, in strides of 10^22.
        let mut number = digits as f64;
        let mut left = power.unsigned_abs().min(700);
        while left > 0 && number != 0.0 {
            let stride = left.min(22);
            let scale = (0..stride).fold(1.0, |scale: f64, _| scale * 10.0);
            number = if power < 0 {
                number / scale
            } else {
                number * scale
            };
            left -= stride;
        }
        Ok(Scalar::Fraction(if negative { -number } else { number }))
    }

    /// Reads a string, of which the opening quote comes next.
    fn string(&mut self) -> Result<Cow<'de, str>, Error> {
        self.at += 1;
        let mut built = String::new();
        loop {
            let start = self.at;
            let rest = &self.text.as_bytes()[start..];
            let plain = rest
                .iter()
                .take_while(|&&byte| byte != b'"' && byte != b'\\' && byte >= b' ')
                .count();
            self.at += plain;
            let piece = self.text.get(start..self.at).unwrap_or_default();
            match rest.get(plain) {
                Some(b'"') => {
                    self.at += 1;
                    if built.is_empty() {
                        return Ok(Cow::Borrowed(piece));
                    }
                    built.push_str(piece);
                    return Ok(Cow::Owned(built));
                }
                Some(b'\\') => {
                    self.at += 1;
                    built.push_str(piece);
                    built.push(self.escape()?);
                }
                _ => return Err(self.broken("a control character in a string")),
            }
        }
    }

    /// Reads what follows a backslash.
    fn escape(&mut self) -> Result<char, Error> {
        let Some(escape) = self.takes_now(b"\"\\/bfnrtu") else {
            return Err(self.broken("not an escape"));
        };
        Ok(match escape {
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => {
                let first = self.four_digits()?;
                // Two halves of one character beyond the first 65,536 of Unicode.
                let both = |second| {
                    let (high, low) = (first & 0x3FF, second & 0x3FF);
                    0x1_0000 + (high << 10 | low)
                };
                let code = match first {
                    0xD800..=0xDBFF
                        if self.takes_now(b"\\").is_some() && self.takes_now(b"u").is_some() =>
                    {
                        match self.four_digits()? {
                            second @ 0xDC00..=0xDFFF => both(second),
                            _ => 0xD800,
                        }
                    }
                    other => other,
                };
                let Some(character) = char::from_u32(code) else {
                    return Err(self.broken("half of a character in an escape"));
                };
                character
            }
            other => char::from(other),
        })
    }

    fn four_digits(&mut self) -> Result<u32, Error> {
        let mut code = 0;
        for _ in 0..4 {
            let digit = self.text.as_bytes().get(self.at).copied();
            let Some(digit) = digit.and_then(|byte| char::from(byte).to_digit(16)) else {
                return Err(self.broken("not an escape"));
            };
            self.at += 1;
            code = code << 4 | digit;
        }
        Ok(code)
    }

    /// Reads a whole number.
    pub(super) fn integer(&mut self, expected: &dyn Expected) -> Result<Integer, Error> {
        match self.scalar()? {
            Some(Scalar::Whole(number)) => Ok(Integer::Whole(number)),
            Some(Scalar::Negative(number)) => Ok(Integer::Negative(number)),
            other => Err(self.unfit(other.as_ref(), expected)),
        }
    }

    /// What comes next is of another kind than `expected`.
    #[cold]
    pub(super) fn unfit_next(&mut self, expected: &dyn Expected) -> Error {
        match self.scalar() {
            Ok(found) => self.unfit(found.as_ref(), expected),
            Err(error) => error,
        }
    }

    /// What was found, `None` for a list or an object that comes next, is of another kind than `expected`.
    #[cold]
    pub(super) fn unfit(&mut self, found: Option<&Scalar<'_>>, expected: &dyn Expected) -> Error {
        let found = match found {
            Some(Scalar::Null) => Unexpected::Other("null"),
            Some(Scalar::Bool(value)) => Unexpected::Bool(*value),
            Some(Scalar::Whole(number)) => Unexpected::Unsigned(*number),
            Some(Scalar::Negative(number)) => Unexpected::Signed(*number),
            Some(Scalar::Fraction(number)) => Unexpected::Float(*number),
            Some(Scalar::Text(text)) => Unexpected::Str(text),
            None if self.peek() == b'{' => Unexpected::Map,
            None => Unexpected::Seq,
        };
        self.placed(Error::invalid_type(found, expected))
    }

    /// Reads a value of whatever kind.
    pub(super) fn skip(&mut self) -> Result<(), Error> {
        if self.scalar()?.is_some() {
            return Ok(());
        }
        let is_object = self.opens(b'{')?;
        let bracket = if is_object {
            b'}'
        } else {
            self.opens(b'[')?;
            b']'
        };
        let mut first = true;
        while self.has_more(&mut first, bracket)? {
            if is_object {
                self.name()?;
                self.colon()?;
            }
            self.skip()?;
        }
        self.closes(bracket)
    }

    /// Nothing but white space is left.
    pub(super) fn end(&mut self) -> Result<(), Error> {
        self.peek();
        if self.at < self.text.len() {
            return Err(self.broken("trailing characters"));
        }
        Ok(())
    }
}

/// A whole number.
pub(super) enum Integer {
    Whole(u64),
    /// Below 0.
    Negative(i64),
}
