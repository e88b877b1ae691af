//! What a call says: the pairs of its query, or of its body as a browser's form sends it. An empty one is as good as none.

use lianxin_domain::open311::Status;

use super::failure::Failure;

/// Pages of a list go no further: whoever wants older requests asks for an earlier stretch of time.
const MAX_ROWS: u32 = 10_000;
/// Requests of a page, and of a list when nobody says how many (specification, Response Volume).
const MAX_PAGE: u32 = 1_000;
/// Characters of what is named by an id or a code.
const MAX_NAMED: usize = 100;

/// The pairs, in their order.
#[derive(Debug, Default)]
pub(super) struct Parameters(Vec<(String, String)>);

/// Which requests of all that were found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Rows {
    pub(super) offset: u32,
    pub(super) limit: u32,
}

impl Parameters {
    /// Reads `name=value&name=value`.
    ///
    /// # Errors
    /// The field that holds what no database of ours can store.
    pub(super) fn read(pairs: &[u8]) -> Result<Self, Failure> {
        let pairs: Vec<(String, String)> = form_urlencoded::parse(pairs).into_owned().collect();
        match pairs.iter().find(|(name, value)| name.contains('\0') || value.contains('\0')) {
            Some((name, _)) => Err(Failure::wrong(&shown(name), "含有无法保存的字符")),
            None => Ok(Self(pairs)),
        }
    }

    /// The value of a name, trimmed; nothing when it is empty.
    ///
    /// # Errors
    /// The field when it was sent with several values.
    pub(super) fn one(&self, name: &str) -> Result<Option<&str>, Failure> {
        let mut values = self.0.iter().filter(|(found, _)| found == name).map(|(_, value)| value.trim());
        let first = values.next();
        if values.next().is_some() {
            return Err(Failure::wrong(name, "只能填写一次"));
        }
        Ok(first.filter(|value| !value.is_empty()))
    }

    /// As [`one`](Self::one), refused when there is none.
    ///
    /// # Errors
    /// The field.
    pub(super) fn required(&self, name: &str) -> Result<&str, Failure> {
        self.one(name)?.ok_or_else(|| Failure::wrong(name, "请填写"))
    }

    /// A list separated by commas; empty when it was not sent.
    ///
    /// # Errors
    /// The field when there are more than a hundred.
    pub(super) fn list(&self, name: &str) -> Result<Vec<&str>, Failure> {
        let items = self.one(name)?.unwrap_or_default().split(',').map(str::trim).filter(|item| !item.is_empty());
        let items: Vec<&str> = items.collect();
        if items.len() > MAX_NAMED { Err(Failure::wrong(name, "一次最多 100 个")) } else { Ok(items) }
    }

    /// A number.
    ///
    /// # Errors
    /// The field when it is none.
    pub(super) fn number(&self, name: &str) -> Result<Option<f64>, Failure> {
        let number = |text: &str| text.parse().ok().filter(|number: &f64| number.is_finite());
        let value = self.one(name)?;
        value.map(|text| number(text).ok_or_else(|| Failure::wrong(name, "应为十进制的度数"))).transpose()
    }

    /// What is in `attribute[code]` and `attribute[code][]`, by code in the order of their coming.
    pub(super) fn attributes(&self) -> Vec<(String, Vec<String>)> {
        let mut found: Vec<(String, Vec<String>)> = Vec::new();
        for (name, value) in self.0.iter().filter(|(_, value)| !value.trim().is_empty()) {
            let code = name.strip_prefix("attribute[").map(|rest| rest.strip_suffix("[]").unwrap_or(rest));
            let Some(code) = code.and_then(|rest| rest.strip_suffix(']')) else { continue };
            match found.iter_mut().find(|(same, _)| same == code) {
                Some((_, values)) => values.push(value.clone()),
                None => found.push((code.to_owned(), vec![value.clone()])),
            }
        }
        found
    }

    /// The statuses of `status`; both when it was not sent.
    ///
    /// # Errors
    /// The field when it names another.
    pub(super) fn statuses(&self) -> Result<Vec<Status>, Failure> {
        let words = self.list("status")?;
        if words.is_empty() {
            return Ok(vec![Status::Open, Status::Closed]);
        }
        let known = words.into_iter().map(Status::parse).collect::<Option<Vec<Status>>>();
        known.ok_or_else(|| Failure::wrong("status", "应为 open 或 closed"))
    }

    /// The page of `page`, from 1, with `page_size` rows (extensions that many servers have); the first 1000 by themselves.
    ///
    /// # Errors
    /// The field that is no such number, or a page behind the ten-thousandth row.
    pub(super) fn rows(&self) -> Result<Rows, Failure> {
        let whole = |name: &str, most: u32, none: u32| -> Result<u32, Failure> {
            let Some(text) = self.one(name)? else { return Ok(none) };
            let number = text.parse().ok().filter(|number| (1..=most).contains(number));
            number.ok_or_else(|| Failure::wrong(name, &format!("应为 1 到 {most} 的整数")))
        };
        let limit = whole("page_size", MAX_PAGE, MAX_PAGE)?;
        let page = whole("page", MAX_ROWS / limit, 1)?;
        Ok(Rows { offset: (page - 1) * limit, limit })
    }
}

/// The beginning of a name that somebody sent.
fn shown(name: &str) -> String {
    name.chars().filter(|c| !c.is_control()).take(40).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pairs: &str) -> Parameters {
        Parameters::read(pairs.as_bytes()).unwrap()
    }

    #[test]
    fn what_is_empty_was_not_sent_and_nothing_is_sent_twice() {
        let sent = read("lat=+23.5+&long=&phone=1&phone=1&service_code=a,,+b&q=%E8%B7%AF&n=NaN");
        assert_eq!(
            (sent.one("lat").unwrap(), sent.one("long").unwrap(), sent.one("x").unwrap()),
            (Some("23.5"), None, None)
        );
        assert_eq!((sent.number("lat").unwrap(), sent.one("q").unwrap()), (Some(23.5), Some("路")));
        assert_eq!(sent.list("service_code").unwrap(), ["a", "b"]);
        assert!(sent.one("phone").is_err() && sent.number("q").is_err() && sent.number("n").is_err());
        assert!(sent.required("long").is_err());
        assert!(Parameters::read(b"description=a%00b").is_err());
        let many = ["a"; 101].join(",");
        assert!(read(&format!("service_code={many}")).list("service_code").is_err());
    }

    #[test]
    fn attributes_come_with_all_their_values() {
        let sent = read(
            "attribute[risks][]=a&attribute%5Bplace%5D=x&attribute[risks][]=b&attribute[none]=&attribute=1&x[y]=2",
        );
        let all = [("risks", vec!["a", "b"]), ("place", vec!["x"])];
        let all =
            all.map(|(code, values)| (code.to_owned(), values.into_iter().map(str::to_owned).collect::<Vec<_>>()));
        assert_eq!(sent.attributes(), all);
    }

    #[test]
    fn pages_have_their_limits() {
        let rows = |pairs: &str| read(pairs).rows().ok().map(|rows| (rows.offset, rows.limit));
        let table = [
            ("", Some((0, 1_000))),
            ("page=3&page_size=50", Some((100, 50))),
            ("page=10", Some((9_000, 1_000))),
            ("page_size=1000", Some((0, 1_000))),
            ("page=11", None),
            ("page=0", None),
            ("page=x", None),
            ("page=-1", None),
            ("page_size=1001", None),
            ("page_size=0", None),
            ("page=1e3", None),
            ("page=99999999999", None),
        ];
        for (pairs, expected) in table {
            assert_eq!(rows(pairs), expected, "{pairs}");
        }
    }

    #[test]
    fn both_statuses_unless_one_is_asked_for() {
        assert_eq!(read("").statuses().unwrap().len(), 2);
        assert_eq!(read("status=closed").statuses().unwrap(), [Status::Closed]);
        assert_eq!(read("status=closed,open").statuses().unwrap(), [Status::Closed, Status::Open]);
        assert!(read("status=closed,done").statuses().is_err());
    }
}
