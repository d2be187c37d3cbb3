//! With which run an embedded page opens: a scenario of the page, a link, or a scenario in the address.

use replicascope_embed::{Options, decoded};
use replicascope_engine::time::Time;
use replicascope_engine::{Experiment, Scenario};
use replicascope_link::PREFIX;

use crate::{scenarios, share};

/// What a fragment with a scenario as JSON begins with.
const SCENARIO: &str = "scenario=";

pub(super) struct Opening {
    pub(super) experiment: Experiment,
    /// Which of the page's scenarios it is, if one.
    pub(super) preset: Option<usize>,
    /// What is wrong with it.
    pub(super) trouble: Option<String>,
}

impl Opening {
    pub(super) fn of(options: &Options, fragment: &str) -> Self {
        let fragment = fragment.trim_start_matches('#');
        let trouble = match in_fragment(fragment) {
            None => None,
            Some(Ok((experiment, trouble))) => {
                let beside = options.scenario.is_some() || options.lesson.is_some();
                let beside = beside.then(|| BESIDE.to_owned());
                return Self {
                    experiment,
                    preset: None,
                    trouble: trouble.or(beside),
                };
            }
            Some(Err(trouble)) => Some(trouble),
        };
        let preset = options.scenario.as_deref().and_then(index).unwrap_or(0);
        Self {
            experiment: of_preset(preset),
            preset: Some(preset),
            trouble,
        }
    }
}

const BESIDE: &str = "scenario and lesson do not count beside what stands after #";

/// Which of the page's scenarios has this id.
pub(super) fn index(id: &str) -> Option<usize> {
    scenarios::ALL.iter().position(|preset| preset.id == id)
}

/// One of the page's scenarios, where it is worth watching.
pub(super) fn of_preset(preset: usize) -> Experiment {
    let (scenario, start) = (scenarios::ALL[preset].make)();
    let mut experiment = Experiment::new(scenario, "Run")
        .unwrap_or_else(|error| unreachable!("the page's own scenarios are tested: {error}"));
    experiment.current_mut().advance_to(start);
    experiment
}

/// A scenario as JSON, at its start; or the field that is wrong, and why.
pub(super) fn of_json(json: &str) -> Result<Experiment, (String, String)> {
    let wrong = |error: replicascope_engine::ScenarioError| (error.path, error.problem.to_string());
    let scenario = Scenario::from_json(json).map_err(wrong)?;
    let mut experiment = Experiment::new(scenario, "Run").map_err(wrong)?;
    experiment.current_mut().advance_to(Time::ZERO);
    Ok(experiment)
}

/// A link, and what is to be said about it; or why it cannot be opened.
pub(super) fn of_link(fragment: &str) -> Result<(Experiment, Option<String>), String> {
    match share::opened(fragment) {
        Ok((recording, note)) => Ok((
            Experiment::of(recording, "Run"),
            note.bad.then_some(note.text),
        )),
        Err(note) => Err(note.text),
    }
}

type Opened = Result<(Experiment, Option<String>), String>;

/// The run that a fragment carries, if it should carry one.
pub(super) fn in_fragment(fragment: &str) -> Option<Opened> {
    if fragment.is_empty() {
        return None;
    }
    if fragment.starts_with(PREFIX) {
        let opened = of_link(fragment);
        return Some(opened.map_err(|error| format!("what stands after #: {error}")));
    }
    let Some(json) = fragment.strip_prefix(SCENARIO) else {
        let error = format!("what stands after # is neither a link, {PREFIX}…, nor {SCENARIO}…");
        return Some(Err(error));
    };
    let opened = of_json(&decoded(json)).map(|experiment| (experiment, None));
    Some(opened.map_err(|(field, error)| format!("the scenario after #, {field}: {error}")))
}
