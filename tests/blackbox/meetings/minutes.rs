//! After the meeting: minutes, pictures and ratings, by those whom they concern.

use image::ImageFormat;
use serde_json::{Value, json};

use super::{Phone, Stage};
use crate::support::media::{fixture, picture};
use crate::support::{Live, Person, Reply, text};

impl Stage {
    /// A meeting that began: two came, one is on leave, and the agenda went on twice.
    pub(super) async fn under_way() -> Self {
        let stage = Self::launched().await;
        let away = &stage.members[4];
        away.post(&stage.path("/leave"), &json!({ "reason": "住院治疗" })).await.expect(200);
        let id = text(&stage.attendee(&Self::name(away).await).await["member_id"]);
        stage.host(&format!("/leave/{id}/decide"), &json!({ "approved": true })).await.expect(200);
        stage.host("/start", &json!({})).await.expect(200);
        for member in [1, 2] {
            let phone = Phone::new(&stage).await;
            stage.arrive(&stage.members[member], &phone).await.expect(200);
        }
        for index in [0, 1] {
            stage.host("/agenda", &json!({ "index": index })).await.expect(200);
        }
        stage
    }

    pub(super) async fn over() -> Self {
        let stage = Self::under_way().await;
        stage.host("/end", &json!({})).await.expect(200);
        stage
    }

    pub(super) async fn minutes(&self, who: &Person) -> Reply {
        who.get(&self.path("/minutes")).await
    }

    pub(super) async fn write(&self, who: &Person, body: &Value) -> Reply {
        who.put(&self.path("/minutes"), body).await
    }

    pub(super) async fn sign(&self, version: u32) -> Reply {
        self.host("/minutes/sign", &json!({ "version": version })).await
    }
}

#[actix_rt::test]
async fn minutes_are_drafted_from_the_log_written_to_and_signed() {
    let stage = Stage::launched().await;
    let host = &stage.party.host;
    assert_eq!(stage.minutes(host).await.code(), "minutes.not_begun");
    assert_eq!(stage.write(host, &json!({ "version": 0, "content": "早" })).await.code(), "minutes.not_begun");
    let stage = Stage::under_way().await;
    let (host, member) = (&stage.party.host, &stage.members[1]);
    let mut phone = Live::open(member).await;
    phone.subscribe(&format!("meeting:{}", stage.id), None).await;
    let running = stage.minutes(host).await;
    assert_eq!((&running.expect(200)["state"], &running.body["version"]), (&json!("none"), &json!(0)));
    assert_eq!(running.body["may"], json!({ "edit": true, "sign": false, "reopen": false }));
    assert_eq!(stage.minutes(member).await.code(), "minutes.not_signed");
    assert_eq!(stage.sign(0).await.code(), "minutes.not_ended");
    let first = json!({ "version": 0, "content": "学习文件", "discussions": ["", "同意修渠"] });
    let saved = stage.write(host, &first).await;
    assert_eq!((&saved.expect(200)["version"], &saved.body["state"]), (&json!(1), &json!("draft")));
    stage.host("/end", &json!({})).await.expect(200);

    // Whoever has to write them is told that they are ready.
    let inbox = host.get("/inbox").await;
    let titles: Vec<&str> =
        inbox.expect(200)["items"].as_array().unwrap().iter().filter_map(|item| item["title"].as_str()).collect();
    assert_eq!(titles.iter().filter(|title| **title == "会议纪要草稿已生成").count(), 1, "{titles:?}");
    let ended = stage.minutes(host).await;
    let facts = ended.expect(200)["facts"].clone();
    let figures = &facts["figures"];
    let count = |name: &str| figures[name].as_u64().unwrap();
    assert_eq!((count("present"), count("leave")), (2, 1));
    assert_eq!(count("present") + count("leave") + count("absent"), count("expected"));
    assert_eq!(facts["attendance"].as_array().unwrap().len(), 24);
    let away = Stage::name(&stage.members[4]).await;
    let line =
        |name: &str| facts["attendance"].as_array().unwrap().iter().find(|line| line["name"] == name).cloned().unwrap();
    assert_eq!((&line(&away)["status_title"], &line(&away)["leave_reason"]), (&json!("请假"), &json!("住院治疗")));
    let heading = &facts["heading"];
    let times = |index: usize| facts["agenda"][index]["times"].clone();
    assert_eq!(times(0)[0]["until"], times(1)[0]["from"]);
    assert_eq!(times(1)[0]["until"], heading["ended_at"]);
    assert_eq!(ended.body["text"]["discussions"], json!(["", "同意修渠"]));

    // Facts are no fields.
    let falsified = json!({ "version": 1, "facts": { "figures": { "present": 24 } } });
    assert_eq!(stage.write(host, &falsified).await.fields(), ["facts"]);
    // Two at once: one is told what happened.
    let second = json!({ "version": 1, "content": "学习文件两份" });
    stage.write(host, &second).await.expect(200);
    let late = stage.write(host, &json!({ "version": 1, "content": "别的" })).await;
    assert_eq!((late.code(), &late.body["version"]), ("minutes.changed", &json!(2)));
    let (a, b) = futures_util::future::join(
        stage.write(host, &json!({ "version": 2, "content": "甲" })),
        stage.write(host, &json!({ "version": 2, "content": "乙" })),
    )
    .await;
    let mut codes = [a.status, b.status];
    codes.sort_unstable();
    assert_eq!(codes, [200, 409]);
    assert_eq!(stage.sign(2).await.code(), "minutes.changed");
    let listed = host.get("/meetings?mine=true").await;
    assert_eq!(listed.expect(200)["items"][0]["minutes_state"], json!("draft"));

    stage.sign(3).await.expect(200);
    let told = phone.event("meeting.minutes_signed").await;
    assert_eq!((&told["data"]["minutes_version"], told["data"]["sha256"].as_str().unwrap().len()), (&json!(4), 64));
    assert_eq!(host.get(&stage.path("")).await.expect(200)["minutes_state"], json!("signed"));
    assert_eq!(stage.write(host, &json!({ "version": 4, "content": "改" })).await.code(), "minutes.signed");
    assert_eq!(stage.sign(4).await.code(), "minutes.signed");
    // Everybody on the list reads them now, and nobody why somebody was away.
    let read = stage.minutes(member).await;
    assert_eq!((&read.expect(200)["state"], &read.body["text"]["remarks"]), (&json!("signed"), &json!("")));
    assert!(!String::from_utf8_lossy(&read.bytes).contains("住院"), "the reason of a leave");
    assert_eq!(read.body["sha256"], stage.minutes(host).await.body["sha256"]);
    assert_eq!(read.body["may"], json!({ "edit": false, "sign": false, "reopen": false }));

    // Whoever manages the branch may take them back, with a reason, until they are put away.
    let reopen = json!({ "reason": "错字" });
    let path = stage.path("/minutes/reopen");
    assert_eq!(member.post(&path, &reopen).await.code(), "minutes.not_manager");
    assert_eq!(host.post(&path, &json!({ "reason": " " })).await.fields(), ["reason"]);
    host.post(&path, &reopen).await.expect(200);
    let audit = stage.party.server.sql("SELECT changes FROM audit WHERE action = 'minutes.reopen';");
    assert!(audit.len() == 1 && audit[0][0].contains("错字"), "{audit:?}");
    let taken_back = phone.event("meeting.minutes_reopened").await;
    assert_eq!(taken_back["data"]["reason"], Value::Null, "why is for the desk");
    assert_eq!(stage.minutes(member).await.code(), "minutes.not_signed");
    stage.sign(5).await.expect(200);
    stage.host("/archive", &json!({})).await.expect(200);
    assert_eq!(host.post(&path, &reopen).await.code(), "minutes.archived");
}

#[actix_rt::test]
async fn only_the_host_or_the_recorder_signs_and_the_recorder_is_told() {
    let stage = Stage::drafted(&json!({})).await;
    let recorder = &stage.members[3];
    let id = recorder.get("/auth/me").await.expect(200)["id"].clone();
    stage.party.host.patch(&stage.path(""), &json!({ "recorder_id": id })).await.expect(200);
    stage.host("/launch", &json!({})).await.expect(200);
    stage.host("/start", &json!({})).await.expect(200);
    stage.host("/end", &json!({})).await.expect(200);
    let ready = async |who: &Person| {
        let inbox = who.get("/inbox").await;
        let items = inbox.expect(200)["items"].as_array().unwrap().clone();
        items.iter().any(|item| item["title"] == json!("会议纪要草稿已生成"))
    };
    assert_eq!((ready(recorder).await, ready(&stage.party.host).await), (true, false));
    let sign = json!({ "version": 0 });
    let path = stage.path("/minutes/sign");
    for other in [&stage.party.supervisor, &stage.members[1]] {
        assert_eq!(other.post(&path, &sign).await.code(), "minutes.not_signer");
    }
    stage.write(recorder, &json!({ "version": 0, "remarks": "无" })).await.expect(200);
    let signed = recorder.post_once(&path, &json!({ "version": 1 }), "sign-once").await;
    assert_eq!(signed.expect(200)["state"], json!("signed"));
    let again = recorder.post_once(&path, &json!({ "version": 1 }), "sign-once").await;
    assert_eq!((again.header("Idempotent-Replayed"), &again.body), (Some("true"), &signed.body));
    // The recorder runs the meeting, but takes no signed minutes back.
    let reopen = recorder.post(&stage.path("/minutes/reopen"), &json!({ "reason": "错字" })).await;
    assert_eq!(reopen.code(), "minutes.not_manager");
}

#[actix_rt::test]
async fn what_remains_of_a_meeting_is_none_of_the_neighbours_business() {
    let stage = Stage::over().await;
    stage.sign(0).await.expect(200);
    stage.party.new_member(&stage.party.neighbour, "邻村书记", "19900004052", &json!(["secretary"])).await;
    let neighbour = stage.party.server.newcomer("19900004052").await;
    let resident = stage.party.server.resident("19900004051").await;
    for stranger in [&neighbour, &resident] {
        for end in ["/minutes", "/archive.docx", "/archive.pdf", "/archive.xlsx", "/media", "/rating"] {
            assert_eq!(stranger.get(&stage.path(end)).await.code(), "meeting.not_found", "{end}");
        }
        for (end, body) in [
            ("/minutes/sign", json!({ "version": 1 })),
            ("/minutes/reopen", json!({ "reason": "x" })),
            ("/media", json!({ "attachments": [{ "id": stage.id }] })),
            ("/rating", json!({ "stars": 5 })),
        ] {
            assert_eq!(stranger.post(&stage.path(end), &body).await.code(), "meeting.not_found", "{end}");
        }
        assert_eq!(stage.write(stranger, &json!({ "version": 1 })).await.code(), "meeting.not_found");
        let gone = stranger.delete(&stage.path(&format!("/media/{}", stage.id))).await;
        assert_eq!(gone.code(), "meeting.not_found");
    }
    // Those on the list, and whoever looks over it, change nothing.
    for (other, code) in [(&stage.members[1], "meeting.not_manager"), (&stage.party.supervisor, "meeting.not_manager")]
    {
        assert_eq!(stage.write(other, &json!({ "version": 1 })).await.code(), code);
        let body = json!({ "attachments": [{ "id": stage.id }] });
        assert_eq!(other.post(&stage.path("/media"), &body).await.code(), code);
        assert_eq!(other.delete(&stage.path(&format!("/media/{}", stage.id))).await.code(), code);
    }
}

async fn upload(who: &Person, width: u32) -> String {
    let content = picture(ImageFormat::Png, width, 60);
    text(&who.upload("现场.png", "image/png", &content).await.expect(201)["id"])
}

#[actix_rt::test]
async fn pictures_belong_to_the_meeting_and_those_that_are_signed_stay() {
    let stage = Stage::launched().await;
    let (host, member, media) = (&stage.party.host, &stage.members[1], stage.path("/media"));
    let first = upload(host, 90).await;
    let one = |id: &str| json!({ "attachments": [{ "id": id, "caption": " 会场 " }] });
    assert_eq!(host.post(&media, &one(&first)).await.code(), "media.not_begun");
    stage.host("/start", &json!({})).await.expect(200);
    assert_eq!(member.get(&format!("/attachments/{first}")).await.status, 404);
    let added = host.post(&media, &one(&first)).await;
    assert_eq!(
        (&added.expect(201)["items"][0]["caption"], &added.body["items"][0]["file"]["id"]),
        (&json!("会场"), &json!(first))
    );
    // Who may read the meeting sees them.
    assert_eq!(member.get(&format!("/attachments/{first}")).await.status, 200);
    assert_eq!(member.get(&media).await.expect(200)["items"].as_array().unwrap().len(), 1);
    let stranger = stage.party.server.resident("19900004053").await;
    assert_eq!(stranger.get(&format!("/attachments/{first}")).await.status, 404);
    // Each once, own ones, and pictures or videos only.
    assert_eq!(host.post(&media, &one(&first)).await.fields(), ["attachments"]);
    let strange = upload(member, 91).await;
    assert_eq!(host.post(&media, &one(&strange)).await.fields(), ["attachments"]);
    let voice = text(&host.upload("a.ogg", "audio/ogg", &fixture("voice.ogg")).await.expect(201)["id"]);
    assert_eq!(host.post(&media, &one(&voice)).await.fields(), ["attachments[0].id"]);
    let second = upload(host, 92).await;
    let long = json!({ "attachments": [{ "id": second, "caption": "长".repeat(101) }] });
    assert_eq!(host.post(&media, &long).await.fields(), ["attachments[0].caption"]);
    let twice = json!({ "attachments": [{ "id": second }, { "id": second }] });
    assert_eq!(host.post(&media, &twice).await.fields(), ["attachments"]);
    assert_eq!(host.post(&media, &json!({ "attachments": [] })).await.fields(), ["attachments"]);
    host.post(&media, &json!({ "attachments": [{ "id": second }] })).await.expect(201);
    // Taken away, it is its uploader's again.
    host.delete(&format!("{media}/{second}")).await.expect(204);
    assert_eq!(member.get(&format!("/attachments/{second}")).await.status, 404);
    assert_eq!(host.delete(&format!("{media}/{second}")).await.code(), "media.not_found");
    stage.host("/end", &json!({})).await.expect(200);
    let facts = stage.minutes(host).await.expect(200)["facts"].clone();
    assert_eq!((&facts["media"][0]["title"], facts["media"].as_array().unwrap().len()), (&json!("会场"), 1));
    stage.sign(0).await.expect(200);
    assert_eq!(host.delete(&format!("{media}/{first}")).await.code(), "minutes.signed");
    // What comes later is there, and no part of what was signed.
    host.post(&media, &json!({ "attachments": [{ "id": second }] })).await.expect(201);
    assert_eq!(host.get(&media).await.expect(200)["items"].as_array().unwrap().len(), 2);
    assert_eq!(stage.minutes(host).await.expect(200)["facts"], facts);
    stage.host("/archive", &json!({})).await.expect(200);
    assert_eq!(host.delete(&format!("{media}/{second}")).await.code(), "media.archived");
    assert_eq!(host.post(&media, &one(&upload(host, 93).await)).await.code(), "media.archived");
}

#[actix_rt::test]
async fn ratings_are_counted_and_nobody_learns_who_gave_what() {
    let stage = Stage::launched().await;
    stage.host("/start", &json!({})).await.expect(200);
    for member in 1..7 {
        let phone = Phone::new(&stage).await;
        stage.arrive(&stage.members[member], &phone).await.expect(200);
    }
    let path = stage.path("/rating");
    let rate = async |member: usize, stars: u8| {
        stage.members[member].post(&path, &json!({ "stars": stars, "comment": format!("第{stars}等") })).await
    };
    assert_eq!(rate(1, 5).await.code(), "rating.not_ended");
    stage.host("/end", &json!({})).await.expect(200);
    assert_eq!(rate(8, 5).await.code(), "rating.not_present");
    assert_eq!(rate(1, 6).await.fields(), ["stars"]);
    for (member, stars) in [(1, 5), (2, 4), (3, 4), (4, 1)] {
        rate(member, stars).await.expect(200);
    }
    let host = &stage.party.host;
    let few = host.get(&path).await;
    assert_eq!(
        *few.expect(200),
        json!({ "count": 4, "average": null, "sum": null, "distribution": null, "comments": null, "own": null })
    );
    // Changed, it counts once.
    rate(4, 2).await.expect(200);
    rate(5, 4).await.expect(200);
    for reader in [host, &stage.party.supervisor] {
        let enough = reader.get(&path).await;
        assert_eq!((&enough.expect(200)["count"], &enough.body["average"]), (&json!(5), &json!("3.8")));
        assert_eq!((&enough.body["sum"], &enough.body["distribution"]), (&json!(19), &json!([0, 1, 0, 3, 1])));
        assert_eq!(enough.body["comments"], json!(["第2等", "第4等", "第4等", "第4等", "第5等"]));
    }
    let own = stage.members[1].get(&path).await;
    assert_eq!((&own.expect(200)["count"], &own.body["own"]["stars"]), (&Value::Null, &json!(5)));
    // Not even the log, the audit trail or a kept answer says it.
    let again = json!({ "stars": 4, "comment": "第4等" });
    stage.members[5].post_once(&path, &again, "rate-once").await.expect(200);
    let id = &stage.id;
    let everything = format!(
        "SELECT data FROM events WHERE subject_id = '{id}' UNION ALL SELECT body FROM idempotency WHERE id LIKE \
         '%rate-once' UNION ALL SELECT changes FROM audit WHERE subject_id = '{id}' UNION ALL SELECT comment_sealed FROM \
         meeting_ratings;"
    );
    let held = stage.party.server.sql(&everything);
    assert!(held.len() > 10, "{}", held.len());
    let told: Vec<_> = held.iter().filter(|row| row[0].contains("第4等") || row[0].contains("stars")).collect();
    assert!(told.is_empty(), "{told:?}");
    stage.host("/archive", &json!({})).await.expect(200);
    assert_eq!(rate(6, 5).await.code(), "rating.archived");
}
