//! Statistics of tickets (诉求统计): what became of those that were sent in a period.

use std::collections::HashMap;

use actix_web::{get, web};
use chrono::{Days, NaiveDate};
use lianxin_actors::directory::{Directory, GridEntry};
use lianxin_domain::access::Caller;
use lianxin_domain::calendar_day::date_start;
use lianxin_domain::grid::{LEVELS, level_title};
use lianxin_domain::ids::{GridId, IdSource};
use lianxin_domain::kinds::KindSet;
use lianxin_domain::problem::Refusal;
use lianxin_domain::ticket::Bucket;
use lianxin_domain::tree::TreePath;
use lianxin_storage::tickets::{TicketFigures, TicketFilter, TicketGroup};
use serde::Deserialize;
use utoipa::IntoParams;

use super::ticket_actions::{Desk, TicketDesk};
use super::ticket_lists::staff_only;
use crate::auth::Authenticated;
use crate::error::ApiError;
use crate::page::refused;
use crate::period::Period;
use crate::query::Query;
use crate::views::grid::GridRef;
use crate::views::ticket_statistics::{TicketStatistics, TicketStatisticsItem};

/// Days that are looked back where no beginning is asked for, the last one included.
const USUAL_DAYS: u64 = 30;
/// Stretches of one answer.
const MAX_STRETCHES: usize = 400;

/// What to add up by.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum TicketsBy {
    #[default]
    Period,
    Kind,
    Level,
    Grid,
}

impl TicketsBy {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Period => "period",
            Self::Kind => "kind",
            Self::Level => "level",
            Self::Grid => "grid",
        }
    }
}

/// Which tickets to add up, and by what.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct TicketStatisticsQuery {
    /// `period` (default), `kind`, `level` (that answers for them now) or `grid` (those right below `grid_id`).
    #[param(value_type = Option<String>)]
    by: Option<TicketsBy>,
    /// By period: `day` (default), `week` (from Monday) or `month`. At most 400 of them.
    #[param(value_type = Option<String>)]
    bucket: Option<Bucket>,
    /// Sent on this day or later, `2026-11-01`, in China; default: 30 days.
    #[param(value_type = Option<String>)]
    from: Option<NaiveDate>,
    /// Sent on this day or before; default: today. At most 1,830 days.
    #[param(value_type = Option<String>)]
    until: Option<NaiveDate>,
    /// Only this grid and below; default: the highest one of the caller.
    #[param(value_type = Option<String>)]
    grid_id: Option<GridId>,
    /// Code of a kind: its tickets alone.
    kind: Option<String>,
}

/// What became of the tickets that were sent in a period, as they stand now. Staff count what they may see.
#[utoipa::path(tag = "tickets", operation_id = "ticket_statistics", params(TicketStatisticsQuery),
    responses((status = 200, body = TicketStatistics)))]
#[get("/api/v1/tickets/statistics")]
pub async fn statistics(
    who: Authenticated,
    query: Query<TicketStatisticsQuery>,
    desk: Desk,
    kinds: web::Data<KindSet>,
    ids: web::Data<IdSource>,
) -> Result<web::Json<TicketStatistics>, ApiError> {
    Ok(web::Json(desk.statistics(who.caller(), &query, &kinds, &ids).await?))
}

impl TicketDesk {
    /// The statistics that are asked for.
    pub(super) async fn statistics(
        &self,
        caller: &Caller,
        query: &TicketStatisticsQuery,
        kinds: &KindSet,
        ids: &IdSource,
    ) -> Result<TicketStatistics, ApiError> {
        staff_only(caller)?;
        let directory = self.directories.current();
        let grid = looked_at(&directory, caller, query.grid_id)?;
        let usual = |last: NaiveDate| last.checked_sub_days(Days::new(USUAL_DAYS - 1));
        let period = Period::of(query.from, query.until, usual, ids.clock().now())?;
        if query.kind.as_deref().is_some_and(|code| kinds.get(code).is_none()) {
            return Err(refused("kind", "没有这种诉求类型"));
        }
        let (by, bucket) = (query.by.unwrap_or_default(), query.bucket.unwrap_or_default());
        let starts = bucket.starts(period.first, period.last);
        if by == TicketsBy::Period && starts.len() > MAX_STRETCHES {
            return Err(refused("bucket", "分段太多，请缩短时间范围，或按周、按月统计"));
        }
        let filter = TicketFilter {
            below: Some(grid.grid.path.clone()),
            kind: query.kind.clone(),
            from: Some(period.from),
            until: Some(period.until),
            ..TicketFilter::default()
        };
        let group = match by {
            TicketsBy::Period => TicketGroup::Period(starts.iter().copied().map(date_start).collect()),
            TicketsBy::Kind => TicketGroup::Kind,
            TicketsBy::Level => TicketGroup::Level,
            TicketsBy::Grid => TicketGroup::Grid((grid.grid.path.level() + 1).min(LEVELS)),
        };
        let scope = caller.scope();
        // Medians of parts give none of the whole, so the whole is counted beside them.
        let (total, found) = futures_util::try_join!(
            self.tickets.statistics(&scope, &filter, &TicketGroup::Total),
            self.tickets.statistics(&scope, &filter, &group)
        )?;
        let found: HashMap<String, TicketFigures> = found.into_iter().collect();
        Ok(TicketStatistics {
            by: by.as_str().to_owned(),
            bucket: (by == TicketsBy::Period).then_some(bucket),
            from: period.first.to_string(),
            until: period.last.to_string(),
            grid: GridRef::from(&**grid),
            items: match by {
                TicketsBy::Period => of_stretches(bucket, &starts, found),
                TicketsBy::Kind => of_kinds(kinds, found),
                TicketsBy::Level => of_levels(found),
                TicketsBy::Grid => of_grids(&directory, grid, found),
            },
            total: total.into_iter().next().map(|(_, figures)| figures).unwrap_or_default().into(),
        })
    }
}

/// The grid that is asked for, if the caller sees it; else the highest of his own.
fn looked_at<'d>(
    directory: &'d Directory,
    caller: &Caller,
    id: Option<GridId>,
) -> Result<&'d std::sync::Arc<GridEntry>, ApiError> {
    let none = || Refusal::not_found("grid.not_found", "没有找到这个网格");
    let scope = caller.scope();
    let entry = match id {
        Some(id) => directory.get(id),
        None => {
            let own = caller.administers.iter().chain(caller.duties.iter().map(|duty| &duty.path));
            own.min_by_key(|path| (path.level(), path.as_str())).and_then(|path| directory.at(path))
        }
    };
    Ok(entry.filter(|entry| scope.sees_grid(&entry.grid.path)).ok_or_else(none)?)
}

fn of_stretches(
    bucket: Bucket,
    starts: &[NaiveDate],
    mut found: HashMap<String, TicketFigures>,
) -> Vec<TicketStatisticsItem> {
    // Days on which nothing was sent are part of the picture.
    let line = |(place, start): (usize, &NaiveDate)| {
        let figures = found.remove(&place.to_string()).unwrap_or_default();
        TicketStatisticsItem::of(start.to_string(), bucket.title(*start), figures)
    };
    starts.iter().enumerate().map(line).collect()
}

fn of_kinds(kinds: &KindSet, mut found: HashMap<String, TicketFigures>) -> Vec<TicketStatisticsItem> {
    let line = |code: &str, title: &str, figures| TicketStatisticsItem::of(code.to_owned(), title.to_owned(), figures);
    let mut items: Vec<_> =
        kinds.iter().map(|kind| line(&kind.code, &kind.title, found.remove(&kind.code).unwrap_or_default())).collect();
    // Kinds that are no longer offered keep their tickets.
    let mut gone: Vec<_> = found.into_iter().map(|(code, figures)| line(&code, &code, figures)).collect();
    gone.sort_by(|a, b| a.key.cmp(&b.key));
    items.extend(gone);
    items
}

fn of_levels(mut found: HashMap<String, TicketFigures>) -> Vec<TicketStatisticsItem> {
    let line = |level: u8| {
        let figures = found.remove(&level.to_string()).unwrap_or_default();
        TicketStatisticsItem::of(level.to_string(), level_title(level).to_owned(), figures)
    };
    (1..=LEVELS).map(line).collect()
}

/// The grids right below, in the order of the tree; first what was sent to the grid itself.
fn of_grids(
    directory: &Directory,
    grid: &GridEntry,
    mut found: HashMap<String, TicketFigures>,
) -> Vec<TicketStatisticsItem> {
    let own = found.remove(grid.grid.path.as_str()).map(|figures| {
        TicketStatisticsItem::of(grid.grid.id.to_string(), format!("{}（本级）", grid.grid.name), figures)
    });
    let children = grid.children.iter().filter_map(|id| directory.get(*id)).map(|child| {
        let figures = found.remove(child.grid.path.as_str()).unwrap_or_default();
        let further = !child.children.is_empty();
        TicketStatisticsItem {
            further,
            ..TicketStatisticsItem::of(child.grid.id.to_string(), child.grid.name.clone(), figures)
        }
    });
    let mut items: Vec<_> = own.into_iter().chain(children).collect();
    items.extend(found.into_iter().map(|(path, figures)| {
        let name = TreePath::try_from(path.clone())
            .ok()
            .and_then(|path| directory.at(&path).map(|entry| entry.grid.name.clone()));
        TicketStatisticsItem::of(path, name.unwrap_or_else(|| "已撤销的网格".to_owned()), figures)
    }));
    items
}
