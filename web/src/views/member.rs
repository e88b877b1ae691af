//! Members of the Party as clients see them.

use chrono::NaiveDate;
use lianxin_actors::directory::OrganisationTree;
use lianxin_domain::access::Caller;
use lianxin_domain::ids::{AccountId, AttachmentId, MemberId};
use lianxin_domain::member::Member;
use lianxin_domain::phone::Phone;
use serde::Serialize;
use utoipa::ToSchema;

use super::grid::OrganisationRef;

/// A member.
#[derive(Debug, Serialize, ToSchema)]
pub struct MemberView {
    /// The id.
    #[schema(value_type = String)]
    pub id: MemberId,
    /// The account.
    #[schema(value_type = String)]
    pub account_id: AccountId,
    /// Where the person belongs.
    pub organisation: OrganisationRef,
    /// 姓名
    pub name: String,
    /// Full for who manages the organisation and for the person, `138****1234` for others.
    pub phone: Option<String>,
    /// `male` or `female`.
    pub gender: Option<String>,
    /// `full` or `probationary`.
    pub standing: String,
    /// 正式党员 or 预备党员.
    pub standing_title: String,
    /// `secretary`, `deputy_secretary` …, the highest first.
    pub positions: Vec<String>,
    /// 书记, 副书记 …
    pub position_titles: Vec<String>,
    /// 入党日期
    #[schema(value_type = Option<String>)]
    pub joined_on: Option<NaiveDate>,
    /// 转正日期
    #[schema(value_type = Option<String>)]
    pub became_full_on: Option<NaiveDate>,
    /// Place in the roster.
    pub order: i32,
    /// `active` or `history`.
    pub status: String,
    /// Why no longer on the roster.
    pub history_reason: Option<String>,
    /// Changes with the picture at `…/photo`; null when there is none.
    #[schema(value_type = Option<String>)]
    pub photo: Option<AttachmentId>,
    /// The caller may change it.
    pub may_manage: bool,
}

impl MemberView {
    /// A member as the caller may see him.
    pub fn of(member: &Member, tree: &OrganisationTree, caller: &Caller) -> Self {
        let facts = &member.facts;
        let may_manage = caller.manages_organisation(&member.organisation_path);
        let in_full = may_manage || member.account_id == caller.account_id;
        let organisation = tree.get(member.organisation_id).map(|entry| entry.organisation.name.clone());
        Self {
            id: member.id,
            account_id: member.account_id,
            organisation: OrganisationRef { id: member.organisation_id, name: organisation.unwrap_or_default() },
            name: facts.name.clone(),
            phone: facts.phone.as_ref().map(|phone| shown(phone, in_full)),
            gender: facts.gender.map(|gender| gender.as_str().to_owned()),
            standing: facts.standing.as_str().to_owned(),
            standing_title: facts.standing.title().to_owned(),
            positions: facts.positions.iter().map(|position| position.as_str().to_owned()).collect(),
            position_titles: facts.positions.iter().map(|position| position.title().to_owned()).collect(),
            joined_on: facts.joined_on,
            became_full_on: facts.became_full_on,
            order: facts.sort_order,
            status: member.status.as_str().to_owned(),
            history_reason: member.history_reason.clone(),
            photo: member.photo,
            may_manage,
        }
    }
}

/// A number as it is shown.
pub fn shown(phone: &Phone, in_full: bool) -> String {
    if in_full { phone.as_str().to_owned() } else { phone.masked() }
}
