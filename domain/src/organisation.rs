//! Party organisations: their kinds, and what may stand below what (domain.md §6).

use chrono::{Datelike as _, NaiveDate};
use serde::{Deserialize, Serialize};

use crate::ids::OrganisationId;
use crate::problem::{FieldError, Refusal, text_field};
use crate::tree::TreePath;

/// Levels of the tree: county, township, general branch, branch, group, and some to spare.
pub const LEVELS: u8 = 8;

/// What an organisation is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OrganisationKind {
    /// 党委
    PartyCommittee,
    /// 党总支
    GeneralBranch,
    /// 党支部
    Branch,
    /// 联合党支部
    JointBranch,
    /// 临时党支部
    TemporaryBranch,
    /// 党小组
    Group,
}

impl OrganisationKind {
    /// All kinds, highest first.
    pub const ALL: [Self; 6] = [
        Self::PartyCommittee,
        Self::GeneralBranch,
        Self::Branch,
        Self::JointBranch,
        Self::TemporaryBranch,
        Self::Group,
    ];

    /// The stored and transmitted word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::PartyCommittee => "party_committee",
            Self::GeneralBranch => "general_branch",
            Self::Branch => "branch",
            Self::JointBranch => "joint_branch",
            Self::TemporaryBranch => "temporary_branch",
            Self::Group => "group",
        }
    }

    /// The word people use.
    pub const fn title(self) -> &'static str {
        match self {
            Self::PartyCommittee => "党委",
            Self::GeneralBranch => "党总支",
            Self::Branch => "党支部",
            Self::JointBranch => "联合党支部",
            Self::TemporaryBranch => "临时党支部",
            Self::Group => "党小组",
        }
    }

    /// Reads the stored word.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }

    /// Reads the word people use.
    pub fn of_title(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.title() == text)
    }

    /// Whether it is a branch of some kind.
    pub const fn is_branch(self) -> bool {
        matches!(self, Self::Branch | Self::JointBranch | Self::TemporaryBranch)
    }

    /// Whether a `child` may stand right below it.
    pub const fn takes(self, child: Self) -> bool {
        match self {
            Self::PartyCommittee => !matches!(child, Self::Group),
            Self::GeneralBranch => child.is_branch(),
            Self::Branch | Self::JointBranch | Self::TemporaryBranch => matches!(child, Self::Group),
            Self::Group => false,
        }
    }

    /// Whether it may be the root of a tenant.
    pub const fn may_be_root(self) -> bool {
        matches!(self, Self::PartyCommittee | Self::GeneralBranch)
    }
}

/// Whether an organisation is in use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OrganisationStatus {
    /// 正常
    Active,
    /// 停用: kept for its history.
    Disabled,
}

impl OrganisationStatus {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Active, Self::Disabled];

    /// The stored and transmitted word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Disabled => "disabled",
        }
    }

    /// The word people use.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Active => "正常",
            Self::Disabled => "停用",
        }
    }

    /// Reads the stored word.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == text)
    }

    /// Reads the word people use.
    pub fn of_title(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.title() == text)
    }
}

/// A node of the organisation tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Organisation {
    /// Its id.
    pub id: OrganisationId,
    /// Grows with every change.
    pub version: u32,
    /// Its place. The root's step is that of the tenant's grid tree.
    pub path: TreePath,
    /// 全称
    pub name: String,
    /// 简称; may be empty.
    pub short_name: String,
    /// What it is.
    pub kind: OrganisationKind,
    /// Place among its siblings.
    pub sort_order: i32,
    /// Whether it is in use.
    pub status: OrganisationStatus,
    /// The last day of a temporary branch.
    pub ends_on: Option<NaiveDate>,
    /// The day on which it was founded, where somebody stated it: nothing is due of it before.
    pub founded_on: Option<NaiveDate>,
}

impl Organisation {
    /// The name for narrow places.
    pub fn shown_name(&self) -> &str {
        if self.short_name.is_empty() { &self.name } else { &self.short_name }
    }
}

/// What somebody fills in about an organisation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrganisationForm {
    /// 全称, 1–100 characters.
    pub name: String,
    /// 简称, at most 30.
    pub short_name: String,
    /// What it is.
    pub kind: OrganisationKind,
    /// The last day of a temporary branch.
    pub ends_on: Option<NaiveDate>,
}

impl OrganisationForm {
    /// The form with its texts trimmed.
    ///
    /// # Errors
    /// Every field that is wrong.
    pub fn check(self) -> Result<Self, Vec<FieldError>> {
        let name = line("name", &self.name, true, 100);
        let short_name = line("short_name", &self.short_name, false, 30);
        let dated = match (self.kind, self.ends_on) {
            (OrganisationKind::TemporaryBranch, None) => {
                Err(FieldError::new("ends_on", "organisation.end_required", "临时党支部须填写撤销日期"))
            }
            (_, Some(day)) if !(1900..=9999).contains(&day.year()) => {
                Err(FieldError::new("ends_on", "field.date", "日期不正确"))
            }
            (OrganisationKind::TemporaryBranch, Some(_)) | (_, None) => Ok(()),
            (_, Some(_)) => {
                Err(FieldError::new("ends_on", "organisation.end_unexpected", "只有临时党支部填写撤销日期"))
            }
        };
        match (name, short_name, dated) {
            (Ok(name), Ok(short_name), Ok(())) => Ok(Self { name, short_name, ..self }),
            (name, short_name, dated) => {
                Err(name.err().into_iter().chain(short_name.err()).chain(dated.err()).collect())
            }
        }
    }
}

/// Checks the day on which an organisation was founded.
///
/// # Errors
/// The field `founded_on`, when the day is none of the Party's history, or after `today`.
pub fn check_founded(founded_on: Option<NaiveDate>, today: NaiveDate) -> Result<(), FieldError> {
    if founded_on.is_none_or(|day| day.year() >= 1921 && day <= today) {
        return Ok(());
    }
    Err(FieldError::new("founded_on", "field.date", "成立日期不正确"))
}

/// A text of one line: names stand in lists and sheets.
pub(crate) fn line(field: &str, text: &str, required: bool, max: usize) -> Result<String, FieldError> {
    let text = text_field(field, text, required, max)?;
    if text.chars().any(char::is_control) {
        return Err(FieldError::new(field, "field.characters", "含有无法识别的字符"));
    }
    Ok(text)
}

/// Checks that a `child` may stand below an organisation of kind `parent`, or be a root.
///
/// # Errors
/// The field `kind`.
pub fn check_place(parent: Option<OrganisationKind>, child: OrganisationKind) -> Result<(), FieldError> {
    let message = match parent {
        Some(parent) if parent.takes(child) => return Ok(()),
        None if child.may_be_root() => return Ok(()),
        Some(OrganisationKind::PartyCommittee) => "党小组只能设在党支部之下",
        Some(OrganisationKind::GeneralBranch) => "党总支之下只能设党支部",
        Some(parent) if parent.is_branch() => "党支部之下只能设党小组",
        Some(_) => "党小组之下不能再设组织",
        None => "最上级组织只能是党委或党总支",
    };
    Err(FieldError::new("kind", "organisation.kind_not_below", message))
}

/// Checks that an organisation of kind `kind` may have children of these kinds, after its own kind changed.
///
/// # Errors
/// The field `kind`.
pub fn check_children(
    kind: OrganisationKind,
    children: impl IntoIterator<Item = OrganisationKind>,
) -> Result<(), FieldError> {
    match children.into_iter().find(|child| !kind.takes(*child)) {
        None => Ok(()),
        Some(child) => {
            let message = format!("下设有{}，不能改为{}", child.title(), kind.title());
            Err(FieldError::new("kind", "organisation.children_not_below", message))
        }
    }
}

/// Checks a move below another organisation; `height` is the number of levels of the moved subtree.
///
/// # Errors
/// The field `parent_id`, or `kind` when the new parent does not take it.
pub fn check_move(moved: &Organisation, height: u8, parent: &Organisation) -> Result<(), FieldError> {
    let wrong = |code, message: &str| Err(FieldError::new("parent_id", code, message));
    if moved.path.parent().is_none() {
        return wrong("organisation.root_fixed", "最上级组织不能移动");
    }
    if moved.path.contains(&parent.path) {
        return wrong("organisation.cycle", "不能移动到自己或自己的下级之下");
    }
    if moved.path.tenant() != parent.path.tenant() {
        return wrong("organisation.not_found", "没有找到上级组织");
    }
    check_depth(&parent.path, height)?;
    check_place(Some(parent.kind), moved.kind)
}

/// Checks that `height` further levels fit below `parent`.
///
/// # Errors
/// The field `parent_id`.
pub fn check_depth(parent: &TreePath, height: u8) -> Result<(), FieldError> {
    if parent.level().saturating_add(height) > LEVELS {
        return Err(FieldError::new("parent_id", "organisation.too_deep", format!("组织最多 {LEVELS} 级")));
    }
    Ok(())
}

/// What stands in the way of deleting an organisation; all counts are of its whole subtree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct DeleteFacts {
    /// It is the root, or the one that the caller's own right comes from.
    pub own: bool,
    /// Organisations right below.
    pub children: usize,
    /// Members now.
    pub members: u64,
    /// Members of the past.
    pub former_members: u64,
    /// Meetings that are not over.
    pub open_meetings: u64,
    /// Grids linked to it (联建).
    pub grids: usize,
}

/// Whether an organisation may be deleted.
///
/// # Errors
/// A conflict that says what stands in the way.
pub fn check_delete(facts: DeleteFacts) -> Result<(), Refusal> {
    let (code, detail) = match facts {
        DeleteFacts { own: true, .. } => ("organisation.own", "不能删除本级组织".to_owned()),
        DeleteFacts { children: 1.., .. } => {
            ("organisation.has_children", format!("还有 {} 个下级组织，请先处理", facts.children))
        }
        DeleteFacts { members: 1.., .. } => {
            ("organisation.has_members", format!("还有 {} 名党员，请先转出", facts.members))
        }
        DeleteFacts { former_members: 1.., .. } => {
            ("organisation.has_history", "有历史党员记录，请改为停用".to_owned())
        }
        DeleteFacts { open_meetings: 1.., .. } => {
            ("organisation.has_meetings", format!("还有 {} 个未结束的会议", facts.open_meetings))
        }
        DeleteFacts { grids: 1.., .. } => {
            ("organisation.has_grids", format!("还有 {} 个网格与它联建，请先解除", facts.grids))
        }
        DeleteFacts { children: 0, members: 0, former_members: 0, open_meetings: 0, grids: 0, own: false } => {
            return Ok(());
        }
    };
    Err(Refusal::conflict(code, detail))
}

/// Something unusual that a superior may have approved: told, not refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Warning {
    /// Stable.
    pub code: &'static str,
    /// Chinese, for people.
    pub message: String,
}

/// What is unusual about the number of members: full ones count for branches, all for committees and general branches.
pub fn warnings(kind: OrganisationKind, members: u64, full_members: u64) -> Vec<Warning> {
    let warn = |code, message: String| vec![Warning { code, message }];
    match kind {
        OrganisationKind::PartyCommittee if members <= 100 => {
            warn("organisation.few_members", format!("党委一般有党员 100 名以上，现有 {members} 名"))
        }
        OrganisationKind::GeneralBranch if members <= 50 => {
            warn("organisation.few_members", format!("党总支一般有党员 50 名以上，现有 {members} 名"))
        }
        OrganisationKind::GeneralBranch if members > 100 => {
            warn("organisation.many_members", format!("党总支党员超过 100 名（现有 {members} 名），一般应成立党委"))
        }
        OrganisationKind::Branch | OrganisationKind::JointBranch | OrganisationKind::TemporaryBranch
            if full_members < 3 =>
        {
            warn("organisation.few_members", format!("党支部正式党员应有 3 名以上，现有 {full_members} 名"))
        }
        OrganisationKind::Branch | OrganisationKind::JointBranch | OrganisationKind::TemporaryBranch
            if full_members > 50 =>
        {
            warn("organisation.many_members", format!("党支部正式党员一般不超过 50 名，现有 {full_members} 名"))
        }
        OrganisationKind::PartyCommittee
        | OrganisationKind::GeneralBranch
        | OrganisationKind::Branch
        | OrganisationKind::JointBranch
        | OrganisationKind::TemporaryBranch
        | OrganisationKind::Group => Vec::new(),
    }
}

#[cfg(test)]
mod tests;
