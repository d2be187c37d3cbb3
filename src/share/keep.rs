//! Keeping the experiment between visits, and within reach should the page break.
//!
//! The storage may be refused or full: then the experiment lasts as long as the page. For the message that a panic shows, the
//! scenario stands in a field of `index.html` that needs nothing of this program.
//!
//! What is kept begins with a line on the branch that is played: which of the offered scenarios it began as, and a link. After it
//! stands a line for each branch: which one it left, when, its link (none for the one that is played), and its name.

use leptos::prelude::*;
use replicascope_engine::recording::Branch;
use replicascope_engine::scenario::{Action, TimedAction};
use replicascope_engine::time::Time;
use replicascope_engine::{Experiment, Recording, Scenario};
use replicascope_link::{Link, LinkError};
use wasm_bindgen::JsCast as _;

use crate::reserve;

const STORED_AS: &str = "replicascope.run";
/// The field of `index.html` in which the scenario stands.
const FIELD: &str = "broken-scenario";
/// Most branches that are kept: the one that is played, and the newest others.
pub(crate) const MOST_BRANCHES: usize = 12;
/// Most characters that the others may take.
pub(crate) const MOST_TEXT: usize = 1_000_000;

/// What was kept.
pub(super) struct Kept {
    /// Which of the offered scenarios it began as.
    pub(super) preset: Option<usize>,
    /// The branches.
    pub(super) branches: Vec<KeptBranch>,
    /// Which of them was played.
    pub(super) current: usize,
}

/// A branch that was kept.
pub(super) struct KeptBranch {
    pub(super) name: String,
    /// Which one it left, before it in the list, and when.
    pub(super) parent: Option<(usize, Time)>,
    /// The run, or why it cannot be read.
    pub(super) link: Result<Link, LinkError>,
}

/// The links as they were last written: a branch that is not played stays as it is, and packing takes a while.
pub(crate) type Packed = Vec<(Link, String)>;

/// The browser's store, if it lets the page have one.
pub(crate) fn storage() -> Option<web_sys::Storage> {
    window().local_storage().ok().flatten()
}

/// Keeps the experiment as it stands, and says whether the browser lets it: it may have no storage, or a full one.
pub(crate) type Store = fn(&Experiment, Option<usize>, &mut Packed) -> bool;

/// What keeps it. Only [`crate::parts`] names it: what makes a link of a run is fetched.
pub(crate) const STORE: Store = store;

fn store(experiment: &Experiment, preset: Option<usize>, packed: &mut Packed) -> bool {
    let (run, others) = written(experiment, packed);
    let preset = preset.map_or("own".to_owned(), |preset| preset.to_string());
    let run = format!("{preset} {run}");
    let whole = format!("{run}{others}");
    let put =
        |text: &str| storage().is_some_and(|storage| storage.set_item(STORED_AS, text).is_ok());
    put(&whole) || put(&run)
}

/// The link of the branch that is played, and the lines of all.
fn written(experiment: &Experiment, packed: &mut Packed) -> (String, String) {
    let (branches, current) = (experiment.branches(), experiment.current_index());
    let before = core::mem::take(packed);
    let mut text_of = |branch: &Branch| {
        let link = Link::bare(&branch.recording);
        let same = before.iter().find(|(other, _)| *other == link);
        let text = same.map_or_else(|| link.to_fragment(), |(_, text)| text.clone());
        packed.push((link, text.clone()));
        text
    };
    let run = text_of(&branches[current]);
    let mut texts = vec![None; branches.len()];
    texts[current] = Some(String::new());
    let mut room = MOST_TEXT;
    let newest = (0..branches.len()).rev().filter(|&index| index != current);
    for index in newest.take(MOST_BRANCHES - 1) {
        let text = text_of(&branches[index]);
        let Some(left) = room.checked_sub(text.len()) else {
            break;
        };
        room = left;
        texts[index] = Some(text);
    }
    let parents: Vec<_> = branches.iter().map(|branch| branch.parent).collect();
    let mut lines = String::new();
    for (index, branch) in branches.iter().enumerate() {
        let Some(text) = &texts[index] else { continue };
        let parent = nearest(&parents, index, |other| texts[other].is_some());
        let (parent, at) = parent.map_or((String::new(), 0), |(parent, Time(at))| {
            let place = texts[..parent].iter().flatten().count();
            (place.to_string(), at)
        });
        let name = branch.name.replace(char::is_control, " ");
        lines.push_str(&format!("\n{parent} {at} {text} {name}"));
    }
    (run, lines)
}

/// The branch that another one left, or if it is not there, the nearest one before it that is; and when.
pub(super) fn nearest(
    parents: &[Option<(usize, Time)>],
    index: usize,
    is_there: impl Fn(usize) -> bool,
) -> Option<(usize, Time)> {
    let (mut parent, mut at) = parents[index]?;
    while !is_there(parent) {
        let (next, earlier) = parents[parent]?;
        (parent, at) = (next, at.min(earlier));
    }
    Some((parent, at))
}

/// Forgets what was kept.
pub(super) fn forget() {
    if let Some(storage) = storage() {
        // Refused: then nothing was kept.
        let _ = storage.remove_item(STORED_AS);
    }
}

/// Whether anything was.
pub(super) fn has_kept() -> bool {
    storage().is_some_and(|storage| matches!(storage.get_item(STORED_AS), Ok(Some(_))))
}

/// What was kept last time.
pub(super) fn load() -> Option<Kept> {
    Some(read(&storage()?.get_item(STORED_AS).ok().flatten()?))
}

fn read(text: &str) -> Kept {
    let mut lines = text.split('\n');
    let (preset, run) = lines
        .next()
        .and_then(|line| line.split_once(' '))
        .unwrap_or_default();
    let run = Link::from_fragment(run);
    let mut kept = Kept {
        preset: preset.parse().ok(),
        branches: Vec::new(),
        current: usize::MAX,
    };
    for (index, line) in lines.enumerate() {
        let mut parts = line.splitn(4, ' ');
        let mut part = || parts.next().unwrap_or_default();
        let (parent, at, text, name) = (part(), part(), part(), part());
        // What does not say which one it left, before it in the list, stands for itself.
        let parent = parent.parse().ok().filter(|&parent: &usize| parent < index);
        let parent = parent.zip(at.parse().ok().map(Time));
        let is_current = text.is_empty() && kept.current == usize::MAX;
        if is_current {
            kept.current = index;
        }
        kept.branches.push(KeptBranch {
            name: name.to_owned(),
            parent,
            link: if is_current {
                run.clone()
            } else {
                Link::from_fragment(text)
            },
        });
    }
    if kept.current == usize::MAX {
        kept.current = kept.branches.len();
        kept.branches.push(KeptBranch {
            name: "Run".to_owned(),
            parent: None,
            link: run,
        });
    }
    kept
}

/// Notes an action that is about to be taken, so that one that breaks the page is in what can be copied then.
pub(crate) fn about_to(recording: &Recording, action: &Action) {
    let mut scenario = recording.scenario();
    let run = recording.simulation();
    scenario.actions.truncate(run.actions_taken());
    scenario.actions.push(TimedAction {
        at_us: run.now(),
        action: action.clone(),
    });
    show(&scenario);
}

/// Lets the scenario stand where it can be copied from should the page break, as soon as what writes it is here: a person's first
/// touch has it fetched.
pub(super) fn show(scenario: &Scenario) {
    let Some(reserve) = reserve::get() else {
        return;
    };
    let field = document()
        .get_element_by_id(FIELD)
        .and_then(|field| field.dyn_into::<web_sys::HtmlTextAreaElement>().ok());
    if let Some(field) = field {
        field.set_value(&(reserve.written)(scenario));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn experiment(branches: usize) -> Experiment {
        let mut experiment = Experiment::new(Scenario::default(), "Run").expect("valid");
        experiment.current_mut().advance_to(Time::from_millis(500));
        for index in 1..branches {
            experiment.branch(format!("branch {index}"));
            let at = Time::from_millis(500 + index as u64 * 10);
            experiment.current_mut().advance_to(at);
        }
        experiment
    }

    fn through(experiment: &Experiment, packed: &mut Packed) -> Kept {
        let (run, lines) = written(experiment, packed);
        read(&format!("3 {run}{lines}"))
    }

    #[test]
    fn branches_go_through_with_names_family_and_instants() {
        let mut experiment = experiment(4);
        experiment.switch_to(1);
        experiment.rename(1, "a name, with spaces\nand a line");
        let mut packed = Packed::new();
        let kept = through(&experiment, &mut packed);
        assert_eq!(
            (kept.preset, kept.current, kept.branches.len()),
            (Some(3), 1, 4)
        );
        for (branch, kept) in experiment.branches().iter().zip(&kept.branches) {
            assert_eq!(kept.parent, branch.parent);
            assert_eq!(kept.link, Ok(Link::bare(&branch.recording)));
        }
        assert_eq!(kept.branches[1].name, "a name, with spaces and a line");
        // Written again: nothing is packed anew, and it is the same.
        assert_eq!(packed.len(), 4);
        let again = through(&experiment, &mut packed);
        assert_eq!(again.branches[3].link, kept.branches[3].link);
    }

    #[test]
    fn of_too_many_the_one_that_is_played_and_the_newest_are_kept() {
        let mut experiment = experiment(MOST_BRANCHES + 4);
        experiment.switch_to(1);
        let kept = through(&experiment, &mut Packed::new());
        assert_eq!((kept.branches.len(), kept.current), (MOST_BRANCHES, 0));
        let names: Vec<&str> = kept
            .branches
            .iter()
            .map(|branch| branch.name.as_str())
            .collect();
        assert_eq!((names[0], names[1]), ("branch 1", "branch 5"));
        // The one between is not kept: it left the nearest one that is, when the way to it left that.
        assert_eq!(kept.branches[1].parent, Some((0, Time::from_millis(510))));
        assert_eq!(kept.branches[2].parent, Some((1, Time::from_millis(550))));
    }

    #[test]
    fn what_is_damaged_is_told_line_by_line() {
        let (run, lines) = written(&experiment(3), &mut Packed::new());
        let damaged = lines.replacen("run=1", "run=1.5", 1);
        let kept = read(&format!("own {run}{damaged}"));
        let good: Vec<bool> = kept
            .branches
            .iter()
            .map(|branch| branch.link.is_ok())
            .collect();
        assert_eq!(good, [false, true, true]);
        let kept = read("x");
        assert_eq!(kept.branches.len(), 1);
        assert!(kept.branches[0].link.is_err());
        // Nonsense about who left whom is left out.
        let kept = read(&format!("own {run}\n7 5  a\n1 x {run} b"));
        assert_eq!(kept.branches[0].parent, None);
        assert_eq!(kept.branches[1].parent, None);
        // As it was written before there were lines.
        let kept = read(&format!("0 {run}"));
        assert_eq!((kept.current, kept.branches[0].name.as_str()), (0, "Run"));
        assert!(kept.branches[0].link.is_ok());
    }
}
