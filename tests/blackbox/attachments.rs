//! Files: what is taken in and how it is given out again.

use awc::http::Method;
use image::ImageFormat;
use serde_json::{Value, json};

use crate::support::media::{contains, fixture, jpeg_with, picture, png_header};
use crate::support::{Person, Reply, TestServer, text};

async fn uploaded(person: &Person, name: &str, media_type: &str, content: &[u8]) -> String {
    text(&person.upload(name, media_type, content).await.expect(201)["id"])
}

async fn photo(person: &Person) -> String {
    uploaded(person, "路灯.jpg", "image/jpeg", &picture(ImageFormat::Jpeg, 40, 30)).await
}

async fn download(person: &Person, id: &str, range: Option<&str>) -> Reply {
    let headers: Vec<_> = range.map(|range| ("Range", range)).into_iter().collect();
    person.send(Method::GET, &format!("/attachments/{id}"), None, &headers).await
}

fn request(code: &str, attachments: &[&str]) -> Value {
    json!({ "grid_code": code, "kind": "suggestion", "content": "路灯坏了", "attachments": attachments })
}

#[actix_rt::test]
async fn a_picture_comes_back_as_a_picture_and_without_what_the_camera_wrote_into_it() {
    let server = TestServer::start();
    let resident = server.resident("19900006101").await;
    let secret = b"GPS 24.4000 106.6000 <script>alert(1)</script>";
    let upload = resident.upload("../../路灯 <b>.jpeg", "image/jpeg", &jpeg_with(secret)).await;
    let view = upload.expect(201);
    upload.seq();
    assert_eq!((&view["kind"], &view["media_type"]), (&json!("image"), &json!("image/jpeg")));
    assert_eq!((&view["width"], &view["height"], &view["duration_ms"]), (&json!(40), &json!(30), &json!(null)));
    assert_eq!(view["name"], "路灯 _b_.jpeg");
    assert_eq!(view["url"], format!("/api/v1/attachments/{}", text(&view["id"])));
    let file = download(&resident, view["id"].as_str().unwrap(), None).await;
    assert_eq!((file.status, file.bytes.len() as u64), (200, view["size"].as_u64().unwrap()));
    assert!(!contains(&file.bytes, b"GPS") && !contains(&file.bytes, b"script") && !contains(&file.bytes, b"Exif"));
    let shown = image::load_from_memory(&file.bytes).unwrap();
    assert_eq!((shown.width(), shown.height()), (40, 30));
    for (name, value) in [
        ("Content-Type", "image/jpeg"),
        ("X-Content-Type-Options", "nosniff"),
        ("Content-Disposition", "inline"),
        ("Accept-Ranges", "bytes"),
    ] {
        assert_eq!(file.header(name), Some(value), "{name}");
    }
    let policy = file.header("Content-Security-Policy").unwrap();
    assert!(policy.starts_with("sandbox;") && policy.contains("default-src 'none'"), "{policy}");
    assert!(file.header("Cache-Control").unwrap().starts_with("private"));
}

#[actix_rt::test]
async fn a_large_picture_is_made_smaller_and_png_and_webp_are_taken_too() {
    let server = TestServer::start();
    let resident = server.resident("19900006102").await;
    for (format, name, media_type) in
        [(ImageFormat::Png, "a.png", "image/png"), (ImageFormat::WebP, "a.webp", "image/webp")]
    {
        let view = resident.upload(name, media_type, &picture(format, 3_000, 60)).await.body;
        assert_eq!(
            (&view["kind"], &view["width"], &view["height"]),
            (&json!("image"), &json!(2_048), &json!(41)),
            "{name}"
        );
    }
}

#[actix_rt::test]
async fn voice_and_video_are_measured_and_voice_has_an_end() {
    let server = TestServer::start();
    let resident = server.resident("19900006103").await;
    for (name, media_type, kind) in [
        ("voice.ogg", "audio/ogg", "voice"),
        ("voice_live.webm", "audio/webm;codecs=opus", "voice"),
        ("voice.m4a", "audio/mp4", "voice"),
        ("voice.mp3", "audio/mpeg", "voice"),
        ("video.mp4", "video/mp4", "video"),
        ("video.webm", "video/webm", "video"),
    ] {
        let view = resident.upload(name, media_type, &fixture(name)).await;
        assert_eq!(view.expect(201)["kind"], kind, "{name}");
        let duration = view.body["duration_ms"].as_u64().unwrap();
        assert!((1_800..2_300).contains(&duration), "{name}: {duration}");
    }
    let long = resident.upload("long.ogg", "audio/ogg", &fixture("long_voice.ogg")).await;
    assert_eq!((long.status, long.code()), (422, "attachment.too_long"));
}

#[actix_rt::test]
async fn a_file_that_is_not_what_it_says_is_refused() {
    let server = TestServer::start();
    let resident = server.resident("19900006104").await;
    let (jpeg, png) = (picture(ImageFormat::Jpeg, 8, 8), picture(ImageFormat::Png, 8, 8));
    let half = &jpeg[..jpeg.len() / 2];
    let svg = b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>".as_slice();
    let html = b"<!DOCTYPE html><script>alert(1)</script>".as_slice();
    let cases: [(&str, &str, &[u8], u16, &str); 17] = [
        ("a.jpg", "image/png", &jpeg, 415, "attachment.mismatch"),
        ("a.png", "image/jpeg", &png, 415, "attachment.mismatch"),
        ("a.html", "image/jpeg", &jpeg, 415, "attachment.mismatch"),
        ("a.jpg", "text/html", &jpeg, 415, "attachment.mismatch"),
        ("a.jpg", "image/jpeg", &fixture("video.mp4"), 415, "attachment.mismatch"),
        ("a.jpg", "image/jpeg", html, 415, "attachment.unsupported"),
        ("a.html", "text/html", html, 415, "attachment.unsupported"),
        ("a.svg", "image/svg+xml", svg, 415, "attachment.unsupported"),
        ("a.jpg", "image/jpeg", svg, 415, "attachment.unsupported"),
        ("a.gif", "image/gif", b"GIF89a/*\x01\0\x01\0\0\0\0*/=1;alert(1)", 415, "attachment.unsupported"),
        ("a.jpg", "image/jpeg", b"MZ\x90\0\x03\0\0\0\x04\0\0\0\xFF\xFF", 415, "attachment.unsupported"),
        ("a.docx", "application/zip", b"PK\x03\x04\x14\0\0\0\0\0", 415, "attachment.unsupported"),
        ("a.jpg", "image/jpeg", half, 422, "attachment.corrupt"),
        ("a.png", "image/png", &png[..png.len() / 2], 422, "attachment.corrupt"),
        ("a.jpg", "image/jpeg", b"", 422, "attachment.corrupt"),
        ("a.png", "image/png", &png_header(50_000, 50_000), 422, "attachment.bomb"),
        ("a.png", "image/png", &png_header(11_000, 11_000), 422, "attachment.bomb"),
    ];
    for (name, media_type, content, status, code) in cases {
        let reply = resident.upload(name, media_type, content).await;
        assert_eq!((reply.status, reply.code()), (status, code), "{name} {media_type}: {}", reply.body);
    }
}

#[actix_rt::test]
async fn a_picture_that_is_also_something_else_is_only_a_picture_afterwards() {
    let server = TestServer::start();
    let resident = server.resident("19900006105").await;
    for tail in
        [&b"<html><script>alert(1)</script></html>"[..], b"PK\x03\x04 archive.zip PK\x05\x06", b"%PDF-1.7\n1 0 obj"]
    {
        let both = [picture(ImageFormat::Png, 8, 8).as_slice(), tail].concat();
        let id = uploaded(&resident, "a.png", "image/png", &both).await;
        let kept = download(&resident, &id, None).await;
        assert_eq!(kept.status, 200);
        assert!(!contains(&kept.bytes, tail) && image::load_from_memory(&kept.bytes).is_ok());
    }
}

#[actix_rt::test]
async fn what_is_too_large_is_refused_with_its_limit() {
    let server = TestServer::start();
    let resident = server.resident("19900006106").await;
    let mut heavy = picture(ImageFormat::Jpeg, 8, 8);
    heavy.resize((20 << 20) + 1, 0);
    let reply = resident.upload("a.jpg", "image/jpeg", &heavy).await;
    assert_eq!((reply.status, reply.code()), (422, "attachment.too_large"));
    assert!(reply.body["detail"].as_str().unwrap().contains("20 MB"), "{}", reply.body);
    heavy.resize((50 << 20) + 1, 0);
    let reply = resident.upload("a.mp4", "video/mp4", &heavy).await;
    assert_eq!((reply.status, reply.code()), (413, "request.too_large"));
    photo(&resident).await;
}

#[actix_rt::test]
async fn a_form_that_is_no_upload_is_refused() {
    let server = TestServer::start();
    let resident = server.resident("19900006107").await;
    let multipart = "multipart/form-data; boundary=b";
    let part =
        |name: &str| format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"a.jpg\"\r\n\r\n");
    let cases = [
        ("application/json", "{}".to_owned(), 415),
        ("text/plain", "x".to_owned(), 415),
        ("multipart/form-data", "x".to_owned(), 400),
        (multipart, String::new(), 400),
        (multipart, "--b--\r\n".to_owned(), 400),
        (multipart, "no boundary anywhere".to_owned(), 400),
        (multipart, part("picture") + "x\r\n--b--\r\n", 400),
        (multipart, part("file") + "cut off", 400),
    ];
    for (media_type, body, status) in cases {
        let reply = resident
            .send(Method::POST, "/attachments", Some(body.clone().into_bytes()), &[("Content-Type", media_type)])
            .await;
        assert_eq!(reply.status, status, "{media_type} {body:?}: {}", reply.body);
        assert_eq!(reply.header("Content-Type"), Some("application/problem+json"));
        assert!(!reply.code().is_empty());
    }
}

#[actix_rt::test]
async fn a_request_takes_three_pictures_one_voice_one_video_and_no_papers() {
    let server = TestServer::start();
    let resident = server.resident("19900006108").await;
    let code = server.code_of("worker", 0);
    let mut photos = Vec::new();
    for _ in 0..4 {
        photos.push(photo(&resident).await);
    }
    let voices = [voice(&resident).await, voice(&resident).await];
    let videos = [video(&resident).await, video(&resident).await];
    let paper = uploaded(&resident, "a.pdf", "application/pdf", b"%PDF-1.7\n%%EOF").await;
    let refused: [(Vec<&str>, &str); 5] = [
        (photos.iter().map(String::as_str).collect(), "field.too_many"),
        (voices.iter().map(String::as_str).collect(), "field.too_many"),
        (videos.iter().map(String::as_str).collect(), "field.too_many"),
        (vec![&paper], "field.too_many"),
        (vec![&photos[0], &photos[0]], "field.duplicate"),
    ];
    for (attachments, code_of_field) in refused {
        let reply = resident.post("/tickets", &request(&code, &attachments)).await;
        assert_eq!((reply.status, reply.fields()), (422, vec!["attachments"]), "{}", reply.body);
        assert_eq!(reply.body["fields"][0]["code"], code_of_field);
    }
    let all: [&str; 5] = [&photos[0], &photos[1], &photos[2], &voices[0], &videos[0]];
    // A recording says enough without words.
    let body = json!({ "grid_code": code, "kind": "suggestion", "attachments": all });
    let sent = resident.post("/tickets", &body).await;
    let shown: Vec<_> =
        sent.expect(201)["attachments"].as_array().unwrap().iter().map(|file| text(&file["id"])).collect();
    assert_eq!(shown, all);
}

async fn voice(person: &Person) -> String {
    uploaded(person, "voice.ogg", "audio/ogg", &fixture("voice.ogg")).await
}

async fn video(person: &Person) -> String {
    uploaded(person, "video.mp4", "video/mp4", &fixture("video.mp4")).await
}

#[actix_rt::test]
async fn proof_may_be_papers_and_pictures_up_to_nine() {
    let server = TestServer::start();
    let (resident, worker) = (server.resident("19900006109").await, server.staff("worker", 0).await);
    let (ticket, _) = resident.submit(&server.code_of("worker", 0), "suggestion", "路灯").await;
    worker.step(&ticket, "accept", &json!({})).await;
    let mut proof = vec![uploaded(&worker, "协议.pdf", "application/pdf", b"%PDF-1.7\n%%EOF").await];
    for _ in 0..9 {
        proof.push(photo(&worker).await);
    }
    let complete = |files: &[String]| json!({ "note": "已签协议", "attachments": files });
    let many = worker.act(&ticket, "complete", &complete(&proof)).await;
    assert_eq!((many.status, many.fields()), (422, vec!["attachments"]));
    let done = worker.act(&ticket, "complete", &complete(&proof[..9])).await;
    assert_eq!(done.expect(200)["completion"]["attachments"].as_array().unwrap().len(), 9);
    let paper = download(&resident, &proof[0], None).await;
    assert_eq!((paper.status, paper.header("Content-Disposition")), (200, Some("attachment")));
    let words = json!({ "text": "", "attachments": [photo(&resident).await] });
    resident.act(&ticket, "comment", &words).await.expect(200);
}

#[actix_rt::test]
async fn a_player_may_jump() {
    let server = TestServer::start();
    let resident = server.resident("19900006110").await;
    let (id, whole) = (video(&resident).await, fixture("video.mp4"));
    let size = whole.len();
    let ranges = [
        ("bytes=0-99", 0..100),
        ("bytes=100-", 100..size),
        ("bytes=-50", size - 50..size),
        ("bytes=0-999999999", 0..size),
    ];
    for (range, expected) in ranges {
        let part = download(&resident, &id, Some(range)).await;
        assert_eq!(part.status, 206, "{range}");
        assert_eq!(part.bytes, &whole[expected.clone()], "{range}");
        let said = format!("bytes {}-{}/{size}", expected.start, expected.end - 1);
        assert_eq!(part.header("Content-Range"), Some(said.as_str()));
    }
    let strange = [
        "bytes=9-2",
        "bytes=x-y",
        "bytes=-",
        "bytes=99999999-",
        "lines=0-9",
        "bytes=-0",
        "bytes=18446744073709551615-18446744073709551615",
    ];
    for range in strange {
        let all = download(&resident, &id, Some(range)).await;
        assert_eq!((all.status, all.bytes.len()), (200, size), "{range}");
    }
}

#[actix_rt::test]
async fn an_upload_is_its_uploaders_until_it_belongs_to_a_ticket_and_then_the_tickets() {
    let server = TestServer::start();
    let (resident, stranger) = (server.resident("19900006111").await, server.resident("19900006112").await);
    let (worker, neighbour) = (server.staff("worker", 0).await, server.staff("worker", 2).await);
    let code = server.code_of("worker", 0);
    let file = photo(&resident).await;
    assert_eq!(download(&resident, &file, None).await.status, 200);
    for person in [&stranger, &worker, &neighbour] {
        let reply = download(person, &file, None).await;
        assert_eq!((reply.status, reply.code()), (404, "attachment.not_found"));
        let stolen = person.post("/tickets", &request(&code, &[&file])).await;
        assert_eq!(stolen.expect(422)["fields"][0]["code"], "attachment.not_found");
    }
    let ticket = text(&resident.post("/tickets", &request(&code, &[&file])).await.expect(201)["id"]);
    for (person, status) in
        [(&resident, 200), (&worker, 200), (&stranger, 404), (&neighbour, 404), (&server.nobody(), 401)]
    {
        assert_eq!(download(person, &file, None).await.status, status);
    }
    let again = resident.post("/tickets", &request(&code, &[&file])).await;
    assert_eq!(again.expect(422)["fields"][0]["code"], "attachment.in_use");
    let comment = json!({ "text": "看", "attachments": [file] });
    assert_eq!(resident.act(&ticket, "comment", &comment).await.expect(422)["fields"][0]["code"], "attachment.in_use");
    for id in ["x", "01890a5d-ac96-774b-bcce-b302099a8057", "..%2F..%2Flianxin.db"] {
        assert_eq!(download(&resident, id, None).await.status, 404, "{id}");
    }
}

#[actix_rt::test]
async fn of_two_requests_that_use_one_upload_at_once_one_gets_it() {
    let server = TestServer::start();
    let resident = server.resident("19900006113").await;
    let code = server.code_of("worker", 0);
    for _ in 0..5 {
        let file = photo(&resident).await;
        let body = request(&code, &[&file]);
        let (one, two) =
            futures_util::future::join(resident.post("/tickets", &body), resident.post("/tickets", &body)).await;
        let mut statuses = [one.status, two.status];
        statuses.sort_unstable();
        assert!(matches!(statuses, [201, 409 | 422]), "{} {}", one.body, two.body);
        let lost = if one.status == 201 { &two } else { &one };
        assert!(
            lost.code() == "attachment.in_use" || lost.body["fields"][0]["code"] == "attachment.in_use",
            "{}",
            lost.body
        );
    }
    assert_eq!(resident.all_tickets("box=mine").await.len(), 5);
}
