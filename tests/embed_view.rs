//! The page inside another one, in a browser: whom it listens to, what commands do, what it tells, and what it shows. The host is a
//! frame of the test's own page, which talks as a host does.
#![cfg(target_arch = "wasm32")]

use leptos::mount::{UnmountHandle, mount_to};
use leptos::prelude::*;
use leptos::tachys::view::any_view::AnyViewState;
use replicascope_engine::Recording;
use replicascope_engine::json;
use replicascope_engine::time::Time;
use replicascope_link::Link;
use replicascope_web::embed::Embed;
use replicascope_web::scenarios;
use serde::Deserialize;
use serde::de::IgnoredAny;
use wasm_bindgen::{JsCast as _, JsValue};
use wasm_bindgen_futures::JsFuture;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};
use web_sys::js_sys::{Promise, eval};
use web_sys::{Element, HtmlElement};

wasm_bindgen_test_configure!(run_in_browser);

/// Makes a host, which keeps what it is told, and keeps what is said in the console.
const HOST: &str = "
  window.warned = [];
  console.warn = (text) => warned.push(String(text));
  window.host = document.createElement('iframe');
  document.body.append(host);
  host.contentWindow.got = [];
  host.contentWindow.eval('addEventListener(\"message\", (event) => got.push(JSON.stringify(event.data)))');
  host.contentWindow";

struct Opened {
    root: HtmlElement,
    _mounted: UnmountHandle<AnyViewState>,
}

impl Drop for Opened {
    fn drop(&mut self) {
        self.root.remove();
        run("host.remove()");
    }
}

/// Runs a script in the page.
fn run(script: &str) -> JsValue {
    eval(script).unwrap_or_else(|error| panic!("{script}: {error:?}"))
}

/// A script's text.
fn text_of(script: &str) -> String {
    run(script).as_string().expect("a text")
}

/// Lets everything else go on for a moment.
async fn others() {
    let pause = run("new Promise((done) => setTimeout(done, 5))");
    let pause: Promise = pause.unchecked_into();
    JsFuture::from(pause).await.expect("it ends");
}

/// Waits until there is something.
async fn wait<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    for _ in 0..2_000 {
        if let Some(found) = look() {
            return found;
        }
        others().await;
    }
    panic!(
        "there was no {what} in ten seconds; the host got {:?}, warned {:?}",
        got(),
        warned()
    );
}

fn lines(list: &str) -> Vec<String> {
    let text = text_of(&format!("({list}).join('\\n')"));
    text.lines().map(str::to_owned).collect()
}

/// What the host was told.
fn got() -> Vec<String> {
    lines("host.contentWindow.got")
}

/// What was said in the console.
fn warned() -> Vec<String> {
    lines("warned")
}

fn forget() {
    run("host.contentWindow.got.length = 0; warned.length = 0");
}

/// The last message of a kind.
async fn message(kind: &str) -> String {
    let begins = format!(r#"{{"replicascope":1,"type":"{kind}""#);
    wait(kind, || {
        got().into_iter().rfind(|text| text.starts_with(&begins))
    })
    .await
}

/// Says something as the host.
fn say(fields: &str) {
    run(&format!(
        "host.contentWindow.eval('setTimeout(() => parent.postMessage(' + {:?} + ', \"*\"))')",
        format!("{{replicascope: 1, {fields}}}")
    ));
}

/// Says something as the host, and waits for the answer.
async fn ask(fields: &str) -> String {
    forget();
    say(&format!("id: 'q', {fields}"));
    wait("answer", || {
        got().into_iter().find(|text| text.contains(r#""re":"q""#))
    })
    .await
}

/// The embedded page, whose host may command, unless the address says otherwise.
async fn open(query: &str, fragment: &str) -> Opened {
    let root: HtmlElement = document()
        .create_element("div")
        .expect("an element")
        .unchecked_into();
    let body = document().body().expect("a body");
    body.append_child(&root).expect("room for it");
    let host: web_sys::Window = run(HOST).unchecked_into();
    let (query, fragment) = (query.to_owned(), fragment.to_owned());
    let mounted = mount_to(root.clone(), move || {
        view! { <Embed query fragment host=Some(host) /> }.into_any()
    });
    let opened = Opened {
        root,
        _mounted: mounted,
    };
    message("ready").await;
    opened
}

/// As it usually is: paused, and the host named.
async fn usual(more: &str) -> Opened {
    let origin = text_of("location.origin");
    open(&format!("?embed&paused&origins={origin}{more}"), "").await
}

#[derive(Deserialize)]
struct StateRead {
    at_ms: f64,
    playing: bool,
    mode: Option<String>,
    primary: Option<String>,
    nodes: Vec<IgnoredAny>,
}

/// How the run stood, as the host was told last.
async fn state() -> StateRead {
    json::from_text(&message("state").await).expect("a state")
}

impl Opened {
    fn the(&self, selector: &str) -> Element {
        let found = self.root.query_selector(selector).expect("a selector");
        found.unwrap_or_else(|| panic!("there is no {selector}"))
    }

    fn has(&self, selector: &str) -> bool {
        self.root
            .query_selector(selector)
            .expect("a selector")
            .is_some()
    }

    fn press(&self, selector: &str) {
        self.the(selector).unchecked_into::<HtmlElement>().click();
    }
}

#[wasm_bindgen_test]
async fn the_host_is_told_when_it_is_ready_and_how_the_run_stands() {
    let _page = usual("").await;
    assert_eq!(
        message("ready").await,
        format!(
            r#"{{"replicascope":1,"type":"ready","name":"ReplicaScope","build":"{}","scenario":"vanished-write"}}"#,
            env!("CARGO_PKG_VERSION")
        )
    );
    let state = state().await;
    assert!((state.at_ms - 900.0).abs() < 1e-9 && !state.playing);
    assert_eq!(
        (state.mode.as_deref(), state.primary.as_deref()),
        (Some("async"), Some("n1"))
    );
    assert_eq!(state.nodes.len(), 5);
    assert_eq!(warned(), Vec::<String>::new());
}

#[wasm_bindgen_test]
async fn commands_do_what_they_say_and_are_answered_after_the_state() {
    let page = usual("").await;
    let done = r#"{"replicascope":1,"type":"done","re":"q"}"#;
    assert_eq!(ask("type: 'seek', at_ms: 2000.5").await, done);
    let told = got();
    let place = |kind: &str| told.iter().position(|text| text.contains(kind));
    assert!(place("\"state\"") < place("\"done\""), "{told:?}");
    assert!((state().await.at_ms - 2_000.5).abs() < 1e-9);
    assert_eq!(ask("type: 'step'").await, done);
    let on = state().await.at_ms;
    assert!(on > 2_000.5);
    assert_eq!(ask("type: 'step', back: true").await, done);
    assert!(state().await.at_ms < on);
    assert_eq!(ask("type: 'play', speed: 0.1").await, done);
    assert!(state().await.playing && message("state").await.contains(r#""speed":0.1"#));
    assert_eq!(ask("type: 'pause'").await, done);
    assert!(!state().await.playing);
    assert_eq!(ask("type: 'set_scenario', scenario: 'quiet'").await, done);
    assert!(state().await.at_ms < 1e-9);
    assert_eq!(ask("type: 'hello'").await, done);
    assert!(message("ready").await.ends_with(r#""scenario":"quiet"}"#));
    assert_eq!(ask("type: 'set_theme', theme: 'dark'").await, done);
    let theme = || {
        document()
            .document_element()
            .and_then(|root| root.get_attribute("data-theme"))
    };
    wait("dark theme", || {
        (theme().as_deref() == Some("dark")).then_some(())
    })
    .await;
    assert_eq!(ask("type: 'set_theme', theme: 'auto'").await, done);
    wait("no theme", || theme().is_none().then_some(())).await;
    let three = "type: 'set_scenario', scenario: {version: 2, cluster: {replicas: 2}}";
    assert_eq!(ask(three).await, done);
    assert_eq!(state().await.nodes.len(), 3);
    let mut run = Recording::new(scenarios::split_brain().0).expect("valid");
    run.advance_to(Time::from_millis(1_700));
    let link = Link::bare(&run).to_fragment();
    assert_eq!(
        ask(&format!("type: 'set_scenario', scenario: '{link}'")).await,
        done
    );
    assert!((state().await.at_ms - 1_700.0).abs() < 1e-9);
    assert!(!page.has(".notice"));
    assert_eq!(warned(), Vec::<String>::new());
}

#[wasm_bindgen_test]
async fn what_cannot_be_done_is_refused_and_changes_nothing() {
    let _page = usual("").await;
    ask("type: 'seek', at_ms: 1234").await;
    let before = message("state").await;
    for (command, field, part) in [
        ("type: 'seek', at_ms: -1", "at_ms", "0 to 3600000"),
        ("type: 'seek'", "at_ms", "missing"),
        ("type: 'rewind'", "type", "one of hello"),
        ("type: 'pause', now: true", "now", "no such field"),
        (
            "type: 'set_scenario', scenario: 'loud'",
            "scenario",
            "no such scenario",
        ),
        (
            "type: 'set_scenario', scenario: 'run=1.9.0.x'",
            "scenario",
            "cut off",
        ),
        (
            "type: 'set_scenario', scenario: {version: 2, cluster: {replicas: 0}}",
            "scenario.cluster.replicas",
            "",
        ),
        (
            "type: 'set_scenario', scenario: {version: 2, loud: 1}",
            "scenario.loud",
            "loud",
        ),
        ("type: 'open_lesson', lesson: '../x'", "lesson", "an id"),
    ] {
        let answer = ask(command).await;
        let begin = format!(r#"{{"replicascope":1,"type":"refused","re":"q","field":"{field}""#);
        assert!(
            answer.starts_with(&begin) && answer.contains(part),
            "{command}: {answer}"
        );
    }
    ask("type: 'hello'").await;
    assert_eq!(message("state").await, before);
    // Without a name there is no answer, so it is said in the console.
    forget();
    say("type: 'set_scenario', scenario: 'loud'");
    let said = wait("warning", || warned().pop()).await;
    assert!(said.contains("scenario") && said.contains("loud"), "{said}");
}

#[wasm_bindgen_test]
async fn who_is_not_the_host_is_ignored_and_said_once() {
    let _page = usual("").await;
    forget();
    for _ in 0..3 {
        run("window.postMessage({replicascope: 1, type: 'play', id: 'q'}, '*')");
    }
    let said = wait("warning", || warned().pop()).await;
    assert!(
        said.contains("does not come from the page that this one is embedded in"),
        "{said}"
    );
    assert!(said.contains(&text_of("location.origin")), "{said}");
    // Others talk by messages too.
    run(
        "window.postMessage('hello', '*'); window.postMessage({type: 'play'}, '*'); window.postMessage(null, '*')",
    );
    let answer = ask("type: 'hello'").await;
    assert!(answer.contains("done"));
    assert!(!state().await.playing);
    assert_eq!(warned(), Vec::<String>::new(), "the same is said once");
}

#[wasm_bindgen_test]
async fn an_origin_that_is_not_named_is_ignored_and_told_nothing() {
    let page = open("?embed&paused&origins=https://example.org", "").await;
    say("type: 'play', id: 'q'");
    let said = wait("warning", || warned().pop()).await;
    let origin = text_of("location.origin");
    assert!(said.contains(&format!("origins={origin}")), "{said}");
    assert!(page.has("[aria-label=Play]"), "it does not play");
    assert!(
        got()
            .iter()
            .all(|text| text.contains("\"ready\"") || text.contains("\"resize\"")),
        "{:?}",
        got()
    );
}

#[wasm_bindgen_test]
async fn anyone_may_where_the_address_says_so_and_nobody_otherwise() {
    let page = open("?embed&paused&origins=*", "").await;
    assert!(ask("type: 'play'").await.contains("done"));
    assert!(state().await.playing);
    drop(page);
    let page = open("?embed&paused", "").await;
    say("type: 'play'");
    wait("warning", || warned().pop()).await;
    assert!(page.has("[aria-label=Play]"));
}

#[wasm_bindgen_test]
async fn events_come_in_order_each_once_and_a_jump_back_is_told() {
    let _page = usual("&events").await;
    let events = |told: &[String]| -> Vec<String> {
        let all = told
            .iter()
            .filter(|text| text.contains(r#""type":"event""#));
        all.cloned().collect()
    };
    ask("type: 'seek', at_ms: 950").await;
    ask("type: 'hello'").await;
    forget();
    for _ in 0..5 {
        say("type: 'step'");
    }
    say("id: 'q', type: 'hello'");
    message("done").await;
    let told = wait("events", || {
        Some(events(&got())).filter(|told| !told.is_empty())
    })
    .await;
    let joined = told.concat();
    let ids: Vec<u64> = joined
        .split("{\"id\":")
        .skip(1)
        .filter_map(|part| part.split(',').next()?.parse().ok())
        .collect();
    assert!(
        ids.len() >= 2 && ids.windows(2).all(|two| two[1] == two[0] + 1),
        "{joined}"
    );
    assert!(!joined.contains("sought"), "{joined}");
    forget();
    say("type: 'seek', at_ms: 10");
    let told = wait("events", || events(&got()).pop()).await;
    assert_eq!(
        told,
        r#"{"replicascope":1,"type":"event","events":[{"sought":10}]}"#
    );
    assert!(
        ask("type: 'subscribe', events: false")
            .await
            .contains("done")
    );
    forget();
    ask("type: 'seek', at_ms: 500").await;
    ask("type: 'hello'").await;
    assert_eq!(events(&got()), Vec::<String>::new());
}

#[wasm_bindgen_test]
async fn while_it_plays_the_state_comes_at_most_four_times_a_second() {
    let _page = usual("").await;
    ask("type: 'play', speed: 1").await;
    let begun = run("performance.now()").as_f64().expect("a number");
    run("host.contentWindow.got.length = 0");
    let states = || {
        got()
            .iter()
            .filter(|text| text.contains(r#""type":"state""#))
            .count()
    };
    wait("fourth state", || (states() >= 4).then_some(())).await;
    let took = run("performance.now()").as_f64().expect("a number") - begun;
    assert!(took > 700.0, "four in {took} ms");
}

#[wasm_bindgen_test]
async fn only_the_controls_that_were_asked_for_are_there_and_locked_ones_do_nothing() {
    let page = usual("&controls=transport,send&locked=mode,transport").await;
    for absent in [
        ".emb-s",
        ".emb-open",
        "[aria-label='Quick faults']",
        ".sg-node[tabindex]",
    ] {
        assert!(!page.has(absent), "{absent}");
    }
    let play = page.the("[aria-label='Play, locked']");
    assert_eq!(play.get_attribute("aria-disabled").as_deref(), Some("true"));
    page.press("[aria-label='Play, locked']");
    assert!(
        page.has("[role=radiogroup][aria-label='Replication mode, locked'][aria-disabled=true]")
    );
    page.press("[role=radio]:last-child");
    ask("type: 'hello'").await;
    let state = state().await;
    assert!(!state.playing);
    assert_eq!(state.mode.as_deref(), Some("async"));
    page.press(".emb-send button");
    let sent = |text: String| text.contains(r#""sent":"#).then_some(text);
    let before = message("state").await;
    wait("another state", || {
        got().pop().and_then(sent).filter(|now| *now != before)
    })
    .await;
}

#[wasm_bindgen_test]
async fn what_is_wrong_with_the_address_is_said_in_one_line_and_the_rest_counts() {
    let page = open(
        "?embed&paused&theme=blue&height=3&scenario=quiet",
        "#run=1.9.0.x",
    )
    .await;
    let line = page.the(".emb-wrong").text_content().unwrap_or_default();
    assert!(
        line.contains("theme: \"blue\"") && line.contains("2 more"),
        "{line}"
    );
    let said = warned();
    assert!(said.len() == 3 && said[2].contains("cut off"), "{said:?}");
    assert!(message("ready").await.contains("\"quiet\""));
}

#[wasm_bindgen_test]
async fn a_scenario_in_the_address_is_shown() {
    let origin = text_of("location.origin");
    let json = "%7B%22version%22%3A2%2C%22cluster%22%3A%7B%22replicas%22%3A1%7D%7D";
    let query = format!("?embed&paused&origins={origin}");
    let _page = open(&query, &format!("#scenario={json}")).await;
    assert_eq!(state().await.nodes.len(), 2);
    assert!(
        !message("ready").await.contains("scenario\":"),
        "it is none of the page's"
    );
}

#[wasm_bindgen_test]
async fn refused_storage_breaks_nothing() {
    run("window.stored = Object.getOwnPropertyDescriptor(window, 'localStorage');
         Object.defineProperty(window, 'localStorage', { configurable: true, get() { throw new DOMException('no', 'SecurityError'); } })");
    let page = usual("").await;
    assert!(ask("type: 'seek', at_ms: 1500").await.contains("done"));
    page.press("[aria-label=Play]");
    wait("play", || page.has("[aria-label=Pause]").then_some(())).await;
    drop(page);
    run("Object.defineProperty(window, 'localStorage', stored)");
}

#[wasm_bindgen_test]
async fn the_kept_run_is_neither_read_nor_written() {
    run(
        "localStorage.setItem('replicascope.run', 'mine'); localStorage.setItem('replicascope.preferences', '{\"theme\":\"dark\"}')",
    );
    let page = usual("").await;
    page.press("[aria-label=Play]");
    page.press("[role=radio]:last-child");
    ask("type: 'set_theme', theme: 'light'").await;
    ask("type: 'set_theme', theme: 'auto'").await;
    let root = document().document_element().expect("a root");
    wait("no theme", || {
        root.get_attribute("data-theme").is_none().then_some(())
    })
    .await;
    drop(page);
    assert_eq!(text_of("localStorage.getItem('replicascope.run')"), "mine");
    assert_eq!(
        text_of("localStorage.getItem('replicascope.preferences')"),
        "{\"theme\":\"dark\"}"
    );
    run("localStorage.clear()");
}
