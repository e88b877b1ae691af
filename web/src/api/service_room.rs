//! What calls of 政策信息, 红色服务 and 服务日记 share: the stores, and who may keep what.

use std::sync::Arc;

use actix_web::web;
use lianxin_actors::directory::{Directories, Directory, GridEntry};
use lianxin_domain::access::Caller;
use lianxin_domain::clock::Timestamp;
use lianxin_domain::ids::{GridId, IdSource};
use lianxin_domain::problem::{Refusal, text_field};
use lianxin_domain::tree::TreePath;
use lianxin_storage::policies::Policies;
use lianxin_storage::service_links::ServiceLinks;
use lianxin_storage::service_records::ServiceRecords;

use super::tickets::one_field;
use crate::error::ApiError;
use crate::page::refused;

/// Characters to search for.
const MAX_WORDS: usize = 100;

/// What these calls need.
pub struct ServiceRoom {
    /// Articles.
    pub policies: Policies,
    /// Links.
    pub links: ServiceLinks,
    /// Diaries.
    pub records: ServiceRecords,
    /// The picture of all grids.
    pub directories: Directories,
    /// New ids and time.
    pub ids: IdSource,
}

pub(super) type Services = web::Data<ServiceRoom>;

impl ServiceRoom {
    pub(super) fn now(&self) -> Timestamp {
        self.ids.clock().now()
    }

    /// The picture of all grids now.
    pub(super) fn directory(&self) -> Arc<Directory> {
        self.directories.current()
    }

    /// The grid that something is to be published for, if the caller answers for it.
    ///
    /// # Errors
    /// The field `grid_id` when there is no such grid, 403 when it is another's.
    pub(super) fn publishing_grid(&self, caller: &Caller, id: GridId) -> Result<Arc<GridEntry>, ApiError> {
        let directory = self.directory();
        let entry = directory.get(id).ok_or_else(|| one_field("grid_id", "grid.not_found", "没有找到这个网格"))?;
        if !caller.answers_for(&entry.grid.path) {
            let words = "只能为自己负责的网格发布，请选择本网格或下级网格";
            return Err(Refusal::forbidden("service.not_permitted", words).into());
        }
        Ok(Arc::clone(entry))
    }

    /// The place of the grid that a list is limited to.
    ///
    /// # Errors
    /// 404 when there is none.
    pub(super) fn place(&self, id: Option<GridId>) -> Result<Option<TreePath>, ApiError> {
        let Some(id) = id else { return Ok(None) };
        let directory = self.directory();
        let entry = directory.get(id).ok_or_else(|| Refusal::not_found("grid.not_found", "没有找到这个网格"))?;
        Ok(Some(entry.grid.path.clone()))
    }
}

/// The words that a list is searched for; nothing when there are none.
///
/// # Errors
/// 400 that names `q`.
pub(super) fn search_words(text: Option<&str>) -> Result<Option<String>, ApiError> {
    let text = text.filter(|text| !text.trim().is_empty());
    let checked = text.map(|text| text_field("q", text, true, MAX_WORDS)).transpose();
    checked.map_err(|error| refused("q", &error.message))
}
