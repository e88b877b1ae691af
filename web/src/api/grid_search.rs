//! Finding a grid by its name: whoever scanned another grid's code, or none, chooses their own (inventory GRID-18).

use actix_web::{get, web};
use lianxin_actors::directory::{Directories, GridEntry};
use lianxin_domain::grid::{GridStatus, level_title};
use lianxin_domain::ids::GridId;
use lianxin_domain::problem::{Refusal, text_field};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::auth::Authenticated;
use crate::error::ApiError;
use crate::query::Query;

/// The longest words to search for, in characters.
const MAX_WORDS: usize = 50;
/// As many as somebody reads through; more words find fewer.
const MOST: usize = 30;

/// What a grid is called.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct GridSearchQuery {
    /// Parts of the name, with those above it, separated by spaces.
    q: String,
}

/// A grid to choose.
#[derive(Debug, Serialize, ToSchema)]
pub struct GridChoice {
    #[schema(value_type = String)]
    id: GridId,
    /// Its own name.
    name: String,
    /// Its name with those above.
    full_name: String,
    /// 1 (county) to 5.
    level: u8,
    /// What people call the level.
    level_title: &'static str,
    /// Its living QR code.
    code: String,
}

/// Grids to choose from.
#[derive(Debug, Serialize, ToSchema)]
pub struct GridChoices {
    items: Vec<GridChoice>,
    /// There are others; more words find fewer.
    more: bool,
}

impl From<&GridEntry> for GridChoice {
    fn from(entry: &GridEntry) -> Self {
        let level = entry.grid.path.level();
        Self {
            id: entry.grid.id,
            name: entry.grid.name.clone(),
            full_name: entry.full_name.clone(),
            level,
            level_title: level_title(level),
            code: entry.code.to_string(),
        }
    }
}

/// Finds grids by name, the nearest to the ground first: that is where people live. At most 30.
#[utoipa::path(tag = "grids", params(GridSearchQuery), responses((status = 200, body = GridChoices)))]
#[get("/api/v1/grids/search")]
pub async fn search(
    _who: Authenticated,
    query: Query<GridSearchQuery>,
    directories: web::Data<Directories>,
) -> Result<web::Json<GridChoices>, ApiError> {
    let words = text_field("q", &query.q, true, MAX_WORDS).map_err(|error| Refusal::fields(vec![error]))?;
    let parts: Vec<&str> = words.split_whitespace().collect();
    let directory = directories.current();
    let active = directory.all().filter(|entry| entry.grid.status == GridStatus::Active);
    let mut found: Vec<_> = active.filter(|entry| parts.iter().all(|part| entry.full_name.contains(part))).collect();
    found.sort_by(|a, b| {
        let key = |entry: &GridEntry| (std::cmp::Reverse(entry.grid.path.level()), entry.full_name.clone());
        key(a).cmp(&key(b))
    });
    let more = found.len() > MOST;
    Ok(web::Json(GridChoices { items: found.into_iter().take(MOST).map(|entry| (&**entry).into()).collect(), more }))
}
