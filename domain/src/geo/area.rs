//! The area of a grid: one polygon, with holes where another grid is cut out of it.

use geo::{
    Area as _, BooleanOps as _, BoundingRect as _, ChamberlainDuquetteArea as _, Closest, Coord,
    HaversineClosestPoint as _, Intersects as _, LineString, Polygon,
};
use serde::{Deserialize, Serialize};

use super::rings::{check_holes_are_inside, check_rings_do_not_meet};
use super::{Point, PositionError};

/// The most positions that an area may have over all its rings, closing ones included. A county's border
/// generalised for a screen has some hundreds; beyond this, somebody uploads a survey by mistake.
pub const MAX_VERTICES: usize = 5_000;

/// Why a polygon is not the area of a grid.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AreaError {
    /// Not the JSON of a GeoJSON polygon.
    #[error("not a GeoJSON polygon")]
    NotAPolygon,
    /// There is no outer ring.
    #[error("polygon has no outer ring")]
    Empty,
    /// More than [`MAX_VERTICES`] positions.
    #[error("polygon has {count} positions, at most {MAX_VERTICES} are allowed")]
    TooManyVertices {
        /// How many there are.
        count: usize,
    },
    /// A ring needs three different positions and the first again to close it.
    #[error("ring {ring} has fewer than four positions")]
    TooFewPositions {
        /// 0 is the outer ring, 1.. are holes.
        ring: usize,
    },
    /// A position is not two (or three, with height) numbers.
    #[error("position {position} of ring {ring} is not [lng, lat]")]
    NotAPosition {
        /// 0 is the outer ring, 1.. are holes.
        ring: usize,
        /// Index in the ring.
        position: usize,
    },
    /// A position is not a place.
    #[error("position {position} of ring {ring}: {cause}")]
    Position {
        /// 0 is the outer ring, 1.. are holes.
        ring: usize,
        /// Index in the ring.
        position: usize,
        /// What is wrong with it.
        cause: PositionError,
    },
    /// A ring crosses, touches or runs back over itself.
    #[error("ring {ring} meets itself")]
    SelfIntersection {
        /// 0 is the outer ring, 1.. are holes.
        ring: usize,
    },
    /// Two rings cross or touch each other.
    #[error("rings {first} and {second} meet")]
    RingsMeet {
        /// The lower index.
        first: usize,
        /// The higher index.
        second: usize,
    },
    /// A hole lies outside the outer ring, or inside another hole.
    #[error("hole {ring} is not inside the polygon")]
    HoleOutside {
        /// 1.. as counted in the coordinates.
        ring: usize,
    },
}

impl AreaError {
    /// Stable code for machines.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotAPolygon => "area.not_a_polygon",
            Self::Empty => "area.empty",
            Self::TooManyVertices { .. } => "area.too_many_vertices",
            Self::TooFewPositions { .. } => "area.too_few_positions",
            Self::NotAPosition { .. } | Self::Position { .. } => "area.position",
            Self::SelfIntersection { .. } => "area.self_crossing",
            Self::RingsMeet { .. } => "area.rings_meet",
            Self::HoleOutside { .. } => "area.hole_outside",
        }
    }

    /// What to tell people, in Chinese.
    pub fn message(&self) -> String {
        match self {
            Self::NotAPolygon => "网格范围应为一个 GeoJSON 多边形（Polygon）".to_owned(),
            Self::Empty => "网格范围没有外边界".to_owned(),
            Self::TooManyVertices { count } => format!("网格范围有 {count} 个点，最多 {MAX_VERTICES} 个，请先简化"),
            Self::TooFewPositions { ring } => format!("第 {} 个边界环的点太少，至少需要三个不同的点", ring + 1),
            Self::NotAPosition { ring, position } | Self::Position { ring, position, .. } => {
                format!("第 {} 个边界环的第 {} 个点不是有效的经纬度", ring + 1, position + 1)
            }
            Self::SelfIntersection { ring } => format!("第 {} 个边界环与自身相交", ring + 1),
            Self::RingsMeet { first, second } => format!("第 {} 个与第 {} 个边界环相交", first + 1, second + 1),
            Self::HoleOutside { ring } => format!("第 {ring} 个空洞不在网格范围之内"),
        }
    }
}

/// A checked polygon in WGS84: simple rings that do not meet, holes inside the outer ring and beside each other.
///
/// JSON: a GeoJSON geometry, `{"type": "Polygon", "coordinates": [[[lng, lat], …], hole, …]}`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "GeoJson", into = "GeoJson")]
pub struct Area {
    polygon: Polygon<f64>,
}

/// The JSON form of an [`Area`], before it is checked.
#[derive(Serialize, Deserialize)]
#[serde(tag = "type")]
enum GeoJson {
    Polygon { coordinates: Vec<Vec<Vec<f64>>> },
}

impl TryFrom<GeoJson> for Area {
    type Error = AreaError;

    fn try_from(json: GeoJson) -> Result<Self, AreaError> {
        let GeoJson::Polygon { coordinates } = json;
        let count = coordinates.iter().map(Vec::len).sum();
        if count > MAX_VERTICES {
            return Err(AreaError::TooManyVertices { count });
        }
        let rings = coordinates.iter().enumerate().map(|(ring, positions)| {
            let positions = positions.iter().enumerate().map(|(position, numbers)| match numbers.as_slice() {
                // A third number is the height above the ellipsoid (RFC 7946 §3.1.1), of no use here.
                [lng, lat] | [lng, lat, _] => Ok((*lng, *lat)),
                _ => Err(AreaError::NotAPosition { ring, position }),
            });
            positions.collect()
        });
        Self::new(&rings.collect::<Result<Vec<Vec<_>>, _>>()?)
    }
}

impl From<Area> for GeoJson {
    fn from(area: Area) -> Self {
        let (outer, holes) = area.polygon.into_inner();
        let rings = std::iter::once(outer).chain(holes);
        Self::Polygon { coordinates: rings.map(|ring| ring.0.iter().map(|at| vec![at.x, at.y]).collect()).collect() }
    }
}

impl Area {
    /// An area of `rings` of (lng, lat): the outer one, then the holes. A ring that does not end where it began
    /// is closed; positions repeated one after the other count once.
    ///
    /// # Errors
    /// The first [`AreaError`] found.
    pub fn new(rings: &[Vec<(f64, f64)>]) -> Result<Self, AreaError> {
        let count = rings.iter().map(Vec::len).sum();
        if count > MAX_VERTICES {
            return Err(AreaError::TooManyVertices { count });
        }
        let mut rings = rings.iter().enumerate().map(|(index, ring)| closed_ring(index, ring));
        let outer = rings.next().ok_or(AreaError::Empty)??;
        let polygon = Polygon::new(outer, rings.collect::<Result<_, _>>()?);
        check_rings_do_not_meet(&polygon)?;
        check_holes_are_inside(&polygon)?;
        Ok(Self { polygon })
    }

    /// An area of a GeoJSON geometry.
    ///
    /// # Errors
    /// The first [`AreaError`] found; [`AreaError::NotAPolygon`] when it is something else.
    pub fn from_geojson(json: serde_json::Value) -> Result<Self, AreaError> {
        let geometry: GeoJson = serde_json::from_value(json).map_err(|_| AreaError::NotAPolygon)?;
        Self::try_from(geometry)
    }

    /// Whether `point` is in the area; its border, that of a hole too, belongs to it.
    pub fn contains(&self, point: Point) -> bool {
        self.polygon.intersects(&Coord { x: point.lng(), y: point.lat() })
    }

    /// Metres from `point` to the area; 0 inside.
    pub fn distance_m(&self, point: Point) -> f64 {
        if self.contains(point) {
            return 0.0;
        }
        match self.polygon.haversine_closest_point(&geo::Point::new(point.lng(), point.lat())) {
            Closest::Intersection(at) | Closest::SinglePoint(at) => {
                point.distance_m(Point { lng: at.x(), lat: at.y() })
            }
            // Not reached: the outer ring has positions.
            Closest::Indeterminate => f64::INFINITY,
        }
    }

    /// The size in square degrees, holes taken off: good for comparing areas that overlap, not for people.
    pub fn square_degrees(&self) -> f64 {
        self.polygon.unsigned_area()
    }

    /// The size on the sphere in square kilometres, holes taken off. Chamberlain & Duquette's sum, within 1 % of the
    /// ellipsoid's.
    pub fn square_km(&self) -> f64 {
        self.polygon.chamberlain_duquette_unsigned_area() / 1e6
    }

    /// The size in square degrees of what this area and `other` have in common; 0 when they only touch.
    pub fn shared_square_degrees(&self, other: &Self) -> f64 {
        let ((south_west, north_east), (other_south_west, other_north_east)) = (self.bounds(), other.bounds());
        let apart = south_west.lng >= other_north_east.lng
            || other_south_west.lng >= north_east.lng
            || south_west.lat >= other_north_east.lat
            || other_south_west.lat >= north_east.lat;
        if apart { 0.0 } else { self.polygon.intersection(&other.polygon).unsigned_area() }
    }

    /// South-west and north-east corner of the smallest box around the area.
    pub fn bounds(&self) -> (Point, Point) {
        let corner = |at: Coord<f64>| Point { lng: at.x, lat: at.y };
        match self.polygon.bounding_rect() {
            Some(rect) => (corner(rect.min()), corner(rect.max())),
            // Not reached: the outer ring has positions.
            None => (Point { lng: 0.0, lat: 0.0 }, Point { lng: 0.0, lat: 0.0 }),
        }
    }
}

/// The ring of `positions`, closed, without repetitions, each position checked.
fn closed_ring(ring: usize, positions: &[(f64, f64)]) -> Result<LineString<f64>, AreaError> {
    let mut coords = Vec::with_capacity(positions.len() + 1);
    for (position, &(lng, lat)) in positions.iter().enumerate() {
        let point = Point::new(lng, lat).map_err(|cause| AreaError::Position { ring, position, cause })?;
        coords.push(Coord { x: point.lng(), y: point.lat() });
    }
    coords.dedup();
    if coords.first() != coords.last()
        && let Some(&first) = coords.first()
    {
        coords.push(first);
    }
    if coords.len() < 4 {
        return Err(AreaError::TooFewPositions { ring });
    }
    Ok(LineString::new(coords))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn square(west: f64, south: f64, side: f64) -> Vec<(f64, f64)> {
        vec![(west, south), (west + side, south), (west + side, south + side), (west, south + side)]
    }

    #[test]
    fn accepts_and_closes_simple_rings() -> Result<(), AreaError> {
        let open = square(105.0, 24.0, 1.0);
        let mut closed = open.clone();
        closed.push(open[0]);
        let mut stuttering = closed.clone();
        stuttering.insert(1, open[0]);
        let area = Area::new(std::slice::from_ref(&open))?;
        assert_eq!(area, Area::new(&[closed])?);
        assert_eq!(area, Area::new(&[stuttering])?);
        assert!((area.square_degrees() - 1.0).abs() < 1e-9);
        // Turning on a straight line, and a triangle, are fine.
        Area::new(&[vec![(0.0, 0.0), (1.0, 0.0), (2.0, 0.0), (2.0, 2.0)]])?;
        Area::new(&[vec![(0.0, 0.0), (1.0, 0.0), (0.0, 1.0)]])?;
        Ok(())
    }

    #[test]
    fn names_what_is_wrong_with_a_polygon() {
        let outer = square(105.0, 24.0, 1.0);
        for (rings, expected) in [
            (vec![], AreaError::Empty),
            (vec![vec![]], AreaError::TooFewPositions { ring: 0 }),
            (vec![vec![(1.0, 1.0), (2.0, 2.0), (1.0, 1.0)]], AreaError::TooFewPositions { ring: 0 }),
            (vec![outer.clone(), vec![(105.1, 24.1); 9]], AreaError::TooFewPositions { ring: 1 }),
            (
                vec![vec![(105.0, 24.0), (24.0, 105.0), (106.0, 25.0)]],
                AreaError::Position { ring: 0, position: 1, cause: PositionError::OutOfRange },
            ),
            (
                vec![vec![(f64::NAN, 24.0), (24.0, 15.0), (106.0, 25.0)]],
                AreaError::Position { ring: 0, position: 0, cause: PositionError::NotFinite },
            ),
            // A bow tie.
            (vec![vec![(0.0, 0.0), (1.0, 1.0), (1.0, 0.0), (0.0, 1.0)]], AreaError::SelfIntersection { ring: 0 }),
            // A spike, in the middle and where the ring closes.
            (
                vec![vec![(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (1.0, 3.0), (1.0, 1.0), (0.0, 1.0)]],
                AreaError::SelfIntersection { ring: 0 },
            ),
            (
                vec![vec![(3.0, 0.0), (0.0, 0.0), (1.0, 0.0), (0.0, 1.0), (0.0, 0.0)]],
                AreaError::SelfIntersection { ring: 0 },
            ),
            // All on one line.
            (vec![vec![(0.0, 0.0), (1.0, 0.0), (2.0, 0.0)]], AreaError::SelfIntersection { ring: 0 }),
            // Two triangles that touch in a corner.
            (
                vec![vec![(0.0, 0.0), (1.0, 1.0), (2.0, 0.0), (2.0, 2.0), (1.0, 1.0), (0.0, 2.0)]],
                AreaError::SelfIntersection { ring: 0 },
            ),
            (vec![outer.clone(), square(105.5, 24.5, 1.0)], AreaError::RingsMeet { first: 0, second: 1 }),
            (vec![outer.clone(), square(105.0, 24.2, 0.5)], AreaError::RingsMeet { first: 0, second: 1 }),
            (vec![outer.clone(), square(107.0, 24.2, 0.5)], AreaError::HoleOutside { ring: 1 }),
            (
                vec![outer.clone(), square(105.2, 24.2, 0.5), square(105.3, 24.3, 0.1)],
                AreaError::HoleOutside { ring: 2 },
            ),
            (vec![square(0.0, 0.0, 1.0); 1251], AreaError::TooManyVertices { count: 5004 }),
        ] {
            assert_eq!(Area::new(&rings), Err(expected), "{rings:?}");
        }
    }

    #[test]
    fn the_border_belongs_to_the_area_and_holes_do_not() -> Result<(), Box<dyn std::error::Error>> {
        let area = Area::new(&[square(105.0, 24.0, 1.0), square(105.25, 24.25, 0.5)])?;
        for (lng, lat, inside) in [
            (105.1, 24.1, true),
            (105.0, 24.0, true),
            (105.5, 24.0, true),
            (105.25, 24.5, true),
            (105.5, 24.5, false),
            (104.999_999, 24.5, false),
        ] {
            assert_eq!(area.contains(Point::new(lng, lat)?), inside, "{lng} {lat}");
        }
        assert_eq!(area.bounds(), (Point::new(105.0, 24.0)?, Point::new(106.0, 25.0)?));
        Ok(())
    }

    #[test]
    fn is_read_and_written_as_geojson() -> Result<(), serde_json::Error> {
        let text = r#"{"type":"Polygon","coordinates":[[[105.0,24.0],[106.0,24.0],[106.0,25.0],[105.0,24.0]]]}"#;
        let area: Area = serde_json::from_str(text)?;
        assert_eq!(serde_json::to_string(&area)?, text);
        let high = r#"{"type":"Polygon","coordinates":[[[105,24,812],[106,24,800],[106,25,790]]]}"#;
        assert_eq!(serde_json::from_str::<Area>(high)?, area);
        for bad in [
            r#"{"type":"Point","coordinates":[105,24]}"#,
            r#"{"type":"Polygon","coordinates":[]}"#,
            r#"{"type":"Polygon","coordinates":[[[105],[106,24],[106,25]]]}"#,
            r#"{"type":"Polygon","coordinates":[[["105",24],[106,24],[106,25]]]}"#,
            r#"{"coordinates":[[[105,24],[106,24],[106,25]]]}"#,
        ] {
            assert!(serde_json::from_str::<Area>(bad).is_err(), "{bad}");
        }
        Ok(())
    }

    #[test]
    fn the_largest_ring_is_checked_without_comparing_all_pairs() -> Result<(), AreaError> {
        let circle = (0..4_999_u32).map(|step| {
            let angle = f64::from(step) / 4_999.0 * std::f64::consts::TAU;
            (105.0 + angle.cos(), 24.0 + angle.sin())
        });
        let area = Area::new(&[circle.collect()])?;
        assert!((area.square_degrees() - std::f64::consts::PI).abs() < 1e-3);
        Ok(())
    }
}
