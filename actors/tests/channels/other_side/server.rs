//! The other side: a server that keeps what it got and answers by script.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use actix_web::http::StatusCode;
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};

/// One request, as it came.
pub struct Got {
    pub path: String,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Got {
    /// The value of a header that came exactly once.
    pub fn header(&self, name: &str) -> &str {
        let values: Vec<&str> =
            self.headers.iter().filter(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| &**value).collect();
        assert_eq!(values.len(), 1, "{name}: {values:?}");
        values[0]
    }
}

/// What to answer next.
struct Answer(u16, Vec<(&'static str, String)>, &'static str);

#[derive(Default)]
struct Shared {
    got: Mutex<Vec<Got>>,
    script: Mutex<VecDeque<Answer>>,
}

/// Answers 201 once the script is over.
pub struct Server {
    /// `http://127.0.0.1:…`
    pub base: String,
    /// `127.0.0.1:…`
    pub authority: String,
    shared: Arc<Shared>,
}

impl Server {
    pub fn start() -> Self {
        let shared = Arc::new(Shared::default());
        let data = web::Data::from(Arc::clone(&shared));
        let server = HttpServer::new(move || App::new().app_data(data.clone()).default_service(web::to(answer)))
            .workers(1)
            .disable_signals()
            .bind("127.0.0.1:0")
            .unwrap();
        let authority = server.addrs()[0].to_string();
        actix_rt::spawn(server.run());
        Self { base: format!("http://{authority}"), authority, shared }
    }

    pub fn will_answer(&self, status: u16, headers: &[(&'static str, &str)], body: &'static str) {
        let headers = headers.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
        self.shared.script.lock().unwrap().push_back(Answer(status, headers, body));
    }

    /// Everything that came since the last time.
    pub fn take(&self) -> Vec<Got> {
        std::mem::take(&mut *self.shared.got.lock().unwrap())
    }
}

async fn answer(request: HttpRequest, body: web::Bytes, shared: web::Data<Shared>) -> HttpResponse {
    let text = |value: &actix_web::http::header::HeaderValue| value.to_str().unwrap().to_owned();
    let headers = request.headers().iter().map(|(name, value)| (name.to_string(), text(value))).collect();
    let got = Got { path: format!("{} {}", request.method(), request.uri()), headers, body: body.to_vec() };
    shared.got.lock().unwrap().push(got);
    let next = shared.script.lock().unwrap().pop_front();
    let Answer(status, headers, body) = next.unwrap_or_else(|| Answer(201, Vec::new(), ""));
    let mut response = HttpResponse::build(StatusCode::from_u16(status).unwrap());
    for header in headers {
        response.append_header(header);
    }
    response.body(body)
}
