//! What is told to whom: to everybody the public sentence, to a key what it sent itself, of private kinds nothing.

use super::*;

const SENTENCE: &str = "三组路口的路灯不亮，已报修";
const SECRET: &str = "路灯坏了，我是三组 12 号覃大姐，电话 19900006611";

impl Stage {
    /// What a resident asked for, by the code of the kind.
    async fn resident_asks(&self, phone: &str, kind: &str) -> String {
        let resident = self.server.resident(phone).await;
        let request = json!({ "grid_code": self.code, "kind": kind, "content": SECRET,
            "location": { "lng": 106.123_456, "lat": 24.654_321 } });
        text(&resident.post("/tickets", &request).await.expect(201)["id"])
    }

    /// What a call finds of one request, in the list and by its id.
    async fn sees(&self, id: &str, key: &str) -> Option<Value> {
        let query = if key.is_empty() { String::new() } else { format!("?api_key={key}") };
        let listed = self.get(&format!("requests.json{query}")).await.expect(200).clone();
        let listed = listed.as_array().unwrap().iter().find(|found| found["service_request_id"] == *id).cloned();
        let one = self.get(&format!("requests/{id}.json{query}")).await;
        let token = self.get(&format!("tokens/{id}.json{query}")).await;
        let sign = if query.is_empty() { "?" } else { "&" };
        let named = self.get(&format!("requests.json{query}{sign}service_request_id={id}")).await.expect(200).clone();
        match &listed {
            Some(found) => {
                assert_eq!(one.expect(200), &json!([found]));
                assert_eq!(named, json!([found]));
                assert_eq!(token.expect(200), &json!([{ "service_request_id": id, "token": id }]));
            }
            None => assert_eq!((one.status, token.status, named), (404, 404, json!([]))),
        }
        listed
    }
}

#[actix_rt::test]
async fn of_residents_requests_only_the_public_sentence_is_told() {
    let stage = Stage::new().await;
    let id = stage.resident_asks("19900006611", "suggestion").await;
    for key in ["", &stage.key] {
        assert_eq!(stage.sees(&id, key).await, None, "nothing is public by itself");
    }
    stage.make_known(&id, SENTENCE).await;
    for key in ["", &stage.key] {
        let mut seen = stage.sees(&id, key).await.unwrap();
        let times = ["requested_datetime", "updated_datetime"].map(|name| seen.as_object_mut().unwrap().remove(name));
        let ticket = stage.worker.get(&format!("/tickets/{id}")).await.expect(200).clone();
        assert_eq!(times, [&ticket["known"]["at"], &ticket["known"]["at"]].map(|at| Some(at.clone())));
        let public = json!({
            "service_request_id": id, "status": "open", "status_notes": "等待接单",
            "service_name": "意见建议", "service_code": "suggestion", "description": SENTENCE,
            "agency_responsible": null, "service_notice": null, "expected_datetime": null,
            "address": null, "address_id": null, "zipcode": null, "lat": 24.654, "long": 106.123, "media_url": null,
        });
        assert_eq!(seen, public);
    }
    for (action, body) in [("accept", json!({})), ("complete", json!({ "note": "已联系覃大姐" }))] {
        stage.worker.step(&id, action, &body).await;
    }
    let done = stage.sees(&id, "").await.unwrap();
    assert_eq!((&done["status"], &done["status_notes"]), (&json!("closed"), &json!("已办结")));
    assert!(!ids(&stage.get("requests.json?status=open").await).contains(&id));
    // Taken back, it was never there.
    stage.worker.delete(&format!("/tickets/{id}/known")).await.expect(200);
    assert_eq!(stage.sees(&id, "").await, None);
}

#[actix_rt::test]
async fn private_kinds_are_neither_listed_nor_taken_nor_told() {
    let stage = Stage::new().await;
    let id = stage.resident_asks("19900006612", "dispute").await;
    for key in ["", &stage.key] {
        assert_eq!(stage.sees(&id, key).await, None);
    }
    for kind in ["dispute", "revitalization", "employment"] {
        let none = stage.get("services/nothing.json").await;
        for reply in [
            stage.get(&format!("services/{kind}.json")).await,
            stage.get(&format!("services/{kind}.json?api_key={}", stage.key)).await,
            stage.get(&format!("requests.json?service_code={kind}")).await,
            stage.get(&format!("requests.json?service_code=suggestion,{kind}&api_key={}", stage.key)).await,
        ] {
            assert_eq!((reply.status, &reply.body), (404, &none.body), "{kind} is as unknown as nothing");
        }
        let pairs = [
            ("api_key", stage.key.as_str()),
            ("service_code", kind),
            ("address_id", &stage.code),
            ("description", SECRET),
            ("attribute[work_place]", "园区"),
        ];
        assert_eq!(stage.post(&pairs).await.status, 404, "{kind}");
    }
}

#[actix_rt::test]
async fn what_one_key_sent_another_does_not_see() {
    let stage = Stage::new().await;
    let id = stage.report(SECRET).await;
    let (_, neighbour) = integrate(&stage.admin, "物业", &stage.grid).await;
    assert!(stage.sees(&id, &stage.key).await.is_some());
    for key in ["", &neighbour] {
        assert_eq!(stage.sees(&id, key).await, None);
    }
    // Not even one whose grid it is, until it is made known, and then the sentence.
    stage.make_known(&id, SENTENCE).await;
    for key in ["", &neighbour] {
        let seen = stage.sees(&id, key).await.unwrap();
        assert_eq!((&seen["description"], &seen["address_id"]), (&json!(SENTENCE), &Value::Null));
    }
    assert_eq!(stage.sees(&id, &stage.key).await.unwrap()["description"], SECRET);
}

#[actix_rt::test]
async fn a_key_reports_to_its_own_grids_only() {
    let stage = Stage::new().await;
    let (_, key) = integrate(&stage.admin, "物业", &stage.grid).await;
    let elsewhere = stage.server.staff("worker", 2).await;
    let (foreign, center) = (
        stage.server.code_of("worker", 2),
        elsewhere.get(&format!("/grids/{}", elsewhere.own_grid().await)).await.expect(200)["center"].clone(),
    );
    let (lat, long) = (center["lat"].to_string(), center["lng"].to_string());
    let base = [("api_key", key.as_str()), ("service_code", "suggestion"), ("description", "路灯坏了")];
    let before = elsewhere.all_tickets("").await.len();
    for (field, place) in [
        ("address_id", &[("address_id", foreign.as_str())] as &[_]),
        ("lat, long", &[("lat", lat.as_str()), ("long", long.as_str())]),
    ] {
        let pairs: Vec<_> = base.iter().chain(place).copied().collect();
        let reply = stage.post(&pairs).await;
        assert_eq!(reply.status, 400, "{}", reply.body);
        assert!(text(&reply.body[0]["description"]).starts_with(field), "{}", reply.body);
    }
    assert_eq!(elsewhere.all_tickets("").await.len(), before);
    let own = [base[0], base[1], base[2], ("address_id", stage.code.as_str())];
    assert_eq!(stage.post(&own).await.status, 201);
}
