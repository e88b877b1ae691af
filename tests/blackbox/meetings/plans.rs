//! Plans: what a draft may be changed to, whose its papers are, and what lists say of it.

use serde_json::{Value, json};

use super::Stage;
use crate::support::{Person, Reply, eventually, text};

/// Uploads a paper.
async fn paper(person: &Person) -> String {
    let reply = person.upload("通知.pdf", "application/pdf", b"%PDF-1.7\n%%EOF").await;
    text(&reply.expect(201)["id"])
}

async fn read(person: &Person, file: &str) -> u16 {
    person.get(&format!("/attachments/{file}")).await.status
}

impl Stage {
    async fn edit(&self, body: &Value) -> Reply {
        self.party.host.patch(&self.path(""), body).await
    }

    async fn papers(&self) -> Vec<String> {
        let draft = self.party.host.get(&self.path("")).await;
        draft.expect(200)["attachments"].as_array().unwrap().iter().map(|file| text(&file["id"])).collect()
    }

    /// The line of this meeting in somebody's list.
    async fn line(&self, person: &Person) -> Value {
        let list = person.get("/meetings").await;
        let items = list.expect(200)["items"].as_array().unwrap().clone();
        items.into_iter().find(|item| item["id"] == self.id.as_str()).unwrap()
    }
}

#[actix_rt::test]
async fn papers_of_a_draft_are_replaced_and_those_taken_away_are_their_uploaders_again() {
    let stage = Stage::drafted(&json!({})).await;
    let (host, admin, member) = (&stage.party.host, &stage.party.admin, &stage.members[0]);
    let [first, second, third] = [paper(host).await, paper(host).await, paper(host).await];
    let both = json!({ "attachments": [first, second, first] });
    assert_eq!(stage.edit(&both).await.expect(200)["attachments"].as_array().unwrap().len(), 2, "each once");
    assert_eq!(read(admin, &first).await, 200, "the paper is the meeting's");
    stage.edit(&json!({ "topic": "改了" })).await.expect(200);
    assert_eq!(stage.papers().await, [first.clone(), second.clone()], "what is left out stays");
    stage.edit(&json!({ "attachments": [third, second] })).await.expect(200);
    assert_eq!(stage.papers().await, [third.clone(), second.clone()]);
    assert_eq!((read(host, &first).await, read(admin, &first).await), (200, 404), "the uploader's alone");

    // Another's upload, one of another meeting, one that is not there: refused, and nothing changes.
    let strange = paper(admin).await;
    let taken = paper(host).await;
    let other = Stage::plan(&stage.party.branch, &json!({ "attachments": [taken] }));
    host.post("/meetings", &other).await.expect(201);
    for (id, code) in [
        (strange.as_str(), "attachment.not_found"),
        (&taken, "attachment.in_use"),
        ("01890a5d-ac96-774b-bcce-b302099a8057", "attachment.not_found"),
    ] {
        let reply = stage.edit(&json!({ "attachments": [second, id] })).await;
        assert_eq!((reply.status, reply.fields()), (422, vec!["attachments"]), "{}", reply.body);
        assert_eq!(reply.body["fields"][0]["code"], code);
    }
    let many: Vec<String> = futures_util::future::join_all((0..11).map(|_| paper(host))).await;
    assert_eq!(stage.edit(&json!({ "attachments": many })).await.fields(), ["attachments"]);
    assert_eq!(stage.papers().await, [third.clone(), second.clone()]);
    // Who manages it too may keep what somebody else brought, and take it away; it does not become his.
    let kept = json!({ "attachments": [third] });
    admin.patch(&stage.path(""), &kept).await.expect(200);
    assert_eq!((read(host, &second).await, read(admin, &second).await), (200, 404));
    assert_eq!(admin.patch(&stage.path(""), &json!({ "attachments": [second] })).await.status, 422);
    assert_eq!(member.patch(&stage.path(""), &kept).await.code(), "meeting.not_found");

    // What was taken away may be used again; what a deleted draft had, too.
    stage.edit(&json!({ "attachments": [first] })).await.expect(200);
    assert_eq!(read(admin, &third).await, 404);
    host.delete(&stage.path("")).await.expect(204);
    let again = Stage::plan(&stage.party.branch, &json!({ "attachments": [first, third] }));
    let again = text(&host.post("/meetings", &again).await.expect(201)["id"]);
    host.post(&format!("/meetings/{again}/launch"), &json!({})).await.expect(200);
    assert_eq!(read(member, &first).await, 200);
    let late = host.patch(&format!("/meetings/{again}"), &json!({ "attachments": [] })).await;
    assert_eq!(late.code(), "meeting.launched_already");
    assert_eq!(read(member, &first).await, 200);
    for body in [kept, json!({ "attachments": [] })] {
        assert_eq!(member.patch(&format!("/meetings/{again}"), &body).await.code(), "meeting.not_manager");
    }
    let (fine, report) = stage.party.server.command(&["check"]);
    assert!(fine, "{report}");
}

#[actix_rt::test]
async fn what_is_optional_in_a_plan_is_taken_away_with_null() {
    let account = |me: &Value| text(&me["id"]);
    let stage = Stage::drafted(&json!({ "sign_up": { "deadline": super::in_minutes(5) } })).await;
    let recorder = account(stage.members[1].get("/auth/me").await.expect(200));
    let with = stage.edit(&json!({ "recorder_id": recorder })).await;
    assert_eq!(with.expect(200)["recorder"]["id"], json!(recorder));
    let left = stage.edit(&json!({ "topic": "改了" })).await;
    assert_eq!(left.expect(200)["recorder"]["id"], json!(recorder));
    assert!(left.body["sign_up_until"].is_string());
    let cleared = stage.edit(&json!({ "recorder_id": null, "sign_up": null })).await;
    assert_eq!((&cleared.expect(200)["recorder"], &cleared.body["sign_up_until"]), (&Value::Null, &Value::Null));
    stage.edit(&json!({ "sign_up": { "deadline": super::in_minutes(4) } })).await.expect(200);
    assert_eq!(stage.edit(&json!({ "sign_up": {} })).await.status, 400);
    assert_eq!(
        stage.edit(&json!({ "sign_up": { "deadline": super::in_minutes(11) } })).await.fields(),
        ["sign_up.deadline"]
    );
}

#[actix_rt::test]
async fn a_video_meeting_has_a_link_that_is_one() {
    let stage =
        Stage::drafted(&json!({ "mode": "hybrid", "video_link": " https://Meeting.Example.cn/j/8?p=甲 " })).await;
    let (host, path) = (&stage.party.host, stage.path(""));
    let draft = host.get(&path).await;
    assert_eq!(draft.expect(200)["video_link"], "https://meeting.example.cn/j/8?p=%E7%94%B2");
    let refused = async |body: Value| {
        let reply = host.patch(&path, &body).await;
        let fields = reply.fields().into_iter().map(str::to_owned).collect::<Vec<_>>();
        (reply.status, fields, text(&reply.body["fields"][0]["code"]))
    };
    let wrong = (422, vec!["video_link".to_owned()], "meeting.video_link".to_owned());
    for link in ["", "http://a.cn/x", "javascript:alert(1)", "https://a.cn@evil.cn/", "会议号 1"] {
        assert_eq!(refused(json!({ "video_link": link })).await, wrong, "{link}");
    }
    assert_eq!(refused(json!({ "mode": "onsite" })).await, wrong, "nobody comes by video");
    let onsite = Stage::plan(&stage.party.branch, &json!({ "video_link": "https://a.cn/x" }));
    assert_eq!(host.post("/meetings", &onsite).await.fields(), ["video_link"]);
    let cleared = host.patch(&path, &json!({ "mode": "onsite", "video_link": null })).await;
    assert_eq!(cleared.expect(200)["video_link"], Value::Null);
    let online = json!({ "mode": "online", "video_link": "https://a.cn/x" });
    host.patch(&path, &online).await.expect(200);
    stage.host("/launch", &json!({})).await.expect(200);
    assert_eq!(stage.members[0].get(&path).await.expect(200)["video_link"], "https://a.cn/x");
}

#[actix_rt::test]
async fn changes_of_a_draft_at_once_do_not_undo_each_other_and_are_read_at_once() {
    let stage = Stage::drafted(&json!({})).await;
    for round in 0..5 {
        let words = format!("第 {round} 稿");
        let changes = ["topic", "place", "content"].map(|field| (field, json!({ field: words })));
        let edits = changes.iter().map(|(_, change)| stage.edit(change));
        for edited in futures_util::future::join_all(edits).await {
            edited.expect(200);
        }
        let draft = stage.party.host.get(&stage.path("")).await;
        for (field, _) in &changes {
            assert_eq!(draft.expect(200)[*field], json!(words), "{field}");
        }
    }
}

#[actix_rt::test]
async fn a_draft_says_how_many_are_invited_and_a_list_how_many_came() {
    let stage = Stage::drafted(&json!({})).await;
    let (party, host) = (&stage.party, &stage.party.host);
    let invited = async || host.get(&stage.path("")).await.expect(200)["invited"].clone();
    assert_eq!(invited().await, 24);
    let group = json!({ "parent_id": party.branch, "name": "第一小组", "kind": "group" });
    let group = text(&party.admin.post("/organisations", &group).await.expect(201)["id"]);
    party.new_member(&group, "韦小组", "19900004101", &json!([])).await;
    assert_eq!(invited().await, 25, "the branch with its groups");
    let (own, other) = (party.roster(&party.branch).await, party.roster(&party.neighbour).await);
    let [own, other] = [&own[3], &other[3]].map(|member| text(&member["id"]));
    let named =
        json!({ "attendees": { "whole_branch": true, "members": [own, other, other], "orgs": [party.branch, group] } });
    assert_eq!(stage.edit(&named).await.expect(200)["invited"], 26, "each once");
    assert_eq!(invited().await, 26);
    assert_eq!(stage.line(host).await["figures"], json!({ "expected": 26, "present": 0 }));
    let gone = json!({ "reason": "转出" }).to_string().into_bytes();
    party.admin.send(awc::http::Method::DELETE, &format!("/members/{own}"), Some(gone), &[]).await.expect(204);
    let listed = invited().await;
    assert_eq!(stage.line(host).await["figures"]["expected"], listed);

    let launched = stage.host("/launch", &json!({})).await;
    assert_eq!((&launched.expect(200)["invited"], &launched.body["figures"]), (&Value::Null, &Value::Null));
    let roster = host.get(&stage.path("/roster")).await;
    assert_eq!(roster.expect(200)["figures"]["expected"], listed, "as many as were told before");
    assert!(host.get(&stage.path("")).await.expect(200)["invited"].is_null());
    let manual = json!({ "member_id": other, "reason": "手机没电" });
    stage.host("/sign-in/manual", &manual).await.expect(200);
    let figures = json!({ "expected": listed, "present": 1 });
    for person in [host, &stage.members[0], &party.supervisor] {
        let came = async || (stage.line(person).await["figures"] == figures).then_some(());
        eventually("who came", came).await;
    }
    // The same from the database, when nobody has the meeting in use.
    let mut stage = stage;
    stage.party.server.kill();
    stage.party.server.restart();
    assert_eq!(stage.line(&stage.party.host.at(&stage.party.server)).await["figures"], figures);
}
