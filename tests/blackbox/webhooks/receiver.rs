//! Another system: keeps what it got, checks signatures by itself, and answers by script.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use actix_web::http::StatusCode;
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use data_encoding::BASE64;
use ring::hmac;
use serde_json::Value;

/// What to do with a message.
#[derive(Clone, Copy)]
pub enum Then {
    /// Answers this status.
    Status(u16),
    /// Sends it somewhere else: to the same receiver's `/elsewhere`.
    Redirect,
    /// Says nothing.
    Hang,
    /// Takes it, and never stops talking.
    Huge,
}

/// One message as it came.
#[derive(Clone)]
pub struct Got {
    pub path: String,
    pub id: String,
    pub at_s: i64,
    pub signatures: Vec<String>,
    pub body: Vec<u8>,
}

impl Got {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    /// Whether one of its signatures is made with `secret`, as the specification "Standard Webhooks" computes them.
    pub fn is_signed_by(&self, secret: &str) -> bool {
        let key = BASE64.decode(secret.strip_prefix("whsec_").unwrap().as_bytes()).unwrap();
        let key = hmac::Key::new(hmac::HMAC_SHA256, &key);
        let signed = [self.id.as_bytes(), b".", self.at_s.to_string().as_bytes(), b".", &self.body].concat();
        self.signatures.iter().any(|signature| {
            let tag = BASE64.decode(signature.strip_prefix("v1,").unwrap().as_bytes()).unwrap();
            hmac::verify(&key, &signed, &tag).is_ok()
        })
    }
}

#[derive(Default)]
struct Shared {
    got: Mutex<Vec<Got>>,
    script: Mutex<VecDeque<Then>>,
    /// What it does when the script is over.
    always: Mutex<Option<Then>>,
}

/// Answers 204 once the script is over.
pub struct Receiver {
    pub url: String,
    shared: Arc<Shared>,
}

impl Receiver {
    pub fn start() -> Self {
        let shared = Arc::new(Shared::default());
        let data = web::Data::from(Arc::clone(&shared));
        let server = HttpServer::new(move || App::new().app_data(data.clone()).default_service(web::to(answer)))
            .workers(1)
            .disable_signals()
            .bind("127.0.0.1:0")
            .unwrap();
        let url = format!("http://{}/hook?from=lianxin", server.addrs()[0]);
        actix_rt::spawn(server.run());
        Self { url, shared }
    }

    pub fn then(&self, script: &[Then]) {
        self.shared.script.lock().unwrap().extend(script);
    }

    pub fn always(&self, then: Then) {
        *self.shared.always.lock().unwrap() = Some(then);
    }

    /// Everything that came so far.
    pub fn got(&self) -> Vec<Got> {
        self.shared.got.lock().unwrap().clone()
    }
}

async fn answer(request: HttpRequest, body: web::Bytes, shared: web::Data<Shared>) -> HttpResponse {
    let header = |name: &str| request.headers().get(name).unwrap().to_str().unwrap().to_owned();
    assert_eq!((request.method().as_str(), header("content-type")), ("POST", "application/json".to_owned()));
    let got = Got {
        path: request.uri().to_string(),
        id: header("webhook-id"),
        at_s: header("webhook-timestamp").parse().unwrap(),
        signatures: header("webhook-signature").split(' ').map(str::to_owned).collect(),
        body: body.to_vec(),
    };
    shared.got.lock().unwrap().push(got);
    let next = shared.script.lock().unwrap().pop_front();
    let next = next.or(*shared.always.lock().unwrap());
    match next.unwrap_or(Then::Status(204)) {
        Then::Status(status) => HttpResponse::build(StatusCode::from_u16(status).unwrap()).finish(),
        Then::Redirect => HttpResponse::TemporaryRedirect().insert_header(("location", "/elsewhere")).finish(),
        Then::Hang => std::future::pending().await,
        Then::Huge => {
            let chunk = web::Bytes::from(vec![b'x'; 64 * 1024]);
            let endless = futures_util::stream::repeat_with(move || Ok::<_, actix_web::Error>(chunk.clone()));
            HttpResponse::Ok().streaming(endless)
        }
    }
}
