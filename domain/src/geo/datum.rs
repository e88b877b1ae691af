//! The three datums that phones and maps in China use, and the way between them (domain rules §13).
//!
//! One wrong datum moves a point by 400–1,400 m, further than most grids are wide. Constants and formulas are
//! those of the public `coordtransform`/`eviltransform` family; the inverses iterate to 1e-9 degrees instead
//! of taking the usual single step, which leaves 0.2–0.4 m.

use std::f64::consts::PI;

use serde::{Deserialize, Serialize};

use super::{Point, PositionError};

/// The worst accuracy in metres that still says something: a cell tower or an IP address, 100 km.
pub const MAX_ACCURACY_M: f64 = 100_000.0;

/// Nearer than this to 0°, 0° (about 0.1 m) a device had no fix.
const NULL_ISLAND_DEGREES: f64 = 1e-6;

/// Semi-major axis of the Krasovsky ellipsoid in metres.
const AXIS_M: f64 = 6_378_245.0;
/// First eccentricity of that ellipsoid, squared. Written as the source has it; `f64` rounds the last digits.
const ECCENTRICITY_SQUARED: f64 = 0.006_693_421_622_965_943;
/// The frequency of BD-09's ripple.
const BD_RIPPLE: f64 = PI * 3000.0 / 180.0;
/// What BD-09 adds to each longitude in degrees.
const BD_LNG_OFFSET: f64 = 0.0065;
/// What BD-09 adds to each latitude in degrees.
const BD_LAT_OFFSET: f64 = 0.006;

/// An inverse is done when it maps back to within this many degrees (0.1 mm).
const INVERSE_TOLERANCE: f64 = 1e-9;
/// The shift changes so slowly that 4–6 rounds do; the limit only makes the end certain.
const INVERSE_ROUNDS: usize = 30;

/// The coordinate system that a longitude and latitude are in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, Default)]
#[serde(rename_all = "lowercase")]
pub enum Datum {
    /// GPS, the browser's geolocation, 天地图 (CGCS2000 is the same within centimetres).
    #[default]
    Wgs84,
    /// Tencent and AMap maps, WeChat with `type: "gcj02"`.
    Gcj02,
    /// Baidu maps.
    Bd09,
}

impl Datum {
    /// `point` as a longitude and latitude in this datum, for showing it on that kind of map.
    pub fn from_wgs84(self, point: Point) -> (f64, f64) {
        let wgs = (point.lng(), point.lat());
        match self {
            Self::Wgs84 => wgs,
            Self::Gcj02 => wgs84_to_gcj02(wgs),
            Self::Bd09 => gcj02_to_bd09(wgs84_to_gcj02(wgs)),
        }
    }

    /// The point that is at `lng`, `lat` in this datum.
    ///
    /// # Errors
    /// [`PositionError::NotFinite`] or [`PositionError::OutOfRange`].
    pub fn to_wgs84(self, lng: f64, lat: f64) -> Result<Point, PositionError> {
        let given = Point::new(lng, lat)?;
        let (lng, lat) = match self {
            Self::Wgs84 => return Ok(given),
            Self::Gcj02 => gcj02_to_wgs84((lng, lat)),
            Self::Bd09 => gcj02_to_wgs84(bd09_to_gcj02((lng, lat))),
        };
        Point::new(lng, lat)
    }
}

/// A position as a device or a map gave it, not yet trusted.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct RawPosition {
    /// Longitude in degrees of `datum`.
    pub lng: f64,
    /// Latitude in degrees of `datum`.
    pub lat: f64,
    /// What the two are measured in; WGS84 when the sender says nothing.
    #[serde(default)]
    pub datum: Datum,
    /// Radius in metres in which the device believes to be; `None` for a point picked on a map.
    #[serde(default)]
    pub accuracy_m: Option<f64>,
}

impl RawPosition {
    /// The point in WGS84, once everything about the position has been checked.
    ///
    /// # Errors
    /// Each [`PositionError`]: not finite, out of range, 0°/0°, absurd accuracy.
    pub fn to_wgs84(&self) -> Result<Point, PositionError> {
        if let Some(accuracy) = self.accuracy_m {
            if !accuracy.is_finite() {
                return Err(PositionError::NotFinite);
            }
            if !(0.0..=MAX_ACCURACY_M).contains(&accuracy) {
                return Err(PositionError::Accuracy);
            }
        }
        if self.lng.abs() <= NULL_ISLAND_DEGREES && self.lat.abs() <= NULL_ISLAND_DEGREES {
            return Err(PositionError::NullIsland);
        }
        self.datum.to_wgs84(self.lng, self.lat)
    }
}

/// Whether the shifted datums apply: only in a rectangle around China. Outside it all three are equal here.
///
/// The test is on the given coordinates, whatever their datum, as everywhere in practice. In a strip of
/// some 600 m along the rectangle's edge, all of it sea or foreign land, the way back is therefore off.
fn is_shifted((lng, lat): (f64, f64)) -> bool {
    (72.004..=137.8347).contains(&lng) && (0.8293..=55.8271).contains(&lat)
}

fn wgs84_to_gcj02(wgs: (f64, f64)) -> (f64, f64) {
    if is_shifted(wgs) { gcj02_shifted(wgs) } else { wgs }
}

fn gcj02_to_wgs84(gcj: (f64, f64)) -> (f64, f64) {
    if is_shifted(gcj) { inverse(gcj02_shifted, gcj) } else { gcj }
}

fn gcj02_to_bd09(gcj: (f64, f64)) -> (f64, f64) {
    if is_shifted(gcj) { bd09_shifted(gcj) } else { gcj }
}

fn bd09_to_gcj02(bd: (f64, f64)) -> (f64, f64) {
    if is_shifted(bd) { inverse(bd09_shifted, bd) } else { bd }
}

/// The argument that `forward` maps to `target`, by fixed-point iteration: `forward` is nearly a translation.
fn inverse(forward: fn((f64, f64)) -> (f64, f64), target: (f64, f64)) -> (f64, f64) {
    let mut guess = target;
    for _ in 0..INVERSE_ROUNDS {
        let reached = forward(guess);
        let error = (reached.0 - target.0, reached.1 - target.1);
        guess = (guess.0 - error.0, guess.1 - error.1);
        if error.0.abs() < INVERSE_TOLERANCE && error.1.abs() < INVERSE_TOLERANCE {
            break;
        }
    }
    guess
}

/// GCJ-02 of a WGS84 coordinate without asking whether it is in China.
fn gcj02_shifted((lng, lat): (f64, f64)) -> (f64, f64) {
    let (x, y) = (lng - 105.0, lat - 35.0);
    let ripple = (20.0 * (6.0 * x * PI).sin() + 20.0 * (2.0 * x * PI).sin()) * 2.0 / 3.0;
    let lat_metres = -100.0
        + 2.0 * x
        + 3.0 * y
        + 0.2 * y * y
        + 0.1 * x * y
        + 0.2 * x.abs().sqrt()
        + ripple
        + (20.0 * (y * PI).sin() + 40.0 * (y / 3.0 * PI).sin()) * 2.0 / 3.0
        + (160.0 * (y / 12.0 * PI).sin() + 320.0 * (y / 30.0 * PI).sin()) * 2.0 / 3.0;
    let lng_metres = 300.0
        + x
        + 2.0 * y
        + 0.1 * x * x
        + 0.1 * x * y
        + 0.1 * x.abs().sqrt()
        + ripple
        + (20.0 * (x * PI).sin() + 40.0 * (x / 3.0 * PI).sin()) * 2.0 / 3.0
        + (150.0 * (x / 12.0 * PI).sin() + 300.0 * (x / 30.0 * PI).sin()) * 2.0 / 3.0;
    let lat_radians = lat.to_radians();
    let magic = 1.0 - ECCENTRICITY_SQUARED * lat_radians.sin().powi(2);
    let meridian_m = AXIS_M * (1.0 - ECCENTRICITY_SQUARED) / (magic * magic.sqrt());
    let parallel_m = AXIS_M / magic.sqrt() * lat_radians.cos();
    (lng + (lng_metres / parallel_m).to_degrees(), lat + (lat_metres / meridian_m).to_degrees())
}

/// BD-09 of a GCJ-02 coordinate without asking whether it is in China.
fn bd09_shifted((lng, lat): (f64, f64)) -> (f64, f64) {
    let radius = lng.hypot(lat) + 0.000_02 * (lat * BD_RIPPLE).sin();
    let angle = lat.atan2(lng) + 0.000_003 * (lng * BD_RIPPLE).cos();
    (radius * angle.cos() + BD_LNG_OFFSET, radius * angle.sin() + BD_LAT_OFFSET)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const TIANANMEN: (f64, f64) = (116.404, 39.915);

    fn near(left: (f64, f64), right: (f64, f64), tolerance: f64) -> bool {
        (left.0 - right.0).abs() < tolerance && (left.1 - right.1).abs() < tolerance
    }

    #[test]
    fn matches_the_published_vectors() -> Result<(), PositionError> {
        let point = Point::new(TIANANMEN.0, TIANANMEN.1)?;
        let gcj = Datum::Gcj02.from_wgs84(point);
        let bd = Datum::Bd09.from_wgs84(point);
        assert!(near(gcj, (116.410_244, 39.916_404), 1e-6), "{gcj:?}");
        assert!(near(bd, (116.416_627, 39.922_7), 1e-6), "{bd:?}");
        assert_eq!(Datum::Wgs84.from_wgs84(point), TIANANMEN);
        Ok(())
    }

    #[test]
    fn shifts_by_the_measured_distances() -> Result<(), PositionError> {
        for (place, lng, lat, gcj_m, bd_m) in
            [("Beijing", 116.404, 39.915, 555.0, 1376.0), ("Xilin", 105.09, 24.49, 437.0, 1036.0)]
        {
            let point = Point::new(lng, lat)?;
            for (datum, expected) in [(Datum::Gcj02, gcj_m), (Datum::Bd09, bd_m)] {
                let (lng, lat) = datum.from_wgs84(point);
                let metres = point.distance_m(Point::new(lng, lat)?);
                // The table gives no more than a town, and the shift changes by some metres across it.
                assert!((metres - expected).abs() < 25.0, "{place} {datum:?}: {metres}");
            }
        }
        Ok(())
    }

    #[test]
    fn leaves_the_world_outside_china_alone() -> Result<(), PositionError> {
        for (lng, lat) in [(2.35, 48.85), (139.69, 35.69), (-73.9, 40.7), (72.0, 30.0), (100.0, 0.8), (100.0, 55.9)] {
            for datum in [Datum::Gcj02, Datum::Bd09] {
                assert_eq!(datum.from_wgs84(Point::new(lng, lat)?), (lng, lat));
                assert_eq!(datum.to_wgs84(lng, lat)?, Point::new(lng, lat)?);
            }
        }
        Ok(())
    }

    #[test]
    fn refuses_positions_that_no_device_with_a_fix_sends() {
        let good = RawPosition { lng: 105.1, lat: 24.5, datum: Datum::Wgs84, accuracy_m: Some(12.0) };
        for (raw, expected) in [
            (RawPosition { lng: f64::NAN, ..good }, PositionError::NotFinite),
            (RawPosition { accuracy_m: Some(f64::NAN), ..good }, PositionError::NotFinite),
            (RawPosition { lat: 91.0, ..good }, PositionError::OutOfRange),
            (RawPosition { lng: 0.0, lat: 0.0, ..good }, PositionError::NullIsland),
            (RawPosition { lng: -1e-6, lat: 9e-7, datum: Datum::Bd09, ..good }, PositionError::NullIsland),
            (RawPosition { accuracy_m: Some(-1.0), ..good }, PositionError::Accuracy),
            (RawPosition { accuracy_m: Some(100_000.1), ..good }, PositionError::Accuracy),
        ] {
            assert_eq!(raw.to_wgs84(), Err(expected), "{raw:?}");
        }
        for raw in [
            good,
            RawPosition { accuracy_m: None, ..good },
            RawPosition { accuracy_m: Some(0.0), ..good },
            RawPosition { accuracy_m: Some(MAX_ACCURACY_M), ..good },
            // On the equator or on the prime meridian alone is a real place.
            RawPosition { lng: 0.0, lat: 51.5, ..good },
        ] {
            assert!(raw.to_wgs84().is_ok(), "{raw:?}");
        }
    }

    #[test]
    fn reads_datum_names_and_assumes_wgs84() -> Result<(), serde_json::Error> {
        let raw: RawPosition = serde_json::from_str(r#"{"lng":105.1,"lat":24.5}"#)?;
        assert_eq!((raw.datum, raw.accuracy_m), (Datum::Wgs84, None));
        for (name, datum) in [("wgs84", Datum::Wgs84), ("gcj02", Datum::Gcj02), ("bd09", Datum::Bd09)] {
            assert_eq!(serde_json::from_value::<Datum>(name.into())?, datum);
            assert_eq!(serde_json::to_value(datum)?, name);
        }
        Ok(())
    }

    proptest! {
        #[test]
        fn there_and_back_is_the_same_place(lng in 72.1..137.7_f64, lat in 0.9..55.7_f64) {
            for datum in [Datum::Wgs84, Datum::Gcj02, Datum::Bd09] {
                let (there_lng, there_lat) = datum.from_wgs84(Point::new(lng, lat)?);
                let back = datum.to_wgs84(there_lng, there_lat)?;
                prop_assert!(near((back.lng(), back.lat()), (lng, lat), 1e-8), "{datum:?} {back:?}");
            }
        }

        #[test]
        fn any_input_is_answered_without_panic(
            lng in proptest::num::f64::ANY,
            lat in proptest::num::f64::ANY,
            accuracy in proptest::option::of(proptest::num::f64::ANY),
        ) {
            for datum in [Datum::Wgs84, Datum::Gcj02, Datum::Bd09] {
                let raw = RawPosition { lng, lat, datum, accuracy_m: accuracy };
                if let Ok(point) = raw.to_wgs84() {
                    prop_assert!(point.lng().abs() <= 180.0 && point.lat().abs() <= 90.0);
                }
            }
        }
    }
}
