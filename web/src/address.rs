//! From where a request comes, for limits by address. A proxy's word is believed only when the configuration names it.

use std::future::{Ready, ready};
use std::net::{IpAddr, Ipv6Addr};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest, web};

use crate::error::ApiError;

/// The proxies whose `X-Forwarded-For` is believed.
#[derive(Debug, Clone, Default)]
pub struct TrustedProxies(pub Vec<IpAddr>);

/// Who sent the request, as far as limits tell addresses apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RemoteAddress(String);

impl RemoteAddress {
    /// The key of limits.
    pub fn key(&self) -> &str {
        &self.0
    }

    /// Of a connection from `peer` that says it was `forwarded` for others, the nearest last.
    fn of(peer: Option<IpAddr>, forwarded: &[&str], proxies: &TrustedProxies) -> Self {
        let Some(peer) = peer.map(|peer| peer.to_canonical()) else { return Self("unknown".to_owned()) };
        let mut found = peer;
        let mut said = forwarded.iter().rev().flat_map(|header| header.rsplit(','));
        // Each proxy added whom it heard; what stands before the first stranger is that stranger's own invention.
        while proxies.0.contains(&found) {
            match said.next().and_then(|text| text.trim().parse::<IpAddr>().ok()) {
                Some(before) => found = before.to_canonical(),
                None => break,
            }
        }
        Self(network(found))
    }
}

/// One household or office has 2⁶⁴ addresses of version 6, so they count as one.
fn network(address: IpAddr) -> String {
    match address {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).to_string()
        }
    }
}

impl FromRequest for RemoteAddress {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let peer = request.peer_addr().map(|address| address.ip());
        let headers = request.headers().get_all("X-Forwarded-For");
        let forwarded: Vec<&str> = headers.filter_map(|value| value.to_str().ok()).collect();
        let nobody = TrustedProxies::default();
        let proxies = request.app_data::<web::Data<TrustedProxies>>().map_or(&nobody, |proxies| proxies.get_ref());
        ready(Ok(Self::of(peer, &forwarded, proxies)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_named_proxy_is_believed_and_only_for_whom_it_heard() -> Result<(), std::net::AddrParseError> {
        let proxies = TrustedProxies(vec!["10.0.0.1".parse()?, "10.0.0.2".parse()?]);
        let cases: [(&str, &[&str], &str); 10] = [
            ("192.0.2.7", &[], "192.0.2.7"),
            ("192.0.2.7", &["198.51.100.1"], "192.0.2.7"),
            ("10.0.0.1", &["198.51.100.1"], "198.51.100.1"),
            ("10.0.0.1", &["1.1.1.1, 198.51.100.1"], "198.51.100.1"),
            ("10.0.0.1", &["1.1.1.1", "198.51.100.1 , 10.0.0.2"], "198.51.100.1"),
            ("10.0.0.1", &[], "10.0.0.1"),
            ("10.0.0.1", &["nonsense"], "10.0.0.1"),
            ("10.0.0.1", &["10.0.0.2"], "10.0.0.2"),
            ("::ffff:10.0.0.1", &["2001:db8:1:2:3:4:5:6"], "2001:db8:1:2::"),
            ("2001:db8:1:2:ffff::1", &[], "2001:db8:1:2::"),
        ];
        for (peer, forwarded, expected) in cases {
            let found = RemoteAddress::of(Some(peer.parse()?), forwarded, &proxies);
            assert_eq!(found.key(), expected, "{peer} {forwarded:?}");
        }
        assert_eq!(RemoteAddress::of(None, &["198.51.100.1"], &proxies).key(), "unknown");
        Ok(())
    }
}
