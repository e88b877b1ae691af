//! What people do in the room beside signing in: joining from afar, raising hands, writing notes; and their pictures.

use std::path::Path;

use awc::http::Method;
use image::ImageFormat;
use serde_json::{Value, json};

use super::{Phone, Stage};
use crate::screens::Screen;
use crate::support::media::picture;
use crate::support::{Live, Person, Reply, text};

impl Stage {
    /// A meeting in the room and by video.
    async fn hybrid() -> Self {
        let stage = Self::drafted(&json!({ "mode": "hybrid" })).await;
        stage.host("/launch", &json!({})).await.expect(200);
        stage
    }

    async fn join(&self, who: &Person) -> Reply {
        who.post(&self.path("/sign-in/online"), &json!({})).await
    }

    async fn hand(&self, who: &Person, body: &Value) -> Reply {
        who.post(&self.path("/hand"), body).await
    }
}

#[actix_rt::test]
async fn whoever_joins_by_video_is_there_and_shown_as_online() {
    let onsite = Stage::launched().await;
    assert_eq!(onsite.join(&onsite.members[1]).await.code(), "meeting.not_online");
    let stage = Stage::hybrid().await;
    let stranger = stage.party.server.resident("19900004041").await;
    assert_eq!(stage.join(&stranger).await.code(), "meeting.not_found");
    let joined = stage.join(&stage.members[1]).await;
    assert_eq!((&joined.expect(200)["status"], &joined.body["evidence"]["grade"]), (&json!("online"), &json!("fair")));
    assert!(joined.header("Set-Cookie").is_some_and(|cookie| cookie.starts_with("lianxin_device=")));
    // Twice is once; and the same phone in another hand is seen.
    let cookie = joined.header("Set-Cookie").unwrap().split(';').next().unwrap().to_owned();
    assert_eq!(stage.join(&stage.members[1]).await.expect(200)["number"], json!(1));
    let other = stage.members[2]
        .send(Method::POST, &stage.path("/sign-in/online"), Some(b"{}".to_vec()), &[("Cookie", &cookie)])
        .await;
    assert_eq!(other.expect(200)["evidence"]["flags"], json!(["second_account_on_device"]));
    let figures = stage.party.host.get(&stage.path("/roster")).await.expect(200)["figures"].clone();
    assert_eq!((&figures["online"], &figures["present"]), (&json!(2), &json!(2)));
    let name = Stage::name(&stage.members[1]).await;
    assert_eq!(stage.attendee(&name).await["presence"][0]["way"], json!("online"));
    // Who comes to the room is no less there.
    let phone = Phone::new(&stage).await;
    assert_eq!(stage.arrive(&stage.members[3], &phone).await.expect(200)["status"], json!("on_time"));
    stage.host("/start", &json!({})).await.expect(200);
    stage.host("/end", &json!({})).await.expect(200);
    assert_eq!(stage.join(&stage.members[4]).await.code(), "meeting.sign_in_closed");
}

#[actix_rt::test]
async fn raised_hands_are_seen_at_the_desk_and_whom_the_host_calls_on_by_all() {
    let stage = Stage::hybrid().await;
    let topic = format!("meeting:{}", stage.id);
    let (member, other) = (&stage.members[1], &stage.members[2]);
    stage.join(member).await.expect(200);
    let up = json!({ "raised": true });
    assert_eq!(stage.hand(member, &up).await.code(), "meeting.not_running");
    stage.host("/start", &json!({})).await.expect(200);
    assert_eq!(stage.hand(other, &up).await.code(), "meeting.not_present");
    let mut desk = Live::open(&stage.party.host).await;
    desk.subscribe(&topic, None).await;
    let mut phone = Live::open(member).await;
    phone.subscribe(&topic, None).await;
    let mut elsewhere = Live::open(other).await;
    elsewhere.subscribe(&topic, None).await;
    let raised = stage.hand(member, &up).await;
    assert!(raised.expect(200)["own"]["hand_raised_at"].is_string());
    let told = desk.event("meeting.hand_raised").await;
    let (id, name) = (text(&told["data"]["member_id"]), Stage::name(member).await);
    assert_eq!(told["data"]["name"], json!(name));
    assert!(stage.attendee(&name).await["hand_raised_at"].is_string());
    let figures = stage.party.host.get(&stage.path("/roster")).await.expect(200)["figures"].clone();
    assert_eq!(figures["hands"], json!(1));
    // Nobody raises or lowers another's hand but the host, who calls on that person.
    assert_eq!(stage.hand(other, &json!({ "raised": true, "member_id": id })).await.fields(), ["member_id"]);
    assert_eq!(stage.hand(other, &json!({ "raised": false, "member_id": id })).await.code(), "meeting.not_manager");
    let called = stage.hand(&stage.party.host, &json!({ "raised": false, "member_id": id })).await;
    called.expect(200);
    for live in [&mut phone, &mut elsewhere] {
        let heard = live.event("meeting.hand_lowered").await;
        assert_eq!((&heard["data"]["member_id"], &heard["data"]["name"]), (&json!(id), &json!(name)));
    }
    assert_eq!(stage.attendee(&name).await["hand_raised_at"], Value::Null);
    let stranger = stage.party.server.resident("19900004042").await;
    assert_eq!(stage.hand(&stranger, &up).await.code(), "meeting.not_found");
    // What is up at the end is down after it.
    stage.hand(member, &up).await.expect(200);
    stage.host("/end", &json!({})).await.expect(200);
    assert_eq!(stage.attendee(&name).await["hand_raised_at"], Value::Null);
    let figures = stage.party.host.get(&stage.path("/roster")).await.expect(200)["figures"].clone();
    assert_eq!(figures["hands"], json!(0));
}

#[actix_rt::test]
async fn notes_are_for_their_writer_alone_and_are_not_written_over() {
    let stage = Stage::launched().await;
    let (member, notes) = (&stage.members[1], stage.path("/notes"));
    let none = member.get(&notes).await;
    assert_eq!(*none.expect(200), json!({ "text": "", "version": 0, "updated_at": null }));
    assert_eq!(none.header("Cache-Control"), Some("no-store"));
    let write =
        async |text: &str, version: u32| member.post(&notes, &json!({ "text": text, "version": version })).await;
    assert_eq!(write("水渠要修", 0).await.expect(200)["version"], json!(1));
    // From the other phone, which had not seen that.
    assert_eq!(write("路要修", 0).await.code(), "notes.changed");
    assert_eq!(write("水渠要修，路要修", 1).await.expect(200)["version"], json!(2));
    let read = member.get(&notes).await;
    assert_eq!((&read.expect(200)["text"], &read.body["version"]), (&json!("水渠要修，路要修"), &json!(2)));
    // Of two at once one is told.
    let (a, b) = futures_util::future::join(write("甲", 2), write("乙", 2)).await;
    let mut statuses = [a.status, b.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 409]);
    // Neither the host nor whoever looks over it reads them, and they stand nowhere in clear.
    for other in [&stage.party.host, &stage.party.supervisor, &stage.members[2]] {
        assert_eq!(other.get(&notes).await.expect(200)["text"], json!(""));
    }
    let stranger = stage.party.server.resident("19900004043").await;
    assert_eq!(stranger.get(&notes).await.code(), "meeting.not_found");
    assert_eq!(stranger.post(&notes, &json!({ "text": "x", "version": 0 })).await.code(), "meeting.not_found");
    let everything = "SELECT data FROM events UNION ALL SELECT body FROM idempotency UNION ALL \
                      SELECT changes FROM audit UNION ALL SELECT body_sealed FROM meeting_notes;";
    let held = stage.party.server.sql(everything);
    assert!(!held.is_empty() && held.iter().all(|row| !row[0].contains("水渠")), "in clear");
    assert_eq!(write(&"字".repeat(10_001), 3).await.fields(), ["text"]);
}

fn files_in(folder: &Path) -> usize {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.map(|path| if path.is_dir() { files_in(&path) } else { 1 }).sum()
}

/// Sets somebody's picture.
async fn set_photo(by: &Person, member_id: &str) -> Reply {
    let content = picture(ImageFormat::Png, 90, 60);
    by.send_file(Method::PUT, &format!("/members/{member_id}/photo"), "me.png", "image/png", &content).await
}

#[actix_rt::test]
async fn a_members_picture_is_on_the_wall_and_gone_when_it_is_taken_away() {
    let stage = Stage::drafted(&json!({})).await;
    let member = &stage.members[1];
    let own = text(&member.get("/auth/me").await.expect(200)["membership"]["member_id"]);
    let photo_path = format!("/members/{own}/photo");
    assert_eq!(member.get(&photo_path).await.code(), "photo.not_found");
    assert_eq!(set_photo(&stage.members[2], &own).await.code(), "member.not_permitted");
    let set = set_photo(member, &own).await;
    let photo = text(&set.expect(200)["photo"]);
    let shown = member.get(&photo_path).await;
    let image = image::load_from_memory(&shown.bytes).unwrap();
    assert_eq!((shown.status, image.width(), image.height()), (200, 320, 320));
    assert_eq!(shown.header("Content-Type"), Some("image/jpeg"));
    assert_eq!(member.get(&format!("/members/{own}")).await.expect(200)["photo"], json!(photo));
    // It is nobody's upload, and nobody reads it by its id.
    assert_eq!(member.get(&format!("/attachments/{photo}")).await.code(), "attachment.not_found");

    stage.host("/launch", &json!({})).await.expect(200);
    let screen = Screen::paired(&stage.party.server, &stage.party.host, &format!("meeting:{}", stage.id)).await;
    let mut wall = Live::open(&screen.who).await;
    wall.subscribe(&format!("meeting:{}", stage.id), None).await;
    let phone = Phone::new(&stage).await;
    stage.arrive(member, &phone).await.expect(200);
    assert_eq!(wall.event("meeting.signed_in").await["data"]["photo"], json!(photo));
    let on_the_wall = stage.path(&format!("/photos/{own}"));
    assert_eq!(screen.who.get(&on_the_wall).await.bytes, shown.bytes);
    assert_eq!(stage.party.supervisor.get(&on_the_wall).await.status, 200);
    // Those on the list are told how many, not who; and a screen shows its own meeting alone.
    assert_eq!(stage.members[2].get(&on_the_wall).await.code(), "photo.not_found");
    let stranger = stage.party.server.resident("19900004044").await;
    assert_eq!(stranger.get(&on_the_wall).await.code(), "meeting.not_found");
    assert_eq!(stranger.get(&photo_path).await.code(), "member.not_found");
    let waits = Screen::open(&stage.party.server).await;
    assert_eq!(waits.who.get(&on_the_wall).await.status, 404);
    let unlisted = text(&stage.party.roster(&stage.party.neighbour).await[0]["id"]);
    assert_eq!(screen.who.get(&stage.path(&format!("/photos/{unlisted}"))).await.code(), "photo.not_found");

    // Another one takes its place; what was is gone. The secretary may do it, too.
    let second = text(&set_photo(&stage.party.host, &own).await.expect(200)["photo"]);
    assert_ne!(second, photo);
    assert_eq!(screen.who.get(&on_the_wall).await.status, 200);
    let folder = stage.party.server.data_dir().join("files");
    let kept = files_in(&folder);
    member.delete(&photo_path).await.expect(204);
    assert_eq!(screen.who.get(&on_the_wall).await.code(), "photo.not_found");
    assert_eq!(files_in(&folder), kept - 1, "its bytes are deleted");
    member.delete(&photo_path).await.expect(204);
    assert_eq!(member.get(&format!("/members/{own}")).await.expect(200)["photo"], Value::Null);
    let voice = member.send_file(Method::PUT, &photo_path, "a.txt", "text/plain", b"hello").await;
    assert_eq!(voice.status, 415);
}
