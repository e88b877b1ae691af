//! How often anybody may do something: rates that people never meet and scripts do. They go by who somebody is (the account, the
//! screen, the login, the code that was scanned), never by the address alone: a whole village may sit behind one. Only what
//! nobody is known for counts by its address, with a ceiling that a village does not reach (docs/adr/0032). Each node counts by
//! itself, in memory.

mod limiter;
mod live;

use std::net::IpAddr;

use actix_web::http::Method;
use lianxin_actors::hub::Owner;
use lianxin_domain::ids::{AccountId, GridId, ScreenId};
use lianxin_domain::problem::{Refusal, RefusalKind};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::registry::Registry;
use serde::Deserialize;

pub use self::limiter::{Allowed, Limiter, Ticks};
pub use self::live::{LiveCount, OneLive};
use crate::auth::Viewer;

/// After which who has too many live connections may try again, seconds.
const LIVE_RETRY_S: u32 = 30;

/// The numbers; each is explained in `config/default.toml`.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RateSettings {
    /// Whether anything is limited.
    pub enabled: bool,
    /// Requests by account or screen.
    pub requests: Allowed,
    /// Changes by account.
    pub writes: Allowed,
    /// Statistics, exports, imports, documents by account.
    pub heavy: Allowed,
    /// Files by account.
    pub uploads: Allowed,
    /// Requests for help by account and grid code.
    pub submissions: Allowed,
    /// Requests of which nobody is known, by address.
    pub unknown: Allowed,
    /// Live connections of a login, or of a screen.
    pub live_of_login: u32,
    /// Live connections of an account.
    pub live_of_account: u32,
}

/// What is limited; also the label of its counter and the end of its code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    /// Everything that somebody asks.
    Requests,
    /// Changes.
    Writes,
    /// What costs much to answer.
    Heavy,
    /// Files.
    Uploads,
    /// Requests for help.
    Submissions,
    /// What comes from an address and from nobody.
    Unknown,
    /// Live connections.
    Live,
}

impl Rule {
    const fn label(self) -> &'static str {
        match self {
            Self::Requests => "requests",
            Self::Writes => "writes",
            Self::Heavy => "heavy",
            Self::Uploads => "uploads",
            Self::Submissions => "submissions",
            Self::Unknown => "unknown",
            Self::Live => "live",
        }
    }

    const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Requests => ("limit.requests", "操作太频繁，请稍后再试"),
            Self::Writes => ("limit.writes", "提交太频繁，请稍后再试"),
            Self::Heavy => ("limit.heavy", "统计、导入和导出太频繁，请稍后再试"),
            Self::Uploads => ("limit.uploads", "上传太频繁，请稍后再试"),
            Self::Submissions => ("limit.submissions", "您在这个网格提交得太频繁，请稍后再试，急事请直接联系网格员"),
            Self::Unknown => ("limit.unknown", "当前网络访问过于频繁，请稍后再试"),
            Self::Live => ("limit.live", "同时打开的页面太多，请关闭一些再试"),
        }
    }
}

/// The rule beside [`Rule::Requests`] that a call falls under.
pub fn rule_of(method: &Method, path: &str) -> Option<Rule> {
    let path = path.trim_end_matches('/');
    let ends = |ends: &[&str]| ends.iter().any(|end| path.ends_with(end));
    if matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS) {
        let made = ends(&[".xlsx", ".docx", ".pdf"]) && !ends(&["/template.xlsx"]);
        return (made || ends(&["/statistics"])).then_some(Rule::Heavy);
    }
    if ends(&["/import", "/preview"]) {
        return Some(Rule::Heavy);
    }
    let file = path == "/api/v1/attachments" || (*method == Method::PUT && ends(&["/photo"]));
    Some(if file { Rule::Uploads } else { Rule::Writes })
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Who {
    Account(AccountId),
    Screen(ScreenId),
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Label {
    rule: &'static str,
}

/// All rates.
pub struct Rates {
    settings: RateSettings,
    requests: Limiter<Who>,
    writes: Limiter<Who>,
    heavy: Limiter<Who>,
    uploads: Limiter<Who>,
    submissions: Limiter<(AccountId, GridId)>,
    unknown: Limiter<Option<IpAddr>>,
    live: LiveCount,
    refused: Family<Label, Counter>,
}

impl Rates {
    /// As `settings` say, by `ticks`; `registry` shows what was refused.
    pub fn new(settings: RateSettings, ticks: &Ticks, registry: &mut Registry) -> Self {
        let refused = Family::<Label, Counter>::default();
        registry.register("requests_limited", "Requests refused because there were too many, by rule", refused.clone());
        let by_who = |allowed| Limiter::new(allowed, ticks.clone());
        Self {
            settings,
            requests: by_who(settings.requests),
            writes: by_who(settings.writes),
            heavy: by_who(settings.heavy),
            uploads: by_who(settings.uploads),
            submissions: Limiter::new(settings.submissions, ticks.clone()),
            unknown: Limiter::new(settings.unknown, ticks.clone()),
            live: LiveCount::default(),
            refused,
        }
    }

    /// Takes a request of somebody who is known.
    ///
    /// # Errors
    /// 429 when there were too many.
    pub fn known(&self, who: &Viewer, method: &Method, path: &str) -> Result<(), Refusal> {
        let who = match who {
            Viewer::Person(session) => Who::Account(session.caller.account_id),
            Viewer::Screen(screen) => Who::Screen(screen.id),
        };
        self.taken(who, method, path)
    }

    /// Takes a request of another system that has a key.
    ///
    /// # Errors
    /// 429 when there were too many.
    pub fn integration(&self, sender: AccountId, method: &Method, path: &str) -> Result<(), Refusal> {
        self.taken(Who::Account(sender), method, path)
    }

    fn taken(&self, who: Who, method: &Method, path: &str) -> Result<(), Refusal> {
        if !self.settings.enabled {
            return Ok(());
        }
        self.requests.take(&who).map_err(|wait| self.refuse(Rule::Requests, wait))?;
        let Some(rule) = rule_of(method, path) else { return Ok(()) };
        let limiter = match rule {
            Rule::Heavy => &self.heavy,
            Rule::Uploads => &self.uploads,
            _ => &self.writes,
        };
        limiter.take(&who).map_err(|wait| self.refuse(rule, wait))
    }

    /// Takes a request of nobody who is known, from an address; no address is one, too.
    ///
    /// # Errors
    /// The seconds to wait. It was not counted as refused yet: somebody may turn out to be known after all.
    pub fn unknown(&self, address: Option<IpAddr>) -> Result<(), u32> {
        if self.settings.enabled { self.unknown.take(&address) } else { Ok(()) }
    }

    /// Takes a request for help to a grid.
    ///
    /// # Errors
    /// 429 when the account sent too many to this one.
    pub fn submission(&self, account: AccountId, grid: GridId) -> Result<(), Refusal> {
        if !self.settings.enabled {
            return Ok(());
        }
        self.submissions.take(&(account, grid)).map_err(|wait| self.refuse(Rule::Submissions, wait))
    }

    /// Takes a live connection, until what it answers is dropped.
    ///
    /// # Errors
    /// 429 when there are too many.
    pub fn live(&self, owner: Owner) -> Result<OneLive, Refusal> {
        let RateSettings { enabled, live_of_login, live_of_account, .. } = self.settings;
        let (of_login, of_account) = if enabled { (live_of_login, live_of_account) } else { (u32::MAX, u32::MAX) };
        self.live.open(owner, of_login, of_account).ok_or_else(|| self.refuse(Rule::Live, LIVE_RETRY_S))
    }

    /// Counts a refusal and puts it into words.
    pub fn refuse(&self, rule: Rule, retry_after_s: u32) -> Refusal {
        self.refused.get_or_create(&Label { rule: rule.label() }).inc();
        let (code, words) = rule.words();
        Refusal::new(RefusalKind::TooOften { retry_after_s }, code, words)
    }

    /// Forgets whoever is as if he had never come; for housekeeping.
    pub fn forget(&self) {
        let Self { requests, writes, heavy, uploads, submissions, unknown, .. } = self;
        for limiter in [requests, writes, heavy, uploads] {
            limiter.forget();
        }
        submissions.forget();
        unknown.forget();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_fall_under_what_they_cost() {
        let cases = [
            ("GET", "/api/v1/tickets", None),
            ("GET", "/api/v1/grids/1/board", None),
            ("GET", "/api/v1/members/template.xlsx", None),
            ("GET", "/api/v1/members/export.xlsx", Some(Rule::Heavy)),
            ("GET", "/api/v1/tickets/statistics", Some(Rule::Heavy)),
            ("HEAD", "/api/v1/tickets/statistics.xlsx", Some(Rule::Heavy)),
            ("GET", "/api/v1/meetings/1/archive.pdf", Some(Rule::Heavy)),
            ("POST", "/api/v1/members/import", Some(Rule::Heavy)),
            ("POST", "/api/v1/service-levels/preview", Some(Rule::Heavy)),
            ("POST", "/api/v1/attachments", Some(Rule::Uploads)),
            ("PUT", "/api/v1/members/1/photo", Some(Rule::Uploads)),
            ("DELETE", "/api/v1/members/1/photo", Some(Rule::Writes)),
            ("POST", "/api/v1/tickets", Some(Rule::Writes)),
            ("PATCH", "/api/v1/me/profile", Some(Rule::Writes)),
            ("BREW", "/api/v1/me/profile", Some(Rule::Writes)),
        ];
        for (method, path, rule) in cases {
            assert_eq!(rule_of(&method.parse().unwrap(), path), rule, "{method} {path}");
        }
    }

    #[test]
    fn every_refusal_has_a_code_of_its_own_and_says_when_to_come_back() {
        let all =
            [Rule::Requests, Rule::Writes, Rule::Heavy, Rule::Uploads, Rule::Submissions, Rule::Unknown, Rule::Live];
        for rule in all {
            let (code, words) = rule.words();
            assert_eq!(code, format!("limit.{}", rule.label()));
            assert!(words.contains('请') && words.chars().count() < 40, "{words}");
        }
    }
}
