//! Pages of a list in the order of time, the newest first.
//!
//! A cursor is the time and the id of the last row of a page, so that a page goes on where the one before ended, whatever has
//! come since. Nobody but this file reads it.

use std::str::FromStr;

use lianxin_domain::clock::Timestamp;
use lianxin_domain::problem::FieldError;

use crate::error::ApiError;

/// Rows of a page when nobody says how many.
pub(crate) const DEFAULT_PAGE: u32 = 50;
/// Rows of a page at most.
pub(crate) const MAX_PAGE: u32 = 200;

/// Which page of rows whose ids are `K`.
pub(crate) struct Page<K> {
    limit: u32,
    /// Time and id of the last row of the page before.
    pub(crate) before: Option<(Timestamp, K)>,
}

impl<K: FromStr> Page<K> {
    /// The page that the parameters `limit` and `cursor` mean.
    pub(crate) fn of(limit: Option<u32>, cursor: Option<&str>) -> Result<Self, ApiError> {
        let before = cursor.map(|cursor| read(cursor).ok_or_else(|| refused("cursor", "cursor 不正确"))).transpose()?;
        Ok(Self { limit: page_limit(limit)?, before })
    }

    /// One row more than fits: whether there is a next page.
    pub(crate) const fn ask(&self) -> u32 {
        self.limit + 1
    }

    /// Takes off the row that does not fit; the cursor of the next page, when there is one.
    pub(crate) fn cut<T, I: ToString>(&self, found: &mut Vec<T>, key: impl Fn(&T) -> (Timestamp, I)) -> Option<String> {
        let more = found.len() > self.limit as usize;
        found.truncate(self.limit as usize);
        let (at, id) = key(found.last().filter(|_| more)?);
        Some(format!("{}:{}", at.millis(), id.to_string()))
    }
}

/// How many rows a page has.
pub(crate) fn page_limit(limit: Option<u32>) -> Result<u32, ApiError> {
    let limit = limit.unwrap_or(DEFAULT_PAGE);
    if (1..=MAX_PAGE).contains(&limit) { Ok(limit) } else { Err(refused("limit", "limit 应为 1 到 200")) }
}

/// The error of a parameter that is well formed and means nothing here; `words` in Chinese.
pub(crate) fn refused(parameter: &str, words: &str) -> ApiError {
    ApiError::Malformed {
        code: "request.malformed",
        detail: words.to_owned(),
        fields: vec![FieldError::new(parameter, "field.option", words)],
    }
}

fn read<K: FromStr>(cursor: &str) -> Option<(Timestamp, K)> {
    let (millis, id) = cursor.split_once(':').filter(|(_, id)| !id.is_empty())?;
    Some((Timestamp::from_millis(millis.parse().ok()?), id.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: Timestamp = Timestamp::from_millis(1_795_233_600_000);

    #[test]
    fn a_page_goes_on_where_the_one_before_ended() {
        let first = Page::<String>::of(Some(2), None).ok().unwrap();
        let mut found = vec!["c:3", "b", "a"];
        assert_eq!(first.ask(), 3);
        let next = first.cut(&mut found, |id| (NOON, *id));
        assert_eq!((found.len(), next.as_deref()), (2, Some("1795233600000:b")));
        let second = Page::<String>::of(Some(2), next.as_deref()).ok().unwrap();
        assert_eq!(second.before, Some((NOON, "b".to_owned())));
        assert_eq!(second.cut(&mut vec!["a"], |id| (NOON, *id)), None);
        // An id may hold the sign between.
        assert_eq!(read::<String>("5:c:3"), Some((Timestamp::from_millis(5), "c:3".to_owned())));
    }

    #[test]
    fn what_means_no_page_is_refused() {
        for cursor in ["", ":", "x", "1", "1:", "x:a", "1:b"] {
            assert!(Page::<u8>::of(None, Some(cursor)).is_err(), "{cursor}");
        }
        assert_eq!([0, 1, 200, 201].map(|limit| page_limit(Some(limit)).is_ok()), [false, true, true, false]);
    }
}
