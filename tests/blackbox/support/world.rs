//! What several tests ask of a server: its grids, its codes, and waiting until something is so.

use std::time::Duration;

use awc::http::Method;
use serde_json::Value;

use super::people::{Person, Reply, codes};
use super::server::TestServer;

const PATIENCE: Duration = Duration::from_secs(10);
const BETWEEN_LOOKS: Duration = Duration::from_millis(5);

/// Asks again and again until there is an answer.
pub async fn eventually<T>(what: &str, look: impl AsyncFnMut() -> Option<T>) -> T {
    eventually_within(PATIENCE, what, look).await
}

/// The same, for what takes longer.
pub async fn eventually_within<T>(patience: Duration, what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let looking = async {
        loop {
            match look().await {
                Some(found) => break found,
                None => tokio::time::sleep(BETWEEN_LOOKS).await,
            }
        }
    };
    tokio::time::timeout(patience, looking).await.unwrap_or_else(|_| panic!("it never came: {what}"))
}

/// A member, as text.
#[track_caller]
pub fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}")).to_owned()
}

impl Person {
    /// Uploads a picture with an idempotency key.
    pub async fn upload_once(&self, content: &[u8], key: &str) -> Reply {
        let head = "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.jpg\"\r\n\
                    Content-Type: image/jpeg\r\n\r\n";
        let body = [head.as_bytes(), content, b"\r\n--b--\r\n"].concat();
        let headers = [("Content-Type", "multipart/form-data; boundary=b"), ("Idempotency-Key", key)];
        self.send(Method::POST, "/attachments", Some(body), &headers).await
    }

    /// A step of a ticket with an idempotency key.
    pub async fn act_once(&self, ticket: &str, action: &str, body: &Value, key: &str) -> Reply {
        self.post_once(&format!("/tickets/{ticket}/{action}"), body, key).await
    }
}

impl TestServer {
    /// Asks for a code for a phone and answers the one that was sent.
    pub async fn phone_code(&self, phone: &str) -> String {
        let before = self.codes_sent_to(phone).len();
        self.nobody().post("/auth/sms-code", &serde_json::json!({ "phone": phone })).await.expect(202);
        eventually("a code by SMS", async || self.codes_sent_to(phone).into_iter().nth(before)).await
    }

    /// All codes that were sent to a phone so far.
    pub fn codes_sent_to(&self, phone: &str) -> Vec<String> {
        codes(&self.data_dir().join("outbox/sms.jsonl"), phone)
    }
}
