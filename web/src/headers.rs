//! The headers of answers that keep browsers, and what stands between them and the server, from mischief.

use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};

/// Of every answer.
const ALWAYS: [(&str, &str); 4] = [
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "SAMEORIGIN"),
    ("cross-origin-resource-policy", "same-origin"),
    (
        "permissions-policy",
        "geolocation=(self), microphone=(self), camera=(self), display-capture=(), payment=(), usb=(), serial=(), \
         browsing-topics=()",
    ),
];
/// Of pages and of what runs in them. Nothing inline: no text of anybody's becomes a script or a style.
const PAGE: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; \
                    media-src 'self' blob:; font-src 'self'; worker-src 'self'; manifest-src 'self'; base-uri 'none'; \
                    form-action 'self'; frame-ancestors 'self'; connect-src 'self'";
/// Of everything else: whatever a browser takes it for, it loads and runs nothing of it.
const DATA: &str = "default-src 'none'; frame-ancestors 'self'; base-uri 'none'; form-action 'none'";
/// A year; of this name alone, as its neighbours may be somebody else's.
const HSTS: &str = "max-age=31536000";
/// Behind these stands what lets whoever has it in.
const SECRET: [&str; 2] = ["/calendar/", "/s/"];

/// What an answer's headers depend on.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// The path that was asked for.
    pub path: &'a str,
    /// As the client names the server.
    pub host: Option<&'a str>,
    /// The client came over TLS.
    pub https: bool,
}

/// Adds what an answer does not say itself.
pub fn protect(headers: &mut HeaderMap, status: StatusCode, asked: Asked<'_>) {
    let mut add = |name: &'static str, value: HeaderValue| {
        let name = HeaderName::from_static(name);
        if !headers.contains_key(&name) {
            headers.insert(name, value);
        }
    };
    for (name, value) in ALWAYS {
        add(name, HeaderValue::from_static(value));
    }
    let secret = is_secret(asked.path);
    add("referrer-policy", HeaderValue::from_static(if secret { "no-referrer" } else { "same-origin" }));
    // Of files of the build only good answers may be kept; of what people are told nothing.
    if secret || asked.path.starts_with("/api/") || status.is_client_error() || status.is_server_error() {
        add("cache-control", HeaderValue::from_static("no-store"));
    }
    if asked.https {
        add("strict-transport-security", HeaderValue::from_static(HSTS));
        secure_cookies(headers);
    }
    let media_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let (html, script) = (media_type.starts_with("text/html"), media_type.starts_with("text/javascript"));
    let policy = if html || script { page_policy(asked) } else { HeaderValue::from_static(DATA) };
    if !headers.contains_key(header::CONTENT_SECURITY_POLICY) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    if html {
        // No window of somebody else's gets hold of one of ours.
        headers.insert(HeaderName::from_static("cross-origin-opener-policy"), HeaderValue::from_static("same-origin"));
    }
}

/// The path as a log may have it.
pub fn logged(path: &str) -> &str {
    SECRET.into_iter().find(|start| path.starts_with(start)).unwrap_or(path)
}

fn is_secret(path: &str) -> bool {
    SECRET.into_iter().any(|start| path.starts_with(start))
}

/// With the addresses of the live channel: to older browsers, such as those inside other programs, `'self'` names no WebSocket.
fn page_policy(asked: Asked<'_>) -> HeaderValue {
    let plain = |host: &&str| {
        !host.is_empty() && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-:[]".contains(&byte))
    };
    let policy = asked.host.filter(plain).map(|host| match asked.https {
        true => format!("{PAGE} wss://{host}"),
        false => format!("{PAGE} ws://{host} wss://{host}"),
    });
    let policy = policy.and_then(|policy| HeaderValue::try_from(policy).ok());
    policy.unwrap_or_else(|| HeaderValue::from_static(PAGE))
}

/// Whoever came over TLS sends cookies over TLS alone from then on.
fn secure_cookies(headers: &mut HeaderMap) {
    let cookies: Vec<HeaderValue> = headers.remove(header::SET_COOKIE).collect();
    for cookie in cookies {
        let text = cookie.to_str().unwrap_or_default();
        let is_secure = text.split(';').any(|part| part.trim().eq_ignore_ascii_case("secure"));
        let secured = HeaderValue::try_from(format!("{text}; Secure")).ok().filter(|_| !is_secure);
        headers.append(header::SET_COOKIE, secured.unwrap_or(cookie));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(path: &str, media_type: &'static str, https: bool, host: Option<&str>) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
        headers.append(header::SET_COOKIE, HeaderValue::from_static("a=1; Path=/"));
        headers.append(header::SET_COOKIE, HeaderValue::from_static("b=2; secure"));
        protect(&mut headers, StatusCode::OK, Asked { path, host, https });
        headers
    }

    fn text<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
        headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    #[test]
    fn no_log_has_a_secret_address() {
        for (path, shown) in [
            ("/calendar/3q2-7w.ics", "/calendar/"),
            ("/s/ABCDEF.GHJKMN", "/s/"),
            ("/api/v1/calendar", "/api/v1/calendar"),
            ("/screen/board/1", "/screen/board/1"),
        ] {
            assert_eq!(logged(path), shown);
        }
    }

    #[test]
    fn pages_may_reach_the_server_and_nothing_else_and_data_nothing() {
        let page = of("/", "text/html; charset=utf-8", true, Some("a.cn:8443"));
        let policy = text(&page, "content-security-policy");
        assert!(policy.ends_with("connect-src 'self' wss://a.cn:8443"), "{policy}");
        assert!(!policy.contains("unsafe") && !policy.contains('*'), "{policy}");
        assert_eq!(text(&page, "cross-origin-opener-policy"), "same-origin");
        let plain = of("/worker.js", "text/javascript; charset=utf-8", false, Some("[::1]:80"));
        assert!(text(&plain, "content-security-policy").ends_with("'self' ws://[::1]:80 wss://[::1]:80"));
        for host in [None, Some(""), Some("a.cn; script-src *"), Some("a.cn *"), Some("a.cn,")] {
            let page = of("/", "text/html", false, host);
            assert!(text(&page, "content-security-policy").ends_with("connect-src 'self'"), "{host:?}");
        }
        assert_eq!(text(&of("/api/v1/tickets", "application/json", true, None), "content-security-policy"), DATA);
    }

    #[test]
    fn cookies_and_the_name_are_for_tls_once_somebody_came_over_it() {
        let cookies = |https| {
            let headers = of("/api/v1/auth/login", "application/json", https, None);
            assert_eq!(headers.contains_key("strict-transport-security"), https);
            let all = headers.get_all(header::SET_COOKIE).map(|value| value.to_str().unwrap().to_owned());
            all.collect::<Vec<_>>()
        };
        assert_eq!(cookies(true), ["a=1; Path=/; Secure", "b=2; secure"]);
        assert_eq!(cookies(false), ["a=1; Path=/", "b=2; secure"]);
    }

    #[test]
    fn answers_are_kept_by_nobody_unless_they_say_so() {
        let keeps = |path: &str, status, own: Option<&'static str>| {
            let mut headers = HeaderMap::new();
            if let Some(own) = own {
                headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(own));
            }
            protect(&mut headers, status, Asked { path, host: None, https: false });
            (text(&headers, "cache-control").to_owned(), text(&headers, "referrer-policy").to_owned())
        };
        let of = |caching: &str, referrer: &str| (caching.to_owned(), referrer.to_owned());
        assert_eq!(keeps("/api/v1/tickets", StatusCode::OK, None), of("no-store", "same-origin"));
        assert_eq!(keeps("/api/v1/attachments/1", StatusCode::OK, Some("private")), of("private", "same-origin"));
        assert_eq!(keeps("/build/assets/x.js", StatusCode::NOT_FOUND, None), of("no-store", "same-origin"));
        assert_eq!(keeps("/s/ABC", StatusCode::SEE_OTHER, None), of("no-store", "no-referrer"));
        assert_eq!(keeps("/calendar/x.ics", StatusCode::OK, Some("private")), of("private", "no-referrer"));
        assert_eq!(keeps("/", StatusCode::OK, None), of("", "same-origin"));
    }
}
