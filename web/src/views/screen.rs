//! Big screens as clients see them.

use lianxin_actors::directory::Directory;
use lianxin_domain::clock::Timestamp;
use lianxin_domain::ids::ScreenId;
use lianxin_domain::screen::ScreenTarget;
use lianxin_storage::screens::{Screen, ScreenState};
use serde::Serialize;
use utoipa::ToSchema;

use super::ticket::PersonView;
use crate::screens::Shown;

/// A screen that was just opened; the token is told this once.
#[derive(Debug, Serialize, ToSchema)]
pub struct OpenedScreenView {
    /// Its id.
    #[schema(value_type = String)]
    pub screen_id: ScreenId,
    /// Six digits to type where it is paired.
    pub code: String,
    /// The screen's own, for `Authorization: Bearer` and the live channel; it lives on when it is paired.
    pub token: String,
    /// Until when the code holds.
    #[schema(value_type = String)]
    pub expires_at: Timestamp,
}

/// A screen as it sees itself; also the state of the live topic `screen`.
#[derive(Debug, Serialize, ToSchema)]
pub struct OwnScreenView {
    #[schema(value_type = String)]
    screen_id: ScreenId,
    /// Empty while it waits.
    name: String,
    /// While it waits.
    code: Option<String>,
    /// Until when the code holds.
    #[schema(value_type = Option<String>)]
    expires_at: Option<Timestamp>,
    /// `board:ID` or `meeting:ID`, once it is paired.
    #[schema(value_type = Option<String>)]
    target: Option<ScreenTarget>,
}

impl From<&Screen> for OwnScreenView {
    fn from(screen: &Screen) -> Self {
        let (code, expires_at) = match &screen.state {
            ScreenState::Waiting { code, until } => (Some(code.clone()), Some(*until)),
            ScreenState::Paired { .. } => (None, None),
        };
        Self { screen_id: screen.id, name: screen.name.clone(), code, expires_at, target: screen.target() }
    }
}

/// A paired screen.
#[derive(Debug, Serialize, ToSchema)]
pub struct ScreenView {
    #[schema(value_type = String)]
    id: ScreenId,
    name: String,
    /// `board:ID` or `meeting:ID`.
    #[schema(value_type = String)]
    target: ScreenTarget,
    /// What people call the target; nothing when it is gone.
    target_title: Option<String>,
    /// Who typed the code.
    paired_by: PersonView,
    #[schema(value_type = String)]
    paired_at: Timestamp,
    /// When it was last connected, to a minute.
    #[schema(value_type = Option<String>)]
    last_seen_at: Option<Timestamp>,
    /// It is connected now.
    online: bool,
}

/// Paired screens.
#[derive(Debug, Serialize, ToSchema)]
pub struct ScreenList {
    /// By name.
    pub items: Vec<ScreenView>,
}

impl ScreenView {
    /// A screen with its target; nothing for one that still waits.
    pub fn of(
        screen: &Screen,
        shown: Option<Shown>,
        directory: &Directory,
        last_seen_at: Option<Timestamp>,
        online: bool,
    ) -> Option<Self> {
        let ScreenState::Paired { target, by, at } = screen.state else { return None };
        let name = directory.staff_name(by).unwrap_or_default().to_owned();
        Some(Self {
            id: screen.id,
            name: screen.name.clone(),
            target,
            target_title: shown.map(|shown| shown.title),
            paired_by: PersonView { id: by.to_string(), name },
            paired_at: at,
            last_seen_at,
            online,
        })
    }
}
