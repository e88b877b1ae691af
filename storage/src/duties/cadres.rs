//! 党员干部联系支部 (inventory ORG-18): who looks after which branch.

use lianxin_domain::clock::Timestamp;
use lianxin_domain::ids::{AccountId, OrganisationId};
use sqlx::Row as _;

use super::Duties;
use crate::change::Write;
use crate::error::StorageError;
use crate::table::{ID, Table, int, text};

static CADRES: Table = Table {
    name: "branch_cadres",
    key: ID,
    versioned: false,
    fixed: &[text("organisation_id"), text("account_id"), int("since")],
    mutable: &[],
};

/// Somebody who looks after a branch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BranchCadre {
    /// The branch.
    pub organisation_id: OrganisationId,
    /// The person.
    pub account_id: AccountId,
    /// Since when.
    pub since: Timestamp,
}

impl Duties {
    /// Who looks after the branch, the longest first; for those who may know.
    ///
    /// # Errors
    /// [`StorageError`] when the database fails or a row is inconsistent.
    pub async fn cadres(&self, branch: OrganisationId) -> Result<Vec<BranchCadre>, StorageError> {
        self.linked("organisation_id", branch.to_string()).await
    }

    /// Which branches the account looks after: its own business, so there is no scope.
    ///
    /// # Errors
    /// [`StorageError`] when the database fails or a row is inconsistent.
    pub async fn looked_after(&self, account: AccountId) -> Result<Vec<OrganisationId>, StorageError> {
        let cadres = self.linked("account_id", account.to_string()).await?;
        Ok(cadres.into_iter().map(|cadre| cadre.organisation_id).collect())
    }

    async fn linked(&self, column: &str, id: String) -> Result<Vec<BranchCadre>, StorageError> {
        let sql = format!(
            "SELECT organisation_id, account_id, since FROM branch_cadres WHERE {column} = $1 ORDER BY since, id"
        );
        let rows = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(&id).fetch_all(self.database.readers()).await?;
        rows.iter()
            .map(|row| {
                let corrupt = |column| StorageError::corrupt("branch_cadres", column, &id);
                let (branch, account): (String, String) = (row.try_get(0)?, row.try_get(1)?);
                Ok(BranchCadre {
                    organisation_id: branch.parse().map_err(|_| corrupt("organisation_id"))?,
                    account_id: account.parse().map_err(|_| corrupt("account_id"))?,
                    since: Timestamp::from_millis(row.try_get(2)?),
                })
            })
            .collect()
    }

    /// The write by which somebody looks after a branch from then on; whoever does already goes on as before.
    pub fn link(cadre: &BranchCadre) -> Write {
        let row = vec![
            key_of(cadre.organisation_id, cadre.account_id).into(),
            cadre.organisation_id.to_string().into(),
            cadre.account_id.to_string().into(),
            cadre.since.into(),
        ];
        Write::InsertOnce(&CADRES, row)
    }

    /// The write by which somebody does not any more.
    pub fn unlink(branch: OrganisationId, account: AccountId) -> Write {
        Write::Delete(&CADRES, key_of(branch, account))
    }
}

fn key_of(branch: OrganisationId, account: AccountId) -> String {
    format!("{branch}:{account}")
}
