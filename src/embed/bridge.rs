//! From the host: whose message it is, what it says, and the answer. What is not for this page is ignored, and said once in the
//! console.

use leptos::{ev, prelude::*};
use replicascope_embed::{Command, CommandError, Id, MARK, Message, Options, Received};
use wasm_bindgen::JsValue;
use web_sys::js_sys::{JSON, Reflect};

use super::Embedded;
use super::acts::Refusal;
use super::news::News;
use super::post::Post;
use crate::scenarios;

/// Most different warnings; whoever causes more of them has been told.
const MOST_WARNINGS: usize = 32;

/// Which build of the program this is: the number that `cargo xtask finish` gives it, else the version.
fn build() -> String {
    let number = crate::lessons::build();
    let number = number
        .strip_prefix('?')
        .unwrap_or(env!("CARGO_PKG_VERSION"));
    number.to_owned()
}

/// Between the host and the page. A copy is a handle to the same.
#[derive(Clone, Copy)]
pub(super) struct Bridge {
    embedded: Embedded,
    post: Post,
    news: News,
    warned: StoredValue<Vec<String>>,
}

impl Bridge {
    pub(super) fn new(
        embedded: Embedded,
        host: Option<web_sys::Window>,
        options: &Options,
    ) -> Self {
        let post = Post::new(host, options.origins.clone());
        Self {
            embedded,
            post,
            news: News::new(embedded, post, options.events),
            warned: StoredValue::new(Vec::new()),
        }
    }

    /// Listens and tells from now on.
    pub(super) fn open(self) {
        let listening = window_event_listener(ev::message, move |event| self.hear(&event));
        on_cleanup(move || listening.remove());
        self.news.follow();
        self.ready();
    }

    fn ready(self) {
        let preset = self.embedded.panels.scenario.get_untracked();
        let lesson = self.embedded.lesson.get_untracked();
        self.post.message(&Message::Ready {
            build: build(),
            scenario: match &lesson {
                None => preset.map(|preset| scenarios::ALL[preset].id),
                Some(_) => None,
            },
            lesson,
        });
    }

    /// So high the page would be.
    pub(super) fn resized(self, height: u32) {
        self.post.message(&Message::Resize { height });
    }

    fn warn(self, text: String) {
        let first = self.warned.try_update_value(|warned| {
            let first = warned.len() < MOST_WARNINGS && !warned.contains(&text);
            if first {
                warned.push(text.clone());
            }
            first
        });
        if first == Some(true) {
            super::warn(&text);
        }
    }

    fn hear(self, event: &web_sys::MessageEvent) {
        let data = event.data();
        // Scripts of others talk by messages too.
        if !data.is_object() || !Reflect::has(&data, &JsValue::from_str(MARK)).unwrap_or(false) {
            return;
        }
        let origin = event.origin();
        let source = event.source().map(JsValue::from).unwrap_or_default();
        if !self.post.is_from_host(&source) {
            self.warn(format!(
                "ReplicaScope ignores a message from {origin}: it does not come from the page that this one is embedded in, and only that one may command."
            ));
            return;
        }
        if !self.post.lets(&origin) {
            self.warn(format!(
                "ReplicaScope ignores a message from {origin}: that is not among the origins that may command. Name it in the address of the frame: origins={origin}{}",
                if origin == "null" { " is not possible, so origins=*" } else { "" }
            ));
            return;
        }
        let json = JSON::stringify(&data).ok().map(String::from);
        let Some(json) = json else {
            self.warn("ReplicaScope ignores a message that cannot be written as JSON: its fields are texts, numbers, booleans, lists and objects.".to_owned());
            return;
        };
        let Received { id, command } = Received::read(&json);
        match command {
            Ok(command) => self.obey(id, command),
            Err(error) => self.misread(id, &error),
        }
    }

    /// What was sent is no command.
    fn misread(self, id: Option<Id>, error: &CommandError) {
        self.warn(format!(
            "ReplicaScope ignores a message: {error}. docs/embedding.md lists the commands and their fields."
        ));
        if let Some(re) = id {
            self.post.message(&Message::Refused {
                re,
                field: error.field.clone(),
                value: error.value.clone(),
                reason: error.problem.to_string(),
            });
        }
    }

    fn obey(self, id: Option<Id>, command: Command) {
        let embedded = self.embedded;
        let done = match command {
            Command::Hello => {
                self.ready();
                Ok(())
            }
            Command::Play { speed_milli } => {
                embedded.play(speed_milli);
                Ok(())
            }
            Command::Pause => {
                embedded.session.pause();
                Ok(())
            }
            Command::Seek { at } => embedded.seek(at),
            Command::Step { back } => {
                embedded.step(back);
                Ok(())
            }
            Command::SetScenario(given) => embedded.set_scenario(given),
            Command::OpenLesson { lesson } => {
                leptos::task::spawn_local(async move {
                    let done = embedded.open_lesson(lesson).await;
                    self.answer(id, done);
                });
                return;
            }
            Command::SetTheme(theme) => {
                embedded.theme.set(theme);
                Ok(())
            }
            Command::Subscribe { events } => {
                self.news.subscribe(events);
                Ok(())
            }
        };
        self.answer(id, done);
    }

    /// Says what became of a command, after how the run stands now.
    fn answer(self, id: Option<Id>, done: Result<(), Refusal>) {
        self.news.state_now();
        let Err(refusal) = done else {
            if let Some(re) = id {
                self.post.message(&Message::Done { re });
            }
            return;
        };
        let Refusal {
            field,
            value,
            reason,
        } = refusal;
        match id {
            Some(re) => self.post.message(&Message::Refused {
                re,
                field,
                value,
                reason,
            }),
            None => self.warn(format!(
                "ReplicaScope refuses a command: {field}: {reason} It is {value}."
            )),
        }
    }
}
