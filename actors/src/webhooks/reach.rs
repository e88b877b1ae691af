//! Which machine we post to: the name is looked up once, what it leads to is checked, and that very address is connected to.
//! A name that is changed in between, or leads both outside and inside, gets nothing into the house.

use std::net::{IpAddr, SocketAddr};

use lianxin_domain::webhook::address::{AddressRule, literal};
use lianxin_domain::webhook::retry::TryError;
use url::Url;

/// The address behind `url`, if it may be posted to.
pub(super) async fn address_of(url: &Url, rule: &AddressRule) -> Result<SocketAddr, TryError> {
    let port = url.port_or_known_default().ok_or(TryError::Name)?;
    let found: Vec<SocketAddr> = match (literal(url), url.host_str()) {
        (Some(ip), _) => vec![SocketAddr::new(ip, port)],
        (None, Some(name)) => tokio::net::lookup_host((name, port)).await.map_err(|_| TryError::Name)?.collect(),
        (None, None) => Vec::new(),
    };
    choose(&found, rule)
}

/// The first of them, IPv4 before IPv6 as more networks have it; none when one of them is forbidden.
fn choose(found: &[SocketAddr], rule: &AddressRule) -> Result<SocketAddr, TryError> {
    if found.iter().any(|address| !rule.permits(address.ip())) {
        return Err(TryError::Inside);
    }
    let is_v4 = |address: &&SocketAddr| matches!(address.ip(), IpAddr::V4(_));
    found.iter().find(is_v4).or_else(|| found.first()).copied().ok_or(TryError::Name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_leads_inside_too_is_refused() {
        let rule = AddressRule::default();
        let choose = |found: &[&str]| {
            let found: Vec<SocketAddr> = found.iter().map(|address| address.parse().unwrap()).collect();
            super::choose(&found, &rule).map(|address| address.to_string())
        };
        let (v4, v6) = ("8.8.8.8:443", "[2400:3200::1]:443");
        assert_eq!(choose(&[v6, v4]).as_deref(), Ok(v4));
        assert_eq!(choose(&[v6]).as_deref(), Ok(v6));
        assert_eq!(choose(&[]), Err(TryError::Name));
        assert_eq!(choose(&[v4, "10.0.0.1:443"]), Err(TryError::Inside));
        assert_eq!(choose(&["[::1]:443"]), Err(TryError::Inside));
    }

    #[actix::test]
    async fn a_name_of_this_machine_is_inside() {
        let url = Url::parse("https://localhost:9/").unwrap();
        assert_eq!(address_of(&url, &AddressRule::default()).await, Err(TryError::Inside));
        let loopback = ["127.0.0.0/8".to_owned(), "::1".to_owned()];
        let rule = AddressRule::parse(&loopback, true).unwrap();
        assert!(address_of(&url, &rule).await.unwrap().ip().is_loopback());
        let nowhere = Url::parse("https://name.invalid/").unwrap();
        assert_eq!(address_of(&nowhere, &rule).await, Err(TryError::Name));
    }
}
