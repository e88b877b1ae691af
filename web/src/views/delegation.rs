//! 邀请上级派员 as clients see it.

use lianxin_domain::clock::Timestamp;
use lianxin_domain::ids::{MemberId, OrganisationId};
use lianxin_domain::meeting::Delegation;
use serde::Serialize;
use utoipa::ToSchema;

/// An organisation above that was asked to send somebody (邀请上级派员).
#[derive(Debug, Serialize, ToSchema)]
pub struct DelegationView {
    /// Which.
    #[schema(value_type = String)]
    pub organisation_id: OrganisationId,
    /// Its name then.
    pub organisation_name: String,
    /// Who asked.
    pub asked_by: String,
    /// When.
    #[schema(value_type = String)]
    pub asked_at: Timestamp,
    /// Words to it.
    pub note: Option<String>,
    /// Whom it sends; null while nobody is named.
    pub delegate: Option<DelegateView>,
}

/// Whom an organisation above sends.
#[derive(Debug, Serialize, ToSchema)]
pub struct DelegateView {
    /// The member.
    #[schema(value_type = String)]
    pub member_id: MemberId,
    /// The name.
    pub name: String,
    /// Who named the person.
    pub named_by: String,
    /// When.
    #[schema(value_type = String)]
    pub named_at: Timestamp,
}

impl From<&Delegation> for DelegationView {
    fn from(asked: &Delegation) -> Self {
        Self {
            organisation_id: asked.organisation_id,
            organisation_name: asked.organisation.clone(),
            asked_by: asked.asked.by.name.clone(),
            asked_at: asked.asked.at,
            note: asked.note.clone(),
            delegate: asked.delegate.as_ref().map(|delegate| DelegateView {
                member_id: delegate.member_id,
                name: delegate.name.clone(),
                named_by: delegate.named.by.name.clone(),
                named_at: delegate.named.at,
            }),
        }
    }
}
