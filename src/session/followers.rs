//! Other runs that keep to the clock of the page's own: the columns of a comparison.
//!
//! A follower is a session like any other, so whatever draws a session draws it. It shares clock and signals with its leader
//! and has an experiment of its own. What a person does in a follower is done in the leader.

use leptos::prelude::*;
use replicascope_engine::compare::{Odd, Script};
use replicascope_engine::recording::Worth;
use replicascope_engine::time::Time;
use replicascope_engine::{Cast, Experiment, Recording, Scenario};

use super::Session;

type Place = StoredValue<Experiment, LocalStorage>;

/// What a companion shows while it follows nobody.
fn nothing() -> Experiment {
    Experiment::with(Scenario::default(), "Run", Cast::textbook())
        .unwrap_or_else(|error| unreachable!("the default is valid: {error}"))
}

/// What moves a follower: a script, boxed so that its code comes with the comparison.
trait Leads {
    fn advance_within(&mut self, run: &mut Recording, until: Time, most: u64) -> bool;
    fn odd(&self) -> &[Odd];
}

impl Leads for Script {
    fn advance_within(&mut self, run: &mut Recording, until: Time, most: u64) -> bool {
        Script::advance_within(self, run, until, most)
    }

    fn odd(&self) -> &[Odd] {
        Script::odd(self)
    }
}

/// Those that keep to a session's clock.
#[derive(Default)]
pub(super) struct Followers {
    each: Vec<(Place, Box<dyn Leads>)>,
    /// Some have not come to the present yet.
    behind: bool,
}

impl Session {
    /// A session with an experiment of its own that keeps to this one's clock once it is among [`Session::take_along`].
    pub(crate) fn companion(self) -> Self {
        Self {
            experiment: StoredValue::new_local(nothing()),
            leader: Some(self.experiment),
            ..self
        }
    }

    /// Lets a companion's run go.
    pub(crate) fn let_go(self) {
        self.experiment.set_value(nothing());
    }

    /// Lets companions show these runs and keep to this session's clock, and nobody else.
    pub(crate) fn take_along(self, runs: impl IntoIterator<Item = (Session, Recording, Script)>) {
        let each: Vec<_> = runs
            .into_iter()
            .map(|(companion, run, script)| {
                companion.experiment.set_value(Experiment::of(run, "Run"));
                (companion.experiment, Box::new(script) as Box<dyn Leads>)
            })
            .collect();
        self.followers.update_value(|followers| {
            followers.behind = !each.is_empty();
            followers.each = each;
        });
        self.lead(super::STEPS_PER_LEAP);
        self.look_again();
    }

    /// The session whose clock this one keeps to: the one that acts.
    pub(super) fn of_the_clock(self) -> Self {
        Self {
            experiment: self.leader.unwrap_or(self.experiment),
            leader: None,
            ..self
        }
    }

    /// Whether it keeps to another one's clock.
    pub(crate) fn follows(self) -> bool {
        self.leader.is_some()
    }

    /// The actions of the leader that make no sense here.
    pub(crate) fn odd(self) -> Vec<Odd> {
        self.followers.with_value(|followers| {
            let mut each = followers.each.iter();
            let mine = each.find(|(place, _)| *place == self.experiment);
            mine.map_or_else(Vec::new, |(_, script)| script.odd().to_vec())
        })
    }

    pub(super) fn leads(self) -> bool {
        self.followers
            .with_value(|followers| !followers.each.is_empty())
    }

    pub(super) fn is_behind(self) -> bool {
        self.followers.with_value(|followers| followers.behind)
    }

    /// Moves the followers to the present, each by at most `most` steps. Returns whether all are there.
    pub(super) fn lead(self, most: u64) -> bool {
        let now = self.peek(|run| run.simulation().now());
        let mut arrived = true;
        self.followers.update_value(|followers| {
            for (place, script) in &mut followers.each {
                place.update_value(|experiment| {
                    let run = experiment.current_mut();
                    run.seek(now.min(run.reached()));
                    arrived &= script.advance_within(run, now, most);
                });
            }
            followers.behind = !arrived;
        });
        arrived
    }

    /// When something worth stopping at happens next in any follower.
    pub(super) fn next_among(self, worth: Worth, most: u64) -> Option<Time> {
        self.among(|run| run.next_at(worth, most)).min()
    }

    /// When something worth stopping at happened last in any follower.
    pub(super) fn last_among(self, worth: Worth) -> Option<Time> {
        self.among(|run| run.newest(worth).map(|event| event.at))
            .max()
    }

    fn among(self, look: impl Fn(&Recording) -> Option<Time>) -> impl Iterator<Item = Time> {
        let found: Vec<_> = self.followers.with_value(|followers| {
            let each = followers.each.iter();
            each.filter_map(|(place, _)| place.with_value(|experiment| look(experiment.current())))
                .collect()
        });
        found.into_iter()
    }
}
