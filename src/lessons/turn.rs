//! Where a lesson stands: the step, what is said in it, what was chosen, what became of it. And what moves it.

use std::sync::Arc;

use leptos::prelude::*;
use replicascope_engine::time::{Span, Time};
use replicascope_engine::why::{Question, explain};
use replicascope_engine::{Experiment, Recording};
use replicascope_lessons::{
    Grade, Lesson, LessonProgress, LessonState, Paragraph, Standing, Start, Step, StepKind,
    StepState, Verdict, Witness,
};

use super::course::Course;
use super::script;
use crate::lean::{Memo, effect};
use crate::words::goals;
use crate::words::lessons as words;
use crate::words::lessons::Told;

/// A step while it is open. Its numbers are those of the instant at which it began.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Turn {
    /// What is told before the first step.
    pub(super) opening: Vec<Told>,
    /// What is told.
    pub(super) text: Vec<Told>,
    /// What is to be done or answered.
    pub(super) ask: Option<Told>,
    /// The answers.
    pub(super) options: Vec<Told>,
    /// The one that was locked in.
    pub(super) choice: Option<usize>,
    /// When the script began, and when it ends.
    pub(super) script: Option<(Time, Time)>,
    /// What became of it.
    pub(super) outcome: Option<Outcome>,
}

/// What became of a step that is done.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Outcome {
    /// Of which instant its numbers are.
    pub(super) at: Time,
    /// The answer that was given.
    pub(super) chosen: Option<Told>,
    /// Whether it was right, or fitted.
    pub(super) right: Option<bool>,
    /// The verdict, a sentence.
    pub(super) verdict: String,
    /// What is told about it.
    pub(super) told: Vec<Told>,
    /// What the case needs, and whether it was given.
    pub(super) needs: Vec<(bool, Told)>,
    /// The settings that do what was chosen.
    pub(super) settings: Vec<(&'static str, Told)>,
    /// What can be explained.
    pub(super) why: Option<Question>,
}

/// How the step's goal stands.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Live {
    /// It is reached.
    pub(super) reached: bool,
    /// The script has come to its end.
    pub(super) over: bool,
    /// Part by part: whether it holds, what is asked, how it stands.
    pub(super) parts: Vec<(bool, Told, String)>,
    /// Why what was done does not count.
    pub(super) refusals: Vec<String>,
}

fn parts(standing: &Standing) -> Vec<(bool, Told, String)> {
    let each = standing.parts.iter().map(|part| {
        let (asked, stands) = goals::part(part);
        (part.holds, asked, stands)
    });
    each.collect()
}

/// Where a learner goes on: at the first step that is neither done nor skipped, once the lesson was gone through at the first that was
/// skipped; or as shortly before it as its run can be made again.
fn resume_at(lesson: &Lesson, progress: Option<&LessonProgress>) -> usize {
    let progress_of = |step: &Step| progress.and_then(|progress| progress.step(&step.id));
    let wanted = match progress.map(|progress| progress.state) {
        Some(LessonState::GoneThrough) => StepState::Skipped,
        _ => StepState::Begun,
    };
    let is_wanted = |step: &Step| {
        let state = progress_of(step).map(|step| step.state);
        state.unwrap_or_default() == wanted
    };
    let first = lesson.steps.iter().position(is_wanted).unwrap_or(0);
    let can_begin = |step: &Step| {
        step.run.is_some() || progress_of(step).is_some_and(|step| step.start.is_some())
    };
    lesson.steps[..=first]
        .iter()
        .rposition(can_begin)
        .unwrap_or(0)
}

impl Course {
    /// Opens a lesson that is there.
    pub(super) fn begin_lesson(self, lesson: Arc<Lesson>) {
        let index = self
            .progress
            .with_untracked(|progress| resume_at(&lesson, progress.lesson(&lesson.id)));
        self.lesson.set(Some(lesson));
        self.enter(index, true);
    }

    /// The lesson that is open and its step, if it is not at its end.
    pub(super) fn here(self) -> Option<(Arc<Lesson>, usize)> {
        let (lesson, index) = (self.lesson.get_untracked()?, self.step.get_untracked());
        (index < lesson.steps.len()).then_some((lesson, index))
    }

    /// What became of a step, tracked: done is what was done at any time.
    pub(super) fn state(self, lesson: &Lesson, index: usize) -> StepState {
        let Some(step) = lesson.steps.get(index) else {
            return StepState::default();
        };
        self.progress.with(|progress| {
            let mine = progress.lesson(&lesson.id);
            let step = mine.and_then(|mine| mine.step(&step.id));
            step.map(|step| step.state).unwrap_or_default()
        })
    }

    /// Enters a step. With `again` in the exact state in which it began last time, if it has begun before; else with its own run, or
    /// with the one that is shown.
    pub(super) fn enter(self, index: usize, again: bool) {
        let Some(lesson) = self.lesson.get_untracked() else {
            return;
        };
        self.said.set(String::new());
        let Some(step) = lesson.steps.get(index) else {
            self.session.pause();
            self.progress
                .update(|progress| progress.lesson_mut(&lesson.id).reach_end());
            self.turn.set(Turn {
                text: self.tell(&lesson.takeaway),
                ..Turn::default()
            });
            self.step.set(index);
            return;
        };
        let (mut kept, mut start) = (Vec::new(), None);
        self.progress.with_untracked(|progress| {
            if let Some(mine) = progress.lesson(&lesson.id) {
                kept.clone_from(&mine.kept);
                start = mine.step(&step.id).and_then(|step| step.start.clone());
            }
        });
        let restored = start
            .filter(|_| again)
            .and_then(|start| start.recording(&lesson).ok());
        let stands = restored.is_some();
        let own = || Recording::new(lesson.run(step.run.as_deref()?)?.clone()).ok();
        if let Some(recording) = restored.or_else(own) {
            let title = lesson.title.as_str();
            self.session.set_aside(Experiment::of(recording, title));
        } else if !self.session.is_aside() {
            // Its run cannot be made again: the nearest step before it that has one of its own. The first one has.
            self.enter(index.saturating_sub(1), false);
            return;
        }
        self.session.pause();
        let now = self.session.peek(|run| run.simulation().now());
        if let Some(to) = step.play_to_us.map(Time).filter(|&to| !stands && to > now) {
            self.session.seek(to);
        }
        self.session.peek(|run| {
            let name = lesson.run_of(index).unwrap_or_default();
            let start = Start::of(&lesson, name, run);
            // A recording's scenario is valid, so there is one.
            self.witness.set_value(Witness::new(run, &kept).ok());
            self.progress.update(|progress| {
                let mine = progress.lesson_mut(&lesson.id).step_mut(&step.id);
                mine.start = Some(start);
            });
        });
        let options = match (&step.predict, &step.decide) {
            (Some(predict), _) => predict.options.iter().map(|option| &option.text).collect(),
            (_, Some(decide)) => decide.options.iter().map(|way| &way.text).collect(),
            _ => Vec::new(),
        };
        let question = step.predict.as_ref().map(|predict| &predict.question);
        let question = question.or(step.decide.as_ref().map(|decide| &decide.question));
        let opening: &[Paragraph] = if index == 0 { &lesson.opening } else { &[] };
        let mut text = self.tell(&step.text);
        let ask = self.tell(question.or(step.ask.as_ref())).pop();
        let unknown = words::unknown(&text).or(words::unknown(ask.as_slice()));
        text.extend(unknown);
        self.turn.set(Turn {
            opening: self.tell(opening),
            text,
            ask,
            options: self.tell(options),
            ..Turn::default()
        });
        self.step.set(index);
    }

    fn tell<'p>(self, paragraphs: impl IntoIterator<Item = &'p Paragraph>) -> Vec<Told> {
        self.witness.with_value(|witness| {
            let witness = witness.as_ref();
            let each = paragraphs.into_iter();
            each.filter_map(|paragraph| Some(words::told(paragraph, witness?)))
                .collect()
        })
    }

    /// The hint of the step, if it has one.
    pub(super) fn hint(self) -> Option<Told> {
        let (lesson, index) = self.here()?;
        self.tell(&lesson.steps[index].hint).pop()
    }

    /// Goes on to the next step: from here, or, where nothing was done here this time, to where it began before. A step that was never
    /// done is skipped.
    pub(super) fn next(self) {
        let Some((lesson, index)) = self.here() else {
            return;
        };
        let skips = untrack(|| self.state(&lesson, index)) != StepState::Done;
        if skips {
            let id = &lesson.steps[index].id;
            self.progress
                .update(|progress| progress.lesson_mut(&lesson.id).skip_step(id));
        }
        let nothing = self.turn.with_untracked(|turn| turn.outcome.is_none());
        self.enter(index + 1, nothing);
        if skips {
            self.said.set(words::SKIPPED.to_owned());
        }
    }

    /// Runs the script, after an answer was locked in or without one.
    pub(super) fn run_script(self, choice: Option<usize>) {
        let Some((lesson, index)) = self.here() else {
            return;
        };
        let step = &lesson.steps[index];
        let Some(script) = &step.script else { return };
        let (from, run) = self.session.peek(|run| {
            let from = run.simulation().now();
            let mut start = Start::of(&lesson, lesson.run_of(index).unwrap_or_default(), run);
            start.actions.extend(script::actions(step, choice, from));
            (from, start.recording(&lesson))
        });
        match run {
            Ok(run) => {
                let end = from + Span(script.for_us);
                self.session.go_on_as(run);
                self.turn.update(|turn| {
                    turn.choice = choice;
                    turn.script = Some((from, end));
                });
                self.session.set_speed(script::pace(Span(script.for_us)));
                self.session.play_until(end);
                self.said.set(words::runs_to(end));
            }
            Err(error) => self.session.notice().set(Some(error.to_string())),
        }
    }

    /// Goes to the end of the script at once.
    pub(super) fn to_the_end(self) {
        if let Some((_, end)) = self.turn.with_untracked(|turn| turn.script) {
            self.session.seek(end);
        }
    }

    /// How the goal stands, looked at as the panels are.
    pub(super) fn live(self) -> Memo<Live> {
        let live = self.session.on_panel(move |run| {
            self.turn.with(|turn| {
                if turn.outcome.is_some() {
                    return Live::default();
                }
                self.look(run, turn).unwrap_or_default()
            })
        });
        effect(move || {
            if live.with(|live| live.reached) {
                self.finish();
            }
        });
        live
    }

    fn look(self, run: &Recording, turn: &Turn) -> Option<Live> {
        let (lesson, index) = self.here()?;
        let step = &lesson.steps[index];
        let over = match (turn.script, &step.script) {
            (Some((_, end)), _) => run.simulation().now() >= end,
            (None, Some(_)) if step.kind() != StepKind::Construct => return None,
            (None, script) => script.is_none(),
        };
        let grade = self.witness.try_update_value(|witness| {
            let witness = witness.as_mut()?;
            witness.follow(run);
            let scenario = lesson.run(lesson.run_of(index)?)?;
            Some(step.grade(witness, scenario))
        })??;
        Some(match grade {
            Grade::Accepted => Live {
                reached: over,
                over,
                ..Live::default()
            },
            Grade::NotYet(standing) => Live {
                over,
                parts: parts(&standing),
                ..Live::default()
            },
            Grade::Refused(refusals) => {
                let run = run.simulation();
                let log = &run.actions()[..run.actions_taken()];
                let each = refusals.iter().map(|refusal| words::refusal(refusal, log));
                Live {
                    over,
                    refusals: each.collect(),
                    ..Live::default()
                }
            }
        })
    }

    /// The step is done: says what became of it, and keeps that.
    fn finish(self) {
        let Some((lesson, index)) = self.here() else {
            return;
        };
        let step = &lesson.steps[index];
        self.session.pause();
        // The run may have gone on since it was looked at; the numbers are those of where it stands now.
        self.session.peek(|run| {
            self.witness.update_value(|witness| {
                if let Some(witness) = witness {
                    witness.follow(run);
                }
            });
        });
        let choice = self.turn.with_untracked(|turn| turn.choice);
        let outcome = self
            .witness
            .with_value(|witness| Some(outcome(step, choice, witness.as_ref()?)));
        let Some(outcome) = outcome else { return };
        let kept: Vec<_> = self.witness.with_value(|witness| {
            let number = |keep: &replicascope_lessons::Keep| {
                Some((keep.name.clone(), keep.number.of(witness.as_ref()?, false)?))
            };
            step.keep.iter().filter_map(number).collect()
        });
        self.progress.update(|progress| {
            let mine = progress.lesson_mut(&lesson.id);
            for (name, amount) in kept {
                mine.keep(&name, amount);
            }
            let done = mine.step_mut(&step.id);
            done.choice = choice;
            done.right = outcome.right;
            mine.finish_step(&step.id);
        });
        self.said.set(words::done(&outcome.verdict));
        self.turn.update(|turn| turn.outcome = Some(outcome));
    }
}

fn outcome(step: &Step, choice: Option<usize>, witness: &Witness) -> Outcome {
    let tell = |paragraph: &Paragraph| words::told(paragraph, witness);
    let mut told = Outcome {
        at: witness.run().now(),
        ..Outcome::default()
    };
    if let Some(predict) = &step.predict {
        told.chosen = choice.map(|choice| tell(&predict.options[choice].text));
        let right = predict.right(witness);
        if let Some(choice) = choice {
            let verdict = predict.judge(witness, choice);
            told.right = Some(verdict == Verdict::Right);
            told.verdict = words::predicted(verdict).to_owned();
            if told.right == Some(false) {
                told.told
                    .extend(predict.options[choice].if_wrong.as_ref().map(tell));
            }
        }
        if let Some(right) = right.filter(|_| told.right != Some(true)) {
            told.told
                .push(words::happened(tell(&predict.options[right].text)));
        }
    }
    if let Some((decide, choice)) = step.decide.as_ref().zip(choice) {
        let way = &decide.options[choice];
        let fit = decide.judge(witness);
        told.chosen = Some(tell(&way.text));
        told.right = Some(fit.fits);
        told.verdict = words::decided(fit.fits).to_owned();
        let needs = decide.needs.iter().zip(&fit.needs);
        told.needs = needs
            .map(|(need, stands)| (stands.reached, tell(&need.text)))
            .collect();
        let settings = [("PostgreSQL", &way.postgresql), ("MySQL", &way.mysql)].into_iter();
        told.settings = settings
            .filter_map(|(name, text)| Some((name, tell(text.as_ref()?))))
            .collect();
    }
    told.told.extend(step.after.iter().map(tell));
    let unknown = words::unknown(&told.told);
    told.told.extend(unknown);
    let question = step.why.and_then(|about| about.question(witness.run()));
    told.why = question.filter(|&question| explain(witness.run(), question).is_some());
    told
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lesson(steps: &str) -> Lesson {
        let text = format!(
            r#"{{"version":1,"id":"one","station":1,"title":"One","opening":["Hello."],"takeaway":["Bye."],
            "runs":[{{"name":"a","scenario":{{"version":2}}}}],"steps":[{steps}]}}"#
        );
        Lesson::read(&text).expect("a lesson")
    }

    #[test]
    fn a_learner_goes_on_where_the_run_can_be_made_again() {
        let step = |id: &str, run: &str| {
            format!(r#"{{"id":"{id}",{run}"text":["Look."],"ask":"Do.","goal":"writers >= 0"}}"#)
        };
        let steps = [step("a", r#""run":"a","#), step("b", ""), step("c", "")];
        let lesson = lesson(&steps.join(","));
        let mut progress = LessonProgress::default();
        assert_eq!(resume_at(&lesson, None), 0);
        progress.finish_step("a");
        assert_eq!(resume_at(&lesson, Some(&progress)), 0, "b has not begun");
        progress.step_mut("b").start = Some(Start::default());
        assert_eq!(resume_at(&lesson, Some(&progress)), 1);
        progress.skip_step("b");
        progress.step_mut("c").start = Some(Start::default());
        assert_eq!(resume_at(&lesson, Some(&progress)), 2, "b was left behind");
        progress.finish_step("c");
        progress.reach_end();
        assert_eq!(resume_at(&lesson, Some(&progress)), 1, "b is still to do");
        progress.finish_step("b");
        assert_eq!(
            resume_at(&lesson, Some(&progress)),
            0,
            "all is done: from the start"
        );
    }
}
