//! Whom we post to: an address comes from a form, and we post to it from inside the network. Only what lies outside is
//! posted to, and what the settings name (OWASP: server-side request forgery; IANA special-purpose registries).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use url::{Host, Url};

/// A network, such as `10.1.2.0/24` or `fd00::/8`; an address alone means itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    length: u32,
}

/// An entry that makes no sense.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a network such as 10.1.2.0/24")]
pub struct BadNetwork(pub String);

impl Network {
    /// Reads an entry.
    ///
    /// # Errors
    /// [`BadNetwork`] when it makes no sense.
    pub fn parse(text: &str) -> Result<Self, BadNetwork> {
        let bad = || BadNetwork(text.to_owned());
        let (address, length) = match text.split_once('/') {
            Some((address, length)) => (address, Some(length)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().map_err(|_| bad())?;
        let bits = if address.is_ipv4() { 32 } else { 128 };
        let length = length.map_or(Ok(bits), str::parse).map_err(|_| bad())?;
        if length <= bits { Ok(Self { address, length }) } else { Err(bad()) }
    }

    /// Whether `ip` lies in it.
    pub fn contains(&self, ip: IpAddr) -> bool {
        match (self.address, ip) {
            (IpAddr::V4(own), IpAddr::V4(ip)) => {
                let differs = own.to_bits() ^ ip.to_bits();
                differs.checked_shr(32 - self.length).unwrap_or(0) == 0
            }
            (IpAddr::V6(own), IpAddr::V6(ip)) => {
                let differs = own.to_bits() ^ ip.to_bits();
                differs.checked_shr(128 - self.length).unwrap_or(0) == 0
            }
            (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => false,
        }
    }
}

/// What may be posted to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AddressRule {
    inside: Vec<Network>,
    http: bool,
}

impl AddressRule {
    /// What lies outside, and the networks of `inside`; with `http` also without TLS.
    ///
    /// # Errors
    /// [`BadNetwork`] with the first entry that makes no sense.
    pub fn parse(inside: &[String], http: bool) -> Result<Self, BadNetwork> {
        let inside = inside.iter().map(|entry| Network::parse(entry)).collect::<Result<_, _>>()?;
        Ok(Self { inside, http })
    }

    /// Whether `http` is taken.
    pub const fn allows_http(&self) -> bool {
        self.http
    }

    /// Whether `ip` may be posted to.
    pub fn permits(&self, ip: IpAddr) -> bool {
        let ip = ip.to_canonical();
        is_outside(ip) || self.inside.iter().any(|network| network.contains(ip))
    }
}

/// The address of a URL whose host is one, and no name.
pub fn literal(url: &Url) -> Option<IpAddr> {
    match url.host()? {
        Host::Ipv4(ip) => Some(ip.into()),
        Host::Ipv6(ip) => Some(ip.into()),
        Host::Domain(_) => None,
    }
}

/// Whether everybody on the internet means the same machine by it.
pub fn is_outside(ip: IpAddr) -> bool {
    match ip.to_canonical() {
        IpAddr::V4(ip) => is_outside_v4(ip),
        IpAddr::V6(ip) => is_outside_v6(ip),
    }
}

fn is_outside_v4(ip: Ipv4Addr) -> bool {
    let [a, b, c, _] = ip.octets();
    let special = matches!(
        (a, b, c),
        // This network; private; shared (carrier NAT); loopback; link-local, where clouds answer with credentials.
        (0 | 10 | 127, ..) | (100, 64..=127, _) | (169, 254, _) | (172, 16..=31, _) | (192, 168, _)
        // Protocol assignments; documentation; 6to4 relays; benchmarks.
        | (192, 0, 0 | 2) | (192, 88, 99) | (198, 18..=19, _) | (198, 51, 100) | (203, 0, 113)
        // Multicast; reserved; broadcast.
        | (224..=255, ..)
    );
    !special
}

fn is_outside_v6(ip: Ipv6Addr) -> bool {
    let groups = ip.segments();
    let [a, b, ..] = groups;
    match (a, b) {
        // Teredo, benchmarks, ORCHID and other protocol assignments; documentation.
        (0x2001, 0..=0x01ff) | (0x2001, 0x0db8) => false,
        // 6to4 leads to the IPv4 address in it.
        (0x2002, _) => is_outside_v4(Ipv4Addr::from_bits(u32::from(b) << 16 | u32::from(groups[2]))),
        // Documentation.
        (0x3fff, 0..=0x0fff) => false,
        // NAT64, likewise.
        (0x0064, 0xff9b) if groups[2..6] == [0; 4] => {
            is_outside_v4(Ipv4Addr::from_bits(u32::from(groups[6]) << 16 | u32::from(groups[7])))
        }
        // Of the rest only 2000::/3 was ever given to anybody.
        _ => a & 0xe000 == 0x2000,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_everybody_means_alike_is_outside() {
        let cases = [
            ("8.8.8.8", true),
            ("1.1.1.1", true),
            ("114.114.114.114", true),
            ("172.15.255.255", true),
            ("172.32.0.0", true),
            ("100.63.255.255", true),
            ("100.128.0.0", true),
            ("192.0.1.1", true),
            ("223.255.255.255", true),
            ("0.0.0.0", false),
            ("0.1.2.3", false),
            ("10.0.0.1", false),
            ("100.64.0.1", false),
            ("100.127.255.255", false),
            ("127.0.0.1", false),
            ("127.255.255.254", false),
            ("169.254.169.254", false),
            ("172.16.0.1", false),
            ("172.31.255.255", false),
            ("192.0.0.8", false),
            ("192.0.2.1", false),
            ("192.88.99.1", false),
            ("192.168.1.1", false),
            ("198.18.0.1", false),
            ("198.19.255.255", false),
            ("198.51.100.1", false),
            ("203.0.113.9", false),
            ("224.0.0.1", false),
            ("239.255.255.255", false),
            ("240.0.0.1", false),
            ("255.255.255.255", false),
            ("2400:3200::1", true),
            ("2606:4700:4700::1111", true),
            ("2001:200::1", true),
            ("::", false),
            ("::1", false),
            ("::7f00:1", false),
            ("::ffff:127.0.0.1", false),
            ("::ffff:10.1.2.3", false),
            ("::ffff:8.8.8.8", true),
            ("64:ff9b::10.1.2.3", false),
            ("64:ff9b::8.8.8.8", true),
            ("64:ff9b:1::8.8.8.8", false),
            ("100::1", false),
            ("2001::1", false),
            ("2001:db8::1", false),
            ("2002:7f00:1::", false),
            ("2002:808:808::", true),
            ("3fff:fff::1", false),
            ("fc00::1", false),
            ("fd12:3456::1", false),
            ("fe80::1", false),
            ("fec0::1", false),
            ("ff02::1", false),
        ];
        for (text, outside) in cases {
            assert_eq!(is_outside(text.parse().unwrap()), outside, "{text}");
        }
    }

    #[test]
    fn what_the_settings_name_is_permitted_beside_it() {
        let rule = |inside: &[&str]| {
            let inside: Vec<String> = inside.iter().map(|entry| (*entry).to_owned()).collect();
            AddressRule::parse(&inside, false)
        };
        let named = rule(&["10.1.2.0/24", "127.0.0.1", "fd00::/8"]).unwrap();
        let cases = [
            ("10.1.2.0", true),
            ("10.1.2.255", true),
            ("10.1.3.0", false),
            ("::ffff:10.1.2.9", true),
            ("127.0.0.1", true),
            ("127.0.0.2", false),
            ("fd99::1", true),
            ("fc99::1", false),
            ("8.8.8.8", true),
        ];
        for (text, permitted) in cases {
            assert_eq!(named.permits(text.parse().unwrap()), permitted, "{text}");
        }
        let all = rule(&["0.0.0.0/0"]).unwrap();
        assert!(all.permits("10.0.0.1".parse().unwrap()) && !all.permits("::1".parse().unwrap()));
        for wrong in ["", "10.0.0.0/33", "fd00::/129", "10.0.0/8", "example.cn", "10.0.0.0/", "/8", "10.0.0.0/-1"] {
            assert_eq!(rule(&[wrong]), Err(BadNetwork(wrong.to_owned())), "{wrong}");
        }
    }

    #[test]
    fn every_way_to_write_an_address_is_seen_as_one() {
        let ip = |url: &str| literal(&Url::parse(url).unwrap()).map(|ip| ip.to_string());
        assert_eq!(ip("https://2130706433/").as_deref(), Some("127.0.0.1"));
        assert_eq!(ip("https://0x7f.1/").as_deref(), Some("127.0.0.1"));
        assert_eq!(ip("https://0177.0.0.1/").as_deref(), Some("127.0.0.1"));
        assert_eq!(ip("https://[::ffff:7f00:1]/").as_deref(), Some("::ffff:127.0.0.1"));
        assert_eq!(ip("https://example.cn/"), None);
    }
}
