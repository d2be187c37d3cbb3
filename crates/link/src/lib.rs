//! A link carries a whole experiment: the scenario with every action, the instant, and hashes of the trace, so that whoever
//! opens it knows whether it replayed exactly, and if not, from when on it differs.
//!
//! A link's fragment is `run=1.<length>.<check>.<text>`. The text is the payload, compressed with deflate and written in base64url;
//! the length and a CRC-32 of the text tell a link that was cut from one that was altered. The payload is a line
//! `<at µs> <steps> <hash> <marks>` and the scenario as JSON.
//!
//! What this writes is read for ever: a change of the format is a new number after `run=`, beside the old ones.
//!
//! It knows no browser: whoever has the text of a link can read it.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use miniz_oxide::deflate::compress_to_vec;
use miniz_oxide::inflate::{TINFLStatus, decompress_to_vec_with_limit};
use replicascope_engine::time::Time;
use replicascope_engine::{Recording, Scenario, ScenarioError};
use thiserror::Error;

/// What the fragment begins with.
pub const PREFIX: &str = "run=";
/// The version that is written.
const VERSION: &str = "1";
/// How many hashes there are on the way to the cursor, at even distances.
const MARKS: u64 = 8;
/// Hexadecimal digits of a mark: enough to tell two traces apart, since it only locates what the full hash has found.
const MARK_DIGITS: usize = 6;
/// Longest text that is looked at.
const MOST_TEXT: usize = 1 << 20;
/// Longest payload that is unpacked: a small link can be made to claim gigabytes.
const MOST_PAYLOAD: usize = 4 << 20;
/// Compression, 0 to 10.
const LEVEL: u8 = 10;

/// Why a link cannot be opened.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum LinkError {
    /// It does not begin as one, or its head cannot be read.
    #[error("This is not a link to an experiment: it should begin with #{PREFIX}{VERSION}.")]
    NotALink,
    /// Written by a newer page.
    #[error(
        "This link has version {0}, which is newer than this page. It reads version {VERSION}."
    )]
    Newer(String),
    /// Its end is missing.
    #[error("This link was cut off: {found} of its {whole} characters are there.")]
    Cut {
        /// How many characters are there.
        found: usize,
        /// How many there should be.
        whole: usize,
    },
    /// It is as long as it should be, or longer, but not what was written.
    #[error(
        "This link was altered on its way: its check does not fit. Copy it once more where it comes from."
    )]
    Altered,
    /// Its check fits, but it cannot be unpacked.
    #[error("This link cannot be unpacked.")]
    Unreadable,
    /// It unpacks to more than any experiment needs.
    #[error("This link unpacks to more than {} MB, which no experiment needs. It is not opened.", MOST_PAYLOAD >> 20)]
    TooLarge,
    /// The scenario in it is not valid.
    #[error("The scenario in this link is not valid: {0}")]
    Scenario(#[from] ScenarioError),
}

/// An experiment at an instant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// The scenario, with every action.
    pub scenario: Scenario,
    /// The instant.
    pub at: Time,
    /// How many steps the run had taken there: several can fall into one instant.
    pub steps: u64,
    /// The hash of the trace there.
    pub hash: u64,
    /// The hashes on the way, shortened.
    marks: Vec<u32>,
}

/// How a link that was opened compares with what was linked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Replay {
    /// To the bit.
    Exact,
    /// The engine has changed since. The first difference is after the one instant and not after the other.
    Differs {
        /// Up to here it is the same.
        after: Time,
        /// Here it is not.
        by: Time,
    },
    /// The instant is further away than can be computed while a person waits.
    TooFar {
        /// How far it came.
        reached: Time,
    },
}

impl Link {
    /// The link to a run as it stands.
    #[must_use]
    pub fn to(recording: &Recording) -> Self {
        let bare = Self::bare(recording);
        let mut other = recording.clone();
        let marks = (1..MARKS)
            .map(|index| {
                other.seek(mark_at(bare.at, index));
                short(other.simulation().trace().hash())
            })
            .collect();
        Self { marks, ..bare }
    }

    /// As [`Link::to`], at less cost, and without hashes on the way: it tells whether a replay is exact, not where it is not.
    #[must_use]
    pub fn bare(recording: &Recording) -> Self {
        let run = recording.simulation();
        Self {
            scenario: recording.scenario(),
            at: run.now(),
            steps: run.steps(),
            hash: run.trace().hash(),
            marks: Vec::new(),
        }
    }

    /// The fragment of an address, without `#`.
    #[must_use]
    pub fn to_fragment(&self) -> String {
        let marks: String = self
            .marks
            .iter()
            .map(|mark| format!("{mark:0MARK_DIGITS$x}"))
            .collect();
        let json = self.scenario.to_json_line();
        let payload = format!(
            "{} {} {:016x} {marks}\n{json}",
            self.at.0, self.steps, self.hash
        );
        in_letters(&compress_to_vec(payload.as_bytes(), LEVEL))
    }

    /// Reads the fragment of an address, with or without `#`.
    ///
    /// # Errors
    /// [`LinkError`], which says what is wrong with it.
    pub fn from_fragment(fragment: &str) -> Result<Self, LinkError> {
        let fragment = fragment.trim().trim_start_matches('#');
        let rest = fragment.strip_prefix(PREFIX).ok_or(LinkError::NotALink)?;
        let (version, rest) = rest.split_once('.').ok_or(LinkError::NotALink)?;
        if version != VERSION {
            let newer = version.parse::<u32>().is_ok_and(|version| version > 1);
            return Err(if newer {
                LinkError::Newer(version.to_owned())
            } else {
                LinkError::NotALink
            });
        }
        let mut parts = rest.splitn(3, '.');
        let (length, check) = (
            parts.next().unwrap_or_default(),
            parts.next().unwrap_or_default(),
        );
        let whole: usize = length.parse().map_err(|_| LinkError::NotALink)?;
        let text = parts.next().unwrap_or_default();
        if whole > MOST_TEXT {
            return Err(LinkError::TooLarge);
        }
        if text.len() < whole {
            return Err(LinkError::Cut {
                found: text.len(),
                whole,
            });
        }
        let check = u32::from_str_radix(check, 16).map_err(|_| LinkError::Altered)?;
        if text.len() > whole || crc32(text.as_bytes()) != check {
            return Err(LinkError::Altered);
        }
        let packed = URL_SAFE_NO_PAD
            .decode(text)
            .map_err(|_| LinkError::Unreadable)?;
        let payload = decompress_to_vec_with_limit(&packed, MOST_PAYLOAD).map_err(|error| {
            match error.status {
                TINFLStatus::HasMoreOutput => LinkError::TooLarge,
                _ => LinkError::Unreadable,
            }
        })?;
        let payload = String::from_utf8(payload).map_err(|_| LinkError::Unreadable)?;
        let (head, json) = payload.split_once('\n').ok_or(LinkError::Unreadable)?;
        Self::from_parts(head, json)
    }

    fn from_parts(head: &str, json: &str) -> Result<Self, LinkError> {
        let mut head = head.split(' ');
        let mut word = || head.next().ok_or(LinkError::Unreadable);
        let number =
            |word: &str, radix| u64::from_str_radix(word, radix).map_err(|_| LinkError::Unreadable);
        let (at, steps, hash) = (
            number(word()?, 10)?,
            number(word()?, 10)?,
            number(word()?, 16)?,
        );
        let digits = word()?;
        if !digits.is_ascii() {
            return Err(LinkError::Unreadable);
        }
        let marks = digits
            .as_bytes()
            .chunks(MARK_DIGITS)
            .map(|mark| {
                number(core::str::from_utf8(mark).unwrap_or_default(), 16).map(|mark| mark as u32)
            })
            .collect::<Result<_, _>>()?;
        Ok(Self {
            scenario: Scenario::from_json(json)?,
            at: Time(at),
            steps,
            hash,
            marks,
        })
    }

    /// Replays to the instant, in at most about `most_steps` steps, and compares.
    ///
    /// # Errors
    /// [`ScenarioError`] when the scenario is not valid.
    pub fn replay(&self, most_steps: u64) -> Result<(Recording, Replay), ScenarioError> {
        let mut recording = Recording::new(self.scenario.clone())?;
        let mut same_until = Time::ZERO;
        let mut differs = None;
        let stops = (1..MARKS)
            .zip(&self.marks)
            .map(|(index, &mark)| (mark_at(self.at, index), mark));
        for (at, mark) in stops {
            let left = most_steps.saturating_sub(recording.simulation().steps());
            if !recording.advance_within(at, left) {
                let reached = recording.simulation().now();
                return Ok((recording, Replay::TooFar { reached }));
            }
            if short(recording.simulation().trace().hash()) == mark {
                same_until = at;
            } else if differs.is_none() {
                differs = Some(at);
            }
        }
        let left = most_steps.saturating_sub(recording.simulation().steps());
        if !recording.advance_within(Time(self.at.0.saturating_sub(1)), left) {
            let reached = recording.simulation().now();
            return Ok((recording, Replay::TooFar { reached }));
        }
        let due = |recording: &Recording| {
            recording
                .simulation()
                .next_due()
                .is_some_and(|at| at <= self.at)
        };
        while recording.simulation().steps() < self.steps && due(&recording) {
            recording.step();
        }
        // When everything due has happened, this moves the clock on; otherwise it is there already.
        recording.advance_within(self.at, 0);
        let run = recording.simulation();
        let exact =
            differs.is_none() && (run.steps(), run.trace().hash()) == (self.steps, self.hash);
        let replay = if exact {
            Replay::Exact
        } else {
            // Marks after a difference differ too, so the last one that fits is before the first that does not.
            let by = differs.unwrap_or(self.at);
            Replay::Differs {
                after: same_until.min(by),
                by,
            }
        };
        Ok((recording, replay))
    }
}

/// The fragment that carries a payload which is compressed already.
#[must_use]
pub fn in_letters(packed: &[u8]) -> String {
    let text = URL_SAFE_NO_PAD.encode(packed);
    format!(
        "{PREFIX}{VERSION}.{}.{:08x}.{text}",
        text.len(),
        crc32(text.as_bytes())
    )
}

fn mark_at(at: Time, index: u64) -> Time {
    Time(at.0 / MARKS * index)
}

fn short(hash: u64) -> u32 {
    (hash & ((1 << (4 * MARK_DIGITS)) - 1)) as u32
}

/// CRC-32 as in zip and PNG.
fn crc32(bytes: &[u8]) -> u32 {
    let mut crc = u32::MAX;
    for &byte in bytes {
        crc ^= u32::from(byte);
        for _ in 0..8 {
            crc = (crc >> 1) ^ (0xEDB8_8320 & (crc & 1).wrapping_neg());
        }
    }
    !crc
}

#[cfg(test)]
mod tests;
