//! An invented map: a county of small cells with a ragged rim, a reservoir and the river that leaves it, split into
//! connected parts again and again. Everything follows from fixed numbers, so the map is the same every time.
//!
//! Cells are hexagons whose corners are shifted and whose sides are bent, each corner and each side by chance of its own:
//! neighbours share them, so areas fit without gaps and overlaps, whatever cells they are made of.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, HashSet};

use lianxin_domain::geo::{Area, Point};

/// A hexagon in axial coordinates.
pub type Cell = (i32, i32);

/// Where the invented county's middle lies. The ground there belongs to nobody in particular: the map is a scheme.
const MIDDLE: (f64, f64) = (105.2, 24.6);
const NEIGHBOURS: [Cell; 6] = [(1, 0), (0, 1), (-1, 1), (-1, 0), (0, -1), (1, -1)];
/// How far a corner is shifted at most, in sides of a hexagon: less than what would let two sides meet.
const SHIFT: f64 = 0.24;
/// How far the middle of a side is bent out at most, in sides.
const BEND: f64 = 0.16;
/// Positions are told to about a metre: more digits only make answers longer.
const DIGITS: f64 = 1e5;
/// Land with fewer cells from its middle to its rim has no river: it would be all river.
const RIVER_FROM: i32 = 20;
/// How often what hangs on by one side is taken away.
const SMOOTHINGS: usize = 2;
/// Parts of fewer cells are left as they grew.
const SMOOTHED_FROM: f64 = 12.0;
/// How often parts grow anew from their own middles.
const ROUNDS: usize = 14;

/// A county's map.
pub struct Map {
    /// Its land.
    pub land: Vec<Cell>,
    /// Degrees from a hexagon's middle to its corners.
    size: f64,
}

impl Map {
    /// Land of about `radius` cells from its middle to its rim, each `size` degrees from its middle to its corners.
    pub fn new(radius: i32, size: f64) -> Self {
        let land = (-radius..=radius).flat_map(|q| (-radius..=radius).map(move |r| (q, r)));
        let mut land: HashSet<Cell> = land.filter(|cell| is_land(*cell, radius)).collect();
        // Spits of one cell look like the teeth of a saw.
        for _ in 0..SMOOTHINGS {
            let spit = |cell: &Cell| around(*cell).filter(|next| land.contains(next)).count() < 3;
            let spits: Vec<Cell> = land.iter().copied().filter(spit).collect();
            spits.iter().for_each(|cell| _ = land.remove(cell));
        }
        let mut pieces = pieces_of(&land);
        pieces.sort_unstable_by_key(|piece| Reverse(piece.len()));
        Self { land: pieces.into_iter().next().unwrap_or_default(), size }
    }

    /// A point well inside the cells: the middle of the one nearest to their common middle.
    pub fn centre_of(&self, cells: &[Cell]) -> Option<Point> {
        let (lng, lat) = self.position(plane(middle_of(cells)?));
        Point::new(lng, lat).ok()
    }

    /// The outline of connected cells: the sides that only one of them has, walked around. Holes are filled.
    pub fn outline(&self, cells: &[Cell]) -> Option<Area> {
        let inside: HashSet<Cell> = cells.iter().copied().collect();
        let mut sides: HashMap<Corner, Corner> = HashMap::new();
        for cell in cells {
            for (side, step) in NEIGHBOURS.iter().enumerate() {
                if !inside.contains(&(cell.0 + step.0, cell.1 + step.1)) {
                    sides.insert(corner(*cell, side), corner(*cell, (side + 1) % 6));
                }
            }
        }
        let mut rings: Vec<Vec<(f64, f64)>> = Vec::new();
        while let Some(start) = sides.keys().min().copied() {
            let mut ring = Vec::new();
            let mut at = start;
            while let Some(next) = sides.remove(&at) {
                ring.extend([self.position(shifted(at)), self.position(bent(at, next))]);
                at = next;
            }
            rings.push(ring);
        }
        let outer = rings.into_iter().max_by_key(Vec::len)?;
        Area::new(&[outer]).ok()
    }

    fn position(&self, (x, y): (f64, f64)) -> (f64, f64) {
        let round = |degrees: f64| (degrees * DIGITS).round() / DIGITS;
        (round(MIDDLE.0 + self.size * x), round(MIDDLE.1 - self.size * y))
    }
}

/// Whether there is land: within a rim that bulges and recedes, and neither reservoir nor river.
fn is_land(cell: Cell, radius: i32) -> bool {
    let (x, y) = plane(cell);
    let reach = 1.5 * f64::from(radius);
    let angle = y.atan2(x);
    let bulge = |waves: f64, phase: f64| (waves * angle + phase).sin();
    let rim = 0.83 + 0.09 * bulge(2.0, 0.7) + 0.06 * bulge(3.0, 2.1) + 0.04 * bulge(5.0, 0.4);
    let ragged = 0.03 * bulge(11.0, 1.3) + 0.012 * bulge(23.0, 0.2) + 0.012 * chance(1, cell, (0, 0));
    let within = x.hypot(y) <= reach * (rim + ragged);
    within && !(radius >= RIVER_FROM && is_water((x, y), reach))
}

/// A reservoir north of the middle, and a river that winds out of it to the southern rim.
fn is_water((x, y): (f64, f64), reach: f64) -> bool {
    let begin = -0.22 * reach;
    let course =
        |y: f64| 0.10 * reach + 0.09 * reach * (y / reach * 5.2).sin() + 0.025 * reach * (y / reach * 13.0).sin();
    let reservoir = ((x - course(begin)) / (0.085 * reach)).hypot((y - begin) / (0.055 * reach)) <= 1.0;
    reservoir || (y >= begin && (x - course(y)).abs() < 1.0)
}

/// Splits connected cells into `parts` connected parts of nearly the same size.
///
/// Parts grow from a seed each, over ground that is here easier and there harder; then again from their own middles, those
/// that became too large more slowly.
pub fn split(cells: &[Cell], parts: usize) -> Vec<Vec<Cell>> {
    let mut cells = cells.to_vec();
    cells.sort_unstable();
    let parts = parts.min(cells.len());
    if parts <= 1 {
        return vec![cells];
    }
    let fair = cells.len() as f64 / parts as f64;
    let mut seeds = apart(&cells, parts);
    let mut burden = vec![1.0; parts];
    let mut best = (f64::INFINITY, Vec::new());
    for _ in 0..ROUNDS {
        let grown = grow(&cells, &seeds, &burden);
        let uneven = grown.iter().map(|part| (part.len() as f64 / fair - 1.0).abs()).fold(0.0, f64::max);
        for (burden, part) in burden.iter_mut().zip(&grown) {
            *burden *= (part.len() as f64 / fair).powf(0.5);
        }
        seeds = grown.iter().zip(&seeds).map(|(part, seed)| middle_of(part).unwrap_or(*seed)).collect();
        if uneven < best.0 {
            best = (uneven, grown);
        }
    }
    let mut parts = best.1;
    if fair >= SMOOTHED_FROM {
        (0..SMOOTHINGS).for_each(|_| smooth(&cells, &mut parts));
    }
    parts
}

/// Gives a cell that hangs on to its part by one side alone to the part that surrounds it. Both stay connected.
fn smooth(cells: &[Cell], parts: &mut [Vec<Cell>]) {
    let owners = parts.iter().enumerate().flat_map(|(part, cells)| cells.iter().map(move |cell| (*cell, part)));
    let mut owner: HashMap<Cell, usize> = owners.collect();
    for cell in cells {
        let Some(own) = owner.get(cell).copied() else { continue };
        let mut sides = vec![0; parts.len()];
        around(*cell).filter_map(|next| owner.get(&next)).for_each(|part| sides[*part] += 1);
        let most = (0..sides.len()).max_by_key(|part| sides[*part]).unwrap_or(own);
        if sides[own] <= 1 && sides[most] >= 3 {
            owner.insert(*cell, most);
        }
    }
    parts.iter_mut().for_each(Vec::clear);
    for cell in cells {
        if let Some(part) = owner.get(cell) {
            parts[*part].push(*cell);
        }
    }
}

/// As many cells far from one another.
fn apart(cells: &[Cell], count: usize) -> Vec<Cell> {
    let mut chosen = vec![cells[0]];
    let mut nearest: Vec<f64> = cells.iter().map(|cell| distance(*cell, chosen[0])).collect();
    while chosen.len() < count {
        let farthest = (0..cells.len()).max_by(|a, b| nearest[*a].total_cmp(&nearest[*b])).unwrap_or_default();
        chosen.push(cells[farthest]);
        for (near, cell) in nearest.iter_mut().zip(cells) {
            *near = near.min(distance(*cell, cells[farthest]));
        }
    }
    chosen
}

/// Each seed takes what it reaches first; a part is connected, because each of its cells was reached from another of them.
fn grow(cells: &[Cell], seeds: &[Cell], burden: &[f64]) -> Vec<Vec<Cell>> {
    let mut free: HashSet<Cell> = cells.iter().copied().collect();
    let mut parts = vec![Vec::new(); seeds.len()];
    let mut front: BinaryHeap<Reverse<(u64, Cell, usize)>> = BinaryHeap::new();
    front.extend(seeds.iter().enumerate().map(|(part, seed)| Reverse((0, *seed, part))));
    while let Some(Reverse((way, cell, part))) = front.pop() {
        if !free.remove(&cell) {
            continue;
        }
        parts[part].push(cell);
        for next in around(cell).filter(|next| free.contains(next)) {
            let ground = 1.0 + 0.45 * chance(2, next, (0, 0));
            front.push(Reverse((way + (1_000.0 * ground * burden[part]) as u64, next, part)));
        }
    }
    parts
}

/// The cell nearest to the common middle of all.
fn middle_of(cells: &[Cell]) -> Option<Cell> {
    let count = cells.len() as f64;
    let sum = cells.iter().map(|cell| plane(*cell)).fold((0.0, 0.0), |sum, at| (sum.0 + at.0, sum.1 + at.1));
    let mean = (sum.0 / count, sum.1 / count);
    let off = |cell: &Cell| (plane(*cell).0 - mean.0).hypot(plane(*cell).1 - mean.1);
    cells.iter().copied().min_by(|a, b| off(a).total_cmp(&off(b)))
}

fn distance(a: Cell, b: Cell) -> f64 {
    (plane(a).0 - plane(b).0).hypot(plane(a).1 - plane(b).1)
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
            piece.extend(around(at).filter(|neighbour| cells.contains(neighbour) && seen.insert(*neighbour)));
        }
        pieces.push(piece);
    }
    pieces
}

/// Where a cell's middle lies, in sides of a hexagon; x to the east, y to the south.
fn plane((q, r): Cell) -> (f64, f64) {
    let (q, r) = (f64::from(q), f64::from(r));
    (3f64.sqrt() * (q + r / 2.0), 1.5 * r)
}

/// A corner, named alike by the three cells that share it: thousandths of a side from the middle.
type Corner = (i32, i32);

/// The corner between side `index - 1` and side `index`, counted like [`NEIGHBOURS`].
fn corner(cell: Cell, index: usize) -> Corner {
    let (x, y) = plane(cell);
    // Side 0 faces east, side 1 south-east; corners lie between, 60 degrees apart, clockwise from north-east.
    let angle = (30.0 - 60.0 * index as f64).to_radians();
    (((x + angle.cos()) * 1e3).round() as i32, ((y - angle.sin()) * 1e3).round() as i32)
}

/// Where a corner really lies.
fn shifted(corner: Corner) -> (f64, f64) {
    let shift = |salt| SHIFT * chance(salt, corner, (0, 0));
    (f64::from(corner.0) / 1e3 + shift(3), f64::from(corner.1) / 1e3 + shift(4))
}

/// The middle of a side, bent to one of its sides; the same from both ends.
fn bent(from: Corner, to: Corner) -> (f64, f64) {
    let (a, b) = (from.min(to), from.max(to));
    let ((ax, ay), (bx, by)) = (shifted(a), shifted(b));
    let out = BEND * chance(5, a, b);
    (ax.midpoint(bx) - out * (by - ay), ay.midpoint(by) + out * (bx - ax))
}

/// A number from -1 to 1 that belongs to these places.
fn chance(salt: u64, a: (i32, i32), b: (i32, i32)) -> f64 {
    let mut mixed = salt;
    for part in [a.0, a.1, b.0, b.1] {
        // SplitMix64.
        mixed = (mixed ^ u64::from(part.cast_unsigned())).wrapping_add(0x9e37_79b9_7f4a_7c15);
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^= mixed >> 31;
    }
    (mixed >> 11) as f64 / (1u64 << 52) as f64 - 1.0
}
