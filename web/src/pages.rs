//! The pages: the front end's build output from a folder, pre-compressed files preferred.

use std::path::{Path, PathBuf};

use actix_web::http::header::{ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, ContentType, VARY};
use actix_web::{HttpRequest, HttpResponse, get, web};
use lianxin_domain::problem::Refusal;

use crate::error::ApiError;

/// Where the pages lie.
#[derive(Debug, Clone)]
pub struct StaticFolder(pub PathBuf);

type Folder = web::Data<StaticFolder>;

macro_rules! pages {
    ($($(#[$doc:meta])* $name:ident: $file:literal at [$($route:literal),+];)*) => {
        $(
            $(#[$doc])*
            pub async fn $name(request: HttpRequest, folder: Folder) -> Result<HttpResponse, ApiError> {
                serve(&request, &folder.0.join("build").join($file), "no-cache").await
            }
        )*

        /// Registers the pages.
        pub fn routes(config: &mut web::ServiceConfig) {
            $($(config.route($route, web::get().to($name));)+)*
            config.service(asset);
        }
    };
}

pages! {
    /// The start page.
    start: "start/index.html" at ["/"];
    /// Residents, grid workers and leaders.
    mobile: "mobile/index.html" at ["/g/{code}", "/g/{code}/policies", "/g/{code}/policies/{id}", "/m", "/m/{tail:.*}"];
    /// Big screens.
    screen: "screen/index.html" at ["/screen", "/screen/{tail:.*}"];
    /// The service worker: keeps the phone's pages, sends what waits and shows push messages. At the root, so that it may
    /// open every page; browsers that registered it under its first name still ask for that.
    worker: "worker.js" at ["/worker.js", "/push-worker.js"];
    /// Administrators and leaders at a desk.
    console: "console/index.html" at ["/login", "/console", "/console/{tail:.*}"];
}

/// A file of the build. Its name carries a hash of its content, so it may be kept for ever.
#[get("/build/{tail:.*}")]
async fn asset(request: HttpRequest, tail: web::Path<String>, folder: Folder) -> Result<HttpResponse, ApiError> {
    let plain = Path::new(tail.as_str()).components().all(|part| matches!(part, std::path::Component::Normal(_)));
    if !plain {
        return Err(not_found());
    }
    serve(&request, &folder.0.join("build").join(tail.as_str()), "public, max-age=31536000, immutable").await
}

async fn serve(request: &HttpRequest, file: &Path, caching: &'static str) -> Result<HttpResponse, ApiError> {
    let media_type = media_type(file);
    let accepted = request.headers().get(ACCEPT_ENCODING).and_then(|value| value.to_str().ok()).unwrap_or_default();
    for (encoding, suffix) in [("br", ".br"), ("gzip", ".gz")] {
        if accepted.contains(encoding) {
            let compressed = PathBuf::from(format!("{}{suffix}", file.display()));
            if let Ok(bytes) = tokio::fs::read(compressed).await {
                return Ok(HttpResponse::Ok()
                    .insert_header((CACHE_CONTROL, caching))
                    .insert_header((CONTENT_ENCODING, encoding))
                    .insert_header((VARY, "Accept-Encoding"))
                    .content_type(media_type)
                    .body(bytes));
            }
        }
    }
    let bytes = tokio::fs::read(file).await.map_err(|_| not_found())?;
    Ok(HttpResponse::Ok().insert_header((CACHE_CONTROL, caching)).content_type(media_type).body(bytes))
}

fn media_type(file: &Path) -> ContentType {
    let text = match file.extension().and_then(|extension| extension.to_str()) {
        Some("html") => return ContentType::html(),
        Some("js" | "mjs") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("png") => return ContentType::png(),
        Some("json" | "webmanifest" | "map") => return ContentType::json(),
        Some("woff2") => "font/woff2",
        _ => return ContentType::octet_stream(),
    };
    text.parse().map_or_else(|_| ContentType::octet_stream(), ContentType)
}

fn not_found() -> ApiError {
    Refusal::not_found("page.not_found", "没有这个页面").into()
}
