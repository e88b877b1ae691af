//! From where a request comes, and whether it came over TLS. A proxy's word is believed only when the configuration names the
//! proxy, and only in the header that it names.

use std::future::{Ready, ready};
use std::net::{IpAddr, Ipv6Addr};

use actix_web::dev::{Payload, ServiceRequest};
use actix_web::http::header::HeaderMap;
use actix_web::{FromRequest, HttpRequest, web};
use ipnet::IpNet;
use serde::Deserialize;

use crate::error::ApiError;

/// Stands beside a connection that speaks TLS.
#[derive(Debug, Clone, Copy)]
pub struct Encrypted;

/// Addresses of proxies: one (`10.0.0.1`) or a network of them (`10.0.0.0/24`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Network(IpNet);

impl std::str::FromStr for Network {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let one = text.parse::<IpAddr>().map(|address| IpNet::from(address.to_canonical()));
        let found = one.or_else(|_| text.parse::<IpNet>());
        found.map(|network| Self(network.trunc())).map_err(|_| format!("{text:?} is no address and no network (CIDR)"))
    }
}

impl TryFrom<String> for Network {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

/// In which header proxies say whom they heard. The other one passes through them as the client wrote it, so only one counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ForwardedHeader {
    /// `X-Forwarded-For`, with `X-Forwarded-Proto`.
    #[default]
    XForwardedFor,
    /// `Forwarded` (RFC 7239).
    Forwarded,
}

/// The proxies that are believed.
#[derive(Debug, Clone, Default)]
pub struct Proxies {
    /// Where they stand.
    pub trusted: Vec<Network>,
    /// What they write.
    pub header: ForwardedHeader,
    /// Everybody comes over TLS, whatever proxies say.
    pub always_https: bool,
}

impl Proxies {
    fn trusts(&self, address: &IpAddr) -> bool {
        self.trusted.iter().any(|network| network.0.contains(address))
    }
}

/// What a request's headers say of those whom proxies heard.
#[derive(Debug, Clone, Default)]
struct Said<'a> {
    /// `X-Forwarded-For`, the nearest last.
    forwarded_for: Vec<&'a str>,
    /// `X-Forwarded-Proto`.
    proto: Option<&'a str>,
    /// `Forwarded`, likewise.
    forwarded: Vec<&'a str>,
}

impl<'a> Said<'a> {
    fn of(headers: &'a HeaderMap) -> Self {
        let all = |name: &'static str| headers.get_all(name).filter_map(|value| value.to_str().ok());
        Self {
            forwarded_for: all("x-forwarded-for").collect(),
            proto: all("x-forwarded-proto").last(),
            forwarded: all("forwarded").collect(),
        }
    }
}

/// Where a request comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Origin {
    /// Who sent it, as far as anybody who is believed knows; nothing: not even the connection says it.
    pub address: Option<IpAddr>,
    /// Whoever sent it sent it over TLS.
    pub https: bool,
}

impl Origin {
    /// Of a request as the middleware has it.
    pub fn of(request: &ServiceRequest) -> Self {
        Self::of_request(request.request())
    }

    /// Of a request as handlers have it.
    pub fn of_request(request: &HttpRequest) -> Self {
        let peer = request.peer_addr().map(|address| address.ip());
        let tls = request.conn_data::<Encrypted>().is_some();
        let Some(proxies) = request.app_data::<web::Data<Proxies>>() else { return Self { address: peer, https: tls } };
        let told = Self::told(peer, tls, proxies, || Said::of(request.headers()));
        Self { https: told.https || proxies.always_https, ..told }
    }

    /// Of a connection from `peer`; what headers say is asked for only when it is a proxy's.
    fn told<'a>(peer: Option<IpAddr>, tls: bool, proxies: &Proxies, said: impl FnOnce() -> Said<'a>) -> Self {
        let Some(peer) = peer.map(|peer| peer.to_canonical()) else { return Self { address: None, https: tls } };
        if !proxies.trusts(&peer) {
            return Self { address: Some(peer), https: tls };
        }
        let said = said();
        match proxies.header {
            ForwardedHeader::XForwardedFor => {
                let hops = said.forwarded_for.iter().rev().flat_map(|header| header.rsplit(','));
                let address = nearest_stranger(peer, hops.map(node), proxies);
                let proto = said.proto.and_then(|proto| proto.rsplit(',').next()).map(str::trim);
                Self { address: Some(address), https: proto.map_or(tls, |proto| proto.eq_ignore_ascii_case("https")) }
            }
            ForwardedHeader::Forwarded => {
                let hops = said.forwarded.iter().rev().flat_map(|header| header.rsplit(','));
                let mut https = tls;
                let hops = hops.map(|hop| {
                    if let Some(proto) = parameter(hop, "proto") {
                        https = proto.eq_ignore_ascii_case("https");
                    }
                    parameter(hop, "for").and_then(node)
                });
                let address = nearest_stranger(peer, hops, proxies);
                Self { address: Some(address), https }
            }
        }
    }

    /// The address as limits tell them apart: one household or office has 2⁶⁴ addresses of version 6, so they count as one.
    pub fn network(&self) -> Option<IpAddr> {
        self.address.map(|address| match address {
            IpAddr::V4(_) => address,
            IpAddr::V6(address) => {
                let [a, b, c, d, ..] = address.segments();
                Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).into()
            }
        })
    }
}

/// Each proxy added whom it heard, so what stands before the first stranger is that stranger's own invention.
fn nearest_stranger(peer: IpAddr, hops: impl Iterator<Item = Option<IpAddr>>, proxies: &Proxies) -> IpAddr {
    let (mut found, mut hops) = (peer, hops);
    while proxies.trusts(&found) {
        // `unknown`, a hidden name or nonsense: nobody is known beyond the proxy that wrote it.
        match hops.next().flatten() {
            Some(before) => found = before.to_canonical(),
            None => break,
        }
    }
    found
}

/// The address of a hop, which may have a port: `192.0.2.1`, `192.0.2.1:4711`, `2001:db8::1`, `"[2001:db8::1]:4711"`.
fn node(text: &str) -> Option<IpAddr> {
    let text = text.trim().trim_matches('"');
    if let Some(rest) = text.strip_prefix('[') {
        return rest.split_once(']').and_then(|(address, _)| address.parse().ok());
    }
    let without_port = text.split_once(':').map(|(address, _)| address);
    text.parse().ok().or_else(|| without_port?.parse().ok())
}

/// A parameter of a hop in `Forwarded`.
fn parameter<'a>(hop: &'a str, name: &str) -> Option<&'a str> {
    let pairs = hop.split(';').filter_map(|pair| pair.split_once('='));
    pairs
        .filter(|(known, _)| known.trim().eq_ignore_ascii_case(name))
        .map(|(_, value)| value.trim().trim_matches('"'))
        .next()
}

/// Who sent the request, as far as limits tell addresses apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RemoteAddress(String);

impl RemoteAddress {
    /// The key of limits.
    pub fn key(&self) -> &str {
        &self.0
    }
}

impl FromRequest for RemoteAddress {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let network = Origin::of_request(request).network();
        ready(Ok(Self(network.map_or_else(|| "unknown".to_owned(), |network| network.to_string()))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proxies(header: ForwardedHeader) -> Proxies {
        let trusted = ["10.0.0.1", "10.0.1.0/24", "2001:db8:ffff::/48", "::ffff:10.0.0.9"];
        Proxies { trusted: trusted.map(|network| network.parse().unwrap()).to_vec(), header, always_https: false }
    }

    fn told(peer: &str, said: Said<'_>, header: ForwardedHeader) -> (String, bool) {
        let origin = Origin::told(Some(peer.parse().unwrap()), false, &proxies(header), || said);
        (origin.network().unwrap().to_string(), origin.https)
    }

    #[test]
    fn only_a_named_proxy_is_believed_and_only_for_whom_it_heard() {
        type Case = (&'static str, &'static [&'static str], Option<&'static str>, (&'static str, bool));
        let cases: [Case; 20] = [
            ("192.0.2.7", &[], None, ("192.0.2.7", false)),
            // A stranger may say what he likes.
            ("192.0.2.7", &["198.51.100.1"], Some("https"), ("192.0.2.7", false)),
            ("192.0.2.7", &["10.0.0.1"], Some("https"), ("192.0.2.7", false)),
            ("10.0.0.2", &["198.51.100.1"], Some("https"), ("10.0.0.2", false)),
            ("10.0.0.1", &["198.51.100.1"], None, ("198.51.100.1", false)),
            ("10.0.0.1", &["198.51.100.1"], Some("https"), ("198.51.100.1", true)),
            ("10.0.0.1", &["198.51.100.1"], Some("https, http"), ("198.51.100.1", false)),
            ("10.0.0.1", &["198.51.100.1"], Some(" HTTPS "), ("198.51.100.1", true)),
            // What stands before the first stranger is his invention.
            ("10.0.0.1", &["1.1.1.1, 198.51.100.1"], None, ("198.51.100.1", false)),
            ("10.0.0.1", &["1.1.1.1", "198.51.100.1 , 10.0.1.77"], None, ("198.51.100.1", false)),
            ("10.0.1.255", &["10.0.0.1,198.51.100.1,10.0.0.1"], None, ("198.51.100.1", false)),
            ("10.0.0.1", &[], None, ("10.0.0.1", false)),
            ("10.0.0.1", &[""], None, ("10.0.0.1", false)),
            ("10.0.0.1", &["198.51.100.1, nonsense"], None, ("10.0.0.1", false)),
            ("10.0.0.1", &["10.0.1.2"], None, ("10.0.1.2", false)),
            ("10.0.0.1", &["198.51.100.1:50123"], None, ("198.51.100.1", false)),
            ("::ffff:10.0.0.1", &["2001:db8:1:2:3:4:5:6"], None, ("2001:db8:1:2::", false)),
            ("::ffff:10.0.0.9", &["::ffff:198.51.100.1"], None, ("198.51.100.1", false)),
            ("2001:db8:ffff:1::1", &["[2001:db8:1:2::9]:443"], None, ("2001:db8:1:2::", false)),
            ("2001:db8:1:2:ffff::1", &["198.51.100.1"], None, ("2001:db8:1:2::", false)),
        ];
        for (peer, forwarded_for, proto, (address, https)) in cases {
            // The header that is not the proxies' is the client's own.
            let said =
                Said { forwarded_for: forwarded_for.to_vec(), proto, forwarded: vec!["for=203.0.113.9;proto=https"] };
            let found = told(peer, said, ForwardedHeader::XForwardedFor);
            assert_eq!(found, (address.to_owned(), https), "{peer} {forwarded_for:?} {proto:?}");
        }
    }

    #[test]
    fn the_standard_header_is_believed_where_it_is_the_proxies() {
        let cases: [(&str, &[&str], (&str, bool)); 11] = [
            ("192.0.2.7", &["for=198.51.100.1;proto=https"], ("192.0.2.7", false)),
            ("10.0.0.1", &["for=198.51.100.1;proto=https;by=10.0.0.1"], ("198.51.100.1", true)),
            ("10.0.0.1", &["For=\"198.51.100.1:4711\" ; Proto=HTTPS"], ("198.51.100.1", true)),
            ("10.0.0.1", &["for=\"[2001:db8:1:2::17]:4711\""], ("2001:db8:1:2::", false)),
            // The proxy nearest to the client says how the client came.
            ("10.0.0.1", &["for=198.51.100.1;proto=https, for=10.0.1.3;proto=http"], ("198.51.100.1", true)),
            ("10.0.0.1", &["for=1.1.1.1;proto=https, for=198.51.100.1;proto=http"], ("198.51.100.1", false)),
            ("10.0.0.1", &["for=\"evil, for=198.51.100.1"], ("198.51.100.1", false)),
            ("10.0.0.1", &["for=unknown"], ("10.0.0.1", false)),
            ("10.0.0.1", &["for=198.51.100.1, for=_hidden"], ("10.0.0.1", false)),
            ("10.0.0.1", &["nonsense"], ("10.0.0.1", false)),
            ("10.0.0.1", &[], ("10.0.0.1", false)),
        ];
        for (peer, forwarded, (address, https)) in cases {
            let said = Said { forwarded_for: vec!["203.0.113.9"], proto: Some("https"), forwarded: forwarded.to_vec() };
            let found = told(peer, said, ForwardedHeader::Forwarded);
            assert_eq!(found, (address.to_owned(), https), "{peer} {forwarded:?}");
        }
    }

    #[test]
    fn what_is_no_network_names_itself() {
        for (text, shown) in [("10.0.0.7/8", "10.0.0.0/8"), (" 10.0.0.1 ", "10.0.0.1/32"), ("::1", "::1/128")] {
            assert_eq!(text.parse::<Network>().unwrap().0.to_string(), shown);
        }
        for text in ["", "10.0.0", "10.0.0.1/33", "proxy.example.cn", "10.0.0.1-9"] {
            assert!(text.parse::<Network>().unwrap_err().contains(text), "{text}");
        }
    }

    #[test]
    fn a_connection_without_address_is_nobodys() {
        let proxies = proxies(ForwardedHeader::XForwardedFor);
        let said = || Said { forwarded_for: vec!["198.51.100.1"], ..Said::default() };
        assert_eq!(Origin::told(None, true, &proxies, said), Origin { address: None, https: true });
    }
}
