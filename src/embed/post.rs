//! To the host: whom it is for, and as what.

use leptos::prelude::*;
use replicascope_embed::{Message, Origins};
use wasm_bindgen::JsValue;
use web_sys::js_sys::{JSON, Reflect};

/// Everybody, to the browser.
const ANYONE: &str = "*";

/// The host, and whom it may be. A copy is a handle to the same.
#[derive(Clone, Copy)]
pub(super) struct Post {
    host: StoredValue<Option<web_sys::Window>, LocalStorage>,
    origins: StoredValue<Origins>,
    /// Where the host comes from, once that is known.
    from: StoredValue<Option<String>>,
}

impl Post {
    pub(super) fn new(host: Option<web_sys::Window>, origins: Origins) -> Self {
        let from = host.as_ref().and_then(|_| origin_of_host());
        Self {
            host: StoredValue::new_local(host),
            origins: StoredValue::new(origins),
            from: StoredValue::new(from),
        }
    }

    /// Whether something comes from the host.
    pub(super) fn is_from_host(self, source: &JsValue) -> bool {
        self.host.with_value(|host| {
            host.as_ref()
                .is_some_and(|host| AsRef::<JsValue>::as_ref(host) == source)
        })
    }

    /// Whether an origin may command. The host's is known from then on.
    pub(super) fn lets(self, origin: &str) -> bool {
        let lets = self.origins.with_value(|origins| origins.has(origin));
        if lets && self.from.with_value(Option::is_none) {
            self.from.set_value(Some(origin.to_owned()));
        }
        lets
    }

    /// Whether the host, whoever it is, would be told what happens.
    pub(super) fn tells(self) -> bool {
        let none = self.origins.with_value(Origins::is_empty);
        !none && self.host.with_value(Option::is_some)
    }

    pub(super) fn message(self, message: &Message) {
        self.json(&message.written(), message.is_for_anyone());
    }

    /// Sends a message that stands there as JSON. What is not for anyone goes to the origins that were named and to no other: the browser
    /// looks at where the host comes from.
    pub(super) fn json(self, json: &str, for_anyone: bool) {
        let Ok(message) = JSON::parse(json) else {
            unreachable!("what was written as JSON is JSON");
        };
        self.host.with_value(|host| {
            let Some(host) = host else { return };
            // Refused where the host is gone; then there is nobody to tell.
            let send = |origin: &str| drop(host.post_message(&message, origin));
            self.origins.with_value(|origins| {
                if for_anyone || origins.any {
                    send(ANYONE);
                    return;
                }
                self.from.with_value(|from| match from {
                    Some(from) if origins.has(from) => send(from),
                    // One who was not named.
                    Some(_) => {}
                    None => origins.named.iter().for_each(|origin| send(origin)),
                });
            });
        });
    }
}

/// Where the page around this one comes from, if the browser says so.
fn origin_of_host() -> Option<String> {
    let location = window().location();
    let ancestors = Reflect::get(&location, &JsValue::from_str("ancestorOrigins")).ok();
    let nearest = ancestors.and_then(|all| Reflect::get_u32(&all, 0).ok());
    if let Some(nearest) = nearest.and_then(|nearest| nearest.as_string()) {
        return Some(nearest);
    }
    let referrer = document().referrer();
    let (scheme, rest) = referrer.split_once("://")?;
    let host = rest.split('/').next()?;
    Some(format!("{scheme}://{host}"))
}
