//! Runs with fewer in the cast: Textbook runs are the same to the bit, and who is not there is a typed error.

#[path = "../../../tests/corpus/mod.rs"]
mod corpus;

use replicascope_engine::scenario::{
    Action, Database, Haproxy, Manager, Problem, Routing, Setting,
};
use replicascope_engine::time::Time;
use replicascope_engine::{Cast, Experiment, Recording, Scenario, ScenarioError, Simulation};

fn refused_at<T>(result: Result<T, ScenarioError>) -> String {
    let error = result.err().expect("refused");
    assert_eq!(error.problem, Problem::NotInCast);
    error.path
}

#[test]
fn a_textbook_run_is_the_same_under_every_cast_and_the_rest_of_the_corpus_is_refused() {
    let (mut same, mut refused) = (0, 0);
    for (name, text) in corpus::SCENARIOS {
        let scenario = Scenario::from_json(text).expect("the corpus is valid");
        match Simulation::with(&scenario, Cast::textbook()) {
            Ok(mut run) => {
                assert!(scenario.settings.database.is_textbook(), "{name}");
                run.advance_to(Time::from_secs(corpus::SECONDS));
                let line = corpus::line(name, run.trace().hash(), run.trace().len());
                assert!(corpus::HASHES.lines().any(|known| known == line), "{line}");
                same += 1;
            }
            Err(error) => {
                assert_eq!(error.problem, Problem::NotInCast, "{name}");
                refused += 1;
            }
        }
    }
    assert!(
        same > 5 && refused > 5,
        "{same} the same, {refused} refused"
    );
}

#[test]
fn what_is_not_in_the_cast_is_refused_by_the_name_of_its_field() {
    let refused = |change: fn(&mut Scenario)| {
        let mut scenario = Scenario::default();
        change(&mut scenario);
        assert_eq!(scenario.validate(), Ok(()));
        refused_at(Experiment::with(scenario, "Run", Cast::textbook()))
    };
    let database = |scenario: &mut Scenario| {
        scenario.settings.database = Database::Postgresql(Box::default());
    };
    assert_eq!(refused(database), "settings.database");
    let routing = |scenario: &mut Scenario| {
        scenario.settings.routing = Routing::Haproxy(Haproxy::default());
    };
    assert_eq!(refused(routing), "settings.routing");
    // What is wrong in any case is said by whoever knows; here that nobody is there who could.
    for manager in [
        Manager::Mha(Box::default()),
        Manager::Sentinel(Box::default()),
    ] {
        let mut scenario = Scenario::default();
        scenario.settings.manager = manager;
        let path = refused_at(scenario.validate_for(Cast::textbook()));
        assert_eq!(path, "settings.manager");
        assert_ne!(scenario.validate(), Ok(()));
    }
}

#[test]
fn who_is_welcomed_later_can_be_acted_for_then_and_after_going_back() {
    let act = || Action::Set(Setting::Routing(Routing::Haproxy(Haproxy::default())));
    let mut run = Recording::with(Scenario::default(), Cast::textbook()).expect("valid");
    run.advance_to(Time::from_secs(30));
    run.seek(Time::from_secs(2));
    assert_eq!(refused_at(run.act(act())), "action.set.routing");
    assert_eq!(run.simulation().actions(), []);
    run.welcome(Cast::all());
    run.act(act()).expect("valid now");
    run.seek(Time::ZERO);
    run.act(act()).expect("valid at any instant");
    run.advance_to(Time::from_secs(5));
    // The same as a run that had everybody from the start.
    let mut other = Recording::new(run.scenario()).expect("valid");
    other.advance_to(Time::from_secs(5));
    assert_eq!(
        run.simulation().trace().hash(),
        other.simulation().trace().hash()
    );
}
