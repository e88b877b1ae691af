//! Webhooks (事件推送): other systems are told of tickets by a signed POST (live-api.md, interoperability).
//!
//! What is told is in [`payload`], whom we post to in [`address`], how it is signed in [`signature`], when it is tried
//! again in [`retry`]. docs/WEBHOOKS.md says the same to those who receive it.

pub mod address;
pub mod payload;
pub mod retry;
pub mod signature;

use crate::clock::Timestamp;
use crate::ids::{AccountId, GridId, WebhookId};
use crate::policy::one_line;
use crate::problem::{FieldError, Refusal};
use crate::tree::TreePath;
use crate::web_address::whole_address;

use self::address::AddressRule;
use self::signature::WebhookSecret;

/// Characters of a name.
pub const MAX_NAME: usize = 30;
/// Characters of an address.
pub const MAX_URL: usize = 500;
/// Webhooks of one tenant: each is looked at once a second.
pub const MOST_OF_A_TENANT: usize = 50;
/// So long the secret before the last one signs too.
pub const OLD_SECRET_MS: i64 = 24 * 3_600_000;
/// The kind of a delivery that only tries the way.
pub const PING: &str = "webhook.ping";
/// What a receiver can be told of, with what people call it. Left out is what is between colleagues only, and words.
pub const EVENT_KINDS: [(&str, &str); 14] = [
    ("ticket.submitted", "新诉求"),
    ("ticket.accepted", "已接单"),
    ("ticket.completed", "已办结"),
    ("ticket.returned", "被退回"),
    ("ticket.reassigned", "已改派"),
    ("ticket.escalated", "已升级"),
    ("ticket.overdue", "已超时"),
    ("ticket.due_changed", "时限调整"),
    ("ticket.paused", "暂停计时"),
    ("ticket.resumed", "恢复计时"),
    ("ticket.nudged", "被督促"),
    ("ticket.withdrawn", "已撤回"),
    ("ticket.rated", "已评价"),
    ("ticket.reopened", "重新办理"),
];

/// The kind of that name, when a receiver can be told of it.
pub fn event_kind(name: &str) -> Option<&'static str> {
    EVENT_KINDS.into_iter().map(|(kind, _)| kind).find(|kind| *kind == name)
}

/// Why the system stopped sending to one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StoppedBecause {
    /// The receiver answered 410.
    Gone,
    /// No try succeeded for as long as messages are tried.
    Unreachable,
}

impl StoppedBecause {
    /// The stored and transmitted word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Gone => "gone",
            Self::Unreachable => "unreachable",
        }
    }

    /// Reads the stored word.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Gone, Self::Unreachable].into_iter().find(|because| because.as_str() == text)
    }

    /// In words.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Gone => "接收方表示不再接收（410）",
            Self::Unreachable => "长时间推送失败",
        }
    }
}

/// What an administrator decides of a webhook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebhookPlan {
    /// 1 to 30 characters.
    pub name: String,
    /// Where to post, as a browser would write it.
    pub url: String,
    /// Of [`EVENT_KINDS`], in their order; at least one.
    pub kinds: Vec<&'static str>,
}

impl WebhookPlan {
    /// Checks what was written; everything that is wrong at once. `http` is taken when `rule` allows it; an address that is
    /// a number is checked by `rule`, a name only when it is posted to.
    ///
    /// # Errors
    /// The fields `name`, `url` and `kinds` that are wrong.
    pub fn check<S: AsRef<str>>(name: &str, url: &str, kinds: &[S], rule: &AddressRule) -> Result<Self, Refusal> {
        let mut wrong = Vec::new();
        let name = one_line("name", name, true, MAX_NAME).map_err(|error| wrong.push(error));
        let url = checked_url(url, rule).map_err(|error| wrong.push(error));
        let kinds = checked_kinds(kinds).map_err(|error| wrong.push(error));
        match (name, url, kinds) {
            (Ok(name), Ok(url), Ok(kinds)) => Ok(Self { name, url, kinds }),
            _ => Err(Refusal::fields(wrong)),
        }
    }
}

fn checked_url(text: &str, rule: &AddressRule) -> Result<String, FieldError> {
    let text = one_line("url", text, true, MAX_URL)?;
    let schemes: &[&str] = if rule.allows_http() { &["https", "http"] } else { &["https"] };
    let whole =
        whole_address(&text, schemes).filter(|url| url.fragment().is_none() && url.as_str().chars().count() <= MAX_URL);
    let Some(url) = whole else {
        return Err(FieldError::new("url", "webhook.url", "请填写以 https:// 开头的完整网址"));
    };
    if address::literal(&url).is_some_and(|ip| !rule.permits(ip)) {
        return Err(FieldError::new("url", "webhook.address", "不能推送到内部网络的地址"));
    }
    Ok(url.into())
}

fn checked_kinds<S: AsRef<str>>(kinds: &[S]) -> Result<Vec<&'static str>, FieldError> {
    let unknown = kinds.iter().position(|kind| event_kind(kind.as_ref()).is_none());
    if let Some(index) = unknown {
        return Err(FieldError::new(format!("kinds[{index}]"), "field.option", "没有这种事件"));
    }
    let chosen = EVENT_KINDS.into_iter().map(|(kind, _)| kind).filter(|kind| kinds.iter().any(|k| k.as_ref() == *kind));
    let chosen: Vec<&'static str> = chosen.collect();
    if chosen.is_empty() {
        return Err(FieldError::new("kinds", "field.required", "请至少选择一种事件"));
    }
    Ok(chosen)
}

/// A webhook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Webhook {
    /// Its id.
    pub id: WebhookId,
    /// Grows with every change.
    pub version: u32,
    /// It is told of this grid and of all below.
    pub grid_id: GridId,
    /// That grid's place.
    pub grid_path: TreePath,
    /// What was decided.
    pub plan: WebhookPlan,
    /// What signs.
    pub secret: WebhookSecret,
    /// What signed before, and until when it does so too.
    pub old_secret: Option<(WebhookSecret, Timestamp)>,
    /// Whether anything is sent.
    pub enabled: bool,
    /// Why the system itself switched it off.
    pub stopped: Option<StoppedBecause>,
    /// The number of the log that it begins behind: the head when it was made or switched on.
    pub since_seq: u64,
    /// Who made it.
    pub created_by: AccountId,
    /// When.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

impl Webhook {
    /// Whether it is to be told of an event of `kind`, number `seq`, in the grid at `place`.
    pub fn wants(&self, kind: &str, seq: u64, place: &TreePath) -> bool {
        self.enabled && seq > self.since_seq && self.grid_path.contains(place) && self.plan.kinds.contains(&kind)
    }

    /// The secrets that sign at `now`, the present one first.
    pub fn signing(&self, now: Timestamp) -> Vec<&WebhookSecret> {
        let old = self.old_secret.as_ref().filter(|(_, until)| now < *until).map(|(secret, _)| secret);
        std::iter::once(&self.secret).chain(old).collect()
    }

    /// With `secret` from `now` on; the present one signs too for a day.
    #[must_use]
    pub fn renewed(self, secret: WebhookSecret, now: Timestamp) -> Self {
        let old_secret = Some((self.secret, now.plus_millis(OLD_SECRET_MS)));
        Self { version: self.version + 1, secret, old_secret, updated_at: now, ..self }
    }

    /// Switched off by the system.
    #[must_use]
    pub fn stopped(self, because: StoppedBecause, now: Timestamp) -> Self {
        Self { version: self.version + 1, enabled: false, stopped: Some(because), updated_at: now, ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::EntityId as _;

    /// Name, address, kinds, what may be posted to, and the fields that are wrong.
    type Case<'a> = (&'a str, &'a str, &'a [&'a str], &'a AddressRule, &'a [&'a str]);

    fn hook(kinds: &[&'static str]) -> Webhook {
        let nil = uuid::Uuid::nil();
        Webhook {
            id: WebhookId::from_uuid(nil),
            version: 1,
            grid_id: GridId::from_uuid(nil),
            grid_path: TreePath::root(1).child(2),
            plan: WebhookPlan { name: "网格平台".into(), url: "https://example.cn/".into(), kinds: kinds.to_vec() },
            secret: WebhookSecret::new([7; 32]),
            old_secret: None,
            enabled: true,
            stopped: None,
            since_seq: 10,
            created_by: AccountId::from_uuid(nil),
            created_at: Timestamp::from_millis(0),
            updated_at: Timestamp::from_millis(0),
        }
    }

    #[test]
    fn it_wants_what_it_asked_for_of_its_grid_from_its_beginning_on() {
        let place = TreePath::root(1).child(2).child(3);
        let hook = hook(&["ticket.submitted"]);
        let cases = [
            ("ticket.submitted", 11, place.clone(), true),
            ("ticket.submitted", 11, hook.grid_path.clone(), true),
            ("ticket.submitted", 10, place.clone(), false),
            ("ticket.accepted", 11, place.clone(), false),
            ("ticket.submitted", 11, TreePath::root(1), false),
            ("ticket.submitted", 11, TreePath::root(2).child(2), false),
        ];
        for (kind, seq, place, wanted) in cases {
            assert_eq!(hook.wants(kind, seq, &place), wanted, "{kind} {seq} {place}");
        }
        assert!(!Webhook { enabled: false, ..hook }.wants("ticket.submitted", 11, &place));
    }

    #[test]
    fn a_renewed_secret_leaves_the_old_one_a_day() {
        let now = Timestamp::from_millis(1_000);
        let renewed = hook(&[]).renewed(WebhookSecret::new([8; 32]), now);
        assert_eq!(renewed.version, 2);
        let signing = |at: i64| renewed.signing(now.plus_millis(at)).len();
        assert_eq!([signing(0), signing(OLD_SECRET_MS - 1), signing(OLD_SECRET_MS)], [2, 2, 1]);
        assert_eq!(renewed.signing(now)[0], &WebhookSecret::new([8; 32]));
    }

    #[test]
    fn everything_that_is_wrong_is_named_at_once() {
        let outside = AddressRule::default();
        let inside = AddressRule::parse(&["127.0.0.1/32".to_owned()], true).unwrap();
        let long = format!("https://example.cn/{}", "a".repeat(MAX_URL));
        let cases: [Case<'_>; 12] = [
            ("平台", "https://example.cn/hook?a=b", &["ticket.accepted", "ticket.accepted"], &outside, &[]),
            ("平台", "HTTPS://EXAMPLE.CN", &["ticket.accepted"], &outside, &[]),
            ("平台", "http://example.cn/", &["ticket.accepted"], &outside, &["url"]),
            ("平台", "http://example.cn/", &["ticket.accepted"], &inside, &[]),
            ("平台", "http://127.0.0.1:9/", &["ticket.accepted"], &inside, &[]),
            ("平台", "https://127.0.0.1:9/", &["ticket.accepted"], &outside, &["url"]),
            ("平台", "https://[fe80::1.2.3.4]/", &["ticket.accepted"], &outside, &["url"]),
            ("平台", "https://a@example.cn/", &["ticket.accepted"], &outside, &["url"]),
            ("平台", "https://example.cn/#x", &["ticket.accepted"], &outside, &["url"]),
            ("平台", &long, &["ticket.accepted"], &outside, &["url"]),
            ("", "ftp://example.cn/", &["ticket.accepted", "meeting.x"], &outside, &["name", "url", "kinds[1]"]),
            ("两\n行", "https://example.cn/", &[], &outside, &["name", "kinds"]),
        ];
        for (name, url, kinds, rule, wrong) in cases {
            let checked = WebhookPlan::check(name, url, kinds, rule);
            let found: Vec<String> = match &checked {
                Ok(_) => Vec::new(),
                Err(refusal) => refusal.fields.iter().map(|error| error.field.clone()).collect(),
            };
            assert_eq!(found, wrong, "{url}");
        }
        let decimal = WebhookPlan::check("平台", "https://2130706433.:9/", &["ticket.rated"], &outside);
        assert_eq!(decimal.unwrap_err().fields[0].field, "url");
    }
}
