//! Whom we push to: an endpoint comes from a stranger's browser, and we post to it from inside the network.

use thiserror::Error;
use url::{Host, Url};

/// The push services of the browsers: Chrome and its relatives, Firefox, Edge, Safari.
const KNOWN: [&str; 6] = [
    "fcm.googleapis.com",
    "android.googleapis.com",
    "updates.push.services.mozilla.com",
    "*.notify.windows.com",
    "web.push.apple.com",
    "*.push.apple.com",
];

/// An entry that makes no sense.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{0:?} is not host, *.domain.example, or one of them with :port")]
pub struct PushHostsError(pub String);

/// The push services that we post to, by name; all others are refused.
///
/// `https` only, except for a loopback address on the list, which may be `http`: a test's own push service. An entry
/// without a port means the usual one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PushHosts(Vec<Entry>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Entry {
    host: Host,
    /// Whether names below the host are meant, instead of the host.
    below: bool,
    port: Option<u16>,
}

impl PushHosts {
    /// From entries such as `fcm.googleapis.com`, `*.push.apple.com`, `127.0.0.1:8900`.
    ///
    /// # Errors
    /// [`PushHostsError`] with the first entry that makes no sense.
    pub fn parse<S: AsRef<str>>(entries: impl IntoIterator<Item = S>) -> Result<Self, PushHostsError> {
        Self(Vec::new()).and(entries)
    }

    /// These and `entries`.
    ///
    /// # Errors
    /// As [`parse`](Self::parse).
    pub fn and<S: AsRef<str>>(mut self, entries: impl IntoIterator<Item = S>) -> Result<Self, PushHostsError> {
        for entry in entries {
            self.0.push(Entry::parse(entry.as_ref())?);
        }
        Ok(self)
    }

    pub(super) fn allow(&self, url: &Url) -> bool {
        let Some(host) = url.host().map(|host| host.to_owned()) else { return false };
        (url.scheme() == "https" || (url.scheme() == "http" && is_loopback(&host)))
            && self.0.iter().any(|entry| entry.matches(&host, url))
    }
}

/// The push services of the known browsers.
impl Default for PushHosts {
    fn default() -> Self {
        Self(KNOWN.iter().filter_map(|entry| Entry::parse(entry).ok()).collect())
    }
}

impl Entry {
    fn parse(entry: &str) -> Result<Self, PushHostsError> {
        let bad = || PushHostsError(entry.to_owned());
        let (below, rest) = entry.strip_prefix("*.").map_or((false, entry), |rest| (true, rest));
        if rest.contains(['/', '\\', '@', '?', '#', '*']) || rest.contains(char::is_whitespace) {
            return Err(bad());
        }
        let url = Url::parse(&format!("https://{rest}/")).map_err(|_| bad())?;
        let host = url.host().ok_or_else(bad)?.to_owned();
        match &host {
            // Below `com` is half of the world.
            Host::Domain(domain) if below && !domain.contains('.') => Err(bad()),
            Host::Ipv4(_) | Host::Ipv6(_) if below => Err(bad()),
            _ => Ok(Self { host, below, port: url.port() }),
        }
    }

    fn matches(&self, host: &Host, url: &Url) -> bool {
        let port = match self.port {
            Some(port) => url.port_or_known_default() == Some(port),
            None => url.port().is_none(),
        };
        port && match (&self.host, host) {
            (Host::Domain(domain), Host::Domain(name)) if self.below => {
                name.strip_suffix(domain.as_str()).is_some_and(|rest| rest.len() > 1 && rest.ends_with('.'))
            }
            (ours, theirs) => !self.below && ours == theirs,
        }
    }
}

fn is_loopback(host: &Host) -> bool {
    match host {
        Host::Domain(name) => name == "localhost",
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => address.is_loopback(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_known_service_is_an_entry() {
        assert_eq!(PushHosts::default().0.len(), KNOWN.len());
        assert_eq!(PushHosts::parse(KNOWN), Ok(PushHosts::default()));
        let more = PushHosts::default().and(["push.county.gov.cn"]).unwrap();
        assert!(more.allow(&Url::parse("https://push.county.gov.cn/x").unwrap()));
        assert!(more.allow(&Url::parse("https://fcm.googleapis.com/x").unwrap()));
    }

    #[test]
    fn entries_that_make_no_sense() {
        for bad in ["", "*", "*.com", "*.", "*.10.0.0.1", "https://a.example", "a.example/x", "u@a.example", "a b"] {
            assert_eq!(PushHosts::parse([bad]), Err(PushHostsError(bad.to_owned())), "{bad}");
        }
    }
}
