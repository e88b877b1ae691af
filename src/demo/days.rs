//! When requests are sent: more by day than by night, fewer at weekends.

use chrono::{Datelike as _, Timelike as _};
use lianxin_domain::calendar_day::local_time;
use lianxin_domain::clock::Timestamp;

use super::extent::Extent;

const HOUR_MS: i64 = 60 * 60 * 1_000;
/// How busy each hour of a local day is.
const HOURS: [u32; 24] =
    [8, 5, 4, 4, 6, 12, 30, 62, 96, 112, 108, 92, 68, 60, 84, 104, 102, 90, 82, 86, 74, 50, 28, 14];
/// How busy Saturdays and Sundays are, in percent of other days.
const WEEKEND: u32 = 70;

/// The times of all requests before `now`, in their order.
pub(super) fn times(extent: &Extent, now: Timestamp) -> Vec<i64> {
    let count = i64::try_from(extent.requests).unwrap_or_default();
    let begin = now.plus_millis(-extent.history_ms);
    if !extent.lifelike {
        return (0..count).map(|index| begin.millis() + extent.history_ms * index / count).collect();
    }
    let hours: Vec<i64> = (begin.millis()..now.millis()).step_by(3_600_000).collect();
    let busy: Vec<u64> = hours.iter().map(|hour| u64::from(busy(Timestamp::from_millis(*hour)))).collect();
    let sum: u64 = busy.iter().sum();
    let mut times = Vec::with_capacity(extent.requests);
    let (mut hour, mut before) = (0, 0);
    for index in 0..extent.requests as u64 {
        // As much of all the busyness lies before it as requests do.
        let reached = sum * index / extent.requests as u64;
        while before + busy[hour] <= reached {
            before += busy[hour];
            hour += 1;
        }
        let part = i64::try_from(reached - before).unwrap_or_default() * HOUR_MS;
        times.push(hours[hour] + part / i64::try_from(busy[hour]).unwrap_or(1));
    }
    // The last hour is not over yet.
    times.retain(|at| *at < now.millis());
    times
}

fn busy(hour: Timestamp) -> u32 {
    let Some(local) = local_time(hour) else { return 1 };
    let weekend = local.weekday().num_days_from_monday() >= 5;
    // Hundreds, so that several requests of an hour have moments of their own.
    let busy = 100 * HOURS[local.hour() as usize % HOURS.len()];
    if weekend { busy * WEEKEND / 100 } else { busy }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::Scale;

    #[test]
    fn requests_come_in_order_and_by_day() {
        let now: Timestamp = "2026-11-22T08:40:00Z".parse().unwrap();
        let extent = Extent::of(Scale::County);
        let times = times(&extent, now);
        assert!(times.len() > 19_990 && times.len() <= 20_000, "{}", times.len());
        assert!(times.is_sorted() && times[times.len() - 1] < now.millis());
        assert!(times[0] >= now.millis() - extent.history_ms);
        let at_hour = |hours: std::ops::Range<u32>| {
            let hour = |at: &&i64| hours.contains(&local_time(Timestamp::from_millis(**at)).unwrap().hour());
            times.iter().filter(hour).count()
        };
        // Three hours of a morning have more than all the night.
        assert!(at_hour(9..12) > 3 * at_hour(0..6), "{} {}", at_hour(9..12), at_hour(0..6));
        let mut apart: Vec<i64> = times.windows(2).map(|pair| pair[1] - pair[0]).collect();
        apart.sort_unstable();
        assert!(apart[0] > 0, "two at once");
    }
}
