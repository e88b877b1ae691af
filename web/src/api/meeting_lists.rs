//! Lists of meetings, and what they say of each: how many are meant to come, and how many came.

use std::collections::{HashMap, HashSet};

use actix_web::{get, web};
use lianxin_actors::directory::Directories;
use lianxin_domain::clock::Timestamp;
use lianxin_domain::ids::{MeetingId, MemberId, OrganisationId};
use lianxin_domain::meeting::{Meeting, StateName};
use lianxin_domain::problem::{Refusal, text_field};
use lianxin_domain::tree::TreePath;
use lianxin_storage::meetings::MeetingFilter;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::meetings::{Desk, MeetingDesk, names};
use crate::auth::Authenticated;
use crate::error::ApiError;
use crate::page::{Page, refused};
use crate::query::Query;
use crate::views::meeting::{ListFigures, MeetingView};

const MAX_WORDS: usize = 100;

/// Which meetings to list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct MeetingQuery {
    /// Of this organisation.
    #[param(value_type = Option<String>)]
    org_id: Option<OrganisationId>,
    /// Of those below it, too; default: yes.
    include_below: Option<bool>,
    /// States, comma separated.
    state: Option<String>,
    /// Code of a type.
    #[serde(rename = "type")]
    type_code: Option<String>,
    /// That end after this.
    #[param(value_type = Option<String>)]
    from: Option<Timestamp>,
    /// That begin before this.
    #[param(value_type = Option<String>)]
    until: Option<Timestamp>,
    /// That the caller is invited to, hosts or records.
    mine: Option<bool>,
    /// Words in the topic.
    q: Option<String>,
    /// 1 to 200.
    limit: Option<u32>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

/// A page of meetings.
#[derive(Debug, Serialize, ToSchema)]
pub struct MeetingPage {
    items: Vec<MeetingView>,
    next_cursor: Option<String>,
}

/// Lists meetings that the caller may see, the latest begin first.
#[utoipa::path(tag = "meetings", operation_id = "list_meetings", params(MeetingQuery),
    responses((status = 200, body = MeetingPage)))]
#[get("/api/v1/meetings")]
pub async fn list(
    who: Authenticated,
    query: Query<MeetingQuery>,
    desk: Desk,
) -> Result<web::Json<MeetingPage>, ApiError> {
    let filter = filter_of(&query, &desk.directories)?;
    let page = Page::of(query.limit, query.cursor.as_deref())?;
    let mut found = desk.stored.list(&who.caller().scope(), &filter, page.before, page.ask()).await?;
    let next_cursor = page.cut(&mut found, |last| (last.plan.starts_at, last.id));
    let (types, figures) = (desk.types().await?, desk.list_figures(&found).await?);
    let minutes = desk.minutes.states(&found.iter().map(|meeting| meeting.id).collect::<Vec<_>>()).await?;
    let view = |meeting: &Meeting| {
        let manages = who.caller().manages_organisation(&meeting.organisation_path)
            || meeting.plan.host.id == who.caller().account_id;
        let view = MeetingView::of(meeting, names(meeting, &types, &desk.directories), manages);
        let state = minutes.get(&meeting.id).copied().unwrap_or_default();
        view.with_figures(figures.get(&meeting.id).copied()).with_minutes(state)
    };
    Ok(web::Json(MeetingPage { items: found.iter().map(view).collect(), next_cursor }))
}

fn filter_of(query: &MeetingQuery, directories: &Directories) -> Result<MeetingFilter, ApiError> {
    let text = query.q.as_deref().filter(|text| !text.trim().is_empty());
    let text = text.map(|text| text_field("q", text, true, MAX_WORDS)).transpose();
    let text = text.map_err(|error| refused("q", &error.message))?;
    let mut states = Vec::new();
    for state in query.state.iter().flat_map(|states| states.split(',')).filter(|state| !state.is_empty()) {
        states.push(StateName::parse(state).ok_or_else(|| refused("state", "没有这种状态"))?);
    }
    let organisation = match query.org_id {
        Some(id) => {
            let directory = directories.current();
            let none = || Refusal::not_found("organisation.not_found", "没有找到这个组织");
            let entry = directory.organisations().get(id).ok_or_else(none)?;
            Some((entry.organisation.path.clone(), query.include_below.unwrap_or(true)))
        }
        None => None,
    };
    Ok(MeetingFilter {
        organisation,
        states,
        type_code: query.type_code.clone(),
        from: query.from,
        until: query.until,
        mine: query.mine.unwrap_or(false),
        text,
    })
}

impl MeetingDesk {
    /// 应到 and 实到 of each: of meetings in use as their halls count, of the others in one query, of drafts who is invited.
    async fn list_figures(&self, meetings: &[Meeting]) -> Result<HashMap<MeetingId, ListFigures>, ApiError> {
        let (drafts, others): (Vec<&Meeting>, Vec<&Meeting>) =
            meetings.iter().partition(|meeting| meeting.state == StateName::Draft);
        let mut ids: Vec<MeetingId> = others.iter().map(|meeting| meeting.id).collect();
        let invited = self.invited_counts(&drafts).await?.into_iter();
        let mut figures: HashMap<MeetingId, ListFigures> =
            invited.map(|(id, expected)| (id, ListFigures { expected, present: 0 })).collect();
        for (id, tally) in self.actors.tallies(&ids).await {
            figures.insert(id, ListFigures { expected: tally.expected.into(), present: tally.present.into() });
        }
        ids.retain(|id| !figures.contains_key(id));
        let stored = self.stored.head_counts(&ids).await?;
        for id in ids {
            let count = stored.get(&id).copied().unwrap_or_default();
            figures.insert(id, ListFigures { expected: count.expected, present: count.present });
        }
        Ok(figures)
    }

    /// How many are invited now by those of these meetings that are drafts, each person once: what
    /// [`invited`](Self::invited) lists, counted in one go. Whoever does not exist any more is left out.
    pub(super) async fn invited_counts(&self, meetings: &[&Meeting]) -> Result<HashMap<MeetingId, u64>, ApiError> {
        let drafts: Vec<_> = meetings.iter().filter(|meeting| meeting.state == StateName::Draft).collect();
        let reaches: Vec<Vec<(TreePath, bool)>> = drafts.iter().map(|draft| self.reaches(draft)).collect();
        let census = self.members.census(&reaches.concat()).await?;
        let named: HashSet<MemberId> = drafts.iter().flat_map(|draft| &draft.plan.invited.members).copied().collect();
        let places = self.members.places(&named.into_iter().collect::<Vec<_>>()).await?;
        let counts = drafts.into_iter().zip(&reaches).map(|(draft, reaches)| {
            let inside = |path: &TreePath| {
                reaches.iter().any(|(reach, below)| reach == path || (*below && reach.contains(path)))
            };
            let named: HashSet<&MemberId> = draft.plan.invited.members.iter().collect();
            let more = named.into_iter().filter_map(|id| places.get(id)).filter(|(path, active)| {
                path.tenant() == draft.organisation_path.tenant() && !(*active && inside(path))
            });
            (draft.id, census.of(inside) + more.count() as u64)
        });
        Ok(counts.collect())
    }

    /// The organisations whose members a draft invites; of a branch with its groups.
    fn reaches(&self, draft: &Meeting) -> Vec<(TreePath, bool)> {
        let (directory, invited) = (self.directories.current(), &draft.plan.invited);
        let own = invited.whole_branch.then_some(draft.organisation_id);
        let entries = own.iter().chain(&invited.organisations).filter_map(|id| directory.organisations().get(*id));
        let reaches = entries.map(|entry| (entry.organisation.path.clone(), entry.organisation.kind.is_branch()));
        reaches.filter(|(path, _)| path.tenant() == draft.organisation_path.tenant()).collect()
    }
}
