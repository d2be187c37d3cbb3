//! The layout for a phone: apps in a row, the router, the seat, then the copies as slim cards. What nodes say to each other
//! runs along the left edge, reads run along the right one.

use super::{AppDensity, Density, Input, Layout, Place, Rect, cells};
use crate::lean::number::Within as _;

const PAD: f64 = 8.0;
const APP_W_MIN: f64 = 92.0;
/// Between two nodes in the seat.
const SEAT_GAP: f64 = 18.0;
/// Room for the left rail beside the copies.
const RAIL_LEFT: f64 = 34.0;
/// Room for the right rail.
const RAIL_RIGHT: f64 = 24.0;

/// Height of a slim copy.
const SLIM_H: f64 = 66.0;

/// How high everything is, and what is between.
struct Sizes {
    app: (AppDensity, f64),
    to_router: f64,
    router: f64,
    to_seat: f64,
    seat: (Density, f64),
    to_copies: f64,
    tiny: f64,
    gap: f64,
}

const USUAL: Sizes = Sizes {
    app: (AppDensity::Slim, 46.0),
    to_router: 12.0,
    router: 22.0,
    to_seat: 30.0,
    seat: (Density::Medium, 108.0),
    to_copies: 24.0,
    tiny: 44.0,
    gap: 8.0,
};

/// What a tight stage does instead, one after the other, until it fits.
const TIGHT: [Sizes; 2] = [
    Sizes {
        app: (AppDensity::Tiny, 28.0),
        to_router: 8.0,
        router: 20.0,
        to_seat: 22.0,
        seat: (Density::Medium, 104.0),
        to_copies: 16.0,
        tiny: 38.0,
        gap: 6.0,
    },
    Sizes {
        app: (AppDensity::Tiny, 26.0),
        to_router: 6.0,
        router: 18.0,
        to_seat: 18.0,
        seat: (Density::Slim, SLIM_H),
        to_copies: 14.0,
        tiny: 38.0,
        gap: 4.0,
    },
];

pub(crate) fn lay_out(input: &Input, width: f64) -> Layout {
    let usual = lay_out_by(input, width, &USUAL);
    if !input.tight || usual.height <= input.height {
        return usual;
    }
    let [snug, tight] = TIGHT.map(|sizes| lay_out_by(input, width, &sizes));
    if snug.height <= input.height {
        snug
    } else {
        tight
    }
}

fn lay_out_by(input: &Input, width: f64, sizes: &Sizes) -> Layout {
    let (seat, copies) = (input.in_seat(), input.copies());
    let (app_density, app_h) = sizes.app;
    let (seat_density, seat_h) = sizes.seat;
    let apps = place_apps(input.apps, width, app_h);
    let apps_bottom = apps.last().map_or(PAD, |app| app.bottom());
    let router = Rect::new(
        PAD,
        apps_bottom + sizes.to_router,
        width - 2.0 * PAD,
        sizes.router,
    );
    let seat_top = router.bottom() + sizes.to_seat;
    let seats = seat.len().max(1) as f64;
    let seats_h = seats * (seat_h + SEAT_GAP) - SEAT_GAP;
    let copies_top = seat_top + seats_h + sizes.to_copies;
    let room = input.height - copies_top - PAD;
    let count = copies.len() as f64;
    let slim = count * (SLIM_H + sizes.gap) <= room;
    let (density, h) = if slim {
        (Density::Slim, SLIM_H)
    } else {
        (Density::Tiny, sizes.tiny)
    };
    let spare = room - count * (h + sizes.gap);
    let gap = sizes.gap + (spare / count.max(1.0)).within(0.0, 6.0);
    let height = (copies_top + count * (h + gap) - gap + PAD + 4.0).max(input.height);

    let mut places = vec![None; input.nodes];
    for (index, node) in seat.iter().enumerate() {
        let y = seat_top + index as f64 * (seat_h + SEAT_GAP);
        places[node.index()] = Some(Place {
            rect: Rect::new(PAD, y, width - PAD - RAIL_RIGHT, seat_h),
            density: seat_density,
            seated: true,
            column: 0,
            opens_up: false,
        });
    }
    for (index, node) in copies.iter().enumerate() {
        let y = copies_top + index as f64 * (h + gap);
        places[node.index()] = Some(Place {
            rect: Rect::new(RAIL_LEFT, y, width - RAIL_LEFT - RAIL_RIGHT, h),
            density,
            seated: false,
            column: 0,
            opens_up: y + h + 110.0 > height,
        });
    }
    let places: Vec<Place> = places.into_iter().flatten().collect();
    Layout {
        phone: true,
        width,
        height,
        app_density,
        apps,
        router,
        seat: Rect::new(PAD, seat_top, width - PAD - RAIL_RIGHT, seats_h),
        band: Rect::new(
            2.0,
            router.bottom() + 14.0,
            width - 4.0,
            height - router.bottom() - 16.0,
        ),
        headings: None,
        legend: None,
        cells: cells(&places),
        read_lane: width - RAIL_RIGHT / 2.0,
        gutters: vec![RAIL_LEFT / 2.0 + 2.0],
        places,
        hosts: Vec::new(),
    }
}

fn place_apps(apps: usize, width: f64, app_h: f64) -> Vec<Rect> {
    let room = width - 2.0 * PAD;
    let most = (((room + PAD) / (APP_W_MIN + PAD)) as usize).max(1);
    let columns = apps.clamp(1, most);
    let w = (room + PAD) / columns as f64 - PAD;
    (0..apps)
        .map(|index| {
            let (row, column) = (index / columns, index % columns);
            Rect::new(
                PAD + column as f64 * (w + PAD),
                4.0 + row as f64 * (app_h + 8.0),
                w.floor(),
                app_h,
            )
        })
        .collect()
}
