//! What a browser gives us to reach it.

use std::fmt;

use data_encoding::BASE64URL_NOPAD;
use lianxin_domain::problem::FieldError;
use p256::PublicKey;
use serde::Deserialize;
use url::Url;

use super::PushHosts;
use super::encrypt::{POINT_LENGTH, point};

/// Of an endpoint; the longest of the known services, Windows', is below half of it.
const MAX_ENDPOINT: usize = 2_048;
/// Bytes of the secret `auth`.
const SECRET_LENGTH: usize = 16;

/// A browser's subscription: where to post, and how to encrypt.
#[derive(Clone, PartialEq, Eq)]
pub struct Subscription {
    endpoint: Url,
    public_key: PublicKey,
    secret: [u8; SECRET_LENGTH],
}

/// Both forms: ours, and `PushSubscription.toJSON()` of a browser.
#[derive(Deserialize)]
struct Form {
    #[serde(default)]
    endpoint: String,
    #[serde(default)]
    p256dh: String,
    #[serde(default)]
    auth: String,
    keys: Option<FormKeys>,
}

#[derive(Deserialize)]
struct FormKeys {
    #[serde(default)]
    p256dh: String,
    #[serde(default)]
    auth: String,
}

impl Subscription {
    /// Checks what a browser sent. `hosts` decides where we are ready to post.
    ///
    /// # Errors
    /// A [`FieldError`] for each of `endpoint`, `p256dh`, `auth` that is wrong.
    pub fn parse(endpoint: &str, p256dh: &str, auth: &str, hosts: &PushHosts) -> Result<Self, Vec<FieldError>> {
        match (check_endpoint(endpoint, hosts), check_public_key(p256dh), check_secret(auth)) {
            (Ok(endpoint), Ok(public_key), Ok(secret)) => Ok(Self { endpoint, public_key, secret }),
            (endpoint, public_key, secret) => {
                Err([endpoint.err(), public_key.err(), secret.err()].into_iter().flatten().collect())
            }
        }
    }

    /// As [`parse`](Self::parse), from [`to_json`](Self::to_json) or from what `PushSubscription.toJSON()` gives.
    ///
    /// # Errors
    /// As [`parse`](Self::parse); `subscription` when the text has neither form.
    pub fn from_json(json: &str, hosts: &PushHosts) -> Result<Self, Vec<FieldError>> {
        let form: Form = serde_json::from_str(json)
            .map_err(|_| vec![FieldError::new("subscription", "field.type", "推送订阅格式有误，请重新开启通知")])?;
        let (p256dh, auth) = form.keys.map_or((form.p256dh, form.auth), |keys| (keys.p256dh, keys.auth));
        Self::parse(&form.endpoint, &p256dh, &auth, hosts)
    }

    /// The form in which it is stored and becomes the address of a message.
    pub fn to_json(&self) -> String {
        serde_json::json!({ "endpoint": self.endpoint(), "p256dh": self.p256dh(), "auth": self.auth() }).to_string()
    }

    /// Where to post, in the one spelling that the check passed.
    pub fn endpoint(&self) -> &str {
        self.endpoint.as_str()
    }

    /// The browser's public key, base64url.
    pub fn p256dh(&self) -> String {
        BASE64URL_NOPAD.encode(&point(&self.public_key))
    }

    /// The secret that browser and we share, base64url.
    pub fn auth(&self) -> String {
        BASE64URL_NOPAD.encode(&self.secret)
    }

    /// The push service's name, for logs: the rest of the endpoint is a capability.
    pub fn host(&self) -> &str {
        self.endpoint.host_str().unwrap_or_default()
    }

    /// Scheme, host and port: for whom a token is made out.
    pub(super) fn origin(&self) -> String {
        self.endpoint.origin().ascii_serialization()
    }

    pub(super) const fn public_key(&self) -> &PublicKey {
        &self.public_key
    }

    pub(super) const fn secret(&self) -> &[u8] {
        &self.secret
    }
}

/// Shows the push service only.
impl fmt::Debug for Subscription {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Subscription").field("host", &self.host()).finish_non_exhaustive()
    }
}

fn check_endpoint(endpoint: &str, hosts: &PushHosts) -> Result<Url, FieldError> {
    let error = |code, message: &str| FieldError::new("endpoint", code, message);
    if endpoint.is_empty() {
        return Err(error("field.required", "缺少推送地址"));
    }
    if endpoint.len() > MAX_ENDPOINT {
        return Err(error("field.too_long", "推送地址过长"));
    }
    // A URL parser drops or mends these in silence; no push service has them.
    if endpoint.contains(|c: char| c == '\\' || !c.is_ascii_graphic()) {
        return Err(error("field.characters", "推送地址含有无法识别的字符"));
    }
    let url = Url::parse(endpoint).map_err(|_| error("push.endpoint", "推送地址不是有效的网址"))?;
    if !matches!(url.scheme(), "https" | "http") {
        return Err(error("push.scheme", "推送地址必须以 https:// 开头"));
    }
    if !url.username().is_empty() || url.password().is_some() || url.fragment().is_some() {
        return Err(error("push.endpoint", "推送地址不能带有用户名、密码或“#”"));
    }
    if !hosts.allow(&url) {
        return Err(if url.scheme() == "http" {
            error("push.scheme", "推送地址必须以 https:// 开头")
        } else {
            error("push.host", "不支持这个浏览器的推送服务")
        });
    }
    // The client splits addresses by another parser: both have to see the same host.
    let same = url.as_str().parse::<awc::http::Uri>().is_ok_and(|uri| uri.host() == url.host_str());
    if same { Ok(url) } else { Err(error("push.endpoint", "推送地址不是有效的网址")) }
}

fn check_public_key(p256dh: &str) -> Result<PublicKey, FieldError> {
    decode("p256dh", p256dh)?
        .filter(|bytes| bytes.len() == POINT_LENGTH)
        .and_then(|bytes| PublicKey::from_sec1_bytes(&bytes).ok())
        .ok_or_else(|| FieldError::new("p256dh", "push.key", "浏览器的推送公钥有误，请重新开启通知"))
}

fn check_secret(auth: &str) -> Result<[u8; SECRET_LENGTH], FieldError> {
    decode("auth", auth)?
        .and_then(|bytes| bytes.try_into().ok())
        .ok_or_else(|| FieldError::new("auth", "push.key", "浏览器的推送密钥有误，请重新开启通知"))
}

/// Some browsers pad.
fn decode(field: &str, text: &str) -> Result<Option<Vec<u8>>, FieldError> {
    if text.is_empty() {
        return Err(FieldError::new(field, "field.required", "缺少浏览器的推送密钥"));
    }
    Ok(BASE64URL_NOPAD.decode(text.trim_end_matches('=').as_bytes()).ok())
}
