//! People who use the server: signed in or not, over plain HTTP.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use awc::http::Method;
use rustls::ClientConfig;
use serde_json::{Value, json};

use super::server::PASSWORD;

/// An answer.
#[derive(Debug, Clone)]
pub struct Reply {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Value,
    pub bytes: Vec<u8>,
}

impl Reply {
    /// A header's value.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// The stable code of a problem.
    pub fn code(&self) -> &str {
        self.body["code"].as_str().unwrap_or_default()
    }

    /// The fields that a problem names.
    pub fn fields(&self) -> Vec<&str> {
        let fields = self.body["fields"].as_array();
        fields.into_iter().flatten().filter_map(|field| field["field"].as_str()).collect()
    }

    /// The number of the change's last event.
    pub fn seq(&self) -> u64 {
        self.header("X-Lianxin-Seq").and_then(|seq| seq.parse().ok()).expect("a change answers its number")
    }

    /// Asserts the status; answers the body.
    #[track_caller]
    pub fn expect(&self, status: u16) -> &Value {
        assert_eq!(self.status, status, "{}", self.body);
        &self.body
    }
}

/// Somebody with or without a session.
#[derive(Clone)]
pub struct Person {
    pub base: String,
    pub token: Option<String>,
    client: awc::Client,
    /// Whom it believes, where the server speaks TLS.
    trust: Option<Arc<ClientConfig>>,
}

impl Person {
    /// Nobody in particular.
    pub fn nobody(base: &str) -> Self {
        let client = awc::Client::builder().disable_redirects().timeout(Duration::from_secs(30)).finish();
        Self { base: base.to_owned(), token: None, client, trust: None }
    }

    /// Nobody in particular, over TLS, who believes whom `trust` says.
    pub fn trusting(base: &str, trust: &Arc<ClientConfig>) -> Self {
        let connector = awc::Connector::new().rustls_0_23(Arc::clone(trust)).timeout(Duration::from_secs(30));
        let client = awc::Client::builder().connector(connector).disable_redirects().timeout(Duration::from_secs(30));
        Self { base: base.to_owned(), token: None, client: client.finish(), trust: Some(Arc::clone(trust)) }
    }

    /// Whoever has this token.
    pub fn with_token(self, token: &str) -> Self {
        Self { token: Some(token.to_owned()), ..self }
    }

    /// A client for connections that last.
    pub(super) fn lasting(&self) -> awc::Client {
        let client = awc::Client::builder();
        match &self.trust {
            Some(trust) => {
                let mut own = ClientConfig::clone(trust);
                own.alpn_protocols = vec![b"http/1.1".to_vec()];
                client.connector(awc::Connector::new().rustls_0_23(Arc::new(own))).finish()
            }
            None => client.max_http_version(awc::http::Version::HTTP_11).finish(),
        }
    }

    /// Staff.
    pub async fn sign_in(base: &str, account: &str, password: &str) -> Self {
        let nobody = Self::nobody(base);
        let reply = nobody.post("/auth/login", &json!({ "account": account, "password": password })).await;
        let token = reply.expect(200)["token"].as_str().map(str::to_owned);
        Self { token, ..nobody }
    }

    /// A resident, by the code that the local twin of the SMS channel wrote down.
    pub async fn sign_in_by_phone(base: &str, outbox: &Path, phone: &str) -> Self {
        let nobody = Self::nobody(base);
        let before = codes(outbox, phone).len();
        nobody.post("/auth/sms-code", &json!({ "phone": phone })).await.expect(202);
        let code = loop {
            if let Some(code) = codes(outbox, phone).into_iter().nth(before) {
                break code;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        };
        let reply = nobody.post("/auth/sms-login", &json!({ "phone": phone, "code": code })).await;
        let token = reply.expect(200)["token"].as_str().map(str::to_owned);
        Self { token, ..nobody }
    }

    pub async fn get(&self, path: &str) -> Reply {
        self.send(Method::GET, path, None, &[]).await
    }

    pub async fn post(&self, path: &str, body: &Value) -> Reply {
        self.send(Method::POST, path, Some(body.to_string().into_bytes()), &[]).await
    }

    pub async fn patch(&self, path: &str, body: &Value) -> Reply {
        self.send(Method::PATCH, path, Some(body.to_string().into_bytes()), &[]).await
    }

    pub async fn put(&self, path: &str, body: &Value) -> Reply {
        self.send(Method::PUT, path, Some(body.to_string().into_bytes()), &[]).await
    }

    pub async fn delete(&self, path: &str) -> Reply {
        self.send(Method::DELETE, path, None, &[]).await
    }

    /// A POST with an idempotency key.
    pub async fn post_once(&self, path: &str, body: &Value, key: &str) -> Reply {
        self.send(Method::POST, path, Some(body.to_string().into_bytes()), &[("Idempotency-Key", key)]).await
    }

    /// Any request; `path` below `/api/v1`, or a whole path that begins with `//`.
    pub async fn send(&self, method: Method, path: &str, body: Option<Vec<u8>>, headers: &[(&str, &str)]) -> Reply {
        self.try_send(method, path, body, headers).await.unwrap()
    }

    /// The same, to a server that may not answer.
    pub async fn try_send(
        &self,
        method: Method,
        path: &str,
        body: Option<Vec<u8>>,
        headers: &[(&str, &str)],
    ) -> Result<Reply, String> {
        let url = match path.strip_prefix("//") {
            Some(whole) => format!("{}/{whole}", self.base),
            None => format!("{}/api/v1{path}", self.base),
        };
        let mut request = self.client.request(method, url);
        if let Some(token) = &self.token {
            request = request.insert_header(("Authorization", format!("Bearer {token}")));
        }
        if body.is_some() && !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("Content-Type")) {
            request = request.insert_header(("Content-Type", "application/json"));
        }
        for header in headers {
            request = request.insert_header(*header);
        }
        let sent = match body {
            Some(body) => request.send_body(body).await,
            None => request.send().await,
        };
        let mut response = sent.map_err(|error| error.to_string())?;
        let bytes = response.body().limit(64 << 20).await.map_err(|error| error.to_string())?.to_vec();
        Ok(Reply {
            status: response.status().as_u16(),
            headers: response
                .headers()
                .iter()
                .map(|(name, value)| (name.to_string(), value.to_str().unwrap_or_default().to_owned()))
                .collect(),
            body: serde_json::from_slice(&bytes).unwrap_or(Value::Null),
            bytes,
        })
    }

    /// Sends a request of a kind to a grid by its code; answers the ticket.
    pub async fn request_help(&self, grid_code: &str, content: &str) -> Value {
        let body = json!({ "grid_code": grid_code, "kind": "suggestion", "content": content });
        self.post("/tickets", &body).await.expect(201).clone()
    }

    /// Uploads a file.
    pub async fn upload(&self, name: &str, content_type: &str, content: &[u8]) -> Reply {
        self.send_file(Method::POST, "/attachments", name, content_type, content).await
    }

    /// Sends a file as a form does.
    pub async fn send_file(&self, method: Method, path: &str, name: &str, content_type: &str, content: &[u8]) -> Reply {
        let boundary = "boundary-of-the-tests";
        let mut body = format!(
            "--{boundary}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\
             Content-Type: {content_type}\r\n\r\n"
        )
        .into_bytes();
        body.extend_from_slice(content);
        body.extend_from_slice(format!("\r\n--{boundary}--\r\n").as_bytes());
        let media_type = format!("multipart/form-data; boundary={boundary}");
        self.send(method, path, Some(body), &[("Content-Type", &media_type)]).await
    }
}

/// The codes that the local twin of the SMS channel wrote down for a phone.
pub(super) fn codes(outbox: &Path, phone: &str) -> Vec<String> {
    let text = std::fs::read_to_string(outbox).unwrap_or_default();
    let messages = text.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    messages
        .filter(|message| message["phone"] == phone)
        .filter_map(|message| message["code"].as_str().map(str::to_owned))
        .collect()
}

/// The password of all demonstration accounts in tests.
pub const STAFF_PASSWORD: &str = PASSWORD;
