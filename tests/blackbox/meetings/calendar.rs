//! The calendar behind a secret address, as calendar programs read it.

use awc::http::Method;
use serde_json::{Value, json};

use super::{Stage, in_minutes};
use crate::support::{Person, Reply, TestServer, text, time};

/// The path of somebody's new address.
async fn new_address(server: &TestServer, person: &Person) -> String {
    let url = text(&person.post("/my/calendar-link", &json!({})).await.expect(200)["url"]);
    path_of(server, &url)
}

fn path_of(server: &TestServer, url: &str) -> String {
    let path = url.strip_prefix(&server.base).expect("the server's own address");
    assert!(path.starts_with("/calendar/") && path.ends_with(".ics") && path.len() == 10 + 43 + 4, "{path}");
    path.to_owned()
}

async fn read(server: &TestServer, path: &str, headers: &[(&str, &str)]) -> Reply {
    server.nobody().send(Method::GET, &format!("/{path}"), None, headers).await
}

/// The events of a calendar, each as its lines; what every reader may rely on is looked at on the way.
fn events(reply: &Reply) -> Vec<Vec<(String, String)>> {
    assert_eq!((reply.status, reply.header("Content-Type")), (200, Some("text/calendar; charset=utf-8")));
    let text = String::from_utf8(reply.bytes.clone()).unwrap();
    assert!(text.ends_with("\r\n") && !text.replace("\r\n", "").contains(['\r', '\n']));
    assert!(text.split("\r\n").all(|line| line.len() <= 75), "{text}");
    let lines: Vec<(String, String)> = text
        .replace("\r\n ", "")
        .lines()
        .map(|line| line.split_once(':').map(|(name, value)| (name.to_owned(), value.to_owned())).expect(line))
        .collect();
    assert_eq!(lines[0], ("BEGIN".to_owned(), "VCALENDAR".to_owned()));
    assert_eq!(lines.last().unwrap(), &("END".to_owned(), "VCALENDAR".to_owned()));
    for (name, count) in [("VERSION", 1), ("PRODID", 1), ("METHOD", 0)] {
        assert_eq!(lines.iter().filter(|(known, _)| known == name).count(), count, "{name}");
    }
    let mut events: Vec<Vec<(String, String)>> = Vec::new();
    let mut inside = false;
    for (name, value) in lines {
        match (name.as_str(), value.as_str()) {
            ("BEGIN", "VEVENT") => {
                inside = true;
                events.push(Vec::new());
            }
            ("END", "VEVENT") => inside = false,
            _ if inside => events.last_mut().unwrap().push((name, value)),
            _ => {}
        }
    }
    events
}

fn value<'e>(event: &'e [(String, String)], name: &str) -> &'e str {
    let mut found = event.iter().filter(|(known, _)| known == name);
    let first = found.next().unwrap_or_else(|| panic!("{name}: {event:?}"));
    assert!(found.next().is_none(), "{name} is there once");
    &first.1
}

/// `2026-11-21T06:12:07.123Z` as calendars write it.
fn stamp(time: &Value) -> String {
    text(time).split('.').next().unwrap().replace(['-', ':'], "") + "Z"
}

#[actix_rt::test]
async fn a_calendar_holds_ones_meetings_with_their_times_and_places() {
    let stage = Stage::drafted(
        &json!({ "topic": "党员大会，第四季度; 讨论\\表决", "place": "村部会议室（二楼）,东侧".repeat(8) }),
    )
    .await;
    let server = &stage.party.server;
    let (host, invited) = (new_address(server, &stage.party.host).await, new_address(server, &stage.members[3]).await);
    for path in [&host, &invited] {
        assert_eq!(events(&read(server, path, &[]).await).len(), 0, "a draft is in no calendar");
    }
    let launched = stage.host("/launch", &json!({})).await.expect(200).clone();
    let name = Stage::name(&stage.party.host).await;
    for path in [&host, &invited] {
        let found = events(&read(server, path, &[]).await);
        let event = &found[0];
        assert_eq!((found.len(), value(event, "UID")), (1, stage.id.as_str()));
        assert_eq!(value(event, "DTSTART"), stamp(&launched["starts_at"]));
        assert_eq!(value(event, "DTEND"), stamp(&launched["ends_at"]));
        assert_eq!(value(event, "SUMMARY"), "党员大会，第四季度\\; 讨论\\\\表决");
        assert_eq!(value(event, "LOCATION"), "村部会议室（二楼）\\,东侧".repeat(8));
        assert_eq!(value(event, &format!("ORGANIZER;CN=\"{name}\"")), "invalid:nomail");
        assert_eq!((value(event, "STATUS"), value(event, "CATEGORIES")), ("CONFIRMED", "党员大会"));
        assert_eq!(value(event, "URL"), format!("{}/m/meetings/{}", server.base, stage.id));
        assert_eq!(value(event, "DTSTAMP").len(), 16);
        assert!(value(event, "SEQUENCE").parse::<u32>().unwrap() > 0);
    }
    // Somebody who has nothing to do with it has an empty calendar.
    let stranger = server.resident("19900004021").await;
    assert_eq!(
        events(&read(server, &new_address(server, &stranger).await, &[]).await),
        [] as [Vec<(String, String)>; 0]
    );
}

#[actix_rt::test]
async fn a_meeting_that_is_called_off_says_so_under_the_same_name() {
    let stage = Stage::launched().await;
    let server = &stage.party.server;
    let path = new_address(server, &stage.members[3]).await;
    let before = read(server, &path, &[]).await;
    stage.host("/cancel", &json!({ "reason": "停电" })).await.expect(200);
    let tag = before.header("ETag").unwrap();
    let since = before.header("Last-Modified").unwrap();
    let after = read(server, &path, &[("If-None-Match", tag), ("If-Modified-Since", since)]).await;
    let (before, after) = (&events(&before)[0], &events(&after)[0]);
    assert_eq!(value(before, "UID"), value(after, "UID"));
    assert_eq!((value(before, "STATUS"), value(after, "STATUS")), ("CONFIRMED", "CANCELLED"));
    let sequence = |event| value(event, "SEQUENCE").parse::<u32>().unwrap();
    assert!(sequence(after) > sequence(before));
    assert!(value(after, "DESCRIPTION").ends_with("\\n已取消：停电"), "{after:?}");
}

#[actix_rt::test]
async fn what_did_not_change_is_not_sent_again() {
    let stage = Stage::launched().await;
    let server = &stage.party.server;
    let path = new_address(server, &stage.members[3]).await;
    let first = read(server, &path, &[]).await;
    let (tag, since) = (first.header("ETag").unwrap(), first.header("Last-Modified").unwrap());
    assert!(first.header("Cache-Control").unwrap().contains("private"));
    let weak = format!("\"x\", W/{tag}");
    for headers in [
        vec![("If-None-Match", tag)],
        vec![("If-None-Match", weak.as_str())],
        vec![("If-None-Match", "*")],
        vec![("If-Modified-Since", since)],
        // The tag counts for more.
        vec![("If-None-Match", tag), ("If-Modified-Since", "Thu, 01 Jan 1970 00:00:00 GMT")],
    ] {
        let again = read(server, &path, &headers).await;
        assert_eq!((again.status, again.bytes.len(), again.header("ETag")), (304, 0, Some(tag)), "{headers:?}");
    }
    for headers in [
        vec![("If-None-Match", "\"other\"")],
        vec![("If-None-Match", "garbage")],
        vec![("If-Modified-Since", "garbage")],
        vec![("If-None-Match", "\"other\""), ("If-Modified-Since", since)],
        vec![("If-Modified-Since", "Thu, 01 Jan 1970 00:00:00 GMT")],
    ] {
        assert_eq!(read(server, &path, &headers).await.status, 200, "{headers:?}");
    }
    // Programs also ask for the head alone.
    let head = server.nobody().send(Method::HEAD, &format!("/{path}"), None, &[]).await;
    assert_eq!((head.status, head.bytes.len(), head.header("ETag")), (200, 0, Some(tag)));
    // What happens in the hall changes nothing that a calendar shows; a start does.
    stage.members[5].post(&stage.path("/leave"), &json!({ "reason": "住院" })).await.expect(200);
    assert_eq!(read(server, &path, &[("If-None-Match", tag)]).await.status, 304);
    stage.host("/start", &json!({})).await.expect(200);
    assert_eq!(read(server, &path, &[("If-Modified-Since", since)]).await.status, 200);
}

#[actix_rt::test]
async fn a_secret_address_is_shown_renewed_and_ended_by_its_owner_alone() {
    let mut stage = Stage::launched().await;
    let member = stage.members[3].clone();
    let none = member.get("/my/calendar-link").await;
    assert_eq!((none.expect(200)["url"].clone(), none.header("Cache-Control")), (Value::Null, Some("no-store")));
    let first = new_address(&stage.party.server, &member).await;
    let shown = text(&member.get("/my/calendar-link").await.expect(200)["url"]);
    assert_eq!(path_of(&stage.party.server, &shown), first, "it is shown again");
    assert_eq!(stage.members[4].get("/my/calendar-link").await.expect(200)["url"], Value::Null);
    // Another time another one, also under the same key: the answer is stored nowhere.
    let renewed = member.post_once("/my/calendar-link", &json!({}), "k").await;
    let second = path_of(&stage.party.server, &text(&renewed.expect(200)["url"]));
    assert_ne!(first, second);
    let server = &stage.party.server;
    assert_eq!(read(server, &first, &[]).await.code(), "calendar.not_found");
    assert_eq!(events(&read(server, &second, &[]).await).len(), 1);
    for (path, code) in [
        ("/calendar/x.ics".to_owned(), "calendar.not_found"),
        (second.replace(".ics", ""), "request.no_such_path"),
        (second.to_lowercase(), "calendar.not_found"),
        (format!("/calendar/{}.ics", "A".repeat(43)), "calendar.not_found"),
        (format!("/calendar/{}.ics", "%00".repeat(20)), "calendar.not_found"),
    ] {
        let reply = read(server, &path, &[]).await;
        assert_eq!((reply.status, reply.code()), (404, code), "{path}");
    }
    // No copy of the database gives the address away.
    let token = second.strip_prefix("/calendar/").unwrap().strip_suffix(".ics").unwrap();
    let stored: String = server
        .sql(
            "SELECT id, token_hash, nonce FROM calendar_links UNION ALL SELECT id, body, '' FROM idempotency UNION ALL \
              SELECT action, changes, '' FROM audit WHERE action LIKE 'calendar%'",
        )
        .concat()
        .concat();
    assert!(stored.contains("calendar.link") && !stored.contains(token), "{stored}");
    // A restart changes nothing; the address is the server's, so it begins anew.
    stage.party.server.stop();
    stage.party.server.restart();
    let (server, member) = (&stage.party.server, member.at(&stage.party.server));
    assert_eq!(events(&read(server, &second, &[]).await).len(), 1);
    assert_eq!(path_of(server, &text(&member.get("/my/calendar-link").await.expect(200)["url"])), second);
    // The end is the end: the next one is another.
    for _ in 0..2 {
        member.delete("/my/calendar-link").await.expect(204);
        assert_eq!(read(server, &second, &[]).await.status, 404);
    }
    assert_eq!(member.get("/my/calendar-link").await.expect(200)["url"], Value::Null);
    let third = new_address(server, &member).await;
    assert!(third != second && third != first);
    for path in ["GET", "POST", "DELETE"] {
        let method = Method::from_bytes(path.as_bytes()).unwrap();
        let body = (path != "GET").then(|| b"{}".to_vec());
        assert_eq!(server.nobody().send(method, "/my/calendar-link", body, &[]).await.status, 401, "{path}");
    }
}

#[actix_rt::test]
async fn what_is_long_over_leaves_the_calendar_and_a_moment_has_no_end() {
    let moment = in_minutes(10);
    let mut stage = Stage::drafted(&json!({ "starts_at": moment, "ends_at": moment })).await;
    stage.host("/launch", &json!({})).await.expect(200);
    let path = new_address(&stage.party.server, &stage.members[3]).await;
    let found = events(&read(&stage.party.server, &path, &[]).await);
    assert!(found[0].iter().all(|(name, _)| name != "DTEND"), "{found:?}");
    for (days, count) in [(89, 1), (91, 0)] {
        stage.party.server.stop();
        let begin = in_minutes(-days * 24 * 60);
        let ms = time(&json!(begin)).millis();
        stage.party.server.sql(&format!(
            "UPDATE meetings SET starts_at = {ms}, ends_at = {ms}; UPDATE meeting_attendees SET starts_at = {ms};"
        ));
        stage.party.server.restart();
        assert_eq!(events(&read(&stage.party.server, &path, &[]).await).len(), count, "{days}");
    }
}
