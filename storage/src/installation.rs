//! Whose database this is: it remembers a fingerprint of the secrets that it was first served with. A node with others
//! would seal what nobody can read, and find nobody by phone.

use sqlx::{Connection as _, Row as _};

use crate::database::Database;
use crate::dialect::Purpose;
use crate::error::StorageError;
use crate::secrets::Secrets;

const ROW: &str = "secrets";

/// Makes sure that `secrets` are those of this database; the first ones that come are.
///
/// # Errors
/// [`StorageError::Unsuitable`] when it was made with others.
pub async fn recognise(database: &Database, secrets: &Secrets) -> Result<(), StorageError> {
    let own = secrets.fingerprint();
    let mut connection = database.connect(Purpose::Snapshot).await?;
    sqlx::query("INSERT INTO installation (id, secrets) VALUES ($1, $2) ON CONFLICT DO NOTHING")
        .bind(ROW)
        .bind(own.clone())
        .execute(&mut connection)
        .await?;
    let row =
        sqlx::query("SELECT secrets FROM installation WHERE id = $1").bind(ROW).fetch_one(&mut connection).await?;
    connection.close().await?;
    if row.try_get::<String, _>("secrets")? == own {
        return Ok(());
    }
    Err(StorageError::Unsuitable(
        "the secrets in data_dir are not those that this database was made with: every node needs a copy of the same \
         secrets/ folder"
            .to_owned(),
    ))
}
