//! The headers that keep browsers from mischief: of every call's answer, and of every page, in which nothing runs that is not
//! a file of the build.

use std::path::Path;

use awc::http::Method;

use crate::intake::with_ids;
use crate::support::{Reply, TestServer, media};

const PAGES: [&str; 12] = [
    "//",
    "//login",
    "//console",
    "//console/tickets",
    "//m",
    "//m/work",
    "//g/ABC",
    "//g/ABC/policies/1",
    "//screen",
    "//screen/board/1",
    "//worker.js",
    "//push-worker.js",
];

#[track_caller]
fn assert_protected(reply: &Reply, what: &str) {
    for (name, value) in [
        ("X-Content-Type-Options", "nosniff"),
        ("X-Frame-Options", "SAMEORIGIN"),
        ("Cross-Origin-Resource-Policy", "same-origin"),
    ] {
        assert_eq!(reply.header(name), Some(value), "{what}: {name}");
    }
    let policy = reply.header("Content-Security-Policy").expect(what);
    assert!(policy.contains("default-src 'none'"), "{what}: {policy}");
    assert!(!policy.contains("unsafe") && !policy.contains('*'), "{what}: {policy}");
    let permissions = reply.header("Permissions-Policy").expect(what);
    assert!(permissions.contains("camera=(self)") && permissions.contains("usb=()"), "{what}: {permissions}");
    assert!(["same-origin", "no-referrer"].contains(&reply.header("Referrer-Policy").expect(what)), "{what}");
    assert!(reply.header("X-Request-Id").is_some(), "{what}");
    assert_eq!(reply.header("Server"), None, "{what}: nobody needs to know what runs here");
    assert_eq!(reply.header("Access-Control-Allow-Origin"), None, "{what}: nobody else's pages ask here");
}

/// Nothing keeps what people are told, but their own browser what says so.
#[track_caller]
fn assert_not_kept(reply: &Reply, what: &str) {
    let caching = reply.header("Cache-Control").expect(what);
    assert!(caching == "no-store" || caching.starts_with("private"), "{what}: {caching}");
    if reply.status < 300 {
        // A table, a paper: taken away, never shown as a page of ours.
        let media_type = reply.header("Content-Type").unwrap_or_default();
        let shown = ["json", "image/", "text/event-stream", "audio/", "video/", "text/calendar"];
        let is_shown = media_type.is_empty() || shown.iter().any(|kind| media_type.contains(kind));
        let taken = reply.header("Content-Disposition").is_some_and(|text| text.starts_with("attachment"));
        assert!(is_shown || taken, "{what}: {media_type}");
        assert!(!media_type.contains("html"), "{what}: {media_type}");
    }
}

#[actix_rt::test]
async fn every_call_answers_with_them_to_everybody() {
    let server = TestServer::start();
    let document = server.nobody().send(Method::GET, "//api/v1/openapi.json", None, &[]).await;
    assert_protected(&document, "openapi.json");
    let people = [server.nobody(), server.staff("admin", 0).await, server.staff("worker", 0).await];
    let mut good = 0;
    for (path, calls) in document.body["paths"].as_object().unwrap() {
        for method in calls.as_object().unwrap().keys() {
            let what = format!("{method} {path}");
            // Those would end the caller's login, or the test.
            if path.ends_with("/logout") || path.contains("/live") {
                continue;
            }
            let asked = if path.starts_with("/api/v1") { with_ids(path) } else { format!("/{}", with_ids(path)) };
            let method: Method = method.to_uppercase().parse().unwrap();
            for person in &people {
                let body = (method != Method::GET).then(|| b"{}".to_vec());
                let reply = person.send(method.clone(), &asked, body, &[]).await;
                assert!(reply.status < 500 || reply.status == 503, "{what}: {}", reply.status);
                assert_protected(&reply, &what);
                if path.starts_with("/api/") {
                    assert_not_kept(&reply, &what);
                }
                good += usize::from(reply.status < 300);
            }
        }
    }
    assert!(good > 60, "{good} answers were good ones");
}

#[actix_rt::test]
async fn secret_addresses_are_told_to_nobody_and_files_run_nothing() {
    let server = TestServer::start();
    for path in ["//s/ABCDEF.GHJKMN", "//calendar/3q2-7w.ics"] {
        let reply = server.nobody().send(Method::GET, path, None, &[]).await;
        assert_protected(&reply, path);
        assert_eq!(reply.header("Referrer-Policy"), Some("no-referrer"), "{path}");
        assert_not_kept(&reply, path);
    }
    let worker = server.staff("worker", 0).await;
    let picture = worker.upload("a.png", "image/png", &media::picture(image::ImageFormat::Png, 8, 8)).await;
    let file = worker.get(&format!("/attachments/{}", picture.expect(201)["id"].as_str().unwrap())).await;
    assert_protected(&file, "a file");
    assert!(file.header("Content-Security-Policy").unwrap().contains("sandbox"));
    assert_eq!(file.header("Cache-Control"), Some("private, max-age=3600, immutable"));
}

#[actix_rt::test]
async fn every_page_runs_files_of_the_build_alone() {
    let server = TestServer::start();
    let host = server.base.trim_start_matches("http://");
    for path in PAGES {
        let page = server.nobody().send(Method::GET, path, None, &[]).await;
        assert_eq!(page.status, 200, "{path}");
        assert_protected(&page, path);
        let policy = page.header("Content-Security-Policy").unwrap();
        for part in ["script-src 'self';", "style-src 'self';", "base-uri 'none'", "frame-ancestors 'self'"] {
            assert!(policy.contains(part), "{path}: {policy}");
        }
        assert!(policy.ends_with(&format!("connect-src 'self' ws://{host} wss://{host}")), "{path}: {policy}");
        let html = page.header("Content-Type").unwrap().starts_with("text/html");
        assert_eq!(page.header("Cross-Origin-Opener-Policy"), html.then_some("same-origin"), "{path}");
        if html {
            assert_nothing_inline(&String::from_utf8(page.bytes).unwrap(), path);
        }
    }
    // A file of the build that is not there is not remembered as gone.
    let missing = server.nobody().send(Method::GET, "//build/assets/none.js", None, &[]).await;
    assert_eq!((missing.status, missing.header("Cache-Control")), (404, Some("no-store")));
}

#[test]
fn every_page_of_the_build_has_nothing_inline() {
    let build = Path::new(env!("CARGO_MANIFEST_DIR")).join("static/build");
    let mut pages = 0;
    for folder in std::fs::read_dir(&build).expect("npm run build") {
        let page = folder.unwrap().path().join("index.html");
        if let Ok(text) = std::fs::read_to_string(&page) {
            assert_nothing_inline(&text, &page.display().to_string());
            pages += 1;
        }
    }
    assert_eq!(pages, 4);
}

#[test]
fn what_is_inline_is_found() {
    for bad in [
        "<script>alert(1)</script>",
        "<script type=\"module\">x</script>",
        "<script src=\"https://cdn.example/x.js\"></script>",
        "<script src=\"/build/x.js\">x</script>",
        "<style>a{}</style>",
        "<p style=\"color:red\">",
        "<img src=\"/build/x.png\" onerror=\"x()\">",
        "<a href=\"javascript:x()\">",
        "<base href=\"/\">",
    ] {
        assert!(inline(bad).is_some(), "{bad}");
    }
    assert_eq!(inline("<p>on time</p><script type=\"module\" crossorigin src=\"/build/x.js\"></script>"), None);
}

#[track_caller]
fn assert_nothing_inline(html: &str, what: &str) {
    assert_eq!(inline(html), None, "{what}");
}

/// The first tag that runs, styles or leads to what is no file of ours.
fn inline(html: &str) -> Option<&str> {
    html.split('<').skip(1).find(|tag| {
        let (head, behind) = tag.split_once('>').unwrap_or((tag, ""));
        let head = head.to_lowercase();
        let name = head.split([' ', '\n', '/']).next().unwrap_or_default();
        let attributes = head.split_whitespace().skip(1);
        let mut handlers = attributes.filter(|attribute| attribute.starts_with("on") && attribute.contains('='));
        let foreign = ["javascript:", "src=\"http", "src=\"//", "src=\"data:"].iter().any(|text| head.contains(text));
        match name {
            "script" => foreign || !head.contains(" src=\"/") || !behind.trim().is_empty(),
            "style" | "base" | "iframe" | "object" | "embed" => true,
            _ => foreign || head.contains(" style=") || handlers.next().is_some(),
        }
    })
}

#[actix_rt::test]
async fn a_probe_of_methods_finds_nothing() {
    let server = TestServer::start();
    for method in ["TRACE", "OPTIONS", "BREW"] {
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        let origin = [("Origin", "https://evil.example"), ("Access-Control-Request-Method", "POST")];
        let reply: Reply = server.nobody().send(method.clone(), "/tickets", None, &origin).await;
        assert!((400..500).contains(&reply.status), "{method}: {}", reply.status);
        assert_protected(&reply, method.as_str());
        assert_eq!(reply.body["code"].as_str().unwrap_or_default().split('.').next(), Some("request"), "{method}");
    }
}
