//! The one line: the worst that is true, or what happens.

use leptos::prelude::*;
use replicascope_embed::Control;
use replicascope_engine::Simulation;
use replicascope_engine::time::Time;
use replicascope_engine::why::Question;

use super::Embedded;
use crate::lean::Memo;
use crate::ledger::{broken, chip};
use crate::session::Session;
use crate::why::WhyButton;
use crate::words::verdicts::Chip;
use crate::words::{embed, narration};

/// What the line says.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Line {
    chip: Option<Chip>,
    text: String,
    /// What can be explained.
    question: Option<Question>,
    /// When what it speaks of came about, if it is an operation.
    pub(super) at: Option<Time>,
}

impl Line {
    pub(super) fn of(simulation: &Simulation) -> Self {
        let verdict = simulation.cluster_verdict();
        let now = |question| Self {
            chip: None,
            text: narration::now(simulation).text,
            question,
            at: None,
        };
        if verdict.split_brain_since.is_some() {
            return now(Some(Question::SplitBrain));
        }
        let worst = broken(simulation).next();
        if let Some(op) = worst.and_then(|id| simulation.oracle().op(id)) {
            let (chip, text) = embed::broken(simulation, op);
            return Self {
                chip,
                text,
                question: Some(Question::Op(op.id)),
                at: Some(op.done_at.unwrap_or(op.issued_at)),
            };
        }
        now(verdict.no_primary_since.map(|_| Question::NoPrimary))
    }

    /// How it is drawn.
    pub(super) fn class(&self) -> &'static str {
        let tone = self.chip.as_ref().map(|chip| chip.tone);
        tone.map_or("", embed::class)
    }
}

/// The line, at most once a second.
#[component]
pub(super) fn VerdictLine(line: Memo<Line>) -> impl IntoView {
    let embedded = expect_context::<Embedded>();
    let class = move || format!("emb-v {}", line.with(Line::class));
    let verdict = Memo::new(move || line.with(|line| line.chip.clone()));
    let question = Memo::new(move || line.with(|line| line.question));
    let about = Memo::new(move || {
        let text = |line: &Line| {
            line.chip
                .as_ref()
                .map_or(&line.text, |chip| &chip.text)
                .clone()
        };
        line.with(text)
    });
    let why = move || {
        let shown = embedded.lets(Control::Why);
        let question = question.get().filter(|_| shown)?;
        Some(view! { <WhyButton question=question about=about /> })
    };
    let locked = (embedded.shows(Control::Why) && embedded.locks(Control::Why)).then(|| {
        view! {
            <button type="button" class="why" aria-disabled="true" aria-label="Why?, locked">
                "Why?"
            </button>
        }
    });
    view! {
        <div class=class>
            <div class="emb-said" role="status">
                {move || verdict.get().map(chip)}
                <p>{move || line.with(|line| line.text.clone())}</p>
            </div>
            {why}
            {locked}
        </div>
    }
}

/// What the line says, kept true.
pub(super) fn line(session: Session) -> Memo<Line> {
    session.on_second(|run| Line::of(run.simulation()))
}
