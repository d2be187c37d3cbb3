//! The marks above the lanes: faults, elections, lost writes. Those too near to tell apart become one with a count.

use replicascope_engine::time::Time;

use super::axis::Axis;
use crate::words::events::Mark;
use crate::words::story::Entry;

/// Nearer than this, in CSS pixels, marks become one.
const NEAR_PX: f64 = 24.0;
/// Room that a word beside a mark needs.
const WORD_PX: f64 = 140.0;
/// Longest word beside a mark, in characters.
const WORD_CHARS: usize = 20;

/// One mark in the timeline.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Placed {
    /// Where, in CSS pixels from the start of the axis.
    pub(super) x: f64,
    /// Its picture.
    pub(super) mark: Mark,
    /// How many it stands for; for lost writes, how many writes.
    pub(super) count: usize,
    /// A few words, if they fit.
    pub(super) word: String,
    /// All sentences.
    pub(super) title: String,
}

/// The marks of a story on an axis that is `width` pixels wide.
pub(super) fn place(entries: &[Entry], axis: Axis, width: f64) -> Vec<Placed> {
    let mut placed: Vec<Placed> = Vec::new();
    for entry in entries {
        let x = axis.percent(entry.at) / 100.0 * width;
        let lost = entry.mark == Mark::Lost;
        let count = if lost { entry.events } else { 1 };
        let near = placed
            .iter_mut()
            .rev()
            .find(|other| (other.mark == Mark::Lost) == lost)
            .filter(|other| x - other.x < NEAR_PX);
        match near {
            Some(other) => {
                other.count += count;
                other.word.clear();
                other.title.push('\n');
                other.title.push_str(&line(entry));
            }
            None => placed.push(Placed {
                x,
                mark: entry.mark,
                count,
                word: word(&entry.text),
                title: line(entry),
            }),
        }
    }
    // A lost mark stands beside the mark of the election that lost the writes, not on it.
    for index in 1..placed.len() {
        let least = placed[index - 1].x + NEAR_PX - 2.0;
        placed[index].x = placed[index].x.max(least);
    }
    for index in 0..placed.len() {
        let next = placed.get(index + 1).map_or(width, |next| next.x);
        let this = &mut placed[index];
        if next - this.x < WORD_PX || this.count > 1 || this.mark == Mark::Lost {
            this.word.clear();
        }
    }
    placed
}

fn line(entry: &Entry) -> String {
    crate::words::events::line(Time(entry.at.0), &entry.text)
}

/// The gist of a sentence: `n1 killed` of "n1 was killed."
fn word(text: &str) -> String {
    let start = text.split(['.', ':', ',']).next().unwrap_or_default();
    let start = start.split(" with ").next().unwrap_or_default();
    let start = start.replace(" was ", " ");
    let mut gist = String::new();
    for part in start.split(' ') {
        if gist.len() + part.len() >= WORD_CHARS {
            break;
        }
        if !gist.is_empty() {
            gist.push(' ');
        }
        gist.push_str(part);
    }
    gist
}

#[cfg(test)]
mod tests {
    use super::*;
    use replicascope_engine::ids::EventId;

    fn entry(at_ms: u64, mark: Mark, events: usize) -> Entry {
        Entry {
            event: EventId(at_ms),
            at: Time::from_millis(at_ms),
            mark,
            events,
            text: "n1 was killed.".to_owned(),
        }
    }

    #[test]
    fn near_marks_become_one_and_lost_ones_keep_to_themselves() {
        let axis = Axis::for_run(Time::from_secs(5));
        let entries = [
            entry(1_000, Mark::Down, 1),
            entry(1_100, Mark::Cut, 1),
            entry(1_100, Mark::Lost, 3),
            entry(4_000, Mark::Up, 1),
        ];
        let placed = place(&entries, axis, 600.0);
        let counts: Vec<_> = placed.iter().map(|mark| (mark.mark, mark.count)).collect();
        assert_eq!(counts, [(Mark::Down, 2), (Mark::Lost, 3), (Mark::Up, 1)]);
        assert!(
            placed
                .windows(2)
                .all(|two| two[1].x - two[0].x >= NEAR_PX - 2.0)
        );
        assert_eq!(placed[2].word, "n1 killed");
    }
}
