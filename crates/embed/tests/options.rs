//! What an address may say, and what is said about the rest.

use replicascope_embed::{
    Control, Controls, Height, OptionError, OptionProblem, Options, Origins, Theme,
};

const SCENARIOS: [&str; 2] = ["vanished-write", "quiet"];

fn read(query: &str) -> (Options, Vec<OptionError>) {
    Options::read(query, &SCENARIOS)
}

/// Reads what is right.
fn good(query: &str) -> Options {
    let (options, errors) = read(query);
    assert_eq!(errors, [], "{query}");
    options
}

/// Reads what is wrong in one place: the parameter, what is said, and the rest.
fn bad(query: &str) -> (String, String, Options) {
    let (options, errors) = read(query);
    let [error] = errors.as_slice() else {
        panic!("{query}: {errors:?}");
    };
    (error.parameter.clone(), error.to_string(), options)
}

#[test]
fn without_parameters_it_is_as_usual() {
    let usual = good("?embed");
    assert_eq!(usual, Options::default());
    let shown: Vec<_> = Control::ALL
        .into_iter()
        .filter(|&control| usual.controls.has(control))
        .map(Control::name)
        .collect();
    assert_eq!(shown, ["transport", "timeline", "mode", "why", "open"]);
    assert!(usual.origins.is_empty() && !usual.origins.has("https://example.org"));
}

#[test]
fn every_parameter_is_read() {
    let options = good(
        "?embed&scenario=quiet&controls=transport,%20faults&locked=faults&theme=dark&paused&height=480&events=&origins=https://example.org,http://localhost:8080",
    );
    assert_eq!(options.scenario.as_deref(), Some("quiet"));
    assert_eq!(
        options.controls,
        Controls::of([Control::Transport, Control::Faults])
    );
    assert_eq!(options.locked, Controls::of([Control::Faults]));
    assert_eq!(options.theme, Theme::Dark);
    assert!(options.paused && options.events);
    assert_eq!(options.height, Height::Px(480));
    assert!(options.origins.has("http://localhost:8080"));
    assert!(!options.origins.has("http://localhost"));
    assert_eq!(good("embed&height=auto").height, Height::Auto);
    assert_eq!(
        good("embed&lesson=write-path").lesson.as_deref(),
        Some("write-path")
    );
}

#[test]
fn what_is_locked_by_name_is_shown_and_all_means_all_that_is_shown() {
    let named = good("embed&controls=none&locked=mode");
    assert_eq!(named.controls, Controls::of([Control::Mode]));
    let all = good("embed&controls=transport&locked=all");
    assert_eq!(all.controls, Controls::of([Control::Transport]));
    assert!(all.locked.has(Control::Transport));
    assert_eq!(good("embed&controls=all").controls, Controls::ALL);
}

#[test]
fn anyone_may_where_the_address_says_so() {
    let origins = good("embed&origins=*").origins;
    assert!(origins.has("null") && origins.has("https://example.org"));
    assert_eq!(
        good("embed&origins=http://[::1]:8080").origins,
        Origins {
            any: false,
            named: vec!["http://[::1]:8080".to_owned()]
        }
    );
}

#[test]
fn each_wrong_value_is_named_with_its_parameter_and_the_rest_counts() {
    let wrong = [
        (
            "scenario=loud",
            "scenario",
            "\"loud\" is not one of vanished-write, quiet",
        ),
        ("scenario", "scenario", "needs a value"),
        ("lesson=../x", "lesson", "\"../x\" is not an id"),
        ("lesson=", "lesson", "\"\" is not an id"),
        (
            "controls=mode,rewind",
            "controls",
            "\"rewind\" is not one of transport,",
        ),
        ("locked=Mode", "locked", "\"Mode\" is not one of"),
        (
            "theme=blue",
            "theme",
            "\"blue\" is not one of auto, light, dark",
        ),
        ("paused=no", "paused", "takes no value, and \"no\""),
        ("events=1", "events", "takes no value, and \"1\""),
        (
            "height=239",
            "height",
            "\"239\" is neither auto nor a whole number of 240 to 4000",
        ),
        ("height=4001", "height", "\"4001\""),
        ("height=%2B480", "height", "\"+480\""),
        ("height=480px", "height", "\"480px\""),
        ("height=99999999999", "height", "\"99999999999\""),
        (
            "origins=example.org",
            "origins",
            "\"example.org\" is not an origin",
        ),
        ("colour=red", "colour", "there is no such parameter"),
        (
            "theme=dark&theme=light",
            "theme",
            "given twice, and \"light\" does not count",
        ),
        ("embed=yes", "embed", "takes no value"),
    ];
    for (query, parameter, part) in wrong {
        let (named, said, _) = bad(query);
        assert_eq!(named, parameter, "{query}");
        assert!(said.starts_with(&format!("{parameter}: ")), "{said}");
        assert!(said.contains(part), "{query}: {said}");
    }
    let (_, _, rest) = bad("embed&height=5&theme=dark&controls=mode");
    assert_eq!(
        (rest.height, rest.theme, rest.controls),
        (Height::Auto, Theme::Dark, Controls::of([Control::Mode]))
    );
    let (_, _, rest) = bad("embed&controls=mode,rewind");
    assert_eq!(rest.controls, Controls::of([Control::Mode]));
    let (_, _, rest) = bad("embed&theme=dark&theme=light");
    assert_eq!(rest.theme, Theme::Dark);
}

#[test]
fn an_origin_is_what_browsers_call_one() {
    for good_one in [
        "https://example.org",
        "http://localhost:8080",
        "https://a-b.example:8443",
        "http://127.0.0.1:3000",
        "http://[2001:db8::1]",
        "chrome-extension://abc",
    ] {
        assert!(
            good(&format!("embed&origins={good_one}"))
                .origins
                .has(good_one)
        );
    }
    for bad_one in [
        "https://example.org/",
        "https://example.org/course",
        "https://Example.org",
        "https://example.org:443",
        "http://example.org:80",
        "https://example.org:0443",
        "https://example.org:99999",
        "https://example.org:",
        "https://",
        "HTTPS://example.org",
        "://example.org",
        "https://a b",
        "https://user@example.org",
        "null",
        "self",
        "http://[]",
    ] {
        let (options, errors) = read(&format!("embed&origins={bad_one},https://good.example"));
        assert_eq!(
            errors,
            [OptionError {
                parameter: "origins".to_owned(),
                problem: OptionProblem::NoOrigin(bad_one.to_owned())
            }]
        );
        assert_eq!(options.origins.named, ["https://good.example"]);
    }
}

#[test]
fn a_lesson_stands_alone_and_what_it_brings_itself_is_said() {
    let (options, errors) = read("embed&lesson=failover&scenario=quiet&controls=mode&locked=mode");
    assert_eq!(
        (options.scenario, options.lesson.as_deref()),
        (None, Some("failover"))
    );
    let named: Vec<_> = errors
        .iter()
        .map(|error| error.parameter.as_str())
        .collect();
    assert_eq!(named, ["scenario", "controls", "locked"]);
    assert!(
        errors
            .iter()
            .all(|error| error.problem == OptionProblem::BesideLesson)
    );
}
