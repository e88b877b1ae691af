//! What tenants changed about the rules.

use std::collections::HashMap;

use lianxin_domain::duty::DutyRule;
use lianxin_domain::tree::TreePath;
use sqlx::Row as _;

use super::Duties;
use crate::change::Write;
use crate::error::StorageError;
use crate::table::{ID, Table, text};

static RULES: Table = Table {
    name: "duty_rules",
    key: ID,
    versioned: true,
    fixed: &[text("tenant"), text("type_code")],
    mutable: &[text("body")],
};

impl Duties {
    /// What each tenant changed, by its root.
    ///
    /// # Errors
    /// [`StorageError`] when the database fails or a row is inconsistent.
    pub async fn rules(&self) -> Result<HashMap<TreePath, Vec<DutyRule>>, StorageError> {
        let rows = sqlx::query("SELECT id, version, tenant, body FROM duty_rules ORDER BY id")
            .fetch_all(self.database.readers())
            .await?;
        let mut rules: HashMap<TreePath, Vec<DutyRule>> = HashMap::new();
        for row in &rows {
            let id: String = row.try_get("id")?;
            let corrupt = |column| StorageError::corrupt("duty_rules", column, &id);
            let body: String = row.try_get("body")?;
            let mut rule: DutyRule = serde_json::from_str(&body).map_err(|_| corrupt("body"))?;
            rule.version = u32::try_from(row.try_get::<i64, _>("version")?).map_err(|_| corrupt("version"))?;
            let tenant = TreePath::try_from(row.try_get::<String, _>("tenant")?).map_err(|_| corrupt("tenant"))?;
            rules.entry(tenant).or_default().push(rule);
        }
        Ok(rules)
    }

    /// The write of a tenant's rule that is of version `before`; 0: it was as built in.
    pub fn put_rule(tenant: &TreePath, before: u32, rule: &DutyRule) -> Write {
        let key = format!("{}:{}", tenant.as_str(), rule.type_code);
        let body = serde_json::json!(rule).to_string();
        if before > 0 {
            let values = vec![body.into()];
            return Write::Update { table: &RULES, key, expected: before, next: rule.version, values };
        }
        let row =
            vec![key.into(), rule.version.into(), tenant.as_str().into(), rule.type_code.as_str().into(), body.into()];
        Write::Insert(&RULES, row)
    }
}
