//! Addresses of other sites, as people write them.

use url::Url;

/// The address, when it is whole: one of `schemes`, `://`, and a host with a dot in it.
pub(crate) fn whole_address(text: &str, schemes: &[&str]) -> Option<Url> {
    // Parsers of addresses forgive what people would stumble over, such as `https:example.cn`.
    let (scheme, _) = text.split_once("://")?;
    let is_known = schemes.iter().any(|known| known.eq_ignore_ascii_case(scheme));
    // Credentials before the host are a way to make one site look like another.
    let is_plain = is_known && !text.contains('@');
    Url::parse(text).ok().filter(|url| is_plain && url.host_str().is_some_and(|host| host.contains('.')))
}
