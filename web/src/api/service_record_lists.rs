//! Lists of 服务日记 and what they add up to: everybody reads the own diary, who answers for a grid those of its subtree.

use actix_web::{HttpResponse, get, web};
use chrono::{Datelike as _, NaiveDate};
use lianxin_actors::directory::Directory;
use lianxin_domain::access::Caller;
use lianxin_domain::calendar_day::{date_start, local_date};
use lianxin_domain::ids::{AccountId, GridId, ServiceRecordId};
use lianxin_domain::problem::Refusal;
use lianxin_domain::service_record::ServiceKind;
use lianxin_domain::tree::TreePath;
use lianxin_storage::service_records::{AuthorCounts, RecordFilter};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::service_room::{ServiceRoom, Services, search_words};
use crate::auth::Authenticated;
use crate::error::ApiError;
use crate::page::{Page, refused};
use crate::query::Query;
use crate::views::grid::GridRef;
use crate::views::service::{ServiceCountsLine, ServiceRecordView};

/// Which records to list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct ServiceRecordQuery {
    /// `mine` (default), or `subtree`: all that the caller may read.
    #[serde(rename = "box")]
    list: Option<String>,
    /// Only of this grid and below.
    #[param(value_type = Option<String>)]
    grid_id: Option<GridId>,
    /// Only of this person.
    #[param(value_type = Option<String>)]
    author_id: Option<AccountId>,
    /// Words of text or place, or the whole name of whom it was for.
    q: Option<String>,
    /// The first day, in China.
    #[param(value_type = Option<String>)]
    from: Option<NaiveDate>,
    /// The last day.
    #[param(value_type = Option<String>)]
    until: Option<NaiveDate>,
    /// `visit`, `mediation`, `help`, `inspection`, `publicity` or `other`.
    kind: Option<String>,
    /// 1 to 200.
    limit: Option<u32>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

/// A page of records.
#[derive(Debug, Serialize, ToSchema)]
pub struct ServiceRecordPage {
    items: Vec<ServiceRecordView>,
    next_cursor: Option<String>,
}

/// Lists records, the latest service first.
#[utoipa::path(tag = "services", operation_id = "list_service_records", params(ServiceRecordQuery),
    responses((status = 200, body = ServiceRecordPage)))]
#[get("/api/v1/service-records")]
pub async fn list(
    who: Authenticated,
    query: Query<ServiceRecordQuery>,
    room: Services,
) -> Result<HttpResponse, ApiError> {
    let caller = who.caller();
    let page = Page::<ServiceRecordId>::of(query.limit, query.cursor.as_deref())?;
    let filter = filter_of(&query, caller, &room)?;
    let mut found = room.records.list(&caller.scope(), &filter, page.before, page.ask()).await?;
    let next_cursor = page.cut(&mut found, |last| (last.facts.happened_at, last.id));
    let (directory, now) = (room.directory(), room.now());
    let view = |record| ServiceRecordView::of(record, &directory, caller.account_id, now);
    let shown = ServiceRecordPage { items: found.iter().map(view).collect(), next_cursor };
    Ok(HttpResponse::Ok().insert_header(("Cache-Control", "no-store")).json(shown))
}

fn filter_of(query: &ServiceRecordQuery, caller: &Caller, room: &ServiceRoom) -> Result<RecordFilter, ApiError> {
    let kind = query.kind.as_deref();
    let kind = kind.map(|kind| ServiceKind::parse(kind).ok_or_else(|| refused("kind", "没有这种服务类别")));
    let mine = match query.list.as_deref() {
        None | Some("mine") => true,
        Some("subtree") => false,
        Some(_) => return Err(refused("box", "box 只能是 mine 或 subtree")),
    };
    if mine && query.author_id.is_some() {
        return Err(refused("author_id", "只有 box=subtree 可以指定工作人员"));
    }
    Ok(RecordFilter {
        author: if mine { Some(caller.account_id) } else { query.author_id },
        below: room.place(query.grid_id)?,
        text: search_words(query.q.as_deref())?,
        kind: kind.transpose()?,
        ..period(query.from, query.until)?
    })
}

/// A filter of days in China; one that is not named is no limit.
fn period(from: Option<NaiveDate>, until: Option<NaiveDate>) -> Result<RecordFilter, ApiError> {
    for (field, day) in [("from", from), ("until", until)] {
        if day.is_some_and(|day| !(1900..=2200).contains(&day.year())) {
            return Err(refused(field, "日期应在 1900 至 2200 年之间"));
        }
    }
    if from.zip(until).is_some_and(|(from, until)| until < from) {
        return Err(refused("until", "结束日期不能早于开始日期"));
    }
    let end = until.and_then(|until| until.succ_opt()).map(date_start);
    Ok(RecordFilter { from: from.map(date_start), until: end, ..RecordFilter::default() })
}

/// What is counted.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct ServiceCountsQuery {
    /// This grid with all below; default: the highest that the caller answers for.
    #[param(value_type = Option<String>)]
    grid_id: Option<GridId>,
    /// The first day, in China; default: the first of the last day's month.
    #[param(value_type = Option<String>)]
    from: Option<NaiveDate>,
    /// The last day; default: today.
    #[param(value_type = Option<String>)]
    until: Option<NaiveDate>,
}

/// What was done in a grid and below it in a period.
#[derive(Debug, Serialize, ToSchema)]
pub struct ServiceCounts {
    grid: GridRef,
    #[schema(value_type = String)]
    from: NaiveDate,
    #[schema(value_type = String)]
    until: NaiveDate,
    total: u64,
    /// Who has most comes first; who has none is not there.
    items: Vec<ServiceCountsLine>,
}

/// Counts records by person and kind; for those who answer for the grid.
#[utoipa::path(tag = "services", operation_id = "count_service_records", params(ServiceCountsQuery),
    responses((status = 200, body = ServiceCounts)))]
#[get("/api/v1/service-records/counts")]
pub async fn counts(
    who: Authenticated,
    query: Query<ServiceCountsQuery>,
    room: Services,
) -> Result<web::Json<ServiceCounts>, ApiError> {
    let directory = room.directory();
    let place = counted_place(&directory, who.caller(), room.place(query.grid_id)?)?;
    let entry = directory.at(&place).ok_or_else(not_leader)?;
    let until = query.until.or_else(|| local_date(room.now())).ok_or(ApiError::Internal)?;
    let from = query.from.or_else(|| until.with_day(1)).ok_or(ApiError::Internal)?;
    let filter = RecordFilter { below: Some(place), ..period(Some(from), Some(until))? };
    let counted = room.records.counts(&who.caller().scope(), &filter).await?;
    Ok(web::Json(ServiceCounts {
        grid: GridRef::from(&**entry),
        from,
        until,
        total: counted.iter().map(AuthorCounts::total).sum(),
        items: counted.iter().map(ServiceCountsLine::from).collect(),
    }))
}

fn counted_place(directory: &Directory, caller: &Caller, named: Option<TreePath>) -> Result<TreePath, Refusal> {
    let leading = caller.duties.iter().filter(|duty| duty.duty.leads()).map(|duty| &duty.path);
    let highest = || caller.administers.iter().chain(leading).min_by_key(|path| path.level()).cloned();
    let place = named.or_else(highest).filter(|place| caller.answers_for(place) && directory.at(place).is_some());
    place.ok_or_else(not_leader)
}

fn not_leader() -> Refusal {
    Refusal::forbidden("service_record.not_leader", "只有网格长和管理员可以查看服务统计")
}
