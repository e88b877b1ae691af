//! Places on the earth: validated points, the three datums in use in China, areas of grids, and the index that
//! tells in which grid a point lies.
//!
//! Inside the system every coordinate is WGS84 ([`Point`]); what a device or a map sends is a
//! [`RawPosition`] until [`RawPosition::to_wgs84`] has made it one (domain rules §13).

mod area;
mod datum;
mod fit;
mod locator;
mod rings;

use serde::{Deserialize, Serialize};

pub use area::{Area, AreaError, MAX_VERTICES};
pub use datum::{Datum, MAX_ACCURACY_M, RawPosition};
pub use fit::{Misfit, TOLERATED_SHARE, misfits};
pub use locator::Locator;

/// The mean radius of the earth in metres (IUGG), for distances on the sphere.
const EARTH_RADIUS_M: f64 = 6_371_008.8;

/// Why a position was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PositionError {
    /// A coordinate or the accuracy is NaN or infinite.
    #[error("position is not a finite number")]
    NotFinite,
    /// Longitude outside −180..=180 or latitude outside −90..=90.
    #[error("position is out of range")]
    OutOfRange,
    /// 0°, 0°: what a device sends that has no fix, not where anybody is.
    #[error("position is 0, 0, which means that the device had no fix")]
    NullIsland,
    /// The accuracy is negative or beyond [`MAX_ACCURACY_M`].
    #[error("accuracy of the position is absurd")]
    Accuracy,
}

impl PositionError {
    /// Stable code for machines.
    pub const fn code(self) -> &'static str {
        match self {
            Self::NotFinite => "location.not_finite",
            Self::OutOfRange => "location.out_of_range",
            Self::NullIsland => "location.no_fix",
            Self::Accuracy => "location.accuracy",
        }
    }

    /// What to tell people, in Chinese.
    pub const fn message(self) -> &'static str {
        match self {
            Self::NotFinite => "位置不是有效的数字",
            Self::OutOfRange => "位置超出经纬度范围",
            Self::NullIsland => "手机没有取到位置，请打开定位后重试",
            Self::Accuracy => "定位精度无效，请重新定位",
        }
    }
}

/// A point in WGS84 degrees, always finite and in range. JSON: `{"lng": 105.1, "lat": 24.5}`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "LngLat", into = "LngLat")]
pub struct Point {
    lng: f64,
    lat: f64,
}

/// The JSON form of a [`Point`], before it is checked.
#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct LngLat {
    lng: f64,
    lat: f64,
}

impl TryFrom<LngLat> for Point {
    type Error = PositionError;

    fn try_from(raw: LngLat) -> Result<Self, PositionError> {
        Self::new(raw.lng, raw.lat)
    }
}

impl From<Point> for LngLat {
    fn from(point: Point) -> Self {
        Self { lng: point.lng, lat: point.lat }
    }
}

impl Point {
    /// A point at `lng`, `lat` in WGS84 degrees.
    ///
    /// # Errors
    /// [`PositionError::NotFinite`] or [`PositionError::OutOfRange`].
    pub fn new(lng: f64, lat: f64) -> Result<Self, PositionError> {
        if !lng.is_finite() || !lat.is_finite() {
            return Err(PositionError::NotFinite);
        }
        if lng.abs() > 180.0 || lat.abs() > 90.0 {
            return Err(PositionError::OutOfRange);
        }
        Ok(Self { lng, lat })
    }

    /// Longitude in degrees, east positive.
    pub const fn lng(self) -> f64 {
        self.lng
    }

    /// Latitude in degrees, north positive.
    pub const fn lat(self) -> f64 {
        self.lat
    }

    /// The great-circle (haversine) distance to `other` in metres. Within 0.6 % of the distance on the
    /// ellipsoid, which is far below what a phone's accuracy adds.
    pub fn distance_m(self, other: Self) -> f64 {
        let (lat_a, lat_b) = (self.lat.to_radians(), other.lat.to_radians());
        let half_lat = (lat_b - lat_a) / 2.0;
        let half_lng = (other.lng - self.lng).to_radians() / 2.0;
        let haversine = half_lat.sin().powi(2) + lat_a.cos() * lat_b.cos() * half_lng.sin().powi(2);
        // Rounding may lift antipodes a hair above 1, where the arc sine has no value.
        2.0 * EARTH_RADIUS_M * haversine.sqrt().min(1.0).asin()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_what_is_not_a_place() {
        for (lng, lat, expected) in [
            (f64::NAN, 0.0, PositionError::NotFinite),
            (0.0, f64::INFINITY, PositionError::NotFinite),
            (180.000_001, 0.0, PositionError::OutOfRange),
            (24.5, 105.1, PositionError::OutOfRange),
        ] {
            assert_eq!(Point::new(lng, lat), Err(expected), "{lng} {lat}");
        }
        assert!(Point::new(-180.0, -90.0).is_ok());
        assert!(serde_json::from_str::<Point>(r#"{"lng":190,"lat":3}"#).is_err());
    }

    #[test]
    fn is_read_and_written_as_lng_lat() -> Result<(), serde_json::Error> {
        let point: Point = serde_json::from_str(r#"{"lng":105.1,"lat":24.5}"#)?;
        assert_eq!(serde_json::to_string(&point)?, r#"{"lng":105.1,"lat":24.5}"#);
        Ok(())
    }

    #[test]
    fn distances_match_known_ones() -> Result<(), PositionError> {
        for (from, to, metres, tolerance) in [
            ((0.0, 0.0), (0.0, 0.0), 0.0, 0.0),
            // One degree of a great circle: 2πR / 360.
            ((0.0, 0.0), (1.0, 0.0), 111_195.08, 0.1),
            ((0.0, 0.0), (0.0, 1.0), 111_195.08, 0.1),
            // Half way round.
            ((0.0, 0.0), (180.0, 0.0), 20_015_114.0, 10.0),
            // Over the date line the short way.
            ((179.5, 0.0), (-179.5, 0.0), 111_195.08, 0.1),
        ] {
            let (from, to) = (Point::new(from.0, from.1)?, Point::new(to.0, to.1)?);
            assert!((from.distance_m(to) - metres).abs() <= tolerance, "{from:?} {to:?}: {}", from.distance_m(to));
            assert!((from.distance_m(to) - to.distance_m(from)).abs() < 1e-6);
        }
        Ok(())
    }
}
