//! Where somebody has to be to sign in, and what a phone's position proves (domain.md §13).

use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::geo::{Area, Point, PositionError, RawPosition};
use crate::problem::{FieldError, Refusal};

/// A phone's own estimate of its error helps it by no more than this, in metres (domain.md §13).
const MAX_HELP_M: f64 = 100.0;
/// A position less exact than this, in metres, says nothing (domain.md §13).
const MAX_ACCURACY_M: f64 = 500.0;
/// A position less exact than this, in metres, is accepted and shown to the host.
const COARSE_M: f64 = 100.0;
/// A position older than this, in milliseconds, is accepted and shown to the host.
const STALE_MS: i64 = 120_000;
/// Version of the words with which people are asked for their position. Whoever agreed to others is asked anew: consent is
/// for one purpose, versioned and kept (个人信息保护法 第 14 条, 第 29 条; domain.md 9.1).
pub const POSITION_CONSENT: u32 = 1;
/// Radius of a circle in metres: below, no phone finds it; above, it is no place of a meeting.
pub const RADIUS_M: std::ops::RangeInclusive<f64> = 20.0..=5_000.0;

/// The place of a meeting as a region. JSON: `{"circle": {…}}` or `{"polygon": GeoJSON}`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fence {
    /// Around a point.
    Circle {
        /// The centre.
        center: Point,
        /// In metres, within [`RADIUS_M`].
        radius_m: f64,
    },
    /// A building or a village.
    Polygon(Area),
}

/// What a phone says of its position.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Fix {
    /// Where, how exactly, in which datum.
    pub position: RawPosition,
    /// When the phone found it, by the phone's own clock; nothing when it did not say.
    pub found_at: Option<Timestamp>,
    /// The phone says that the position is a made-up one.
    pub mocked: bool,
    /// Version of the words that the person agreed to before the phone was asked.
    pub consent: u32,
}

/// Something that makes a sign-in look less certain. It is shown to the host and refuses nobody: a phone may be shared,
/// and a position old, for good reasons.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Flag {
    /// Somebody else signed in to this meeting on this device.
    SecondAccountOnDevice,
    /// The same person signed in on another device before.
    SecondDevice,
    /// The position was minutes old.
    StaleFix,
    /// The phone says that the position is made up.
    MockLocation,
    /// The position is less exact than it should be.
    CoarseFix,
}

impl Flag {
    /// In words.
    pub const fn title(self) -> &'static str {
        match self {
            Self::SecondAccountOnDevice => "同一部手机为多人签到",
            Self::SecondDevice => "本人换了手机",
            Self::StaleFix => "定位不是刚取的",
            Self::MockLocation => "疑似虚拟定位",
            Self::CoarseFix => "定位精度低",
        }
    }
}

/// What a position proved. The position itself is not part of it: it is kept apart, and not for long (domain.md 9.5).
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Located {
    /// Metres from the centre of the circle; nothing for a polygon or without fence.
    pub distance_m: Option<f64>,
    /// Metres.
    pub accuracy_m: Option<f64>,
    /// What is odd about it.
    pub flags: Vec<Flag>,
    /// Version of the words that the person agreed to; nothing without a position.
    pub consent: Option<u32>,
}

/// Holds a position against the fence.
///
/// # Errors
/// `consent.outdated`, `meeting.location_required`, `.location_malformed`, `.location_too_coarse`, `.outside_fence`; the
/// claim stays usable.
pub fn locate(fence: Option<&Fence>, fix: Option<&Fix>, now: Timestamp) -> Result<Located, Refusal> {
    let Some(fix) = fix else {
        return match fence {
            None => Ok(Located::default()),
            Some(_) => Err(Refusal::rule("meeting.location_required", "本次会议要在会场签到，请允许获取位置后再试")),
        };
    };
    if fix.consent != POSITION_CONSENT {
        let words = "请先阅读并同意位置使用说明";
        return Err(FieldError::new("location.consent", "consent.outdated", words).into());
    }
    let point = fix.position.to_wgs84().map_err(malformed)?;
    let accuracy_m = fix.position.accuracy_m;
    let mut located = Located { distance_m: None, accuracy_m, flags: odd(fix, now), consent: Some(fix.consent) };
    let Some(fence) = fence else { return Ok(located) };
    if accuracy_m.is_some_and(|accuracy| accuracy > MAX_ACCURACY_M) {
        let words = "定位误差超过 500 米，请到室外或打开 Wi-Fi 后重试，也可请主持人代签";
        return Err(Refusal::rule("meeting.location_too_coarse", words));
    }
    let help_m = accuracy_m.unwrap_or(0.0).min(MAX_HELP_M);
    let (inside, distance_m) = match fence {
        Fence::Circle { center, radius_m } => {
            let distance_m = center.distance_m(point);
            (distance_m - help_m <= *radius_m, Some(distance_m))
        }
        Fence::Polygon(area) => (area.contains(point) || area.distance_m(point) <= help_m, None),
    };
    if !inside {
        let words = match distance_m {
            Some(distance_m) => format!("您距离会场约 {distance_m:.0} 米，不在签到范围内"),
            None => "您不在签到范围内".to_owned(),
        };
        return Err(Refusal::rule("meeting.outside_fence", words));
    }
    located.distance_m = distance_m;
    Ok(located)
}

fn odd(fix: &Fix, now: Timestamp) -> Vec<Flag> {
    let stale = fix.found_at.is_some_and(|found_at| now.since(found_at) > STALE_MS);
    let coarse = fix.position.accuracy_m.is_some_and(|accuracy| accuracy > COARSE_M);
    let all = [(Flag::StaleFix, stale), (Flag::MockLocation, fix.mocked), (Flag::CoarseFix, coarse)];
    all.into_iter().filter(|(_, odd)| *odd).map(|(flag, _)| flag).collect()
}

fn malformed(error: PositionError) -> Refusal {
    let field = crate::problem::FieldError::new("location", error.code(), error.message());
    Refusal { code: "meeting.location_malformed", ..field.into() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geo::Datum;

    const NOW: Timestamp = Timestamp::from_millis(1_795_241_525_000);

    fn raw(lng: f64, lat: f64, accuracy_m: f64) -> RawPosition {
        RawPosition { lng, lat, accuracy_m: Some(accuracy_m), datum: Datum::Wgs84 }
    }

    fn fix(position: RawPosition) -> Fix {
        Fix { position, found_at: Some(NOW), mocked: false, consent: POSITION_CONSENT }
    }

    /// A circle of 200 m; a degree of latitude is 111.2 km.
    fn circle() -> Fence {
        Fence::Circle { center: Point::new(105.1, 24.5).unwrap(), radius_m: 200.0 }
    }

    /// So many metres north of the centre.
    fn north(metres: f64) -> f64 {
        24.5 + metres / 111_195.08
    }

    fn code(outcome: Result<Located, Refusal>) -> &'static str {
        outcome.map_or_else(|refusal| refusal.code, |_| "accepted")
    }

    #[test]
    fn the_own_estimate_of_the_error_helps_up_to_a_hundred_metres() {
        let cases = [
            (0.0, 10.0, "accepted"),
            (199.0, 0.0, "accepted"),
            (201.0, 0.0, "meeting.outside_fence"),
            (249.0, 50.0, "accepted"),
            (251.0, 50.0, "meeting.outside_fence"),
            (299.0, 100.0, "accepted"),
            (301.0, 100.0, "meeting.outside_fence"),
            (299.0, 500.0, "accepted"),
            (301.0, 500.0, "meeting.outside_fence"),
            (0.0, 500.1, "meeting.location_too_coarse"),
        ];
        for (metres, accuracy, expected) in cases {
            let outcome = locate(Some(&circle()), Some(&fix(raw(105.1, north(metres), accuracy))), NOW);
            assert_eq!(code(outcome), expected, "{metres} m ± {accuracy} m");
        }
    }

    #[test]
    fn a_position_in_another_datum_is_the_same_place() {
        let (lng, lat) = Datum::Gcj02.from_wgs84(Point::new(105.1, 24.5).unwrap());
        let gcj = RawPosition { lng, lat, accuracy_m: Some(5.0), datum: Datum::Gcj02 };
        assert_eq!(code(locate(Some(&circle()), Some(&fix(gcj)), NOW)), "accepted");
        // Taken for the wrong one it would be some 500 m off (domain.md §13).
        let wrong = RawPosition { datum: Datum::Wgs84, ..gcj };
        assert_eq!(code(locate(Some(&circle()), Some(&fix(wrong)), NOW)), "meeting.outside_fence");
    }

    #[test]
    fn a_polygon_holds_its_inside_and_helps_at_its_edge() {
        let square = [(105.10, 24.50), (105.11, 24.50), (105.11, 24.51), (105.10, 24.51)];
        let fence = Fence::Polygon(Area::new(&[square.to_vec()]).unwrap());
        let cases = [
            (105.105, 24.505, 0.0, "accepted"),
            (105.105, 24.499_5, 10.0, "meeting.outside_fence"),
            (105.105, 24.499_5, 60.0, "accepted"),
            (105.2, 24.505, 100.0, "meeting.outside_fence"),
        ];
        for (lng, lat, accuracy, expected) in cases {
            let outcome = locate(Some(&fence), Some(&fix(raw(lng, lat, accuracy))), NOW);
            assert_eq!(code(outcome), expected, "{lng} {lat} ± {accuracy} m");
        }
    }

    #[test]
    fn what_is_odd_is_shown_and_refuses_nobody() {
        let found_at = Some(NOW.plus_millis(-120_001));
        let odd = Fix { found_at, mocked: true, ..fix(raw(105.1, 24.5, 100.1)) };
        let located = locate(Some(&circle()), Some(&odd), NOW).unwrap();
        assert_eq!(located.flags, [Flag::StaleFix, Flag::MockLocation, Flag::CoarseFix]);
        let plain = Fix { found_at: Some(NOW.plus_millis(-120_000)), ..fix(raw(105.1, 24.5, 100.0)) };
        assert_eq!(locate(Some(&circle()), Some(&plain), NOW).unwrap().flags, []);
        // A phone whose clock is ahead is not odd.
        let ahead = Fix { found_at: Some(NOW.plus_millis(600_000)), ..plain };
        assert_eq!(locate(Some(&circle()), Some(&ahead), NOW).unwrap().flags, []);
    }

    #[test]
    fn without_a_fence_nobody_needs_a_position() {
        assert_eq!(code(locate(None, None, NOW)), "accepted");
        assert_eq!(code(locate(Some(&circle()), None, NOW)), "meeting.location_required");
        assert_eq!(code(locate(None, Some(&fix(raw(0.0, 0.0, 5.0))), NOW)), "meeting.location_malformed");
        assert_eq!(code(locate(None, Some(&fix(raw(105.1, 24.5, 9_000.0))), NOW)), "accepted");
    }
}
