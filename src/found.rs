//! `lianxin init`: the first grid and the first administrator of an empty database.

use std::process::ExitCode;

use lianxin_domain::access::AccountKind;
use lianxin_domain::event::Subject;
use lianxin_domain::grid::{Grid, GridStatus, check_name};
use lianxin_domain::tree::TreePath;
use lianxin_storage::accounts::{ADMIN_ROLE, Account, Accounts};
use lianxin_storage::change::Change;
use lianxin_storage::grids::Grids;
use lianxin_web::auth::passwords::{first_password, hash};
use serde_json::json;

use crate::cli::say;
use crate::core::{Core, StartError};

/// Makes the county called `county` and the administrator `login`; prints a first password that must be changed.
///
/// # Errors
/// [`StartError`] when the database is not empty or fails.
pub async fn init(core: &Core, county: &str, login: &str) -> Result<ExitCode, StartError> {
    if !core.grids.all().await?.is_empty() {
        return Err("the database holds grids already; init is for an empty one".into());
    }
    let now = core.clock.now();
    let grid = Grid {
        id: core.ids.next(),
        version: 1,
        serial: 1,
        code_generation: 1,
        path: TreePath::root(1),
        number: "1".to_owned(),
        name: check_name(county).map_err(|error| error.message)?,
        sort_order: 1,
        status: GridStatus::Active,
        organisation_id: None,
        center: None,
        area: None,
        households: 0,
    };
    let password = first_password(&**core.ids.entropy());
    let mut salt = [0; 16];
    core.ids.entropy().fill(&mut salt);
    let mut account = Account::new(core.ids.next(), AccountKind::Staff, now);
    account.login = Some(login.to_owned());
    account.name = "管理员".to_owned();
    account.password_hash = Some(hash(&password, &salt).ok_or("the password cannot be hashed")?);
    account.must_change_password = true;
    let subject = Subject::new("grid", grid.id);
    let mut change = Change::new(now, None, None);
    change.write(Grids::insert(&grid)).write(core.accounts.insert(&account));
    change.write(Accounts::grant(account.id, ADMIN_ROLE, &grid.path));
    change.event("grid.created", subject.clone(), json!({ "name": grid.name })).grid_path = Some(grid.path.clone());
    change.audited("grid.create", subject, json!({ "name": [null, grid.name], "admin": [null, login] }));
    core.journal.commit(change).await?;
    say(&format!("{county} is founded. Sign in at /login as {login} with the first password {password}"));
    Ok(ExitCode::SUCCESS)
}
