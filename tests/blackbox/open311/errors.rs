//! Everything that can be asked wrongly: an error in the specification's form that names the field, and nothing done.

use super::structure::Element;
use super::*;

/// The code and description of the only error, the same in both formats.
#[track_caller]
fn assert_error(reply: &Reply, status: u16, field: &str) {
    let shown = String::from_utf8_lossy(&reply.bytes).into_owned();
    assert_eq!(reply.status, status, "{field}: {shown}");
    let (code, description) = if reply.header("Content-Type") == Some("text/xml; charset=utf-8") {
        let root = Element::read(&reply.bytes);
        assert_eq!((root.name.as_str(), root.children[0].name.as_str()), ("errors", "error"));
        let texts: Vec<String> = root.children[0].children.iter().map(|child| child.text.clone()).collect();
        (texts[0].parse().unwrap(), texts[1].clone())
    } else {
        (reply.body[0]["code"].as_u64().unwrap(), text(&reply.body[0]["description"]))
    };
    assert_eq!(code, u64::from(status));
    assert!(description.starts_with(field) && description.chars().any(|c| c > '\u{4e00}'), "{field}: {description}");
}

#[actix_rt::test]
async fn what_is_asked_wrongly_is_refused_by_the_name_of_its_field() {
    let stage = Stage::new().await;
    let long = "9".repeat(5_000);
    let cases = [
        ("services.json?jurisdiction_id=nowhere", 404, "jurisdiction_id"),
        (&format!("services.json?jurisdiction_id={}", stage.code), 404, "jurisdiction_id"),
        ("services.xml?jurisdiction_id=nowhere", 404, "jurisdiction_id"),
        ("services.json?api_key=x", 403, "api_key"),
        ("services.json?jurisdiction_id=a&jurisdiction_id=b", 400, "jurisdiction_id"),
        ("services.json?jurisdiction_id=%00", 400, "jurisdiction_id"),
        ("services/none.xml", 404, "service_code"),
        ("services/%FF%FE.json", 404, "service_code"),
        ("services/a.b.json", 404, "service_code"),
        ("requests.json?service_code=none", 404, "service_code"),
        ("requests.json?status=done", 400, "status"),
        ("requests.xml?status=open,", 200, ""),
        ("requests.json?start_date=yesterday", 400, "start_date"),
        ("requests.json?start_date=2026-01-01", 400, "start_date"),
        ("requests.json?end_date=2026-02-30T00:00:00Z", 400, "end_date"),
        ("requests.json?start_date=2026-01-01T00:00:00Z&end_date=2026-04-01T00:00:01Z", 400, "end_date"),
        ("requests.json?start_date=2026-02-01T00:00:00Z&end_date=2026-01-01T00:00:00Z", 400, "end_date"),
        ("requests.json?start_date=%2B262142-12-31T23:59:59Z", 400, "start_date"),
        ("requests.json?page=0", 400, "page"),
        ("requests.json?page=11", 400, "page"),
        ("requests.json?page_size=1001", 400, "page_size"),
        ("requests.json?page_size=x", 400, "page_size"),
        ("requests.json?api_key=x", 403, "api_key"),
        ("requests/x.json", 404, "service_request_id"),
        ("requests/%00.json", 404, "service_request_id"),
        ("requests/01890a5d-ac96-774b-bcce-b302099a8057.xml", 404, "service_request_id"),
        (&format!("requests/{long}.json"), 404, "service_request_id"),
        ("tokens/x.json", 404, "token"),
        ("tokens/01890a5d-ac96-774b-bcce-b302099a8057.xml", 404, "token"),
        ("requests.txt", 404, "format"),
        ("services/suggestion.yaml", 404, "format"),
        ("requests", 404, ""),
        ("nothing.json", 404, ""),
        ("nothing", 404, ""),
    ];
    for (path, status, field) in cases {
        let reply = stage.get(path).await;
        if status == 200 {
            assert_eq!(reply.status, 200, "{path}");
        } else {
            assert_error(&reply, status, field);
        }
    }
    let many = ["a"; 101].join(",");
    assert_error(&stage.get(&format!("requests.json?service_request_id={many}")).await, 400, "service_request_id");
    for (method, path) in
        [(Method::PUT, "requests.json"), (Method::DELETE, "services.xml"), (Method::POST, "services.json")]
    {
        let reply = stage.nobody.send(method, &format!("//open311/v2/{path}"), None, &[]).await;
        assert_error(&reply, 405, "不支持");
    }
}

#[actix_rt::test]
async fn a_report_that_is_wrong_is_refused_by_the_name_of_its_field_and_nothing_is_sent() {
    let stage = Stage::new().await;
    let right = [
        ("api_key", stage.key.as_str()),
        ("service_code", "suggestion"),
        ("address_id", &stage.code),
        ("description", "路灯坏了"),
    ];
    let (long, url) = ("长".repeat(2_001), format!("https://example.org/{}", "a".repeat(500)));
    let before = stage.worker.all_tickets("").await.len();
    // What is put in place of the field of the same name, or beside the others; the status; the field that is named.
    let cases: [(&str, &str, u16, &str); 32] = [
        ("api_key", "", 403, "api_key"),
        ("api_key", "wrong", 403, "api_key"),
        ("api_key", "' OR 1=1 --", 403, "api_key"),
        ("jurisdiction_id", "nowhere", 404, "jurisdiction_id"),
        ("jurisdiction_id", &stage.code, 404, "jurisdiction_id"),
        ("service_code", "", 400, "service_code"),
        ("service_code", "none", 404, "service_code"),
        ("address_id", "", 400, "address_id"),
        ("address_id", "nowhere", 404, "address_id"),
        ("address_id", "\u{202e}…", 404, "address_id"),
        ("lat", "24.0", 400, "long"),
        ("long", "106.0", 400, "lat"),
        ("lat", "x", 400, "lat"),
        ("lat", "NaN", 400, "lat"),
        ("lat", "1e999", 400, "lat"),
        ("long", "106,5", 400, "long"),
        ("description", "", 400, "description"),
        ("description", " \n ", 400, "description"),
        ("description", &long, 400, "description"),
        ("description", "a\u{0}b", 400, "description"),
        ("description", "a\u{8}b", 400, "description"),
        ("phone", "110", 400, "phone"),
        ("phone", "<script>", 400, "phone"),
        ("first_name", "12345", 400, "first_name"),
        ("media_url", "javascript:alert(1)", 400, "media_url"),
        ("media_url", "file:///etc/passwd", 400, "media_url"),
        ("media_url", &url, 400, "media_url"),
        ("attribute[colour]", "red", 400, "attribute[colour]"),
        ("attribute[colour][]", "red", 400, "attribute[colour]"),
        ("attribute[\u{0}]", "red", 400, "attribute["),
        ("attribute[]", "red", 400, "attribute["),
        ("lat\u{0}", "1", 400, "lat"),
    ];
    for (name, value, status, field) in cases {
        let mut pairs: Vec<(&str, &str)> = right.iter().copied().filter(|(known, _)| *known != name).collect();
        pairs.push((name, value));
        for format in ["json", "xml"] {
            let reply = stage.send(&format!("requests.{format}"), &pairs, &[]).await;
            assert_error(&reply, status, field);
        }
    }
    let twice: Vec<_> = right.iter().copied().chain([("description", "又一件")]).collect();
    assert_error(&stage.post(&twice).await, 400, "description");
    for (lat, long) in [("91", "106"), ("24", "181"), ("0", "0"), ("51.5", "-0.1")] {
        let pairs = [right[0], right[1], right[3], ("lat", lat), ("long", long)];
        assert_error(&stage.post(&pairs).await, 400, "lat, long");
    }
    assert_eq!(stage.worker.all_tickets("").await.len(), before);
}

#[actix_rt::test]
async fn a_body_that_is_no_form_is_refused() {
    let stage = Stage::new().await;
    let send = async |body: &[u8], media: &str| {
        let headers = [("Content-Type", media)];
        stage.nobody.send(Method::POST, "//open311/v2/requests.xml", Some(body.to_vec()), &headers).await
    };
    let right = form(&[
        ("api_key", &stage.key),
        ("service_code", "suggestion"),
        ("address_id", &stage.code),
        ("description", "路灯"),
    ]);
    for (body, media) in [
        (b"<?xml version=\"1.0\"?><request><api_key>x</api_key></request>".as_slice(), "text/xml"),
        (b"{\"api_key\":\"x\"}", "application/json"),
        (right.as_bytes(), "text/plain"),
        (right.as_bytes(), ""),
        (b"--x\r\n", "multipart/form-data; boundary=x"),
    ] {
        assert_error(&send(body, media).await, 400, "Content-Type");
    }
    let form = "application/x-www-form-urlencoded";
    for body in [b"".as_slice(), b"&&&", b"=", b"%", b"\xff\xfe=\xff", b"<request/>", b"a=b=c&[]=1"] {
        assert_error(&send(body, form).await, 403, "api_key");
    }
    // Bytes that are no UTF-8 are read as far as they go.
    let broken = [right.as_bytes(), b"%FF%FE"].concat();
    assert_eq!(send(&broken, form).await.status, 201);
    let huge = [right.as_bytes(), &vec![b'a'; 300 * 1024]].concat();
    assert_error(&send(&huge, form).await, 413, "");
    assert_eq!(send(right.as_bytes(), "Application/X-WWW-Form-Urlencoded;charset=UTF-8").await.status, 201);
}
