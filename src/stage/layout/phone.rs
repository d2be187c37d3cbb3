//! The layout for a phone: apps in a row, the router, the seat, then the copies as slim cards. What nodes say to each other
//! runs along the left edge, reads run along the right one.

use super::{AppDensity, Density, Input, Layout, Place, Rect, cells};

const PAD: f64 = 8.0;
const APP_W_MIN: f64 = 92.0;
const APP_H: f64 = 46.0;
const ROUTER_H: f64 = 22.0;
const SEAT_H: f64 = 108.0;
/// Room for the left rail beside the copies.
const RAIL_LEFT: f64 = 34.0;
/// Room for the right rail.
const RAIL_RIGHT: f64 = 24.0;

const fn height_of(density: Density) -> f64 {
    match density {
        Density::Tiny => 44.0,
        _ => 66.0,
    }
}

pub(crate) fn lay_out(input: &Input, width: f64) -> Layout {
    let (seat, copies) = (input.in_seat(), input.copies());
    let apps = place_apps(input.apps, width);
    let apps_bottom = apps.last().map_or(PAD, |app| app.bottom());
    let router = Rect::new(PAD, apps_bottom + 12.0, width - 2.0 * PAD, ROUTER_H);
    let seat_top = router.bottom() + 30.0;
    let seats = seat.len().max(1) as f64;
    let seats_h = seats * (SEAT_H + 18.0) - 18.0;
    let copies_top = seat_top + seats_h + 24.0;
    let density = density_of(copies.len(), input.height - copies_top - PAD);
    let (h, count) = (height_of(density), copies.len() as f64);
    let spare = input.height - copies_top - PAD - count * (h + 8.0);
    let gap = 8.0 + (spare / count.max(1.0)).clamp(0.0, 6.0);
    let height = (copies_top + count * (h + gap) - gap + PAD + 4.0).max(input.height);

    let mut places = vec![None; input.nodes];
    for (index, node) in seat.iter().enumerate() {
        let y = seat_top + index as f64 * (SEAT_H + 18.0);
        places[node.index()] = Some(Place {
            rect: Rect::new(PAD, y, width - PAD - RAIL_RIGHT, SEAT_H),
            density: Density::Medium,
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
        app_density: AppDensity::Slim,
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

fn density_of(copies: usize, room: f64) -> Density {
    if copies as f64 * (height_of(Density::Slim) + 8.0) <= room {
        Density::Slim
    } else {
        Density::Tiny
    }
}

fn place_apps(apps: usize, width: f64) -> Vec<Rect> {
    let room = width - 2.0 * PAD;
    let most = (((room + PAD) / (APP_W_MIN + PAD)) as usize).max(1);
    let columns = apps.clamp(1, most);
    let w = (room + PAD) / columns as f64 - PAD;
    (0..apps)
        .map(|index| {
            let (row, column) = (index / columns, index % columns);
            Rect::new(
                PAD + column as f64 * (w + PAD),
                4.0 + row as f64 * (APP_H + 8.0),
                w.floor(),
                APP_H,
            )
        })
        .collect()
}
