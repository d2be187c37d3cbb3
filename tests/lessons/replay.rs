//! Replaying a lesson by its official solution, with everything that must hold on the way.

use replicascope_engine::json;
use replicascope_engine::scenario::{Action, TimedAction};
use replicascope_engine::time::{Span, Time};
use replicascope_engine::{Recording, Scenario};
use replicascope_lessons::{
    Filled, Grade, Kept, Lesson, LessonProgress, Paragraph, Prediction, Progress, Refusal,
    ScriptAction, Standing, Start, Step, StepKind, Witness,
};
use serde::Deserialize;

/// What a learner who knows everything does.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Solution {
    lesson: String,
    steps: Vec<Solved>,
}

/// A step, solved. Times count from the beginning of the step.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Solved {
    step: String,
    #[serde(default)]
    actions: Vec<ScriptAction>,
    /// When the script begins; at once when absent.
    #[serde(default)]
    script_us: u64,
    /// When the step is done. The script's end when absent.
    #[serde(default)]
    until_us: Option<u64>,
    /// Prediction: which option is right.
    #[serde(default)]
    right: Option<usize>,
    /// Decision: which options fit. The first that does is taken.
    #[serde(default)]
    fits: Vec<bool>,
    /// A task: what is nearly right, and why it is refused.
    #[serde(default)]
    near_misses: Vec<NearMiss>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NearMiss {
    because: Because,
    /// Started instead of the lesson's run.
    #[serde(default)]
    seed: Option<u64>,
    #[serde(default)]
    actions: Vec<ScriptAction>,
    /// When the script begins; `null` when it is never run.
    #[serde(default)]
    script_us: Option<u64>,
    until_us: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Because {
    NotYet,
    Deed,
    Setting,
    TooMany,
    TooLate,
    OtherStart,
}

/// What a replay showed.
#[derive(Default)]
pub(crate) struct Replayed {
    /// What is wrong with the lesson, one sentence each; nothing when all is well.
    pub(crate) wrong: Vec<String>,
    /// What was told after each step, with the numbers of the run.
    pub(crate) told: Vec<String>,
}

/// Replays a lesson by its solution.
pub(crate) fn replay(text: &str, solution: &str) -> Replayed {
    let wrong = |wrong: String| Replayed {
        wrong: vec![wrong],
        ..Replayed::default()
    };
    let lesson = match Lesson::read(text) {
        Ok(lesson) => lesson,
        Err(error) => return wrong(error.to_string()),
    };
    let solution: Solution = match json::from_text(solution) {
        Ok(solution) => solution,
        Err(error) => return wrong(format!("solution: {}: {error}", error.path())),
    };
    let mut replaying = Replaying {
        lesson: &lesson,
        progress: LessonProgress {
            lesson: lesson.id.clone(),
            ..LessonProgress::default()
        },
        recording: None,
        replayed: Replayed::default(),
    };
    let ids = |step: &Step| step.id.clone();
    let (asked, solved): (Vec<_>, Vec<_>) = (
        lesson.steps.iter().map(ids).collect(),
        solution
            .steps
            .iter()
            .map(|step| step.step.clone())
            .collect(),
    );
    if solution.lesson != lesson.id || asked != solved {
        return wrong(format!(
            "the solution of {} solves {solved:?}, the steps of {} are {asked:?}",
            solution.lesson, lesson.id
        ));
    }
    for (index, solved) in solution.steps.iter().enumerate() {
        if let Err(error) = replaying.step(index, solved) {
            let text = format!("{}: {error}", solved.step);
            replaying.replayed.wrong.push(text);
            return replaying.replayed;
        }
    }
    replaying.end();
    replaying.replayed
}

struct Replaying<'l> {
    lesson: &'l Lesson,
    progress: LessonProgress,
    recording: Option<Recording>,
    replayed: Replayed,
}

impl Replaying<'_> {
    fn complain(&mut self, step: &Step, what: impl core::fmt::Display) {
        self.replayed.wrong.push(format!("{}: {what}", step.id));
    }

    /// The run as the step finds it.
    fn begin(&mut self, index: usize, seed: Option<u64>) -> Result<Recording, String> {
        let step = &self.lesson.steps[index];
        let mut recording = match &step.run {
            Some(run) => {
                let mut scenario = self.lesson.run(run).ok_or("no such run")?.clone();
                scenario.seed = seed.unwrap_or(scenario.seed);
                Recording::new(scenario).map_err(|error| error.to_string())?
            }
            None => self.recording.take().ok_or("no run goes on")?,
        };
        if let Some(until) = step.play_to_us {
            if recording.simulation().now() >= Time(until) {
                return Err(format!(
                    "it is played to {until} µs, and the run is at {} already",
                    recording.simulation().now()
                ));
            }
            recording.advance_to(Time(until));
        }
        Ok(recording)
    }

    fn step(&mut self, index: usize, solved: &Solved) -> Result<(), String> {
        let lesson = self.lesson;
        let step = &lesson.steps[index];
        let run = lesson
            .run_of(index)
            .ok_or("it is part of no run")?
            .to_owned();
        let scenario = lesson.run(&run).ok_or("there is no such run")?.clone();
        let begun = self.begin(index, None)?;

        // Back leads here, to the bit.
        let start = Start::of(lesson, &run, &begun);
        self.progress.step_mut(&step.id).start = Some(start.clone());
        let mut kept = Progress::default();
        kept.lessons.push(self.progress.clone());
        let read = Progress::read(&kept.write()).map_err(|error| error.to_string())?;
        if read != kept {
            self.complain(step, "progress does not read back");
        }
        let again = start.recording(lesson).map_err(|error| error.to_string())?;
        let (one, other) = (begun.simulation(), again.simulation());
        if (one.now(), one.steps(), one.trace().hash())
            != (other.now(), other.steps(), other.trace().hash())
        {
            self.complain(step, "going back does not restore the state");
        }

        let mut recording = match step.kind() {
            StepKind::Decide => {
                let chosen = self.try_every_choice(step, &scenario, solved)?;
                let ways = &step.decide.as_ref().ok_or("no decision")?.options;
                with_choice(&scenario, &ways[chosen].set)?
            }
            _ => begun,
        };
        let witness = self.play(step, &mut recording, solved)?;
        self.told(step, &witness);
        if let Some(predict) = &step.predict {
            self.predicted(step, predict, &witness, solved.right);
        } else if solved.right.is_some() {
            self.complain(step, "nothing is predicted");
        }
        if step.task.is_some() {
            match step.grade(&witness, &scenario) {
                Grade::Accepted => {}
                other => self.complain(step, format!("the solution is not accepted: {other:?}")),
            }
            if solved.near_misses.len() < 2 {
                self.complain(step, "a task needs two near misses");
            }
            for (number, miss) in solved.near_misses.iter().enumerate() {
                let grade = self.near_miss(index, &scenario, &start, miss)?;
                let because = because(&grade);
                if !because.contains(&miss.because) {
                    let text = format!(
                        "near miss {number} is not refused because of {:?}: {grade:?}",
                        miss.because
                    );
                    self.complain(step, text);
                }
            }
        }
        if let Some(about) = step.why
            && about.question(witness.run()).is_none()
        {
            self.complain(step, format!("there is nothing to explain about {about:?}"));
        }
        for keep in &step.keep {
            match keep.number.of(&witness, false) {
                Some(amount) => self.progress.keep(&keep.name, amount),
                None => self.complain(step, format!("there is no {} to keep", keep.number)),
            }
        }
        let mine = self.progress.step_mut(&step.id);
        mine.right = Some(true);
        self.progress.finish_step(&step.id);
        self.recording = Some(recording);
        Ok(())
    }

    /// Plays a step. Its goal must not hold before, and must after.
    fn play(
        &mut self,
        step: &Step,
        recording: &mut Recording,
        solved: &Solved,
    ) -> Result<Witness, String> {
        let mut witness =
            Witness::new(recording, &self.progress.kept).map_err(|e| e.to_string())?;
        let questions = step.predict.iter().map(|predict| &predict.question);
        let asked = step.decide.iter().map(|decide| &decide.question);
        for paragraph in step
            .text
            .iter()
            .chain(&step.ask)
            .chain(questions)
            .chain(asked)
        {
            self.filled(&step.id, paragraph, &witness);
        }
        if step.goal.holds(&witness) {
            let before = step.goal.standing(&witness);
            self.complain(
                step,
                format!("the goal holds before anything is done: {before:?}"),
            );
        }
        let script = step
            .script
            .as_ref()
            .map(|script| (solved.script_us, script.for_us));
        let end = script.map(|(from, span)| from + span);
        let until = solved.until_us.or(end).ok_or("the solution does not end")?;
        let mut actions = solved.actions.clone();
        if let Some(script) = &step.script {
            actions.extend(script.actions.iter().map(|action| ScriptAction {
                after_us: action.after_us + solved.script_us,
                action: action.action.clone(),
            }));
        }
        perform(recording, actions, until, &mut |recording| {
            witness.follow(recording);
        })?;
        let standing = step.goal.standing(&witness);
        if !standing.reached {
            let missing: Vec<String> = standing
                .atoms()
                .filter(|atom| !atom.holds)
                .map(|atom| format!("{}, found {:?}", atom.atom, atom.found))
                .collect();
            self.complain(step, format!("the goal is not reached: {missing:?}"));
        }
        // What was gathered on the way is what a fresh look at the whole gives.
        let fresh = Witness::new(recording, &self.progress.kept).map_err(|e| e.to_string())?;
        if fresh.report() != witness.report() {
            self.complain(
                step,
                "following the run gives other numbers than looking at it",
            );
        }
        Ok(witness)
    }

    fn predicted(
        &mut self,
        step: &Step,
        predict: &Prediction,
        witness: &Witness,
        right: Option<usize>,
    ) {
        let holding: Vec<usize> = (0..predict.options.len())
            .filter(|&option| predict.options[option].when.holds(witness))
            .collect();
        if holding.len() != 1 || right != holding.first().copied() {
            let first = holding.first().copied().unwrap_or_default();
            let standing = predict.options[right.unwrap_or(first)]
                .when
                .standing(witness);
            let text = format!("options {holding:?} hold and {right:?} should: {standing:?}");
            self.complain(step, text);
        }
    }

    fn try_every_choice(
        &mut self,
        step: &Step,
        scenario: &Scenario,
        solved: &Solved,
    ) -> Result<usize, String> {
        let decide = step.decide.as_ref().ok_or("no decision")?;
        let mut fits = Vec::new();
        let mut stands = Vec::new();
        for way in &decide.options {
            let mut recording = with_choice(scenario, &way.set)?;
            let witness = self.play(step, &mut recording, solved)?;
            let fit = decide.judge(&witness);
            fits.push(fit.fits);
            let atoms = fit.needs.iter().flat_map(Standing::atoms);
            let found = atoms.map(|atom| format!("{} ({:?})", atom.atom, atom.found));
            stands.push(found.collect::<Vec<_>>());
            self.told(step, &witness);
        }
        if fits != solved.fits {
            self.complain(
                step,
                format!("{fits:?} fit, not {:?}: {stands:#?}", solved.fits),
            );
        }
        if !fits.contains(&false) {
            self.complain(step, "every choice fits, so nothing is decided");
        }
        fits.iter()
            .position(|&fits| fits)
            .ok_or_else(|| format!("no choice fits: {stands:#?}"))
    }

    fn near_miss(
        &self,
        index: usize,
        scenario: &Scenario,
        start: &Start,
        miss: &NearMiss,
    ) -> Result<Grade, String> {
        let step = &self.lesson.steps[index];
        let mut start = start.clone();
        if let Some(seed) = miss.seed {
            start.scenario = Some(Box::new(Scenario {
                seed,
                ..scenario.clone()
            }));
            // Another seed takes other steps to the same instant.
            start.steps = 0;
        }
        let mut recording = start.recording(self.lesson).map_err(|e| e.to_string())?;
        let mut witness =
            Witness::new(&recording, &self.progress.kept).map_err(|e| e.to_string())?;
        let mut actions = miss.actions.clone();
        if let (Some(script), Some(from)) = (&step.script, miss.script_us) {
            actions.extend(script.actions.iter().map(|action| ScriptAction {
                after_us: action.after_us + from,
                action: action.action.clone(),
            }));
        }
        perform(&mut recording, actions, miss.until_us, &mut |_| {})?;
        witness.follow(&recording);
        Ok(step.grade(&witness, scenario))
    }

    /// Every number that the texts of a step show is there.
    fn told(&mut self, step: &Step, witness: &Witness) {
        let mut paragraphs: Vec<&Paragraph> = step.after.iter().collect();
        if let Some(predict) = &step.predict {
            paragraphs.extend(
                predict
                    .options
                    .iter()
                    .filter_map(|option| option.if_wrong.as_ref()),
            );
        }
        if let Some(decide) = &step.decide {
            paragraphs.extend(decide.needs.iter().map(|need| &need.text));
        }
        for paragraph in paragraphs {
            self.filled(&step.id, paragraph, witness);
        }
    }

    fn filled(&mut self, place: &str, paragraph: &Paragraph, witness: &Witness) {
        let mut told = format!("{place}: ");
        for piece in paragraph.fill(witness) {
            match piece {
                Filled::Plain(text) | Filled::Emphasis(text) | Filled::Code(text) => told += text,
                Filled::Rule(rule) => told += &format!("[{rule}]"),
                Filled::Source(source) => told += &format!("[S{}]", source + 1),
                Filled::Number(Some(amount), unit) => told += &format!("{{{amount} {unit:?}}}"),
                Filled::Number(None, _) => {
                    told += "{nothing}";
                    let text = format!("a number is missing in {told}");
                    self.replayed.wrong.push(text);
                }
            }
        }
        self.replayed.told.push(told);
    }

    fn end(&mut self) {
        let Some(recording) = &self.recording else {
            return;
        };
        let kept: &[Kept] = &self.progress.kept;
        match Witness::new(recording, kept) {
            Ok(witness) => {
                for paragraph in &self.lesson.takeaway {
                    self.filled("takeaway", paragraph, &witness);
                }
            }
            Err(error) => self.replayed.wrong.push(error.to_string()),
        }
        let score = self.progress.score(self.lesson);
        if (score.done, score.right, score.accepted) != (score.steps, score.questions, score.tasks)
        {
            self.replayed
                .wrong
                .push(format!("all is solved, and the score is {score:?}"));
        }
    }
}

/// The run of a decision, begun with a choice.
fn with_choice(
    scenario: &Scenario,
    set: &[replicascope_engine::scenario::Setting],
) -> Result<Recording, String> {
    let mut recording = Recording::new(scenario.clone()).map_err(|error| error.to_string())?;
    for setting in set {
        let action = Action::Set(setting.clone());
        recording.act(action).map_err(|error| error.to_string())?;
    }
    Ok(recording)
}

/// Does actions at their instants and goes on, looking often, as a page does.
fn perform(
    recording: &mut Recording,
    mut actions: Vec<ScriptAction>,
    until_us: u64,
    look: &mut dyn FnMut(&Recording),
) -> Result<(), String> {
    actions.sort_by_key(|action| action.after_us);
    let begun = recording.simulation().now();
    let mut play = |recording: &mut Recording, until: Time| {
        while recording.simulation().now() < until {
            let next = (recording.simulation().now() + Span::from_millis(700)).min(until);
            recording.advance_to(next);
            look(recording);
        }
        look(recording);
    };
    for ScriptAction { after_us, action } in actions {
        play(recording, begun + Span(after_us));
        let done = recording.act(action.clone());
        done.map_err(|error| format!("{action:?}: {error}"))?;
    }
    play(recording, begun + Span(until_us));
    let log: &[TimedAction] = recording.simulation().actions();
    if log.len() > recording.simulation().actions_taken() {
        return Err("actions of the run's own scenario are still to come".to_owned());
    }
    Ok(())
}

fn because(grade: &Grade) -> Vec<Because> {
    match grade {
        Grade::Accepted => Vec::new(),
        Grade::NotYet(_) => vec![Because::NotYet],
        Grade::Refused(refusals) => refusals
            .iter()
            .map(|refusal| match refusal {
                Refusal::Deed { .. } => Because::Deed,
                Refusal::Setting { .. } => Because::Setting,
                Refusal::TooMany { .. } => Because::TooMany,
                Refusal::TooLate { .. } => Because::TooLate,
                Refusal::OtherStart => Because::OtherStart,
            })
            .collect(),
    }
}
