//! How the rings of a polygon may lie: each simple, none meeting another, holes inside and beside each other.
//! Tested through [`Area`](super::Area).

use geo::kernels::{Kernel, Orientation};
use geo::{Coord, Intersects as _, Line, LineString, Polygon};
use rstar::primitives::{GeomWithData, Rectangle};
use rstar::{AABB, RTree};

use super::AreaError;

/// Every ring is simple and no two of them have a position in common.
///
/// `geo`'s own validation compares every segment with every other (5,000 positions: 25 million pairs) and lets
/// rings through that touch themselves in a corner; here an R-tree offers only the neighbours.
pub(super) fn check_rings_do_not_meet(polygon: &Polygon<f64>) -> Result<(), AreaError> {
    type Segment = GeomWithData<Rectangle<[f64; 2]>, (usize, usize, Line<f64>)>;
    let envelope = |line: &Line<f64>| AABB::from_corners([line.start.x, line.start.y], [line.end.x, line.end.y]);
    let rings: Vec<&LineString<f64>> = std::iter::once(polygon.exterior()).chain(polygon.interiors()).collect();
    let segments = rings.iter().enumerate().flat_map(|(ring, line_string)| {
        line_string
            .lines()
            .enumerate()
            .map(move |(index, line)| Segment::new(Rectangle::from_aabb(envelope(&line)), (ring, index, line)))
    });
    let tree = RTree::bulk_load(segments.collect());
    for segment in &tree {
        let (ring, index, line) = segment.data;
        for other in tree.locate_in_envelope_intersecting(envelope(&line)) {
            let (other_ring, other_index, other_line) = other.data;
            // Each pair once.
            if (other_ring, other_index) <= (ring, index) {
                continue;
            }
            if ring != other_ring {
                if line.intersects(&other_line) {
                    return Err(AreaError::RingsMeet { first: ring, second: other_ring });
                }
                continue;
            }
            let count = rings[ring].0.len() - 1;
            let meets = if index + 1 == other_index {
                runs_back(line.start, line.end, other_line.end)
            } else if (other_index + 1) % count == index {
                runs_back(other_line.start, other_line.end, line.end)
            } else {
                line.intersects(&other_line)
            };
            if meets {
                return Err(AreaError::SelfIntersection { ring });
            }
        }
    }
    Ok(())
}

/// Whether the way from `before` over `corner` to `after` turns round on the spot, so that its two parts overlap.
fn runs_back(before: Coord<f64>, corner: Coord<f64>, after: Coord<f64>) -> bool {
    let (back, on) = (before - corner, after - corner);
    <f64 as geo::GeoNum>::Ker::orient2d(before, corner, after) == Orientation::Collinear
        && back.x * on.x + back.y * on.y > 0.0
}

/// As rings do not meet, one position of a hole tells where all of it lies.
pub(super) fn check_holes_are_inside(polygon: &Polygon<f64>) -> Result<(), AreaError> {
    let solid = |ring: &LineString<f64>| Polygon::new(ring.clone(), Vec::new());
    let outer = solid(polygon.exterior());
    let holes: Vec<Polygon<f64>> = polygon.interiors().iter().map(solid).collect();
    for (index, hole) in holes.iter().enumerate() {
        let Some(corner) = hole.exterior().0.first() else {
            continue;
        };
        let in_another = holes.iter().enumerate().any(|(other, solid)| other != index && solid.intersects(corner));
        if !outer.intersects(corner) || in_another {
            return Err(AreaError::HoleOutside { ring: index + 1 });
        }
    }
    Ok(())
}
