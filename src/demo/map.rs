//! An invented map: a county of hexagons, split into connected parts again and again.

use std::collections::{HashMap, HashSet, VecDeque};

use lianxin_domain::geo::{Area, Point};

/// A hexagon in axial coordinates.
pub type Cell = (i32, i32);

/// Where the invented county's middle lies. The ground there belongs to nobody in particular: the map is a scheme.
const MIDDLE: (f64, f64) = (105.2, 24.6);
/// Degrees from a hexagon's middle to its corners.
const SIZE: f64 = 0.012;
const NEIGHBOURS: [Cell; 6] = [(1, 0), (0, 1), (-1, 1), (-1, 0), (0, -1), (1, -1)];

/// All cells within `radius` steps of the middle, with a few bitten off the rim so that it looks like land.
pub fn disk(radius: i32) -> Vec<Cell> {
    let mut cells = Vec::new();
    for q in -radius..=radius {
        for r in (-radius).max(-q - radius)..=radius.min(-q + radius) {
            let rim = q.abs().max(r.abs()).max((q + r).abs()) == radius;
            let bitten = rim && (q * 7 + r * 13).rem_euclid(5) < 2;
            if !bitten {
                cells.push((q, r));
            }
        }
    }
    cells
}

/// Splits connected cells into `parts` connected parts of nearly the same size.
pub fn split(cells: &[Cell], parts: usize) -> Vec<Vec<Cell>> {
    let mut rest: HashSet<Cell> = cells.iter().copied().collect();
    let mut result = Vec::with_capacity(parts);
    for left in (1..=parts).rev() {
        if left == 1 || rest.len() <= left {
            let mut last: Vec<Cell> = rest.drain().collect();
            last.sort_unstable();
            result.push(last);
            break;
        }
        let size = rest.len() / left;
        let part = peel(&rest, size);
        for cell in &part {
            rest.remove(cell);
        }
        result.push(part);
    }
    result
}

/// Takes a connected part of about `size` cells from the edge; cells that it would cut off come along.
fn peel(cells: &HashSet<Cell>, size: usize) -> Vec<Cell> {
    // The cell farthest out, by a fixed order, so that the map is the same every time.
    let start = cells.iter().copied().max_by_key(|(q, r)| (distance((*q, *r)), *q, *r)).unwrap_or((0, 0));
    let mut taken: HashSet<Cell> = HashSet::new();
    let mut order = Vec::new();
    let mut queue = VecDeque::from([start]);
    let mut seen = HashSet::from([start]);
    while let Some(cell) = queue.pop_front() {
        if order.len() >= size {
            break;
        }
        taken.insert(cell);
        order.push(cell);
        for next in around(cell) {
            if cells.contains(&next) && seen.insert(next) {
                queue.push_back(next);
            }
        }
    }
    let rest: HashSet<Cell> = cells.difference(&taken).copied().collect();
    let mut pieces = pieces_of(&rest);
    pieces.sort_unstable_by_key(|piece| std::cmp::Reverse(piece.len()));
    order.extend(pieces.into_iter().skip(1).flatten());
    order.sort_unstable();
    order
}

fn distance((q, r): Cell) -> i32 {
    q.abs().max(r.abs()).max((q + r).abs())
}

fn around((q, r): Cell) -> impl Iterator<Item = Cell> {
    NEIGHBOURS.into_iter().map(move |(dq, dr)| (q + dq, r + dr))
}

fn pieces_of(cells: &HashSet<Cell>) -> Vec<Vec<Cell>> {
    let mut left: Vec<Cell> = cells.iter().copied().collect();
    left.sort_unstable();
    let mut seen = HashSet::new();
    let mut pieces = Vec::new();
    for cell in left {
        if !seen.insert(cell) {
            continue;
        }
        let mut piece = vec![cell];
        let mut next = 0;
        while let Some(at) = piece.get(next).copied() {
            next += 1;
            for neighbour in around(at) {
                if cells.contains(&neighbour) && seen.insert(neighbour) {
                    piece.push(neighbour);
                }
            }
        }
        pieces.push(piece);
    }
    pieces
}

fn middle((q, r): Cell) -> (f64, f64) {
    let (q, r) = (f64::from(q), f64::from(r));
    (MIDDLE.0 + SIZE * 3f64.sqrt() * (q + r / 2.0), MIDDLE.1 - SIZE * 1.5 * r)
}

/// A point well inside the cells: the middle of the one nearest to their common middle.
pub fn centre_of(cells: &[Cell]) -> Option<Point> {
    let count = cells.len() as f64;
    let sum = cells.iter().map(|cell| middle(*cell)).fold((0.0, 0.0), |sum, at| (sum.0 + at.0, sum.1 + at.1));
    let mean = (sum.0 / count, sum.1 / count);
    let squared = |at: (f64, f64)| (at.0 - mean.0).powi(2) + (at.1 - mean.1).powi(2);
    let nearest = cells.iter().map(|cell| middle(*cell)).min_by(|a, b| squared(*a).total_cmp(&squared(*b)))?;
    Point::new(nearest.0, nearest.1).ok()
}

/// The outline of connected cells: the edges that only one of them has, walked around. Holes are filled.
pub fn outline(cells: &[Cell]) -> Option<Area> {
    let inside: HashSet<Cell> = cells.iter().copied().collect();
    let mut edges: HashMap<(i64, i64), (i64, i64)> = HashMap::new();
    let mut place: HashMap<(i64, i64), (f64, f64)> = HashMap::new();
    for cell in cells {
        for (side, step) in NEIGHBOURS.iter().enumerate() {
            if inside.contains(&(cell.0 + step.0, cell.1 + step.1)) {
                continue;
            }
            let (from, to) = (corner(*cell, side), corner(*cell, (side + 1) % 6));
            place.insert(key(from), from);
            place.insert(key(to), to);
            edges.insert(key(from), key(to));
        }
    }
    let mut rings: Vec<Vec<(f64, f64)>> = Vec::new();
    while let Some(start) = edges.keys().min().copied() {
        let mut ring = Vec::new();
        let mut at = start;
        while let Some(next) = edges.remove(&at) {
            ring.extend(place.get(&at).copied());
            at = next;
        }
        ring.extend(place.get(&start).copied());
        rings.push(ring);
    }
    let outer = rings.into_iter().max_by_key(Vec::len)?;
    Area::new(&[outer]).ok()
}

/// The corner between side `index - 1` and side `index`, counted like [`NEIGHBOURS`].
fn corner(cell: Cell, index: usize) -> (f64, f64) {
    let (lng, lat) = middle(cell);
    // Side 0 faces east, side 1 south-east; corners lie between, 60 degrees apart, clockwise from north-east.
    let angle = (30.0 - 60.0 * index as f64).to_radians();
    (lng + SIZE * angle.cos(), lat + SIZE * angle.sin())
}

/// Corners of neighbouring cells differ by rounding only.
fn key((lng, lat): (f64, f64)) -> (i64, i64) {
    ((lng * 1e6).round() as i64, (lat * 1e6).round() as i64)
}
