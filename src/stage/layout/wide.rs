//! The layout for anything wider than a phone: apps, router, seat and copies from left to right.

use super::{AppDensity, Density, Input, Layout, Place, Point, Rect, cells};
use crate::lean::number::Within as _;

const PAD: f64 = 16.0;
/// Where the cards begin, below the headings.
const TOP: f64 = 30.0;
const ROUTER_W: f64 = 24.0;
/// Room below the seat for the actions of the node in it, and for the lane of the reads.
const BELOW_SEAT: f64 = 96.0;
const LEGEND_H: f64 = 158.0;
/// Narrowest card of a copy.
const COPY_W_MIN: f64 = 184.0;
const COPY_W_MAX: f64 = 330.0;
const COLUMN_GAP: f64 = 36.0;

const fn height_of(density: Density) -> f64 {
    match density {
        Density::Full => 150.0,
        Density::Medium => 104.0,
        Density::Slim => 68.0,
        Density::Tiny => 38.0,
    }
}

const fn gap_of(density: Density) -> f64 {
    match density {
        Density::Full => 18.0,
        Density::Medium | Density::Slim => 12.0,
        Density::Tiny => 10.0,
    }
}

/// The columns, from left to right.
struct Columns {
    apps: (f64, f64),
    router: f64,
    seat: (f64, f64),
    gutter: f64,
    copies: (f64, f64),
}

impl Columns {
    fn of(width: f64) -> Self {
        let apps_w = (width * 0.18).within(104.0, 168.0).round();
        let router = PAD + apps_w + (width * 0.034).within(20.0, 44.0).round();
        let seat_x = router + ROUTER_W + (width * 0.056).within(40.0, 84.0).round();
        let rest = width - PAD - 6.0 - seat_x;
        let gutter = (rest * 0.16).within(48.0, 150.0).round();
        let seat_w = ((rest - gutter) * 0.49).within(160.0, 300.0).round();
        let copies_w = rest - gutter - seat_w;
        Self {
            apps: (PAD, apps_w),
            router,
            seat: (seat_x, seat_w),
            gutter,
            copies: (seat_x + seat_w + gutter, copies_w),
        }
    }
}

impl Columns {
    /// On a very wide stage the copies do not need all their room: it goes between the columns.
    fn spread(&mut self, grid: &Grid) {
        let used = grid.columns as f64 * (copy_width(grid, self) + COLUMN_GAP) - COLUMN_GAP + 8.0;
        let spare = (self.copies.1 - used).max(0.0);
        self.seat.0 += (spare * 0.3).round();
        self.gutter += (spare * 0.4).round();
        self.copies = (
            self.copies.0 + (spare * 0.7).round(),
            self.copies.1 - (spare * 0.7).round(),
        );
    }
}

/// How the copies stand.
struct Grid {
    density: Density,
    columns: usize,
    rows: usize,
}

impl Grid {
    /// The one that says most among those that fit the room; if none fits, one column of slim cards.
    fn of(copies: usize, room_w: f64, room_h: f64) -> Self {
        let two = room_w >= 2.0 * COPY_W_MIN + COLUMN_GAP;
        let choices = [
            (Density::Full, 1),
            (Density::Full, 2),
            (Density::Medium, 1),
            (Density::Medium, 2),
            (Density::Slim, 1),
            (Density::Slim, 2),
            (Density::Tiny, 1),
            (Density::Tiny, 2),
        ];
        choices
            .into_iter()
            .filter(|&(_, columns)| columns == 1 || two)
            .map(|(density, columns)| Self {
                density,
                columns,
                rows: copies.div_ceil(columns),
            })
            .find(|grid| grid.height() <= room_h)
            .unwrap_or(Self {
                density: Density::Tiny,
                columns: 1,
                rows: copies,
            })
    }

    fn height(&self) -> f64 {
        stack_height(self.rows, height_of(self.density), gap_of(self.density))
    }
}

fn stack_height(count: usize, height: f64, gap: f64) -> f64 {
    count as f64 * (height + gap) - if count > 0 { gap } else { 0.0 }
}

pub(crate) fn lay_out(input: &Input, width: f64) -> Layout {
    let mut columns = Columns::of(width);
    let (seat, copies) = (input.in_seat(), input.copies());
    let (app_density, app_h, app_gap) = app_size(input.apps, input.height - TOP - PAD);
    let grid = Grid::of(
        copies.len(),
        columns.copies.1,
        input.height - TOP - 2.0 * PAD,
    );
    columns.spread(&grid);
    let seat_h = seat_height(seat.len(), input.height);
    let seats_h = stack_height(seat.len().max(1), seat_h, 22.0);
    let height = [
        input.height,
        TOP + 2.0 * PAD + grid.height(),
        TOP + PAD + seats_h + BELOW_SEAT + PAD,
        TOP + 2.0 * PAD + stack_height(input.apps, app_h, app_gap),
    ]
    .into_iter()
    .fold(0.0, f64::max);

    let middle =
        TOP + PAD + seats_h / 2.0 + (height - TOP - 2.0 * PAD - seats_h - BELOW_SEAT) * 0.4;
    let seat_top = (middle - seats_h / 2.0).max(TOP + PAD);
    let mut places = vec![None; input.nodes];
    for (index, node) in seat.iter().enumerate() {
        let y = seat_top + index as f64 * (seat_h + 22.0);
        places[node.index()] = Some(Place {
            rect: Rect::new(columns.seat.0, y, columns.seat.1, seat_h),
            density: if seat_h >= height_of(Density::Full) {
                Density::Full
            } else {
                Density::Medium
            },
            seated: true,
            column: 0,
            opens_up: false,
        });
    }
    place_copies(&copies, &grid, &columns, height, &mut places);
    let places: Vec<Place> = places.into_iter().flatten().collect();

    let seat_rect = Rect::new(columns.seat.0, seat_top, columns.seat.1, seats_h);
    let apps = place_apps(input.apps, app_h, app_gap, &columns, middle, height);
    let apps_bottom = apps.last().map_or(TOP, |app| app.bottom());
    let apps_top = apps.first().map_or(TOP + PAD, |app| app.y);
    let router_top = apps_top.min(seat_rect.y + 20.0);
    let router = Rect::new(
        columns.router,
        router_top,
        ROUTER_W,
        (apps_bottom.max(seat_rect.y + 140.0).min(height - PAD) - router_top).max(40.0),
    );
    let legend = Rect::new(
        columns.apps.0,
        height - LEGEND_H - 10.0,
        columns.apps.1 + 20.0,
        LEGEND_H,
    );
    let gutters = (0..grid.columns)
        .map(|column| {
            let x = copy_x(column, &grid, &columns);
            x - if column == 0 {
                columns.gutter / 2.0
            } else {
                COLUMN_GAP / 2.0
            }
        })
        .collect();
    Layout {
        phone: false,
        width,
        height,
        app_density,
        router,
        seat: seat_rect,
        band: Rect::new(
            columns.seat.0 - 20.0,
            TOP - 2.0,
            width - columns.seat.0 + 20.0 - 6.0,
            height - TOP - 6.0,
        ),
        headings: Some([
            Point::new(columns.apps.0, 20.0),
            Point::new(columns.seat.0 - 20.0, 20.0),
            Point::new(columns.copies.0, 20.0),
        ]),
        legend: (legend.y > apps_bottom.max(router.bottom()) + 24.0).then_some(legend),
        cells: cells(&places),
        read_lane: (seat_rect.bottom() + BELOW_SEAT - 8.0).min(height - 14.0),
        gutters,
        apps,
        places,
        hosts: Vec::new(),
    }
}

/// A writer's card is a bit taller than a copy's; several share the room.
fn seat_height(writers: usize, height: f64) -> f64 {
    let room = height - TOP - 2.0 * PAD - BELOW_SEAT;
    let each = (room - 22.0 * writers.saturating_sub(1) as f64) / writers.max(1) as f64;
    if each >= 176.0 {
        176.0
    } else if each >= height_of(Density::Full) {
        height_of(Density::Full)
    } else {
        height_of(Density::Medium)
    }
}

fn copy_width(grid: &Grid, columns: &Columns) -> f64 {
    let gaps = COLUMN_GAP * (grid.columns - 1) as f64;
    ((columns.copies.1 - gaps) / grid.columns as f64 - 8.0)
        .min(COPY_W_MAX)
        .floor()
}

fn copy_x(column: usize, grid: &Grid, columns: &Columns) -> f64 {
    columns.copies.0 + column as f64 * (copy_width(grid, columns) + COLUMN_GAP)
}

fn place_copies(
    copies: &[replicascope_engine::ids::NodeId],
    grid: &Grid,
    columns: &Columns,
    height: f64,
    places: &mut [Option<Place>],
) {
    let h = height_of(grid.density);
    let spare = height - TOP - 2.0 * PAD - grid.height();
    // Room that is left over goes between the rows first, then above and below.
    let gap = gap_of(grid.density) + (spare / grid.rows.max(1) as f64).within(0.0, 14.0);
    let top =
        TOP + PAD + (height - TOP - 2.0 * PAD - stack_height(grid.rows, h, gap)).max(0.0) / 2.0;
    let w = copy_width(grid, columns);
    for (index, node) in copies.iter().enumerate() {
        let (column, row) = (index / grid.rows.max(1), index % grid.rows.max(1));
        let y = top + row as f64 * (h + gap);
        places[node.index()] = Some(Place {
            rect: Rect::new(copy_x(column, grid, columns), y, w, h),
            density: grid.density,
            seated: false,
            column,
            opens_up: y + h + 90.0 > height,
        });
    }
}

/// The card that says most among those that fit the room.
fn app_size(apps: usize, room: f64) -> (AppDensity, f64, f64) {
    let choices = [
        (AppDensity::Full, 66.0, 14.0),
        (AppDensity::Slim, 46.0, 8.0),
        (AppDensity::Tiny, 28.0, 5.0),
    ];
    choices
        .into_iter()
        .find(|&(_, height, gap)| stack_height(apps, height, gap) <= room)
        .unwrap_or(choices[2])
}

fn place_apps(
    apps: usize,
    app_h: f64,
    gap: f64,
    columns: &Columns,
    middle: f64,
    height: f64,
) -> Vec<Rect> {
    let all = stack_height(apps, app_h, gap);
    let top = (middle - all / 2.0).within(TOP + PAD, (height - PAD - all).max(TOP + PAD));
    (0..apps)
        .map(|index| {
            let y = top + index as f64 * (app_h + gap);
            Rect::new(columns.apps.0, y, columns.apps.1, app_h)
        })
        .collect()
}
