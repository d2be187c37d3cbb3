//! Lessons in words: everything around the text that the lesson files hold.

use replicascope_engine::expect::Amount;
use replicascope_engine::scenario::TimedAction;
use replicascope_engine::time::{Span, Time};
use replicascope_lessons::{
    Filled, LessonError, LessonState, Paragraph, Refusal, Score, Unit, Verdict, Witness,
};

use super::{at, count, grouped, settings, span};

/// How a part of a text is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Style {
    /// As it is.
    Plain,
    /// Stressed.
    Strong,
    /// A name of a program or parameter.
    Code,
    /// A rule or a source that is cited.
    Rule,
    /// A number of the run.
    Number,
}

/// A paragraph with its numbers.
pub(crate) type Told = Vec<(Style, String)>;

/// A paragraph with the numbers of the run as it stands.
pub(crate) fn told(paragraph: &Paragraph, witness: &Witness) -> Told {
    let parts = paragraph.fill(witness).into_iter();
    parts
        .map(|part| match part {
            Filled::Plain(text) => (Style::Plain, text.to_owned()),
            Filled::Emphasis(text) => (Style::Strong, text.to_owned()),
            Filled::Code(text) => (Style::Code, text.to_owned()),
            Filled::Rule(text) => (Style::Rule, text.to_owned()),
            Filled::Source(number) => (Style::Rule, format!("[{}]", number + 1)),
            Filled::Number(number, unit) => (Style::Number, amount(number, unit)),
        })
        .collect()
}

/// What stands for a number that is not known.
const UNKNOWN: &str = "–";

/// What to say about texts of which a number is not known.
pub(crate) fn unknown(texts: &[Told]) -> Option<Told> {
    let mut parts = texts.iter().flatten();
    let unknown = parts.any(|(style, text)| *style == Style::Number && text == UNKNOWN);
    let words = "A dash stands for a number that is not known here, as when the step that measures it was skipped.";
    unknown.then(|| vec![(Style::Plain, words.to_owned())])
}

/// A number with its unit.
pub(super) fn amount(number: Option<Amount>, unit: Unit) -> String {
    let Some(number) = number else {
        return UNKNOWN.to_owned();
    };
    let whole = number.thousandths() / 1_000;
    match unit {
        Unit::Millis => span(Span(number.thousandths())),
        Unit::PerSecond => format!("{} a second", grouped(whole)),
        Unit::Percent => format!("{number}%"),
        Unit::Count if number.thousandths() % 1_000 == 0 => grouped(whole),
        Unit::Count => number.to_string(),
    }
}

/// How many parts of a goal hold, for those who do not see the marks.
pub(crate) fn met(met: usize, of: usize) -> String {
    format!("{met} of {of} reached")
}

/// Why what was constructed does not count.
pub(crate) fn refusal(refusal: &Refusal, log: &[TimedAction]) -> String {
    let done = |index: usize| {
        let timed = log.get(index);
        timed.map_or_else(String::new, |timed| {
            format!("{} at {}", settings::short(&timed.action), at(timed.at_us))
        })
    };
    match refusal {
        Refusal::Deed { action, .. } => format!("Not allowed in this task: {}.", done(*action)),
        Refusal::Setting {
            action: Some(action),
            ..
        } => format!(
            "A setting that has to stay was changed: {}.",
            done(*action)
        ),
        Refusal::Setting { .. } => {
            "A setting that has to stay was another one from the start.".to_owned()
        }
        Refusal::TooMany { actions, most, .. } => format!(
            "{} so far, and {most} at most.",
            count(*actions as u64, "action")
        ),
        Refusal::TooLate {
            after_us, most_us, ..
        } => format!(
            "{} have passed, and {} are allowed.",
            span(Span(*after_us)),
            span(Span(*most_us))
        ),
        Refusal::OtherStart => {
            "The run was started with another cluster, load or settings. This task begins with what it gave you."
                .to_owned()
        }
    }
}

/// What became of a prediction.
pub(crate) fn predicted(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Right => "Right.",
        Verdict::Wrong(_) => "Not this time.",
        Verdict::Undecided => "This run went a way on which none of the answers is right.",
    }
}

/// What happened, in the words of the right answer.
pub(crate) fn happened(right: Told) -> Told {
    let mut told = vec![(Style::Plain, "What happened: ".to_owned())];
    told.extend(right);
    told
}

/// What became of a choice.
pub(crate) fn decided(fits: bool) -> &'static str {
    if fits {
        "It gave all that the case needs."
    } else {
        "It did not give what the case needs."
    }
}

/// A step is done; `verdict` is what became of its question, if it had one.
pub(crate) fn done(verdict: &str) -> String {
    format!("{verdict} Step done.").trim_start().to_owned()
}

/// The learner went on without a step.
pub(crate) const SKIPPED: &str = "Step skipped.";

/// Of which instant the numbers of a text are.
pub(crate) fn numbers_of(instant: Time) -> String {
    format!("Numbers as of {}.", at(instant))
}

/// Where a script ends.
pub(crate) fn runs_to(end: Time) -> String {
    format!("Runs to {}", at(end))
}

/// Where a lesson stands.
pub(crate) fn place(step: usize, steps: usize) -> String {
    if step < steps {
        format!("Step {} of {steps}", step + 1)
    } else {
        format!("After the last of {}", count(steps as u64, "step"))
    }
}

/// The same for those who do not see the cells, with what was skipped.
pub(crate) fn cells(step: usize, steps: usize, skipped: usize) -> String {
    match skipped {
        0 => place(step, steps),
        skipped => format!("{}, {skipped} skipped", place(step, steps)),
    }
}

/// How far a lesson of the list is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Far {
    /// As a whole.
    pub(crate) state: LessonState,
    /// Steps that are done.
    pub(crate) done: usize,
    /// Steps that were skipped.
    pub(crate) skipped: usize,
}

/// A lesson in the list: how long it takes, and how far it is.
pub(crate) fn standing(minutes: u8, far: Option<Far>) -> String {
    let time = format!("about {}", count(u64::from(minutes), "minute"));
    let Some(far) = far else {
        return time;
    };
    let steps = |number: usize, what: &str| format!("{} {what}", count(number as u64, "step"));
    match (far.state, far.skipped) {
        (LessonState::Finished, _) => format!("{time}, finished"),
        (LessonState::GoneThrough, skipped) => {
            format!("{time}, gone through, {}", steps(skipped, "skipped"))
        }
        (LessonState::Begun, 0) => format!("{time}, {}", steps(far.done, "done")),
        (LessonState::Begun, skipped) => {
            format!("{time}, {}, {skipped} skipped", steps(far.done, "done"))
        }
    }
}

/// How it went, at the end.
pub(crate) fn score(score: &Score) -> String {
    let mut parts = vec![format!(
        "{} of {} done",
        score.done,
        count(score.steps as u64, "step")
    )];
    if score.skipped > 0 {
        parts.push(format!("{} skipped", score.skipped));
    }
    if score.questions > 0 {
        parts.push(format!(
            "{} of {} right",
            score.right,
            count(score.questions as u64, "answer")
        ));
    }
    if score.tasks > 0 {
        parts.push(format!(
            "{} of {} accepted",
            score.accepted,
            count(score.tasks as u64, "task")
        ));
    }
    format!("{}.", parts.join(", "))
}

/// Why a file of the course is not there.
pub(crate) fn no_file(status: Option<u16>) -> String {
    match status {
        None => "It could not be fetched: the network or the server does not answer.".to_owned(),
        Some(404) => "The server has no such lesson (404).".to_owned(),
        Some(status) => format!("The server did not give it out (status {status})."),
    }
}

/// A file of the course that is there and wrong.
pub(crate) fn unreadable(error: &LessonError) -> String {
    format!("It is there, but this version of the page cannot read it. {error}.")
}

/// What was kept of earlier visits and cannot be read.
pub(crate) fn progress_unread(error: &LessonError) -> String {
    format!("Your progress of earlier visits cannot be read, so lessons begin anew. {error}.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_carry_their_unit() {
        let of = |text: &str, unit| amount(Some(text.parse().expect("a number")), unit);
        assert_eq!(of("4.2", Unit::Millis), "4.2 ms");
        assert_eq!(of("2140", Unit::Millis), "2.14 s");
        assert_eq!(of("1200", Unit::PerSecond), "1,200 a second");
        assert_eq!(of("93", Unit::Percent), "93%");
        assert_eq!(of("12345", Unit::Count), "12,345");
        assert_eq!(of("0.5", Unit::Count), "0.5");
        assert_eq!(amount(None, Unit::Count), "–");
    }

    #[test]
    fn the_list_says_how_far_a_lesson_is() {
        let far = |state, done, skipped| {
            let far = Far {
                state,
                done,
                skipped,
            };
            standing(6, Some(far))
        };
        assert_eq!(standing(1, None), "about 1 minute");
        let begun = LessonState::Begun;
        assert_eq!(far(begun, 1, 0), "about 6 minutes, 1 step done");
        assert_eq!(far(begun, 2, 1), "about 6 minutes, 2 steps done, 1 skipped");
        assert_eq!(
            far(LessonState::GoneThrough, 4, 1),
            "about 6 minutes, gone through, 1 step skipped"
        );
        assert_eq!(
            far(LessonState::Finished, 5, 0),
            "about 6 minutes, finished"
        );
        assert_eq!(place(1, 5), "Step 2 of 5");
        assert_eq!(cells(1, 5, 2), "Step 2 of 5, 2 skipped");
        assert_eq!(place(5, 5), "After the last of 5 steps");
    }
}
