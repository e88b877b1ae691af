//! Requests that residents may know of: one sentence of them is public, the others join instead of reporting again.

use serde_json::{Value, json};

use crate::bad_calls::assert_clear_refusal;
use crate::support::{Live, Person, TestServer, text};

const SENTENCE: &str = "三组路口的路灯不亮，已报修";
/// In the middle of somewhere; a thousandth of a degree of latitude is 111 metres.
const PLACE: (f64, f64) = (106.0, 24.0);

/// Two residents, who serves the grid, who serves another, and one request with a place.
struct Stage {
    server: TestServer,
    resident: Person,
    neighbour: Person,
    worker: Person,
    elsewhere: Person,
    code: String,
    ticket: String,
}

impl Stage {
    /// `phones` are two.
    async fn with(phones: [&str; 2]) -> Self {
        let server = TestServer::start();
        let (resident, neighbour) = (server.resident(phones[0]).await, server.resident(phones[1]).await);
        let (worker, elsewhere) = (server.staff("worker", 0).await, server.staff("worker", 2).await);
        let code = server.code_of("worker", 0);
        let ticket = send(&resident, &code, "路灯坏了，我是覃大姐", Some(PLACE)).await;
        Self { server, resident, neighbour, worker, elsewhere, code, ticket }
    }

    /// The same, made known.
    async fn known(phones: [&str; 2]) -> Self {
        let stage = Self::with(phones).await;
        stage.make_known(&stage.ticket, SENTENCE).await;
        stage
    }

    async fn make_known(&self, ticket: &str, sentence: &str) {
        self.worker.post(&format!("/tickets/{ticket}/known"), &json!({ "text": sentence })).await.expect(200);
    }

    /// What somebody is offered who writes a suggestion there.
    async fn offered(&self, who: &Person, place: Option<(f64, f64)>) -> Vec<Value> {
        let place = place.map(|(lng, lat)| format!("&lng={lng}&lat={lat}")).unwrap_or_default();
        let path = format!("/entry/{}/known?kind=suggestion{place}", self.code);
        who.get(&path).await.expect(200)["items"].as_array().unwrap().clone()
    }

    /// The same without what the demonstration made known in the grid.
    async fn offered_here(&self, who: &Person) -> Vec<Value> {
        let offered = self.offered(who, Some(PLACE)).await;
        offered.into_iter().filter(|item| item["ticket_id"] == self.ticket).collect()
    }

    async fn join(&self) -> Value {
        self.neighbour.post(&self.joining(), &json!({})).await.expect(200).clone()
    }

    fn joining(&self) -> String {
        format!("/tickets/{}/join", self.ticket)
    }

    fn publishing(&self) -> String {
        format!("/tickets/{}/known", self.ticket)
    }
}

async fn send(who: &Person, code: &str, content: &str, place: Option<(f64, f64)>) -> String {
    let location = place.map(|(lng, lat)| json!({ "lng": lng, "lat": lat }));
    let body = json!({ "grid_code": code, "kind": "suggestion", "content": content, "location": location });
    text(&who.post("/tickets", &body).await.expect(201)["id"])
}

async fn joined(who: &Person) -> Vec<Value> {
    who.get("/my/joined").await.expect(200)["items"].as_array().unwrap().clone()
}

/// What somebody was told of what they joined, the latest first.
async fn told(who: &Person) -> Vec<Value> {
    let inbox = who.get("/inbox?limit=50").await.expect(200)["items"].as_array().unwrap().clone();
    inbox.into_iter().filter(|one| one["subject"]["kind"] == "joined_ticket").collect()
}

#[track_caller]
fn assert_refused(reply: &crate::support::Reply, status: u16, code: &str) {
    assert_eq!((reply.status, reply.code()), (status, code), "{}", reply.body);
    assert_clear_refusal(reply, code);
}

#[actix_rt::test]
async fn a_neighbour_joins_what_is_known_and_hears_that_it_is_done() {
    let stage = Stage::with(["19900008001", "19900008002"]).await;
    let nobody = stage.server.nobody();
    assert!(stage.offered_here(&nobody).await.is_empty(), "nothing is public by itself");
    let mut live = Live::open(&stage.worker).await;
    let topic = format!("grid:{}", stage.worker.own_grid().await);
    assert_eq!(live.subscribe(&topic, None).await["op"], "subscribed");
    let known = stage.worker.post(&stage.publishing(), &json!({ "text": SENTENCE })).await;
    let known = known.expect(200);
    assert_eq!((&known["known"]["text"], &known["joined"]), (&json!(SENTENCE), &json!(0)));
    assert_eq!(live.event("ticket.made_known").await["data"]["line"], "已向居民公开说明");

    let offered = stage.offered_here(&nobody).await;
    let expected = json!({
        "ticket_id": stage.ticket, "text": SENTENCE, "kind_title": known["kind_title"], "state": "submitted",
        "distance_m": 50, "since": known["known"]["at"], "joined": 0, "joined_by_me": false,
    });
    assert_eq!(offered, [expected], "this and nothing else is public");
    assert!(stage.offered_here(&stage.resident).await.is_empty(), "nobody is offered the own ones");

    let mine = stage.join().await;
    assert_eq!((&mine["text"], &mine["state"], &mine["joined"]), (&json!(SENTENCE), &json!("submitted"), &json!(1)));
    let event = live.event("ticket.joined").await;
    assert_eq!((&event["data"]["count"], &event["data"]["by"]), (&json!(1), &Value::Null));
    assert_eq!(event["data"]["delta"], json!([0, 0, 0, 0, 0, 0]));
    assert_eq!(stage.worker.get(&format!("/tickets/{}", stage.ticket)).await.body["joined"], 1);
    assert_eq!(stage.offered_here(&stage.neighbour).await[0]["joined_by_me"], true);
    assert_eq!(joined(&stage.neighbour).await, [mine]);

    stage.worker.step(&stage.ticket, "accept", &json!({})).await;
    stage.worker.step(&stage.ticket, "complete", &json!({ "note": "给覃大姐换了灯泡" })).await;
    let news = told(&stage.neighbour).await;
    assert_eq!((news.len(), &news[0]["title"], &news[0]["text"]), (1, &json!("您加入的诉求已办结"), &json!(SENTENCE)));
    let mine = joined(&stage.neighbour).await;
    assert_eq!((mine.len(), &mine[0]["state"]), (1, &json!("completed")));
    assert!(mine[0]["completed_at"].is_string());
    stage.resident.step(&stage.ticket, "rate", &json!({ "stars": 2 })).await;
    assert_eq!(joined(&stage.neighbour).await, mine, "what the submitter thinks of it is not public");
    assert!(stage.offered_here(&nobody).await.is_empty(), "what is over is not offered");
}

#[actix_rt::test]
async fn who_joined_sees_the_sentence_and_nothing_of_the_request() {
    let stage = Stage::known(["19900008011", "19900008012"]).await;
    stage.join().await;
    let whole = format!("{}{}", stage.join().await, joined(&stage.neighbour).await[0]);
    for hidden in ["覃大姐", "路灯坏了", "submitter", "handler", "location"] {
        assert!(!whole.contains(hidden), "{hidden}: {whole}");
    }
    for path in ["", "/timeline", "/due"] {
        let reply = stage.neighbour.get(&format!("/tickets/{}{path}", stage.ticket)).await;
        assert_refused(&reply, 404, "ticket.not_found");
    }
    for action in ["comment", "withdraw", "known", "contact"] {
        let body = json!({ "text": "我也来说一句话" });
        let body = if matches!(action, "comment" | "known") { body } else { json!({}) };
        let reply = stage.neighbour.act(&stage.ticket, action, &body).await;
        assert_refused(&reply, 404, "ticket.not_found");
    }
    let mine = stage.neighbour.all_tickets("box=mine").await;
    assert!(mine.iter().all(|ticket| ticket["id"] != stage.ticket));
    // The submitter hears that others have the same trouble, and not who.
    let kinds: Vec<String> = stage.resident.timeline(&stage.ticket).await.into_iter().map(|(_, kind)| kind).collect();
    assert_eq!(kinds, ["ticket.submitted", "ticket.made_known"]);
    let seen = stage.resident.get(&format!("/tickets/{}", stage.ticket)).await;
    assert_eq!((&seen.body["known"]["text"], &seen.body["joined"]), (&json!(SENTENCE), &json!(1)));
}

#[actix_rt::test]
async fn a_person_joins_once_and_may_leave_again() {
    let stage = Stage::known(["19900008021", "19900008022"]).await;
    let first = stage.join().await;
    assert_eq!(stage.join().await, first, "a second time answers the same");
    let keyed = async || stage.neighbour.post_once(&stage.joining(), &json!({}), "once").await;
    assert_eq!(keyed().await.expect(200), &first);
    let count = async || stage.offered_here(&stage.server.nobody()).await[0]["joined"].clone();
    assert_eq!(count().await, 1);
    for _ in 0..2 {
        assert_eq!(stage.neighbour.delete(&stage.joining()).await.status, 204);
    }
    assert_eq!((count().await, joined(&stage.neighbour).await.len()), (json!(0), 0));
    let (one, two) = futures_util::join!(stage.join(), stage.join());
    assert_eq!((&one["joined"], &two["joined"]), (&json!(1), &json!(1)), "at once is once");

    let own = stage.resident.post(&stage.joining(), &json!({})).await;
    assert_refused(&own, 409, "ticket.own");
    let newcomer = stage.server.newcomer("19900008023").await;
    let unknown = newcomer.post(&stage.joining(), &json!({})).await;
    assert_refused(&unknown, 422, "profile.incomplete");
    assert_eq!(stage.server.nobody().post(&stage.joining(), &json!({})).await.status, 401);
    // Nobody tells whether there is a request that is not public.
    let hidden = send(&stage.resident, &stage.code, "没有公开", Some(PLACE)).await;
    for id in [hidden.as_str(), "01890a5d-ac96-774b-bcce-b302099a8057", "x"] {
        let path = format!("/tickets/{id}/join");
        assert_refused(&stage.neighbour.post(&path, &json!({})).await, 404, "ticket.not_found");
        assert_refused(&stage.neighbour.delete(&path).await, 404, "ticket.not_found");
    }
    stage.worker.step(&stage.ticket, "accept", &json!({})).await;
    stage.worker.step(&stage.ticket, "complete", &json!({ "note": "换了灯泡" })).await;
    let late = stage.server.resident("19900008024").await;
    assert_refused(&late.post(&stage.joining(), &json!({})).await, 409, "ticket.already_completed");
}

#[actix_rt::test]
async fn only_who_handles_a_request_says_what_is_public() {
    let stage = Stage::with(["19900008031", "19900008032"]).await;
    let say = async |who: &Person, words: &str| who.post(&stage.publishing(), &json!({ "text": words })).await;
    assert_refused(&say(&stage.elsewhere, SENTENCE).await, 404, "ticket.not_found");
    assert_refused(&say(&stage.neighbour, SENTENCE).await, 404, "ticket.not_found");
    assert_refused(&say(&stage.resident, SENTENCE).await, 403, "ticket.not_permitted");
    assert_refused(&stage.worker.delete(&stage.publishing()).await, 409, "ticket.not_known");
    assert_eq!(say(&stage.server.nobody(), SENTENCE).await.status, 401);

    let name = stage.resident.get("/auth/me").await.body["name"].as_str().unwrap().to_owned();
    let cases = [
        ("", "field.required"),
        ("路灯", "field.too_short"),
        (&"长".repeat(61), "field.too_long"),
        ("路灯坏了\n请绕行", "field.characters"),
        ("请打 138-1234 5678 问路灯", "known.phone"),
        ("身份证450102199001011231的路灯", "known.resident_id"),
        (&format!("{name}门口的路灯坏了"), "known.name"),
    ];
    for (words, code) in cases {
        let reply = say(&stage.worker, words).await;
        assert_eq!(reply.expect(422)["fields"][0]["code"], code, "{words}");
        assert_eq!(reply.fields(), ["text"]);
    }
    say(&stage.worker, SENTENCE).await.expect(200);
    stage.join().await;
    let better = say(&stage.worker, "三组路口的路灯明天修好").await;
    assert_eq!(better.expect(200)["joined"], 1, "who joined stays");
    assert_eq!(joined(&stage.neighbour).await[0]["text"], "三组路口的路灯明天修好");

    assert_refused(&stage.resident.delete(&stage.publishing()).await, 403, "ticket.not_permitted");
    assert_refused(&stage.elsewhere.delete(&stage.publishing()).await, 404, "ticket.not_found");
    let hidden = stage.worker.delete(&stage.publishing()).await;
    assert_eq!((&hidden.expect(200)["known"], &hidden.body["joined"]), (&Value::Null, &json!(0)));
    assert!(stage.offered_here(&stage.server.nobody()).await.is_empty());
    assert!(joined(&stage.neighbour).await.is_empty());
    assert_eq!(told(&stage.neighbour).await[0]["title"], "您加入的诉求不再公开");
    assert_refused(&stage.neighbour.post(&stage.joining(), &json!({})).await, 404, "ticket.not_found");

    // Words of a private kind never become public.
    let dispute = json!({ "grid_code": stage.code, "kind": "dispute", "content": "与邻居争吵" });
    let dispute = text(&stage.resident.post("/tickets", &dispute).await.expect(201)["id"]);
    let seen = stage.worker.get(&format!("/tickets/{dispute}")).await;
    assert!(!seen.body["actions"].as_array().unwrap().contains(&json!("known")));
    let path = format!("/tickets/{dispute}/known");
    let refused = stage.worker.post(&path, &json!({ "text": SENTENCE })).await;
    assert_refused(&refused, 422, "ticket.kind_private");
    let offered = stage.server.nobody().get(&format!("/entry/{}/known?kind=dispute", stage.code)).await;
    assert_eq!(offered.expect(200)["items"], json!([]));
    // What is over is made known no more.
    stage.resident.step(&stage.ticket, "withdraw", &json!({})).await;
    assert_refused(&say(&stage.worker, SENTENCE).await, 409, "ticket.withdrawn");
}

#[actix_rt::test]
async fn what_is_offered_lies_near_and_is_never_more_than_three() {
    let stage = Stage::known(["19900008041", "19900008042"]).await;
    let north = |thousandths: i32| Some((PLACE.0, PLACE.1 + f64::from(thousandths) / 1_000.0));
    for thousandths in [1, 2, 3] {
        let ticket = send(&stage.resident, &stage.code, "积水", north(thousandths)).await;
        stage.make_known(&ticket, &format!("路面积水 {thousandths}")).await;
    }
    let words = |items: &[Value]| {
        let one = |item: &Value| (text(&item["text"]), item["distance_m"].as_u64());
        items.iter().map(one).collect::<Vec<_>>()
    };
    let word = |words: &str, distance| (words.to_owned(), Some(distance));
    let nobody = stage.server.nobody();
    let near = words(&stage.offered(&nobody, Some(PLACE)).await);
    assert_eq!(near[..3], [word(SENTENCE, 50), word("路面积水 1", 150), word("路面积水 2", 250)]);
    let near = words(&stage.offered(&nobody, north(3)).await);
    assert_eq!(near[..3], [word("路面积水 3", 50), word("路面积水 2", 150), word("路面积水 1", 250)]);
    assert!(words(&stage.offered(&nobody, north(9)).await).iter().all(|(_, distance)| distance.is_none()));
    // Of another grid's code the place is what counts; without a place the grid is.
    let other = stage.server.code_of("worker", 2);
    let there = |query: String| format!("/entry/{other}/known?kind=suggestion{query}");
    let found = nobody.get(&there(format!("&lng={}&lat={}", PLACE.0, PLACE.1))).await;
    assert_eq!(text(&found.expect(200)["items"][0]["text"]), SENTENCE);
    let found = nobody.get(&there(String::new())).await;
    assert!(found.expect(200)["items"].as_array().unwrap().iter().all(|item| item["text"] != SENTENCE));
    let newest = stage.offered(&nobody, None).await;
    assert_eq!((newest.len(), text(&newest[0]["text"]).as_str()), (3, "路面积水 3"));
    assert!(newest.iter().all(|item| item["distance_m"].is_null()));

    for (query, field) in [
        ("", "kind"),
        ("kind=nothing", "kind"),
        ("kind=suggestion&lng=106", "lat"),
        ("kind=suggestion&lat=24", "lng"),
        ("kind=suggestion&lng=x&lat=24", "lng"),
        ("kind=suggestion&lng=181&lat=24", "lng"),
        ("kind=suggestion&lng=106&lat=91", "lat"),
        ("kind=suggestion&lng=106&lat=24&datum=mars", "datum"),
        ("kind=suggestion&zz=1", "zz"),
    ] {
        let reply = nobody.get(&format!("/entry/{}/known?{query}", stage.code)).await;
        assert!(matches!(reply.status, 400 | 422), "{query}: {}", reply.body);
        assert_clear_refusal(&reply, query);
        assert_eq!(reply.fields(), [field], "{query}");
    }
    assert_refused(&nobody.get("/entry/NOSUCHCODE/known?kind=suggestion").await, 404, "grid.code_unknown");
    let admin = stage.server.staff("admin", 0).await;
    let grid = stage.worker.own_grid().await;
    admin.post(&format!("/grids/{grid}/qr/rotate"), &json!({})).await;
    let dead = nobody.get(&format!("/entry/{}", stage.code)).await;
    let same = nobody.get(&format!("/entry/{}/known?kind=suggestion", stage.code)).await;
    assert_eq!((same.status, same.code()), (dead.status, dead.code()), "a dead code answers like the entry");
}
