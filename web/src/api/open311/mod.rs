//! Open311 GeoReport v2 (docs/OPEN311.md): other systems report requests with a key of their own, and read what everybody may
//! know of all. It refuses to tell more than ADR 0030 permits; private kinds take no part. The specification describes these
//! calls, so they are not in the OpenAPI document.

mod document;
mod failure;
mod parameters;
mod request_view;
mod requests;
mod services;
mod submission;

use std::collections::HashMap;
use std::sync::Arc;

use actix_web::http::{Method, StatusCode};
use actix_web::web::{self, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use lianxin_actors::directory::{Directories, Scanned};
use lianxin_actors::grid::GridActors;
use lianxin_domain::clock::Timestamp;
use lianxin_domain::ids::{IdSource, IntegrationId};
use lianxin_domain::integration::Integration;
use lianxin_domain::kinds::KindSet;
use lianxin_domain::tree::TreePath;
use lianxin_storage::change::Change;
use lianxin_storage::integrations::Integrations;
use lianxin_storage::journal::Journal;
use lianxin_storage::tickets::Tickets;
use parking_lot::Mutex;

use self::document::{Document, Format};
use self::failure::Failure;
use self::parameters::Parameters;
use crate::auth::tokens::token_hash;
use crate::error::ApiError;
use crate::rates::Rates;

/// How often it is written that a key is used: a key in use costs a commit a minute.
const NOTED_MS: i64 = 60_000;

/// What these calls need.
pub struct Open311Desk {
    /// Who has keys.
    pub integrations: Integrations,
    /// Requests.
    pub tickets: Tickets,
    /// The picture of all grids.
    pub directories: Directories,
    /// Kinds of requests.
    pub kinds: Arc<KindSet>,
    /// Grids at work.
    pub grids: GridActors,
    /// How often a key may be used.
    pub rates: web::Data<Rates>,
    /// New ids and time.
    pub ids: IdSource,
    /// Where it is noted that keys are used.
    pub journal: Journal,
    /// When that was last noted by this process.
    pub noted: Mutex<HashMap<IntegrationId, Timestamp>>,
}

type Desk = web::Data<Open311Desk>;

/// Who reads, and what for.
struct Reader {
    parameters: Parameters,
    /// The top of the jurisdiction's grids.
    jurisdiction: TreePath,
    integration: Option<Integration>,
}

/// Registers everything below `/open311`.
pub fn routes(config: &mut ServiceConfig) {
    let read = |path: &str| web::resource(path).default_service(web::to(nowhere));
    let scope = web::scope("/open311")
        .service(read("/discovery.{format}").route(web::get().to(services::discovery)))
        .service(read("/v2/discovery.{format}").route(web::get().to(services::discovery)))
        .service(read("/v2/services.{format}").route(web::get().to(services::list)))
        .service(read("/v2/services/{code}.{format}").route(web::get().to(services::definition)))
        .service(
            read("/v2/requests.{format}")
                .route(web::get().to(requests::list))
                .route(web::post().to(submission::submit)),
        )
        .service(read("/v2/requests/{id}.{format}").route(web::get().to(requests::read)))
        .service(read("/v2/tokens/{id}.{format}").route(web::get().to(requests::token)))
        .default_service(web::to(nowhere));
    config.service(scope);
}

/// What is not there, or not to be called so.
async fn nowhere(request: HttpRequest) -> HttpResponse {
    let is_there = !request.match_info().is_empty() && *request.method() != Method::GET;
    let status = if is_there { StatusCode::METHOD_NOT_ALLOWED } else { StatusCode::NOT_FOUND };
    Failure::nowhere(status).answer(format_of(request.path()))
}

fn format_of(path: &str) -> Format {
    if path.ends_with(".json") { Format::Json } else { Format::Xml }
}

/// The answer to what is refused before it reaches these calls, when it was meant for them.
pub fn refused(path: &str, error: &ApiError) -> Option<HttpResponse> {
    path.starts_with("/open311/").then(|| Failure::from(error).answer(format_of(path)))
}

fn no_format() -> HttpResponse {
    Failure::not_found("format", "只有 .xml 和 .json 两种格式").answer(Format::Xml)
}

/// The answer to a call, in the format that its path ends with.
async fn answer(request: &HttpRequest, work: impl Future<Output = Result<Document, Failure>>) -> HttpResponse {
    let Some(format) = Format::of(request) else { return no_format() };
    match work.await {
        Ok(document) => document.answer(format, StatusCode::OK),
        Err(failure) => failure.answer(format),
    }
}

impl Open311Desk {
    /// Who reads, by the query.
    async fn reader(&self, request: &HttpRequest) -> Result<Reader, Failure> {
        let parameters = services::query(request)?;
        let integration = self.integration(request, parameters.one("api_key")?).await?;
        let jurisdiction = self.jurisdiction(&parameters, integration.as_ref())?;
        Ok(Reader { parameters, jurisdiction, integration })
    }

    /// Whose key it is; a key that opens nothing is not the same as none.
    async fn integration(&self, request: &HttpRequest, key: Option<&str>) -> Result<Option<Integration>, Failure> {
        let Some(key) = key else { return Ok(None) };
        let found = self.integrations.by_key(&token_hash(key)).await?;
        let found = found.ok_or_else(|| Failure::key("这个 api_key 不存在或已更换"))?;
        let counted = self.rates.integration(found.sender().id, request.method(), request.path());
        counted.map_err(ApiError::from)?;
        if !found.enabled {
            return Err(Failure::key("这个 api_key 已停用，请联系管理员"));
        }
        self.note_use(found.id).await;
        Ok(Some(found))
    }

    /// Notes that a key is used. That it cannot be noted keeps nobody from using it.
    async fn note_use(&self, id: IntegrationId) {
        let now = self.ids.clock().now();
        {
            let mut noted = self.noted.lock();
            if noted.get(&id).is_some_and(|last| now.is_within(NOTED_MS, *last)) {
                return;
            }
            noted.insert(id, now);
        }
        let mut change = Change::new(now, None, None);
        change.write(Integrations::used(id, now));
        if let Err(error) = self.journal.commit(change).await {
            let error = &error as &dyn std::error::Error;
            tracing::warn!(integration.id = %id, error, "the use of a key was not noted");
        }
    }

    /// The top of the grids of `jurisdiction_id`, the code of a county's grid. It may be missing where there is one county
    /// only, or a key that says which.
    fn jurisdiction(&self, sent: &Parameters, integration: Option<&Integration>) -> Result<TreePath, Failure> {
        let field = "jurisdiction_id";
        if let Some(code) = sent.one(field)? {
            let Scanned::Grid(entry) = self.directories.scan(code) else {
                return Err(Failure::not_found(field, "没有这个辖区"));
            };
            let is_county = entry.grid.path.level() == 1;
            return is_county.then(|| entry.grid.path.clone()).ok_or_else(|| Failure::not_found(field, "没有这个辖区"));
        }
        let directory = self.directories.current();
        match (integration, directory.roots()) {
            (Some(integration), _) => Ok(integration.grid_path.tenant()),
            (None, [only]) => {
                let root = directory.get(*only).map(|entry| entry.grid.path.clone());
                root.ok_or_else(|| Failure::not_found(field, "没有这个辖区"))
            }
            (None, _) => Err(Failure::wrong(field, "请填写辖区（县级网格码）")),
        }
    }
}
