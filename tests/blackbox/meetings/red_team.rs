//! Those who would like to be in two places: each is refused clearly, or shown to the host.

use serde_json::json;

use super::{Phone, Stage, in_minutes};
use crate::support::text;

/// Waits until the screen shows something else than `old`.
async fn next_code(stage: &Stage, old: &str) -> String {
    loop {
        let code = stage.code().await;
        if code != old {
            return code;
        }
        tokio::task::yield_now().await;
    }
}

#[actix_rt::test]
async fn a_forwarded_screenshot_is_worth_nothing_after_two_changes_of_the_code() {
    let stage = Stage::launched().await;
    let phone = Phone::new(&stage).await;
    let old = stage.code().await;
    let second = next_code(&stage, &old).await;
    let claim = stage.path("/sign-in/claim");
    phone.post(&claim, &json!({ "code": old })).await.expect(200);
    next_code(&stage, &second).await;
    assert_eq!(phone.post(&claim, &json!({ "code": old })).await.code(), "meeting.code_expired");
    // The page that the QR leads to says the same, and gives no claim.
    let page = phone.holder.get(&format!("//s/{old}")).await;
    assert_eq!(page.status, 303);
    assert_eq!(page.header("Location"), Some("/m/sign-in#meeting.code_expired"));
}

#[actix_rt::test]
async fn a_relayed_code_signs_in_and_is_shown_as_what_it_is() {
    // A video call shows the living code to somebody at home: without a place it is a fair sign-in, not a strong one; with
    // a place it is refused.
    let stage = Stage::launched().await;
    let home = Phone::new(&stage).await;
    let relayed = stage.arrive(&stage.members[1], &home).await;
    assert_eq!(relayed.expect(200)["evidence"]["grade"], json!("fair"));
    let fence = json!({ "sign_in": { "fence": { "lng": 105.1, "lat": 24.5, "radius_m": 200 } } });
    let fenced = Stage::drafted(&fence).await;
    fenced.host("/launch", &json!({})).await.expect(200);
    let home = Phone::new(&fenced).await;
    assert_eq!(fenced.arrive(&fenced.members[1], &home).await.code(), "meeting.location_required");
    let claim = fenced.claim(&home).await;
    let at = |lat: f64, mocked: bool| {
        let place =
            json!({ "lng": 105.1, "lat": lat, "accuracy": 10, "age_ms": 1_000, "mocked": mocked, "consent": 1 });
        json!({ "claim": claim, "location": place })
    };
    let sign_in = fenced.path("/sign-in");
    let phone = home.of(&fenced.members[1]);
    assert_eq!(phone.post(&sign_in, &at(24.6, false)).await.code(), "meeting.outside_fence");
    // Nor does a place count that somebody gave under other words than those of now.
    let mut not_asked = at(24.5, false);
    not_asked["location"]["consent"] = json!(0);
    assert_eq!(phone.post(&sign_in, &not_asked).await.fields(), ["location.consent"]);
    // The claim was not used up by that; and a place that the phone itself calls made up is shown to the host.
    let signed = phone.post(&sign_in, &at(24.5, true)).await;
    assert_eq!(signed.expect(200)["evidence"]["flags"], json!(["mock_location"]));
    assert_eq!(signed.body["evidence"]["grade"], json!("weak"));
    assert_eq!(signed.body["evidence"]["consent"], json!(1));
}

#[actix_rt::test]
async fn a_claim_is_for_one_person_one_device_and_one_meeting() {
    let stage = Stage::launched().await;
    let phone = Phone::new(&stage).await;
    let sign_in = stage.path("/sign-in");
    let claim = stage.claim(&phone).await;
    let body = json!({ "claim": claim });
    // Forwarded to another phone.
    let other = Phone::new(&stage).await;
    let forwarded = other.of(&stage.members[2]).post(&sign_in, &body).await;
    assert_eq!((forwarded.status, forwarded.code()), (403, "meeting.claim_of_another_device"));
    phone.of(&stage.members[1]).post(&sign_in, &body).await.expect(200);
    // Used again by another person on the same phone.
    let replayed = phone.of(&stage.members[2]).post(&sign_in, &body).await;
    assert_eq!((replayed.status, replayed.code()), (409, "meeting.claim_used"));
    // Made up, or of another meeting.
    let forged = phone.of(&stage.members[2]).post(&sign_in, &json!({ "claim": "x".repeat(100) })).await;
    assert_eq!(forged.code(), "meeting.claim_unknown");
    let plan = Stage::plan(&stage.party.branch, &json!({}));
    let second = text(&stage.party.host.post("/meetings", &plan).await.expect(201)["id"]);
    stage.party.host.post(&format!("/meetings/{second}/launch"), &json!({})).await.expect(200);
    let claim = stage.claim(&phone).await;
    let body = json!({ "claim": claim });
    let elsewhere = phone.of(&stage.members[2]).post(&format!("/meetings/{second}/sign-in"), &body).await;
    assert_eq!(elsewhere.code(), "meeting.claim_unknown");
    let code = stage.code().await;
    let wrong = phone.post(&format!("/meetings/{second}/sign-in/claim"), &json!({ "code": code })).await;
    assert_eq!(wrong.code(), "meeting.code_of_another");
}

#[actix_rt::test]
async fn twenty_accounts_on_one_phone_are_shown_and_each_counts_once() {
    let mut stage = Stage::drafted(&json!({})).await;
    for number in 0..10 {
        let phone = format!("199000041{number:02}");
        stage.party.new_member(&stage.party.branch, &format!("新党员{number}"), &phone, &json!([])).await;
        stage.members.push(stage.party.server.newcomer(&phone).await);
    }
    stage.host("/launch", &json!({})).await.expect(200);
    let phone = Phone::new(&stage).await;
    for member in &stage.members {
        stage.arrive(member, &phone).await.expect(200);
        stage.arrive(member, &phone).await.expect(200);
    }
    let roster = stage.party.host.get(&stage.path("/roster")).await;
    let items = roster.expect(200)["items"].as_array().unwrap();
    let flagged = items.iter().filter(|item| item["evidence"]["flags"] == json!(["second_account_on_device"])).count();
    assert_eq!((&roster.body["figures"]["present"], flagged), (&json!(20), 19));
}

#[actix_rt::test]
async fn before_the_doors_open_and_after_the_end_nobody_signs_in() {
    let later = json!({ "starts_at": in_minutes(600), "ends_at": in_minutes(700) });
    let stage = Stage::drafted(&later).await;
    stage.host("/launch", &json!({})).await.expect(200);
    let phone = Phone::new(&stage).await;
    let early = stage.arrive(&stage.members[1], &phone).await;
    assert_eq!((early.status, early.code()), (409, "meeting.sign_in_closed"));
    assert!(early.body["opens_at"].is_string());
    assert_eq!(stage.host("/start", &json!({})).await.code(), "meeting.too_early");
    let stage = Stage::launched().await;
    stage.host("/start", &json!({})).await.expect(200);
    stage.host("/end", &json!({})).await.expect(200);
    let phone = Phone::new(&stage).await;
    assert_eq!(stage.arrive(&stage.members[1], &phone).await.code(), "meeting.sign_in_closed");
}

#[actix_rt::test]
async fn who_is_on_no_list_is_told_so_and_a_name_from_outside_comes_by_the_hosts_word() {
    let stage = Stage::launched().await;
    let phone = Phone::new(&stage).await;
    let stranger = stage.party.server.resident("19900004011").await;
    let refused = stage.arrive(&stranger, &phone).await;
    assert_eq!((refused.status, refused.code()), (403, "meeting.not_invited"));
    stage.host("/guests", &json!({ "name": "县委派员" })).await.expect(200);
    let guest = stage.attendee("县委派员").await;
    let manual = json!({ "member_id": guest["member_id"], "reason": "现场核实" });
    assert_eq!(stage.members[0].post(&stage.path("/sign-in/manual"), &manual).await.code(), "meeting.not_manager");
    let signed = stage.host("/sign-in/manual", &manual).await;
    assert_eq!(signed.expect(200)["status"], json!("guest"));
    assert_eq!(signed.body["evidence"]["manual"]["reason"], json!("现场核实"));
}

#[actix_rt::test]
async fn opening_the_code_page_fifty_times_changes_nothing() {
    let stage = Stage::launched().await;
    let head = stage.party.host.head().await;
    for _ in 0..50 {
        stage.code().await;
    }
    assert_eq!(stage.party.host.head().await, head);
    let phone = Phone::new(&stage).await;
    stage.arrive(&stage.members[1], &phone).await.expect(200);
}
