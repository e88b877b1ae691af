//! A person as records name one.

use serde::{Deserialize, Serialize};

use crate::ids::AccountId;

/// A person as shown beside a record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersonRef {
    /// The account.
    pub id: AccountId,
    /// The name at that time.
    pub name: String,
}
