//! Sending a request: the four kinds and their forms, places, danger words, codes that no longer live.

use lianxin_domain::geo::{Datum, Point};
use serde_json::{Value, json};

use crate::support::{Person, Reply, TestServer, text};

/// A resident before a living code.
struct Stage {
    server: TestServer,
    resident: Person,
    code: String,
}

impl Stage {
    async fn with(phone: &str) -> Self {
        let server = TestServer::start();
        let resident = server.resident(phone).await;
        let code = server.code_of("worker", 0);
        Self { server, resident, code }
    }

    /// Sends a request of these members.
    async fn send(&self, members: Value) -> Reply {
        let mut body = json!({ "grid_code": self.code });
        body.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
        self.resident.post("/tickets", &body).await
    }

    /// Sends each, sees it refused for this field and code, and finds nothing sent.
    async fn refuses(&self, cases: Vec<(Value, &str, &str)>) {
        for (members, field, code) in cases {
            let reply = self.send(members.clone()).await;
            reply.expect(422);
            let fields = reply.body["fields"].as_array().unwrap();
            let named = fields.iter().any(|at| at["field"] == field && at["code"] == code);
            assert!(named, "{members}: {}", reply.body);
        }
        assert_eq!(self.resident.all_tickets("box=mine").await, [] as [Value; 0]);
    }
}

#[actix_rt::test]
async fn the_kinds_and_their_forms_are_open_to_everybody() {
    let server = TestServer::start();
    let kinds = server.nobody().get("/ticket-kinds").await;
    let items = kinds.expect(200)["items"].as_array().unwrap();
    let codes: Vec<_> = items.iter().map(|kind| text(&kind["kind"])).collect();
    assert_eq!(codes, ["suggestion", "dispute", "revitalization", "employment"]);
    let private: Vec<_> = items.iter().map(|kind| kind["private"] == true).collect();
    assert_eq!(private, [false, true, true, true]);
    let groups: Vec<_> = items[2]["fields"].as_array().unwrap().iter().map(|field| text(&field["group"])).collect();
    let expected =
        ["因病返贫致贫", "义务教育保障", "因产业失败返贫", "因就业不稳返贫", "住房安全保障", "因残返贫", "饮水安全"];
    assert_eq!(groups, expected);
    let required: Vec<_> =
        items[3]["fields"].as_array().unwrap().iter().filter(|field| field["required"] == true).collect();
    assert_eq!(required.iter().map(|field| text(&field["name"])).collect::<Vec<_>>(), ["work_place"]);
}

#[actix_rt::test]
async fn each_kind_is_taken_with_what_it_needs_and_shown_as_it_was_written() {
    let stage = Stage::with("19900003001").await;
    let sent = stage.send(json!({ "kind": "suggestion", "content": "  三组路口的路灯坏了  " })).await;
    let ticket = sent.expect(201);
    assert_eq!((&ticket["content"], &ticket["form"]), (&json!("三组路口的路灯坏了"), &json!({})));
    assert_eq!(
        (&ticket["state"], &ticket["version"], &ticket["kind_title"]),
        (&json!("submitted"), &json!(1), &json!("意见建议"))
    );
    assert_eq!((&ticket["handling_level"], &ticket["emergency"]), (&json!(5), &json!(false)));
    assert_eq!(ticket["submitter"]["name"], "李小明");
    assert_eq!(ticket["actions"], json!(["withdraw", "comment"]));
    assert!(ticket["number"].as_str().unwrap().len() >= 8 && ticket["due_at"].is_string());
    sent.seq();

    let backslash = r"日志里有 \u0000 和 \\u0000";
    let sent = stage.send(json!({ "kind": "suggestion", "content": backslash })).await;
    assert_eq!(sent.expect(201)["content"], backslash);
    stage.send(json!({ "kind": "dispute", "content": "宅基地边界有争议", "also_village": true })).await.expect(201);
    let risks = json!({ "risks": ["water_supply", "illness_major"] });
    let sent = stage.send(json!({ "kind": "revitalization", "form": risks })).await;
    // In the order of the form, whatever order they were ticked in.
    assert_eq!(sent.expect(201)["form"], json!({ "risks": ["illness_major", "water_supply"] }));
    stage.send(json!({ "kind": "revitalization", "content": "家里有人患病" })).await.expect(201);
    let form =
        json!({ "work_place": " 广东省东莞市 ", "home_address": "", "lifted_out_of_poverty": true, "need": null });
    let sent = stage.send(json!({ "kind": "employment", "form": form })).await;
    assert_eq!(sent.expect(201)["form"], json!({ "work_place": "广东省东莞市", "lifted_out_of_poverty": true }));
    assert_eq!(stage.resident.all_tickets("box=mine").await.len(), 6);
}

#[actix_rt::test]
async fn a_form_that_does_not_fit_its_kind_is_refused_field_by_field() {
    let stage = Stage::with("19900003002").await;
    let employment = |form: Value| json!({ "kind": "employment", "form": form });
    let revitalization = |form: Value| json!({ "kind": "revitalization", "content": "困难", "form": form });
    stage
        .refuses(vec![
            (json!({ "kind": "suggestion" }), "content", "field.required"),
            (json!({ "kind": "suggestion", "content": " \n " }), "content", "field.required"),
            (json!({ "kind": "suggestion", "content": "灯".repeat(2_001) }), "content", "field.too_long"),
            (json!({ "kind": "suggestion", "content": "灯\u{7}" }), "content", "field.characters"),
            (json!({ "kind": "suggestion", "content": "灯", "form": { "x": 1 } }), "form.x", "field.unknown"),
            (json!({ "kind": "suggestion", "content": "灯", "form": [] }), "form", "field.type"),
            (json!({ "kind": "lottery", "content": "灯" }), "kind", "field.option"),
            (json!({ "kind": "", "content": "灯" }), "kind", "field.option"),
            (json!({ "kind": "revitalization" }), "content", "field.required"),
            (json!({ "kind": "revitalization", "form": { "risks": [] } }), "content", "field.required"),
            (revitalization(json!({ "risks": ["no_such"] })), "form.risks", "field.option"),
            (
                revitalization(json!({ "risks": ["housing_dilapidated", "housing_dilapidated"] })),
                "form.risks",
                "field.duplicate",
            ),
            (revitalization(json!({ "risks": "illness_major" })), "form.risks", "field.type"),
            (revitalization(json!({ "risks": [1] })), "form.risks", "field.type"),
            (json!({ "kind": "employment", "content": "想找工作" }), "form.work_place", "field.required"),
            (employment(json!({})), "form.work_place", "field.required"),
            (employment(json!({ "work_place": "  " })), "form.work_place", "field.required"),
            (employment(json!({ "work_place": 7 })), "form.work_place", "field.type"),
            (employment(json!({ "work_place": "东".repeat(201) })), "form.work_place", "field.too_long"),
            (
                employment(json!({ "work_place": "东莞", "lifted_out_of_poverty": "是" })),
                "form.lifted_out_of_poverty",
                "field.type",
            ),
            (employment(json!({ "work_place": "东莞", "wages": 3 })), "form.wages", "field.unknown"),
        ])
        .await;
}

#[actix_rt::test]
async fn only_some_kinds_are_sent_for_somebody_else_or_to_the_village_too() {
    let stage = Stage::with("19900003003").await;
    let other = json!({ "name": "王大娘", "phone": "199 0000 3993" });
    let form = json!({ "work_place": "东莞" });
    stage
        .refuses(vec![
            (json!({ "kind": "suggestion", "content": "灯", "on_behalf": other }), "on_behalf", "field.not_applicable"),
            (
                json!({ "kind": "revitalization", "content": "病", "also_village": true }),
                "also_village",
                "field.not_applicable",
            ),
            (
                json!({ "kind": "employment", "form": form, "also_village": true }),
                "also_village",
                "field.not_applicable",
            ),
            (
                json!({ "kind": "employment", "form": form, "on_behalf": { "name": "1", "phone": "19900003993" } }),
                "on_behalf.name",
                "field.characters",
            ),
            (
                json!({ "kind": "employment", "form": form, "on_behalf": { "name": "王大娘", "phone": "110" } }),
                "on_behalf.phone",
                "field.phone",
            ),
        ])
        .await;
    let sent = stage.send(json!({ "kind": "employment", "form": form, "on_behalf": other })).await;
    assert_eq!(sent.expect(201)["on_behalf"], json!({ "name": "王大娘", "phone": "199****3993" }));
    let id = text(&sent.body["id"]);
    let worker = stage.server.staff("worker", 0).await;
    // What goes out to live clients and lists never holds the number.
    let timeline = worker.get(&format!("/tickets/{id}/timeline")).await;
    assert!(!timeline.expect(200).to_string().contains("19900003993"));
    let contact = worker.post(&format!("/tickets/{id}/contact"), &json!({})).await;
    assert_eq!(contact.expect(200)["on_behalf"], json!({ "name": "王大娘", "phone": "19900003993" }));
}

#[actix_rt::test]
async fn the_same_place_in_three_datums_lies_in_the_same_grid() {
    let stage = Stage::with("19900003004").await;
    let grid = stage.server.nobody().get(&format!("/entry/{}", stage.code)).await.body["grid"]["id"].clone();
    let center = stage.resident.get(&format!("/grids/{}", text(&grid))).await.body["center"].clone();
    let place = Point::new(center["lng"].as_f64().unwrap(), center["lat"].as_f64().unwrap()).unwrap();
    for (name, datum) in [("wgs84", Datum::Wgs84), ("gcj02", Datum::Gcj02), ("bd09", Datum::Bd09)] {
        let (lng, lat) = datum.from_wgs84(place);
        let located = stage.resident.get(&format!("/grids/locate?lng={lng}&lat={lat}&datum={name}")).await;
        assert_eq!(located.expect(200)["grid"]["id"], grid, "{name}");
        let location = json!({ "lng": lng, "lat": lat, "datum": name, "accuracy": 25.0 });
        let sent = stage.send(json!({ "kind": "suggestion", "content": "灯", "location": location })).await;
        let ticket = sent.expect(201);
        assert_eq!((&ticket["location_grid"]["id"], &ticket["location_mismatch"]), (&grid, &json!(false)), "{name}");
        let shown = |axis: &str| ticket["location"][axis].as_f64().unwrap();
        let off = (shown("lng") - place.lng()).abs().max((shown("lat") - place.lat()).abs());
        assert!(off < 1e-7, "{name}: {off}");
        assert_eq!(ticket["location"]["accuracy"], 25.0);
    }
    // Taken for WGS84, what a Chinese map says is hundreds of metres off.
    let (lng, lat) = Datum::Bd09.from_wgs84(place);
    assert!((lng - place.lng()).abs() + (lat - place.lat()).abs() > 0.004);
}

#[actix_rt::test]
async fn a_place_in_another_grid_or_in_none_is_shown_and_not_refused() {
    let stage = Stage::with("19900003005").await;
    let elsewhere =
        stage.server.nobody().get(&format!("/entry/{}", stage.server.code_of("worker", 2))).await.body["grid"]["id"]
            .clone();
    let center = stage.resident.get(&format!("/grids/{}", text(&elsewhere))).await.body["center"].clone();
    let far = json!({ "lng": center["lng"], "lat": center["lat"] });
    let sent = stage.send(json!({ "kind": "suggestion", "content": "灯", "location": far })).await;
    assert_eq!((&sent.expect(201)["location_grid"]["id"], &sent.body["location_mismatch"]), (&elsewhere, &json!(true)));
    let abroad = json!({ "lng": -0.1276, "lat": 51.5072 });
    let sent = stage.send(json!({ "kind": "suggestion", "content": "灯", "location": abroad })).await;
    assert_eq!((&sent.expect(201)["location_grid"], &sent.body["location_mismatch"]), (&json!(null), &json!(false)));
}

#[actix_rt::test]
async fn a_place_that_no_device_measured_is_refused() {
    let stage = Stage::with("19900003006").await;
    let at = |location: Value| json!({ "kind": "suggestion", "content": "灯", "location": location });
    stage
        .refuses(vec![
            (at(json!({ "lng": 0, "lat": 0 })), "location", "location.no_fix"),
            (at(json!({ "lng": 0.0, "lat": -0.0, "datum": "bd09" })), "location", "location.no_fix"),
            (at(json!({ "lng": 181, "lat": 24 })), "location", "location.out_of_range"),
            (at(json!({ "lng": 24, "lat": 106 })), "location", "location.out_of_range"),
            (at(json!({ "lng": 1e300, "lat": 24 })), "location", "location.out_of_range"),
            (at(json!({ "lng": 106, "lat": 24, "accuracy": -1 })), "location", "location.accuracy"),
            (at(json!({ "lng": 106, "lat": 24, "accuracy": 1e9 })), "location", "location.accuracy"),
        ])
        .await;
    let located = stage.resident.get("/grids/locate?lng=0&lat=0").await;
    assert_eq!((located.status, located.fields()), (422, vec!["lng"]));
}

#[actix_rt::test]
async fn words_of_danger_bring_the_numbers_to_call_and_never_stop_the_request() {
    let stage = Stage::with("19900003007").await;
    for (content, numbers) in [
        ("隔壁家着火了，快来", vec!["119"]),
        ("有人持刀砍人，流血不止", vec!["110", "120"]),
        ("小孩落水了", vec!["119", "120"]),
        ("周末想组织火锅聚餐", vec![]),
    ] {
        let sent = stage.send(json!({ "kind": "suggestion", "content": content })).await;
        let shown = sent.expect(201)["emergency_numbers"].as_array().unwrap();
        let shown: Vec<_> = shown.iter().map(|number| text(&number["number"])).collect();
        assert_eq!(shown, numbers, "{content}");
        assert_eq!(sent.body["emergency"], !numbers.is_empty(), "{content}");
    }
}

#[actix_rt::test]
async fn a_request_needs_one_living_grid() {
    let stage = Stage::with("19900003008").await;
    let other = stage.server.code_of("worker", 2);
    let grid = stage.server.nobody().get(&format!("/entry/{}", stage.code)).await.body["grid"]["id"].clone();
    let post = async |place: Value| {
        let mut body = json!({ "kind": "suggestion", "content": "灯" });
        body.as_object_mut().unwrap().extend(place.as_object().unwrap().clone());
        stage.resident.post("/tickets", &body).await
    };
    assert_eq!(post(json!({})).await.fields(), ["grid_code"]);
    assert_eq!(post(json!({ "grid_code": other, "grid_id": grid })).await.fields(), ["grid_id"]);
    let made_up = post(json!({ "grid_code": "QQQQQQQQQQ", "grid_id": grid })).await;
    assert_eq!((made_up.status, made_up.code()), (404, "grid.code_unknown"));
    let unknown = post(json!({ "grid_code": "QQQQQQQQQQ" })).await;
    assert_eq!((unknown.status, unknown.code()), (404, "grid.code_unknown"));
    let strange = "01890a5d-ac96-774b-bcce-b302099a8057";
    assert_eq!(post(json!({ "grid_id": strange })).await.fields(), ["grid_id"]);
    post(json!({ "grid_id": grid })).await.expect(201);
    post(json!({ "grid_code": stage.code, "grid_id": grid })).await.expect(201);
}
