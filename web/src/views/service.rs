//! 政策信息, 红色服务 and 服务日记 as clients see them.

use lianxin_actors::directory::Directory;
use lianxin_domain::clock::Timestamp;
use lianxin_domain::ids::{AccountId, ClientId, GridId, PolicyId, ServiceLinkId, ServiceRecordId};
use lianxin_domain::policy::Policy;
use lianxin_domain::service_link::ServiceLink;
use lianxin_domain::service_record::{ServiceKind, ServiceRecord};
use lianxin_storage::service_records::AuthorCounts;
use serde::Serialize;
use utoipa::ToSchema;

use super::attachment::AttachmentView;
use super::grid::GridRef;
use super::ticket::PersonView;

fn grid_of(directory: &Directory, id: GridId) -> Option<GridRef> {
    directory.get(id).map(|entry| GridRef::from(&**entry))
}

fn grid_name(directory: &Directory, id: GridId) -> String {
    directory.get(id).map(|entry| entry.grid.name.clone()).unwrap_or_default()
}

/// An article as a line of a list.
#[derive(Debug, Serialize, ToSchema)]
pub struct PolicyLine {
    #[schema(value_type = String)]
    id: PolicyId,
    version: u32,
    /// Whose residents, with those of all grids below, are to read it.
    grid: Option<GridRef>,
    title: String,
    /// The first words.
    summary: String,
    #[schema(value_type = String)]
    published_at: Timestamp,
    /// Whether residents see it.
    enabled: bool,
    #[schema(value_type = String)]
    updated_at: Timestamp,
}

impl PolicyLine {
    /// Of an article.
    pub fn of(policy: &Policy, directory: &Directory) -> Self {
        Self {
            id: policy.id,
            version: policy.version,
            grid: grid_of(directory, policy.grid_id),
            title: policy.text.title.clone(),
            summary: policy.summary(),
            published_at: policy.text.published_at,
            enabled: policy.enabled,
            updated_at: policy.updated_at,
        }
    }
}

/// A whole article, for those who keep it.
#[derive(Debug, Serialize, ToSchema)]
pub struct PolicyView {
    #[serde(flatten)]
    line: PolicyLine,
    /// Plain text; lines are paragraphs.
    body: String,
}

impl PolicyView {
    /// Of an article.
    pub fn of(policy: &Policy, directory: &Directory) -> Self {
        Self { line: PolicyLine::of(policy, directory), body: policy.text.body.clone() }
    }
}

/// A link, for those who keep it.
#[derive(Debug, Serialize, ToSchema)]
pub struct ServiceLinkView {
    #[schema(value_type = String)]
    id: ServiceLinkId,
    version: u32,
    /// Whose residents, with those of all grids below, are offered it.
    grid: Option<GridRef>,
    title: String,
    address: String,
    description: String,
    /// The smallest comes first.
    sort_order: i32,
    /// Whether residents see it.
    enabled: bool,
    #[schema(value_type = String)]
    updated_at: Timestamp,
}

impl ServiceLinkView {
    /// Of a link.
    pub fn of(link: &ServiceLink, directory: &Directory) -> Self {
        Self {
            id: link.id,
            version: link.version,
            grid: grid_of(directory, link.grid_id),
            title: link.target.title.clone(),
            address: link.target.address.clone(),
            description: link.target.description.clone(),
            sort_order: link.target.sort_order,
            enabled: link.enabled,
            updated_at: link.updated_at,
        }
    }
}

/// An article as residents find it.
#[derive(Debug, Serialize, ToSchema)]
pub struct EntryPolicyLine {
    #[schema(value_type = String)]
    id: PolicyId,
    title: String,
    /// The first words.
    summary: String,
    #[schema(value_type = String)]
    published_at: Timestamp,
    /// Who published it.
    grid_name: String,
}

impl EntryPolicyLine {
    /// Of an article that is enabled.
    pub fn of(policy: &Policy, directory: &Directory) -> Self {
        Self {
            id: policy.id,
            title: policy.text.title.clone(),
            summary: policy.summary(),
            published_at: policy.text.published_at,
            grid_name: grid_name(directory, policy.grid_id),
        }
    }
}

/// An article as residents read it.
#[derive(Debug, Serialize, ToSchema)]
pub struct EntryPolicy {
    #[serde(flatten)]
    line: EntryPolicyLine,
    /// Plain text; lines are paragraphs.
    body: String,
}

impl EntryPolicy {
    /// Of an article that is enabled.
    pub fn of(policy: &Policy, directory: &Directory) -> Self {
        Self { line: EntryPolicyLine::of(policy, directory), body: policy.text.body.clone() }
    }
}

/// A link as residents find it.
#[derive(Debug, Serialize, ToSchema)]
pub struct EntryLink {
    title: String,
    address: String,
    description: String,
}

impl From<ServiceLink> for EntryLink {
    fn from(link: ServiceLink) -> Self {
        Self { title: link.target.title, address: link.target.address, description: link.target.description }
    }
}

/// A record of a service diary.
#[derive(Debug, Serialize, ToSchema)]
pub struct ServiceRecordView {
    #[schema(value_type = String)]
    id: ServiceRecordId,
    version: u32,
    /// What its author's device called it.
    #[schema(value_type = String)]
    client_id: ClientId,
    author: PersonView,
    /// For which grid.
    grid: Option<GridRef>,
    /// `visit`, `mediation`, `help`, `inspection`, `publicity` or `other`.
    #[schema(value_type = String)]
    kind: ServiceKind,
    kind_title: String,
    #[schema(value_type = String)]
    happened_at: Timestamp,
    text: String,
    /// For whom.
    whom: Option<String>,
    place: Option<String>,
    attachments: Vec<AttachmentView>,
    #[schema(value_type = String)]
    created_at: Timestamp,
    #[schema(value_type = String)]
    updated_at: Timestamp,
    /// Until when the caller may change it; none for others than its author, and when it is over.
    #[schema(value_type = Option<String>)]
    changeable_until: Option<Timestamp>,
}

impl ServiceRecordView {
    /// Of a record, for `reader` at `now`.
    pub fn of(record: &ServiceRecord, directory: &Directory, reader: AccountId, now: Timestamp) -> Self {
        let changeable = record.check_change(reader, now).is_ok();
        Self {
            id: record.id,
            version: record.version,
            client_id: record.client_id,
            author: PersonView::from(&record.author),
            grid: grid_of(directory, record.grid_id),
            kind: record.facts.kind,
            kind_title: record.facts.kind.title().to_owned(),
            happened_at: record.facts.happened_at,
            text: record.facts.text.clone(),
            whom: record.facts.whom.clone(),
            place: record.facts.place.clone(),
            attachments: record.facts.photos.iter().map(AttachmentView::from).collect(),
            created_at: record.created_at,
            updated_at: record.updated_at,
            changeable_until: changeable.then(|| record.changeable_until()),
        }
    }
}

/// How many records of a kind.
#[derive(Debug, Serialize, ToSchema)]
pub struct ServiceKindCount {
    #[schema(value_type = String)]
    kind: ServiceKind,
    title: String,
    count: u64,
}

/// What somebody did in a period.
#[derive(Debug, Serialize, ToSchema)]
pub struct ServiceCountsLine {
    author: PersonView,
    total: u64,
    /// Those that there are.
    kinds: Vec<ServiceKindCount>,
}

impl From<&AuthorCounts> for ServiceCountsLine {
    fn from(counts: &AuthorCounts) -> Self {
        let kinds = counts.kinds.iter().map(|(kind, count)| ServiceKindCount {
            kind: *kind,
            title: kind.title().to_owned(),
            count: *count,
        });
        Self { author: PersonView::from(&counts.author), total: counts.total(), kinds: kinds.collect() }
    }
}
