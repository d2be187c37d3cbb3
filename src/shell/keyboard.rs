//! Single keys. They work when the focus is in no field that takes them, and can be switched off.

use leptos::{ev, prelude::*};
use replicascope_engine::ids::NodeId;
use replicascope_engine::recording::Worth;
use replicascope_engine::scenario::{Action, Mode, Setting};
use wasm_bindgen::JsCast as _;

use super::{Panels, Sheet};
use crate::compare::Compare;
use crate::controls::faults::Fault;
use crate::session::Session;
use crate::stage::selection::Selection;
use crate::why::Why;

/// What each key does, for the list of keys.
pub(crate) const KEYS: [(&str, &str); 20] = [
    ("Space", "Play or pause"),
    ("Left, Right", "Step back, step, by event"),
    ("Shift Left, Right", "Back, on to the arrival of a message"),
    ("Home", "Rewind"),
    ("1 to 9", "Select a node"),
    ("K", "Kill the selected node, else the primary"),
    ("C", "Cut it off"),
    ("F", "Freeze it"),
    ("S", "Slow it, else a replica"),
    ("H", "Heal everything"),
    ("A, M, Y", "Async, semi-sync, sync"),
    ("Ctrl Z", "Undo the last action"),
    ("Ctrl Shift Z", "Do it again"),
    ("B", "Begin a branch here"),
    ("Shift C", "Compare with other settings, or back to one run"),
    ("W", "Why? Open or close"),
    (
        "J, L",
        "Why? of the next broken row, of the next lost write",
    ),
    ("Up, Down", "In the ledger and the events: row by row"),
    ("Esc", "Close, deselect"),
    ("?", "This list"),
];

/// What a key means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Command {
    Toggle,
    Step(Worth),
    StepBack(Worth),
    Rewind,
    Branch,
    Compare,
    Select(u8),
    Fault(Fault),
    Mode(Mode),
    Close,
    Keys,
    Why,
    NextBroken,
    NextLost,
}

/// The meaning of a key as the browser names it, alone or with Shift.
fn command(key: &str, shift: bool) -> Option<Command> {
    let worth = if shift { Worth::Arrival } else { Worth::Event };
    Some(match key {
        " " => Command::Toggle,
        "ArrowRight" => Command::Step(worth),
        "ArrowLeft" => Command::StepBack(worth),
        "Home" => Command::Rewind,
        "Escape" => Command::Close,
        "?" => Command::Keys,
        _ => match key.to_ascii_lowercase().as_bytes() {
            [digit @ b'1'..=b'9'] => Command::Select(digit - b'1'),
            b"w" => Command::Why,
            b"b" => Command::Branch,
            b"c" if shift => Command::Compare,
            b"j" => Command::NextBroken,
            b"l" => Command::NextLost,
            b"k" => Command::Fault(Fault::Kill),
            b"c" => Command::Fault(Fault::CutOff),
            b"f" => Command::Fault(Fault::Freeze),
            b"s" => Command::Fault(Fault::Slow),
            b"h" => Command::Fault(Fault::Heal),
            b"a" => Command::Mode(Mode::Async),
            b"m" => Command::Mode(Mode::SemiSync),
            b"y" => Command::Mode(Mode::Sync),
            _ => return None,
        },
    })
}

/// Whether the element that has the focus wants this key for itself.
fn is_taken(event: &web_sys::KeyboardEvent, command: Command) -> bool {
    // What lies behind an open dialog cannot be seen; the browser closes the dialog itself.
    if document()
        .query_selector("dialog[open]")
        .is_ok_and(|dialog| dialog.is_some())
    {
        return true;
    }
    let Some(element) = event
        .target()
        .and_then(|target| target.dyn_into::<web_sys::Element>().ok())
    else {
        return false;
    };
    let is = |selector: &str| element.closest(selector).is_ok_and(|found| found.is_some());
    if command == Command::Close {
        // A dialog closes itself.
        return is("dialog");
    }
    if is(
        "select, textarea, input:not([type=range], [type=radio], [type=checkbox]), [contenteditable]",
    ) {
        return true;
    }
    match command {
        // What a button, a field or a list does with these is what people expect.
        Command::Toggle => is("button, a, summary, input, [role=button]"),
        Command::Step(_) | Command::StepBack(_) | Command::Rewind => {
            is("input, [role=radiogroup], [role=tablist], [data-own-arrows]")
        }
        _ => false,
    }
}

/// Listens to the whole page.
pub(crate) fn listen(
    session: Session,
    panels: Panels,
    selection: Selection,
    why: Why,
    compare: Compare,
) {
    let handle = window_event_listener(ev::keydown, move |event| {
        // A dialog keeps the keys to itself, and the browser closes it by Escape.
        if document()
            .query_selector("dialog[open]")
            .is_ok_and(|dialog| dialog.is_some())
        {
            return;
        }
        let held = (event.ctrl_key() || event.meta_key()) && !event.alt_key();
        let undo = held && event.key().eq_ignore_ascii_case("z");
        let redo = undo && event.shift_key() || held && event.key().eq_ignore_ascii_case("y");
        if (undo || redo) && !event.default_prevented() && !is_taken(&event, Command::Keys) {
            event.prevent_default();
            if redo {
                session.redo();
            } else {
                session.undo();
            }
            return;
        }
        if event.ctrl_key() || event.alt_key() || event.meta_key() || event.default_prevented() {
            return;
        }
        let Some(command) = command(&event.key(), event.shift_key()) else {
            return;
        };
        let off = panels.preferences.get_untracked().keys_off;
        if is_taken(&event, command) || (off && !matches!(command, Command::Close)) {
            return;
        }
        if command == Command::Toggle && event.repeat() {
            return;
        }
        event.prevent_default();
        run(session, panels, selection, why, compare, command);
    });
    on_cleanup(move || handle.remove());
}

fn run(
    session: Session,
    panels: Panels,
    selection: Selection,
    why: Why,
    compare: Compare,
    command: Command,
) {
    let Selection(selected) = selection;
    match command {
        Command::Toggle => session.toggle(),
        Command::Step(worth) => session.step(worth),
        Command::StepBack(worth) => session.step_back(worth),
        Command::Branch => session.branch_here(),
        Command::Compare => compare.toggle(),
        Command::Rewind => session.rewind(),
        Command::Select(index) => {
            let node = NodeId(index);
            if session.peek(|run| node.index() < run.simulation().nodes().len()) {
                selected.set(Some(node));
            }
        }
        Command::Fault(fault) => {
            let node = selected.get_untracked();
            if let Some(action) = session.peek(|run| fault.action(run.simulation(), node)) {
                session.act(action);
            }
        }
        Command::Mode(mode) => {
            if session.peek(|run| run.simulation().settings().database.is_textbook()) {
                session.act(Action::Set(Setting::Mode(mode)));
            } else {
                let notice = "This database has no modes. Its own parameters are in Cluster.";
                session.notice().set(Some(notice.to_owned()));
            }
        }
        Command::Close => {
            if panels.keys_shown.get_untracked() {
                panels.keys_shown.set(false);
            } else if compare.open.get_untracked() {
                compare.close();
            } else if why.is_open_untracked() {
                why.close();
            } else if panels.sheet.get_untracked() != Sheet::Stage {
                panels.sheet.set(Sheet::Stage);
            } else {
                selected.set(None);
            }
        }
        Command::Why => why.toggle(),
        Command::NextBroken => why.next(false),
        Command::NextLost => why.next(true),
        Command::Keys => panels.keys_shown.update(|shown| *shown = !*shown),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_mean_what_the_list_says() {
        let alone = |key| command(key, false);
        assert_eq!(alone(" "), Some(Command::Toggle));
        assert_eq!(alone("1"), Some(Command::Select(0)));
        assert_eq!(alone("K"), Some(Command::Fault(Fault::Kill)));
        assert_eq!(alone("c"), Some(Command::Fault(Fault::CutOff)));
        assert_eq!(command("C", true), Some(Command::Compare));
        assert_eq!(alone("m"), Some(Command::Mode(Mode::SemiSync)));
        assert_eq!(alone("ArrowLeft"), Some(Command::StepBack(Worth::Event)));
        assert_eq!(
            command("ArrowRight", true),
            Some(Command::Step(Worth::Arrival))
        );
        assert_eq!(alone("0"), None);
        assert_eq!(command("Shift", true), None);
    }
}
