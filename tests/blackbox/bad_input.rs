//! Every field of every body wrong in every way: a clear refusal each, and nothing done.

mod appraisals;
mod duties;
mod integrations;
mod life;
mod meetings;
mod party;
mod rules;
mod screens;
mod services;
mod time;
mod votes;
mod webhooks;

use std::collections::BTreeSet;

use awc::http::Method;
use serde_json::{Value, json};

use crate::bad_calls::{Call, Document};
use crate::bad_values::Takes;
use crate::meetings::votes::Ballots;
use crate::support::{Person, TestServer, text};

use Takes::{AnyText, Bool, Geometry, Id, Ids, Name, Number, Object, OneOf, Phone, Whole, Words};

const REASON: Takes = Words { max: 500, required: true };
const REMARK: Takes = Words { max: 500, required: false };
const INT: Takes = Whole(i32::MIN as i64, i32::MAX as i64);
const PERSON: [(&str, Takes); 2] = [("name", Name), ("phone", Phone { required: true })];

/// The people and things that the calls are about.
struct Stage {
    server: TestServer,
    resident: Person,
    worker: Person,
    admin: Person,
    grid: String,
}

impl Stage {
    async fn with(phone: &str) -> Self {
        let server = TestServer::start();
        let resident = server.resident(phone).await;
        let (worker, admin) = (server.staff("worker", 0).await, server.staff("admin", 0).await);
        let grid = worker.own_grid().await;
        Self { server, resident, worker, admin, grid }
    }

    /// A ticket that got as far as these steps.
    async fn ticket(&self, steps: &[(&str, Value)]) -> String {
        let (ticket, _) = self.resident.submit(&self.server.code_of("worker", 0), "suggestion", "路灯").await;
        for (action, body) in steps {
            self.worker.step(&ticket, action, body).await;
        }
        ticket
    }

    async fn document(&self) -> Document {
        Document(self.server.nobody().get("/openapi.json").await.body)
    }

    async fn account(&self, person: &Person) -> String {
        text(&person.get("/auth/me").await.body["id"])
    }

    async fn photo(&self, person: &Person) -> Value {
        let picture = crate::support::media::picture(image::ImageFormat::Jpeg, 8, 8);
        person.upload("a.jpg", "image/jpeg", &picture).await.expect(201)["id"].clone()
    }

    fn call(
        &self,
        schema: &'static str,
        person: &Person,
        path: String,
        right: Value,
        answers: u16,
        fields: &[(&'static str, Takes)],
    ) -> Call {
        let (method, person) = (Method::POST, person.clone());
        Call { schema, method, path, person, right, answers: Some(answers), fields: fields.to_vec() }
    }

    /// The calls of signing in and of one's own account.
    async fn about_accounts(&self) -> Vec<Call> {
        let nobody = self.server.nobody();
        let colleague = self.server.staff("worker", 1).await;
        let password = |new: &str| json!({ "old_password": crate::support::STAFF_PASSWORD, "new_password": new });
        let profile = json!({ "name": "李小明", "address": "三组", "phone": null });
        let mut calls = vec![
            self.call(
                "LoginInput",
                &nobody,
                "/auth/login".into(),
                json!({ "account": "ql9998", "password": "x" }),
                0,
                &[("account", AnyText), ("password", AnyText)],
            ),
            self.call(
                "SmsCodeInput",
                &nobody,
                "/auth/sms-code".into(),
                json!({ "phone": "19900006499" }),
                202,
                &[("phone", Phone { required: true })],
            ),
            self.call(
                "SmsLoginInput",
                &nobody,
                "/auth/sms-login".into(),
                json!({ "phone": "19900006498", "code": "123456" }),
                422,
                &[("phone", Phone { required: true }), ("code", AnyText)],
            ),
            self.call(
                "PasswordInput",
                &colleague,
                "/auth/password".into(),
                password("Neu-Passwort-27"),
                204,
                &[("old_password", REASON), ("new_password", Words { max: 72, required: true })],
            ),
            self.call(
                "ProfileInput",
                &self.resident,
                "/me/profile".into(),
                profile,
                200,
                &[
                    ("name", Name),
                    ("address", Words { max: 200, required: true }),
                    ("phone", Phone { required: false }),
                ],
            ),
        ];
        calls.push(self.call(
            "NewStaffInput",
            &self.admin,
            "/accounts".into(),
            json!({ "account": "new.person", "name": "陈建国", "phone": "19900006496" }),
            201,
            &[("account", Words { max: 32, required: true }), ("name", Name), ("phone", Phone { required: false })],
        ));
        // Nobody has this account, and who tries often enough is told to wait.
        calls[0].answers = None;
        calls[4].method = Method::PATCH;
        calls
    }

    /// The calls of grids.
    async fn about_grids(&self) -> Vec<Call> {
        let parent = self.server.staff("leader_l4", 0).await.own_grid().await;
        let organisation = self.admin.get(&format!("/grids/{parent}")).await.body["organisation"]["id"].clone();
        let center = json!({ "lng": 100.05, "lat": 30.05 });
        let area = json!({ "type": "Polygon", "coordinates": [[[100, 30], [101, 30], [101, 31], [100, 30]]] });
        let shared = [
            ("organisation_id", Id),
            ("order", INT),
            ("households", Whole(0, 1_000_000)),
            ("center", Object),
            ("center.lng", Number),
            ("center.lat", Number),
            ("area", Geometry),
        ];
        let name = ("name", Words { max: 50, required: true });
        let new = json!({ "parent_id": parent, "name": "新组", "number": "QL-X", "organisation_id": organisation, "order": 1, "households": 61,
            "center": center, "area": area });
        let version = self.admin.get(&format!("/grids/{}", self.grid)).await.body["version"].clone();
        let empty = self.grid_to_move(&parent).await;
        let patch = json!({ "version": version, "name": "新名", "order": 1, "households": 0, "status": "active", "organisation_id": organisation, "center": center, "area": area });
        let new_fields =
            [shared.as_slice(), &[("parent_id", Id), name, ("number", Words { max: 40, required: true })]].concat();
        let patch_fields =
            [shared.as_slice(), &[name, ("status", OneOf), ("version", Whole(0, u32::MAX as i64))]].concat();
        let account = self.account(&self.worker).await;
        let mut calls = vec![
            self.call("NewGridInput", &self.admin, "/grids".into(), new, 201, &new_fields),
            self.call("GridPatch", &self.admin, format!("/grids/{}", self.grid), patch, 200, &patch_fields),
            self.call(
                "AssignInput",
                &self.admin,
                format!("/grids/{}/staff", self.grid),
                json!({ "account_id": account, "duty": "worker" }),
                204,
                &[("account_id", Id), ("duty", OneOf)],
            ),
            self.call(
                "AreaCheckInput",
                &self.admin,
                format!("/grids/{}/area/check", self.grid),
                json!({ "area": area }),
                200,
                &[("area", Geometry)],
            ),
            self.call(
                "MoveGridInput",
                &self.admin,
                format!("/grids/{}/move", empty.0),
                json!({ "parent_id": empty.1, "version": 1 }),
                204,
                &[("parent_id", Id), ("version", Whole(0, u32::MAX as i64))],
            ),
        ];
        calls[1].method = Method::PATCH;
        calls
    }

    /// A grid that nothing was asked of, below `parent`, and another grid of its parent's level.
    async fn grid_to_move(&self, parent: &str) -> (String, String) {
        let new = json!({ "parent_id": parent, "name": "空组", "number": "QL-EMPTY" });
        let made = self.admin.post("/grids", &new).await;
        let above = self.admin.get(&format!("/grids/{parent}")).await.body["parent_id"].clone();
        let beside = json!({ "parent_id": above, "name": "旁边", "number": "QL-BESIDE" });
        let beside = self.admin.post("/grids", &beside).await;
        (text(&made.expect(201)["id"]), text(&beside.expect(201)["id"]))
    }

    /// The calls of tickets.
    async fn about_tickets(&self) -> Vec<Call> {
        let accepted = [("accept", json!({}))];
        let completed = [("accept", json!({})), ("complete", json!({ "note": "好了" }))];
        let leader = self.server.staff("leader_l3", 0).await;
        let colleague = self.account(&self.server.staff("worker", 1).await).await;
        let at = |ticket: String, action: &str| format!("/tickets/{ticket}/{action}");
        let new = json!({ "grid_code": self.server.code_of("worker", 0), "grid_id": self.grid, "kind": "employment", "content": "想找工作",
            "form": { "work_place": "东莞", "home_address": "三组", "lifted_out_of_poverty": true, "need": "介绍工作" },
            "attachments": [self.photo(&self.resident).await],
            "location": { "lng": 106.6, "lat": 24.4, "datum": "gcj02", "accuracy": 20.5 },
            "on_behalf": { "name": "王大娘", "phone": "19900006497" }, "also_village": false });
        let address = Words { max: 200, required: false };
        let fields = [
            [
                ("grid_code", Id),
                ("grid_id", Id),
                ("kind", OneOf),
                ("content", Words { max: 2_000, required: false }),
                ("form", Object),
            ]
            .as_slice(),
            &[("form.work_place", Words { max: 200, required: true }), ("form.home_address", address)],
            &[("form.lifted_out_of_poverty", Bool), ("form.need", REMARK), ("attachments", Ids), ("location", Object)],
            &[
                ("location.lng", Number),
                ("location.lat", Number),
                ("location.datum", OneOf),
                ("location.accuracy", Number),
            ],
            &[
                ("on_behalf", Object),
                ("on_behalf.name", PERSON[0].1),
                ("on_behalf.phone", PERSON[1].1),
                ("also_village", Bool),
            ],
        ]
        .concat();
        let (resident, worker) = (&self.resident, &self.worker);
        let proof = json!([self.photo(worker).await]);
        vec![
            self.call("NewTicketInput", resident, "/tickets".into(), new, 201, &fields),
            self.call(
                "CommentInput",
                resident,
                at(self.ticket(&[]).await, "comment"),
                json!({ "text": "在桥头", "attachments": [self.photo(resident).await] }),
                200,
                &[("text", REMARK), ("attachments", Ids)],
            ),
            self.call(
                "KnownInput",
                worker,
                at(self.ticket(&[]).await, "known"),
                json!({ "text": "路口的路灯不亮" }),
                200,
                &[("text", Words { max: 60, required: true })],
            ),
            self.call(
                "NudgeInput",
                &leader,
                at(self.ticket(&[]).await, "nudge"),
                json!({ "note": "快" }),
                200,
                &[("note", REMARK)],
            ),
            self.call(
                "ReassignInput",
                worker,
                at(self.ticket(&accepted).await, "reassign"),
                json!({ "account_id": colleague }),
                200,
                &[("account_id", Id)],
            ),
            self.call(
                "BatchReassignInput",
                worker,
                "/tickets/reassign".into(),
                json!({ "ticket_ids": [self.ticket(&accepted).await], "account_id": colleague }),
                200,
                &[("ticket_ids", Takes::Texts), ("account_id", Id)],
            ),
            self.call(
                "CompleteInput",
                worker,
                at(self.ticket(&accepted).await, "complete"),
                json!({ "note": "好了", "attachments": proof }),
                200,
                &[("note", REASON), ("attachments", Ids)],
            ),
            self.call(
                "ReasonInput",
                worker,
                at(self.ticket(&accepted).await, "return"),
                json!({ "reason": "不归我们" }),
                200,
                &[("reason", REASON)],
            ),
            self.call(
                "ReasonInput",
                resident,
                at(self.ticket(&completed).await, "reopen"),
                json!({ "reason": "没好" }),
                200,
                &[("reason", REASON)],
            ),
            self.call(
                "RateInput",
                resident,
                at(self.ticket(&completed).await, "rate"),
                json!({ "stars": 5, "comment": "好" }),
                200,
                &[("stars", Whole(1, 5)), ("comment", REMARK)],
            ),
        ]
    }
}

#[actix_rt::test]
async fn every_field_of_accounts_is_refused_in_every_way_it_can_be_wrong() {
    let stage = Stage::with("19900006401").await;
    let document = stage.document().await;
    for call in stage.about_accounts().await {
        call.check(&document).await;
    }
}

#[actix_rt::test]
async fn every_field_of_grids_is_refused_in_every_way_it_can_be_wrong() {
    let stage = Stage::with("19900006402").await;
    let document = stage.document().await;
    for call in stage.about_grids().await {
        call.check(&document).await;
    }
}

#[actix_rt::test]
async fn every_field_of_tickets_is_refused_in_every_way_it_can_be_wrong_and_nothing_is_done() {
    let stage = Stage::with("19900006403").await;
    let document = stage.document().await;
    let calls = stage.about_tickets().await;
    let sent = stage.resident.all_tickets("box=mine").await;
    for call in &calls {
        call.check(&document).await;
    }
    // Of each ticket there is what was done before, and what the right body did in the end.
    let after = stage.resident.all_tickets("box=mine").await;
    assert_eq!(after.len(), sent.len() + 1);
    for before in sent {
        let now = after.iter().find(|ticket| ticket["id"] == before["id"]).unwrap();
        assert_eq!(now["version"].as_u64(), before["version"].as_u64().map(|version| version + 1), "{now}");
    }
}

#[actix_rt::test]
async fn every_body_of_the_document_is_in_the_table() {
    let stage = Stage::with("19900006404").await;
    let calls = [
        stage.about_accounts().await,
        stage.about_grids().await,
        stage.about_tickets().await,
        stage.about_rules().await,
        stage.about_clocks().await,
        stage.about_inboxes().await,
        stage.about_party().await,
        stage.about_meetings().await,
        stage.about_appraisals().await,
        stage.about_duties().await,
        stage.about_life().await,
        stage.about_votes(&Ballots::running(2).await).await,
        stage.about_screens().await,
        stage.about_services().await,
        stage.about_integrations().await,
        stage.about_webhooks().await,
    ];
    let known: BTreeSet<String> = calls.iter().flatten().map(|call| call.schema.to_owned()).collect();
    assert_eq!(known, stage.document().await.bodies());
}
