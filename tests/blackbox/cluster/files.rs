//! Attachments on a store that speaks S3.

use serde_json::json;

use super::Stage;
use crate::support::media::picture;
use crate::support::{Bucket, Fault, FaultProxy, TestServer, text};

fn settings<'a>(bucket: &'a [(&'static str, String)]) -> Vec<(&'a str, &'a str)> {
    bucket.iter().map(|(key, value)| (*key, value.as_str())).collect()
}

fn files_in(folder: &std::path::Path) -> usize {
    let entries = std::fs::read_dir(folder).into_iter().flatten().map(Result::unwrap);
    entries
        .map(|entry| if entry.path().is_dir() { files_in(&entry.path()) } else { usize::from(entry.path().is_file()) })
        .sum()
}

#[actix_rt::test]
async fn attachments_lie_on_s3_for_all_nodes_and_move_with_a_backup() {
    let bucket = Bucket::start();
    let on_s3 = Bucket::settings(bucket.address, None);
    let stage = Stage::set_with("s3", 2, &settings(&on_s3)).await;
    let uploaded = stage.resident.upload("a.png", "image/png", &picture(image::ImageFormat::Png, 40, 30)).await;
    let id = text(&uploaded.expect(201)["id"]);
    assert!(files_in(&bucket.folder.path().join("county/files")) > 0);
    let path = format!("/attachments/{id}");
    let shown = stage.at(&stage.resident, 1).get(&path).await;
    assert_eq!((shown.status, &shown.bytes), (200, &stage.resident.get(&path).await.bytes));
    let part = stage.at(&stage.resident, 1).send(awc::http::Method::GET, &path, None, &[("Range", "bytes=2-9")]).await;
    assert_eq!((part.status, &part.bytes[..]), (206, &shown.bytes[2..10]));

    // To a single server with everything in one folder.
    let target = tempfile::TempDir::new().unwrap();
    let backup = target.path().join("backup");
    let (done, said) = stage.cluster.server(1).command(&["backup", backup.to_str().unwrap()]);
    assert!(done, "{said}");
    let single = TestServer::restored(&backup, &[]);
    let resident = stage.resident.at(&single);
    assert_eq!(resident.get(&path).await.bytes, shown.bytes);
    let (sound, report) = single.command(&["check"]);
    assert!(sound, "{report}");
}

#[actix_rt::test]
async fn while_the_file_store_is_away_only_files_are() {
    let bucket = Bucket::start();
    let wire = FaultProxy::to(&bucket.address.to_string());
    let on_s3 = Bucket::settings(wire.address(), None);
    let server = TestServer::start_with(&settings(&on_s3));
    let (resident, code) = (server.resident("19900009201").await, server.code_of("worker", 0));
    let image = picture(image::ImageFormat::Png, 40, 30);
    let kept = text(&resident.upload("a.png", "image/png", &image).await.expect(201)["id"]);
    wire.set(Fault::Reset);
    let refused = resident.upload("b.png", "image/png", &image).await;
    assert_eq!((refused.status, refused.header("Retry-After")), (503, Some("1")), "{}", refused.body);
    assert_eq!(resident.get(&format!("/attachments/{kept}")).await.status, 503);
    resident.submit(&code, "suggestion", "没有照片").await;
    wire.set(Fault::None);
    resident.upload("b.png", "image/png", &image).await.expect(201);
    resident.get(&format!("/attachments/{kept}")).await;
    resident
        .post(
            "/tickets",
            &json!({ "grid_code": code, "kind": "suggestion", "content": "有照片", "attachment_ids": [kept] }),
        )
        .await;
    assert_eq!(resident.get(&format!("/attachments/{kept}")).await.status, 200);
}

/// Somebody else's keys are refused by the store, and nothing is taken for stored.
#[actix_rt::test]
async fn a_wrong_key_of_the_store_is_an_error_and_no_loss() {
    let bucket = Bucket::start();
    let on_s3 = Bucket::settings(bucket.address, Some("wrong"));
    let server = TestServer::start_with(&settings(&on_s3));
    let resident = server.resident("19900009202").await;
    let reply = resident.upload("a.png", "image/png", &picture(image::ImageFormat::Png, 40, 30)).await;
    assert_eq!(reply.status, 503, "{}", reply.body);
    assert_eq!(files_in(&bucket.folder.path().join("county")), 0);
}
