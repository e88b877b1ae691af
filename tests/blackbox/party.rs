//! Party organisations and their members: who may see and change what, and what the rules of the field refuse.

pub mod sheets;

use serde_json::{Value, json};

use crate::support::{Person, TestServer, eventually, text};

/// The people of the demonstration around its first branch.
pub struct Party {
    pub server: TestServer,
    pub admin: Person,
    /// The secretary of the first branch.
    pub host: Person,
    /// A plain member there.
    pub member: Person,
    pub supervisor: Person,
    pub county: String,
    pub town: String,
    /// The first branch, and the one next to it.
    pub branch: String,
    pub neighbour: String,
}

impl Party {
    pub async fn start() -> Self {
        Self::on(TestServer::start()).await
    }

    pub async fn on(server: TestServer) -> Self {
        let (admin, host) = (server.staff("admin", 0).await, server.staff("host", 0).await);
        let (member, supervisor) = (server.staff("member", 0).await, server.staff("supervisor", 0).await);
        let tree = admin.get("/organisations/tree").await.expect(200).clone();
        let town = tree["children"][0].clone();
        let [county, branch, neighbour] =
            [&tree, &town["children"][0], &town["children"][1]].map(|node| text(&node["id"]));
        Self { admin, host, member, supervisor, county, town: text(&town["id"]), branch, neighbour, server }
    }

    /// All members of an organisation.
    pub async fn roster(&self, organisation: &str) -> Vec<Value> {
        let reply = self.admin.get(&format!("/members?organisation_id={organisation}&size=200")).await;
        reply.expect(200)["items"].as_array().unwrap().clone()
    }

    /// A new branch below the township.
    pub async fn new_branch(&self, name: &str) -> String {
        let body = json!({ "parent_id": self.town, "name": name, "kind": "branch" });
        text(&self.admin.post("/organisations", &body).await.expect(201)["id"])
    }

    /// A new member, by phone.
    pub async fn new_member(&self, organisation: &str, name: &str, phone: &str, positions: &Value) -> String {
        let body = json!({ "organisation_id": organisation, "name": name, "phone": phone, "standing": "full",
            "positions": positions });
        text(&self.admin.post("/members", &body).await.expect(201)["id"])
    }
}

/// Words as a query has them.
fn encoded(words: &str) -> String {
    words.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

fn names(node: &Value) -> Vec<String> {
    let below = node["children"].as_array().unwrap().iter().flat_map(names);
    std::iter::once(text(&node["name"])).chain(below).collect()
}

#[actix_rt::test]
async fn everybody_sees_the_part_of_the_tree_that_is_his() {
    let party = Party::start().await;
    let whole = party.admin.get("/organisations/tree").await.expect(200).clone();
    assert_eq!(names(&whole).len(), 5, "a county, a township, three villages");
    assert_eq!((&whole["kind"], &whole["level"]), (&json!("party_committee"), &json!(1)));
    assert_eq!(names(party.supervisor.get("/organisations/tree").await.expect(200)), names(&whole));
    let shallow = party.admin.get("/organisations/tree?depth=1").await.expect(200).clone();
    assert_eq!(names(&shallow).len(), 2);
    // A member sees his own branch; the secretary what is below it, too.
    for person in [&party.member, &party.host] {
        let own = person.get("/organisations/tree").await.expect(200).clone();
        assert_eq!((&own["id"], names(&own).len()), (&json!(party.branch), 1));
    }
    let own = party.host.get("/organisations/tree").await.body;
    assert_eq!((&own["may_manage"], &own["may_administer"]), (&json!(true), &json!(false)));
    assert_eq!(own["leaders"][0]["position"], "secretary");
    assert_eq!((&own["own_members"], &own["members"]), (&json!(24), &json!(24)));
    let detail = party.host.get(&format!("/organisations/{}", party.branch)).await.expect(200).clone();
    assert_eq!((&detail["members"], &detail["full_members"]), (&json!(24), &json!(22)));
    assert_eq!(detail["ancestors"].as_array().unwrap().len(), 2);
    assert_eq!(detail["warnings"], json!([]));
    let strangers = [party.server.resident("19900006701").await, party.server.staff("worker", 0).await];
    for stranger in &strangers {
        let reply = stranger.get("/organisations/tree").await;
        assert_eq!((reply.status, reply.code()), (404, "organisation.not_found"));
        assert_eq!(stranger.get("/organisations").await.expect(200)["total"], 0);
        assert_eq!(stranger.get("/members").await.expect(200)["total"], 0);
    }
    let listed =
        party.admin.get(&format!("/organisations?q={}&kind=branch", encoded("柳河"))).await.expect(200).clone();
    assert_eq!((&listed["total"], &listed["items"][0]["id"]), (&json!(1), &json!(party.branch)));
    assert_eq!((&listed["items"][0]["own_members"], &listed["items"][0]["members"]), (&json!(24), &json!(24)));
    for query in ["page=0", "size=0", "size=201", "kind=x", "below=x", "leaf=1"] {
        let reply = party.admin.get(&format!("/organisations?{query}")).await;
        assert_eq!((reply.status, reply.fields()), (400, vec![query.split('=').next().unwrap()]), "{}", reply.body);
    }
}

/// What somebody gets for everything that can be done in an organisation: reading it, its members, one member, changing
/// the organisation, its roles, a member.
async fn answers(person: &Person, organisation: &str, member: &str) -> [u16; 7] {
    // Bodies that change nothing, so that the next one finds the same.
    let id = format!("/organisations/{organisation}");
    let one = format!("/members/{member}");
    [
        person.get(&id).await.status,
        person.get(&format!("/members?organisation_id={organisation}")).await.status,
        person.get(&one).await.status,
        person.patch(&id, &json!({})).await.status,
        person.get(&format!("{id}/roles")).await.status,
        person.patch(&one, &json!({})).await.status,
        person.send(awc::http::Method::DELETE, &one, Some(b"{\"reason\":\"\"}".to_vec()), &[]).await.status,
    ]
}

#[actix_rt::test]
async fn rights_end_at_the_branch_and_neighbours_find_nothing() {
    let party = Party::start().await;
    let (own, other) = (party.roster(&party.branch).await, party.roster(&party.neighbour).await);
    let (own, other) = (text(&own[7]["id"]), text(&other[7]["id"]));
    let resident = party.server.resident("19900006702").await;
    let nobody = party.server.nobody();
    // A reason is missing, so who may take somebody off the roster gets 422.
    let cases: [(&str, &Person, &str, &str, [u16; 7]); 11] = [
        ("administrator", &party.admin, &party.branch, &own, [200, 200, 200, 204, 200, 204, 422]),
        ("administrator", &party.admin, &party.neighbour, &other, [200, 200, 200, 204, 200, 204, 422]),
        ("secretary", &party.host, &party.branch, &own, [200, 200, 200, 403, 200, 204, 422]),
        ("secretary next door", &party.host, &party.neighbour, &other, [404; 7]),
        ("member", &party.member, &party.branch, &own, [200, 200, 200, 403, 403, 403, 403]),
        ("member next door", &party.member, &party.neighbour, &other, [404; 7]),
        ("supervisor", &party.supervisor, &party.branch, &own, [200, 200, 200, 403, 200, 403, 403]),
        ("supervisor", &party.supervisor, &party.neighbour, &other, [200, 200, 200, 403, 200, 403, 403]),
        ("resident", &resident, &party.branch, &own, [404; 7]),
        ("member above", &party.member, &party.town, &other, [404; 7]),
        ("nobody", &nobody, &party.branch, &own, [401; 7]),
    ];
    for (who, person, organisation, member, expected) in cases {
        assert_eq!(answers(person, organisation, member).await, expected, "{who}");
    }
    // What lies next door looks like what never was.
    let absent = party.host.get("/organisations/01890a5d-ac96-774b-bcce-b302099a8057").await;
    let hidden = party.host.get(&format!("/organisations/{}", party.neighbour)).await;
    assert_eq!((absent.status, &absent.body["detail"]), (hidden.status, &hidden.body["detail"]));
    // Nobody brings in or moves over what he does not manage.
    let new = |organisation: &str| json!({ "organisation_id": organisation, "name": "韦", "phone": "19900006703", "standing": "full" });
    for (person, organisation, status) in [
        (&party.host, &party.neighbour, 422),
        (&party.member, &party.branch, 403),
        (&party.supervisor, &party.branch, 403),
        (&resident, &party.branch, 422),
    ] {
        assert_eq!(person.post("/members", &new(organisation)).await.status, status);
    }
    let away = party.host.patch(&format!("/members/{own}"), &json!({ "organisation_id": party.neighbour })).await;
    assert_eq!((away.status, away.fields()), (422, vec!["organisation_id"]));
    for person in [&party.host, &party.member, &party.supervisor, &resident] {
        let reply =
            person.post("/organisations", &json!({ "parent_id": party.branch, "name": "组", "kind": "group" })).await;
        assert!(matches!(reply.status, 403 | 422), "{}", reply.body);
    }
}

#[actix_rt::test]
async fn numbers_are_full_for_who_manages_and_for_oneself() {
    let party = Party::start().await;
    let path = format!("/members?organisation_id={}&size=200", party.branch);
    let full = |items: &Value| {
        let phones = items["items"].as_array().unwrap().iter().map(|item| text(&item["phone"]));
        phones.filter(|phone| !phone.contains('*')).count()
    };
    for (person, expected) in [(&party.admin, 24), (&party.host, 24), (&party.supervisor, 0), (&party.member, 1)] {
        assert_eq!(full(person.get(&path).await.expect(200)), expected);
    }
    // A whole number finds its owner, a part of it nobody.
    let phone = text(&party.roster(&party.branch).await[3]["phone"]);
    let found = async |q: &str| party.supervisor.get(&format!("/members?q={q}")).await.expect(200)["total"].clone();
    assert_eq!(found(&phone).await, 1);
    assert_eq!(found(&phone[..10]).await, 0);
    let by_position = party.supervisor.get("/members?position=secretary&include_below=true").await;
    assert_eq!(by_position.expect(200)["total"], 3);
    let probationary = party.host.get("/members?standing=probationary").await;
    assert_eq!(probationary.expect(200)["total"], 2);
    assert_eq!(party.host.get("/members?status=history").await.expect(200)["total"], 0);
}

#[actix_rt::test]
async fn organisations_are_made_changed_moved_and_deleted_by_the_rules_of_the_field() {
    let party = Party::start().await;
    let admin = &party.admin;
    let new = |parent: &str, name: &str, kind: &str| json!({ "parent_id": parent, "name": name, "kind": kind });
    let refused = async |body: Value| {
        let reply = admin.post("/organisations", &body).await;
        (reply.status, text(&reply.body["fields"][0]["code"]))
    };
    let general = text(
        &admin.post("/organisations", &new(&party.town, "古渡村总支部委员会", "general_branch")).await.expect(201)["id"],
    );
    for (body, code) in [
        (new(&party.branch, "支部", "branch"), "organisation.kind_not_below"),
        (new(&general, "委", "party_committee"), "organisation.kind_not_below"),
        (new(&party.town, "组", "group"), "organisation.kind_not_below"),
        (new(&party.town, "古渡村总支部委员会", "branch"), "organisation.name_taken"),
        (new(&party.town, "抗洪", "temporary_branch"), "organisation.end_required"),
        (new("01890a5d-ac96-774b-bcce-b302099a8057", "组", "group"), "organisation.not_found"),
        (json!({ "name": "另一个县委", "kind": "party_committee" }), "field.required"),
    ] {
        assert_eq!(refused(body.clone()).await, (422, code.to_owned()), "{body}");
    }
    let branch = text(&admin.post("/organisations", &new(&general, "第一支部", "branch")).await.expect(201)["id"]);
    let group = text(&admin.post("/organisations", &new(&branch, "第一小组", "group")).await.expect(201)["id"]);
    let person = party.new_member(&group, "韦建国", "19900006711", &json!(["group_leader"])).await;

    // Moved with all below, members too.
    let moved =
        admin.patch(&format!("/organisations/{branch}"), &json!({ "parent_id": party.town, "name": "独立支部" })).await;
    moved.expect(204);
    let detail = admin.get(&format!("/organisations/{group}")).await.body;
    assert_eq!(detail["ancestors"].as_array().unwrap().len(), 3);
    assert_eq!((&detail["ancestors"][2]["name"], &detail["members"]), (&json!("独立支部"), &json!(1)));
    let below =
        admin.get(&format!("/members?organisation_id={}&include_below=true&q={}", party.town, encoded("韦建国"))).await;
    assert!(below.body["items"].as_array().unwrap().iter().any(|item| item["id"] == person));
    for (id, body, code) in [
        (&branch, json!({ "parent_id": group }), "organisation.cycle"),
        (&branch, json!({ "kind": "general_branch" }), "organisation.children_not_below"),
        (&group, json!({ "parent_id": general }), "organisation.kind_not_below"),
    ] {
        let reply = admin.patch(&format!("/organisations/{id}"), &body).await;
        assert_eq!((reply.status, reply.body["fields"][0]["code"].as_str()), (422, Some(code)), "{}", reply.body);
    }
    let kept = admin.patch(&format!("/organisations/{}", party.county), &json!({ "parent_id": party.town })).await;
    assert_eq!((kept.status, kept.code()), (403, "organisation.not_permitted"));

    // Deleted from below, when nobody belongs to it, not even in its history.
    let delete = async |id: &str| {
        let reply = admin.delete(&format!("/organisations/{id}")).await;
        (reply.status, reply.code().to_owned())
    };
    let conflict = |code: &str| (409, code.to_owned());
    assert_eq!(delete(&branch).await, conflict("organisation.has_children"));
    assert_eq!(delete(&group).await, conflict("organisation.has_members"));
    assert_eq!(delete(&party.county).await, conflict("organisation.own"));
    let gone = admin
        .send(
            awc::http::Method::DELETE,
            &format!("/members/{person}"),
            Some(json!({ "reason": "转出" }).to_string().into_bytes()),
            &[],
        )
        .await;
    gone.expect(204);
    assert_eq!(delete(&group).await, conflict("organisation.has_history"));
    assert_eq!(delete(&general).await.0, 204);
    assert_eq!(admin.get(&format!("/organisations/{general}")).await.status, 404);
    admin.patch(&format!("/organisations/{group}"), &json!({ "status": "disabled" })).await.expect(204);
    assert_eq!(admin.get("/organisations?status=disabled").await.expect(200)["total"], 1);
    let (fine, report) = party.server.command(&["check"]);
    assert!(fine, "{report}");
}

#[actix_rt::test]
async fn roles_come_and_go_at_once_and_reach_no_further_than_their_giver() {
    let party = Party::start().await;
    let worker = party.server.staff("worker", 0).await;
    let account = text(&worker.get("/auth/me").await.body["id"]);
    let roles = format!("/organisations/{}/roles", party.branch);
    let give = |role: &str| json!({ "account_id": account, "role": role });
    party.admin.post(&roles, &give("supervisor")).await.expect(204);
    worker.get(&format!("/organisations/{}", party.branch)).await.expect(200);
    assert_eq!(worker.post(&roles, &give("administrator")).await.status, 403);
    party.admin.post(&roles, &give("administrator")).await.expect(204);
    let listed = party.admin.get(&roles).await.expect(200).clone();
    assert_eq!((listed["items"].as_array().unwrap().len(), &listed["items"][0]["role"]), (1, &json!("administrator")));
    // Administers the branch and below, and nothing else.
    let group = json!({ "parent_id": party.branch, "name": "小组", "kind": "group" });
    worker.post("/organisations", &group).await.expect(201);
    assert_eq!(worker.get(&format!("/organisations/{}", party.neighbour)).await.status, 404);
    let own = worker.delete(&format!("/organisations/{}", party.branch)).await;
    assert_eq!((own.status, own.code()), (409, "organisation.own"));
    assert_eq!(worker.post("/organisations", &json!({ "name": "县", "kind": "party_committee" })).await.status, 403);
    for (body, field) in
        [(give("secretary"), "role"), (json!({ "account_id": party.branch, "role": "supervisor" }), "account_id")]
    {
        assert_eq!(party.admin.post(&roles, &body).await.fields(), [field]);
    }
    party.admin.delete(&format!("{roles}/{account}")).await.expect(204);
    assert_eq!(worker.get(&format!("/organisations/{}", party.branch)).await.status, 404);
    assert_eq!(party.admin.delete(&format!("{roles}/{account}")).await.code(), "organisation.role_not_found");
}

#[actix_rt::test]
async fn a_member_joins_leads_and_leaves() {
    let party = Party::start().await;
    let branch = party.new_branch("城北社区支部委员会").await;
    let body = json!({ "organisation_id": branch, "name": "农立新", "phone": "19900006721", "standing": "probationary",
        "joined_on": "2026-07-01", "gender": "male" });
    let created = party.admin.post_once("/members", &body, "new").await;
    let id = text(&created.expect(201)["id"]);
    assert_eq!(
        party.admin.post_once("/members", &body, "new").await.body,
        created.body,
        "the same key makes nobody twice"
    );
    let twice = party.admin.post("/members", &body).await;
    assert_eq!((twice.status, twice.body["fields"][0]["code"].as_str()), (422, Some("member.exists")));
    // The account was made with the phone: the person signs in by code.
    let person = party.server.newcomer("19900006721").await;
    let me = person.get("/auth/me").await.body;
    assert_eq!((&me["name"], &me["membership"]["standing"]), (&json!("农立新"), &json!("probationary")));
    assert_eq!(me["membership"]["organisation"]["id"], branch);
    let lead = async |positions: Value| party.admin.patch(&format!("/members/{id}"), &positions).await;
    let early = lead(json!({ "positions": ["secretary"] })).await;
    assert_eq!(early.body["fields"][0]["code"], "member.probationary_position");
    assert_eq!(person.patch(&format!("/members/{id}"), &json!({ "name": "x" })).await.status, 403);
    lead(json!({ "standing": "full", "became_full_on": "2026-07-02", "positions": ["secretary"] })).await.expect(204);
    let node = person.get("/organisations/tree").await.expect(200).clone();
    assert_eq!((&node["leaders"][0]["name"], &node["may_manage"]), (&json!("农立新"), &json!(true)));
    person.patch(&format!("/members/{id}"), &json!({ "order": 5 })).await.expect(204);

    // Off the roster, with a reason; the record stays, the rights do not.
    let remove = async |person: &Person, reason: &str| {
        let body = json!({ "reason": reason }).to_string().into_bytes();
        person.send(awc::http::Method::DELETE, &format!("/members/{id}"), Some(body), &[]).await
    };
    assert_eq!(remove(&party.admin, " ").await.fields(), ["reason"]);
    remove(&party.admin, "组织关系转出").await.expect(204);
    assert_eq!(person.get("/organisations/tree").await.status, 404);
    assert_eq!(person.get("/auth/me").await.body["membership"], Value::Null);
    let record = party.admin.get(&format!("/members/{id}")).await.expect(200).clone();
    assert_eq!((&record["status"], &record["history_reason"]), (&json!("history"), &json!("组织关系转出")));
    assert_eq!(remove(&party.admin, "又").await.code(), "member.in_history");
    let node = party.admin.get(&format!("/organisations/{branch}")).await.body;
    assert_eq!((&node["leaders"], &node["members"]), (&json!([]), &json!(0)));
    party.admin.post("/members", &body).await.expect(201);
}

#[actix_rt::test]
async fn a_member_with_login_signs_in_by_password_under_the_same_lock() {
    let server = TestServer::start();
    let account = text(&server.account("member", 9)["account"]);
    let member = server.staff("member", 9).await;
    let me = member.get("/auth/me").await.body;
    assert_eq!((&me["kind"], &me["membership"]["standing"]), (&json!("resident"), &json!("probationary")));
    let wrong = json!({ "account": account, "password": "Falsch-2026" });
    for _ in 0..3 {
        assert_eq!(server.nobody().post("/auth/login", &wrong).await.code(), "auth.wrong_password");
    }
    assert_eq!(server.nobody().post("/auth/login", &wrong).await.code(), "auth.locked");
    assert_eq!(server.accounts().iter().filter(|account| account["role"] == "member").count(), 10);
}

#[actix_rt::test]
async fn a_change_of_leaders_reaches_other_rights_and_pictures_by_the_log_alone() {
    let mut server = TestServer::start();
    let party = Party::on(server).await;
    let deputy = party.roster(&party.branch).await[1].clone();
    let path = format!("/members/{}", text(&deputy["id"]));
    party.admin.patch(&path, &json!({ "positions": [] })).await.expect(204);
    let leaders = eventually("the picture without the deputy", async || {
        let node = party.admin.get(&format!("/organisations/{}", party.branch)).await.body;
        Some(node["leaders"].as_array().unwrap().len()).filter(|leaders| *leaders == 1)
    });
    assert_eq!(leaders.await, 1);
    server = party.server;
    server.stop();
    server.restart();
    let again = Party::on(server).await;
    let node = again.admin.get(&format!("/organisations/{}", again.branch)).await.body;
    assert_eq!(node["leaders"].as_array().unwrap().len(), 1);
}

#[actix_rt::test]
async fn the_tree_counts_who_is_on_the_rosters_now() {
    let party = Party::start().await;
    let counts = async || {
        let tree = party.admin.get("/organisations/tree").await.expect(200).clone();
        [&tree, &tree["children"][0], &tree["children"][0]["children"][0]]
            .map(|node| (node["own_members"].as_u64().unwrap(), node["members"].as_u64().unwrap()))
    };
    let [county, town, branch] = counts().await;
    assert_eq!((county.1, town.1, branch), (town.1 + county.0, county.1 - county.0, (24, 24)));
    let person = party.new_member(&party.town, "韦镇长", "19900006731", &json!([])).await;
    assert_eq!(counts().await, [(county.0, county.1 + 1), (town.0 + 1, town.1 + 1), branch]);
    let shallow = party.admin.get("/organisations/tree?depth=0").await.expect(200).clone();
    assert_eq!(shallow["members"], county.1 + 1, "with what is not shown");
    let moved = json!({ "organisation_id": party.branch });
    party.admin.patch(&format!("/members/{person}"), &moved).await.expect(204);
    assert_eq!(counts().await, [(county.0, county.1 + 1), (town.0, town.1 + 1), (25, 25)]);
    let gone = json!({ "reason": "转出" }).to_string().into_bytes();
    party.admin.send(awc::http::Method::DELETE, &format!("/members/{person}"), Some(gone), &[]).await.expect(204);
    assert_eq!(counts().await, [county, town, branch]);
}

#[actix_rt::test]
async fn what_is_optional_of_a_member_is_taken_away_with_null() {
    let party = Party::start().await;
    let id = text(&party.roster(&party.branch).await[9]["id"]);
    let path = format!("/members/{id}");
    let facts = json!({ "phone": "19900006741", "joined_on": "2019-07-01", "became_full_on": "2020-07-01",
        "gender": "female", "standing": "full" });
    let shown = async || {
        let member = party.admin.get(&path).await.expect(200).clone();
        ["phone", "joined_on", "became_full_on", "gender"].map(|name| member[name].clone())
    };
    party.host.patch(&path, &facts).await.expect(204);
    let full = [json!("19900006741"), json!("2019-07-01"), json!("2020-07-01"), json!("female")];
    assert_eq!(shown().await, full);
    party.host.patch(&path, &json!({ "order": 3, "name": null, "standing": null })).await.expect(204);
    assert_eq!(shown().await, full, "what is not named stays");
    let early = party.host.patch(&path, &json!({ "standing": "probationary" })).await;
    assert_eq!(early.fields(), ["became_full_on"]);
    party.host.patch(&path, &json!({ "became_full_on": null, "standing": "probationary" })).await.expect(204);
    let cleared = json!({ "phone": null, "joined_on": null, "gender": null });
    assert_eq!(party.member.patch(&path, &cleared).await.status, 403);
    let neighbour = text(&party.roster(&party.neighbour).await[9]["id"]);
    assert_eq!(party.host.patch(&format!("/members/{neighbour}"), &cleared).await.status, 404);
    party.host.patch(&path, &cleared).await.expect(204);
    assert_eq!(shown().await, [Value::Null, Value::Null, Value::Null, Value::Null]);
}

#[actix_rt::test]
async fn everybody_is_told_the_own_roles_those_that_follow_from_the_tenant_too() {
    let party = Party::start().await;
    let roles = async |person: &Person| {
        let me = person.get("/auth/me").await.expect(200).clone();
        let own = me["organisation_roles"].as_array().unwrap().clone();
        own.iter().map(|role| (text(&role["organisation"]["id"]), text(&role["role"]))).collect::<Vec<_>>()
    };
    let of = |organisation: &str, role: &str| vec![(organisation.to_owned(), role.to_owned())];
    assert_eq!(roles(&party.admin).await, of(&party.county, "administrator"));
    assert_eq!(roles(&party.host).await, of(&party.branch, "secretary"));
    assert_eq!(roles(&party.supervisor).await, of(&party.county, "supervisor"));
    assert_eq!(roles(&party.member).await, []);
    assert_eq!(roles(&party.server.staff("worker", 0).await).await, []);
}
