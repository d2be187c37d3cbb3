//! The layer on which messages travel: one canvas, drawn anew each frame from the simulation itself.

use std::rc::Rc;

use leptos::html;
use leptos::prelude::*;
use replicascope_engine::Simulation;
use replicascope_engine::ids::MessageId;
use wasm_bindgen::JsCast as _;
use web_sys::{CanvasRenderingContext2d as Context2d, HtmlCanvasElement};

use crate::lean::number::Within as _;
use crate::lean::{Memo, effect};
use crate::messages::Picked;
use crate::session::{Session, Speed};

use super::canvas::Brush;
use super::flow_lines::FlowLines;
use super::glide::Glide;
use super::layout::Layout;
use super::measure::{reduced_motion, theme_changes};
use super::palette::Palette;
use super::routes::Routes;
use super::traffic::{Flows, MOST_NUMBERS, MOST_SHAPES, Motion, Mover, Shape, each_mover};

/// How fast the dashes of a flow move, in pixels for each second of real time.
const FLOW_PX_PER_S: f64 = 60.0;
/// How quickly a flow follows what is really on the link, per frame.
const FLOW_SHARE: f64 = 0.12;

/// What the layer keeps from one frame to the next. Nothing of it decides what is true: buffers, a glide of the lines, and
/// the smoothing of flows.
#[derive(Default)]
struct Kept {
    context: Option<Context2d>,
    /// Width, height and device pixels per CSS pixel of the canvas.
    size: (f64, f64, f64),
    movers: Vec<Mover>,
    glide: Glide,
    flows: Flows,
    flow_lines: FlowLines,
}

type Paint = Rc<dyn Fn(&Context2d)>;

/// Draws the messages as they are now, on any canvas or on what stands for one: those of the first stage of the page, if there are
/// several.
#[derive(Clone, Copy)]
pub(crate) struct Painter(StoredValue<Vec<Paint>, LocalStorage>);

impl Painter {
    pub(crate) fn new() -> Self {
        Self(StoredValue::new_local(Vec::new()))
    }

    /// Draws on it; nothing while there is no stage.
    pub(crate) fn paint(self, on: &Context2d) {
        let first = self.0.with_value(|paints| paints.first().cloned());
        if let Some(paint) = first {
            paint(on);
        }
    }

    /// Takes a stage's layer in, as long as its owner lives.
    fn add(self, paint: impl Fn(&Context2d) + 'static) {
        let paint: Paint = Rc::new(paint);
        self.0.update_value(|paints| paints.push(Rc::clone(&paint)));
        let mine = StoredValue::new_local(paint);
        on_cleanup(move || {
            if let Some(mine) = mine.try_get_value() {
                self.0
                    .try_update_value(|paints| paints.retain(|paint| !Rc::ptr_eq(paint, &mine)));
            }
        });
    }
}

/// The layer.
#[component]
pub(crate) fn Messages(layout: Memo<Layout>, routes: Memo<Routes>) -> impl IntoView {
    let session = Session::expect();
    let canvas = NodeRef::<html::Canvas>::new();
    let theme = theme_changes();
    let palette = Memo::new(move || {
        theme.track();
        Palette::read()
    });
    let reduced = reduced_motion();
    let Picked(picked) = Picked::of_page();
    let kept = StoredValue::new_local(Kept::default());
    effect(move || {
        let Some(canvas) = canvas.get() else { return };
        let _ = session.now();
        let (width, height, phone) =
            layout.with(|layout| (layout.width, layout.height, layout.phone));
        let view = View {
            width,
            height,
            phone,
            speed: session.speed().get(),
            playing: session.playing().get(),
            moving: session.playing().get() && !reduced.get(),
            picked: picked.get().map(|(message, _)| message),
            motion: if reduced.get() {
                Motion::Stops
            } else {
                Motion::Smooth
            },
        };
        kept.update_value(|kept| {
            palette.with(|palette| {
                routes.with(|routes| draw(session, &canvas, &view, palette, routes, kept));
            });
        });
    });
    if let Some(painter) = use_context::<Painter>() {
        let motion = move || {
            if reduced.get_untracked() {
                Motion::Stops
            } else {
                Motion::Smooth
            }
        };
        painter.add(move |on| {
            let phone = layout.with_untracked(|layout| layout.phone);
            session.peek(|recording| {
                palette.with_untracked(|palette| {
                    routes.with_untracked(|routes| {
                        let brush = Brush {
                            on,
                            colours: palette,
                        };
                        let mut movers = Vec::new();
                        shapes(
                            &brush,
                            recording.simulation(),
                            routes,
                            (phone, motion()),
                            &mut movers,
                        );
                    });
                });
            });
        });
    }
    view! { <canvas class="sg-messages" node_ref=canvas aria-hidden="true"></canvas> }
}

struct View {
    width: f64,
    height: f64,
    phone: bool,
    speed: Speed,
    playing: bool,
    moving: bool,
    picked: Option<MessageId>,
    motion: Motion,
}

fn draw(
    session: Session,
    canvas: &HtmlCanvasElement,
    view: &View,
    palette: &Palette,
    routes: &Routes,
    kept: &mut Kept,
) {
    let Some(context) = prepare(canvas, view, kept) else {
        return;
    };
    let brush = Brush {
        on: &context,
        colours: palette,
    };
    let gliding = kept.glide.toward(routes, view.moving);
    let Kept {
        movers,
        flows,
        flow_lines,
        ..
    } = kept;
    session.peek(|recording| {
        let simulation = recording.simulation();
        let too_many = simulation.network().in_flight().count() > MOST_SHAPES;
        // One that stands still can be taken by hand, so it is drawn as what it is.
        if too_many || view.playing && view.speed.is_faster_than(1, 4) {
            let share = if view.moving { FLOW_SHARE } else { 1.0 };
            flows.approach(Flows::of(simulation), share);
            let pace = view.speed.virtual_span(1_000.0).0.max(1) as f64;
            let phase = simulation.now().0 as f64 / pace * FLOW_PX_PER_S % 13.0;
            flow_lines.draw(&context, palette, flows, routes, phase);
            return;
        }
        shapes(
            &brush,
            simulation,
            &gliding,
            (view.phone, view.motion),
            movers,
        );
        if let Some(mover) = movers.iter().find(|mover| view.picked == Some(mover.id)) {
            brush.picked(mover);
        }
    });
}

/// Draws every message on its way as what it is; `movers` is a buffer.
fn shapes(
    brush: &Brush<'_>,
    simulation: &Simulation,
    routes: &Routes,
    (phone, motion): (bool, Motion),
    movers: &mut Vec<Mover>,
) {
    movers.clear();
    each_mover(simulation, routes, motion, |mover| movers.push(mover));
    if phone {
        // Beside the rails of a phone there is no room for numbers.
        for mover in movers.iter_mut().filter(|mover| mover.shape != Shape::Tag) {
            mover.number = 0;
        }
    }
    let numbers = movers.iter().filter(|mover| mover.number > 0).count() <= MOST_NUMBERS;
    brush.movers(movers, numbers);
}

/// Gives the canvas its size in device pixels, and empties it.
fn prepare(canvas: &HtmlCanvasElement, view: &View, kept: &mut Kept) -> Option<Context2d> {
    let ratio = window().device_pixel_ratio().within(1.0, 3.0);
    let size = (view.width, view.height, ratio);
    if kept.context.is_none() {
        let context = canvas.get_context("2d").ok().flatten()?;
        kept.context = Some(context.unchecked_into());
    }
    let context = kept.context.clone()?;
    if kept.size != size {
        kept.size = size;
        canvas.set_width((view.width * ratio) as u32);
        canvas.set_height((view.height * ratio) as u32);
    }
    // The transformation is one that can be inverted, so this cannot fail.
    let _ = context.set_transform(ratio, 0.0, 0.0, ratio, 0.0, 0.0);
    context.clear_rect(0.0, 0.0, view.width, view.height);
    context.set_line_cap("round");
    Some(context)
}
