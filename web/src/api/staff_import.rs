//! Carrying out an import of staff. Thousands of first passwords take a minute to hash, one after the other, so that
//! people who sign in meanwhile do not wait; the answer tells how far it is.
//!
//! The first passwords leave before the accounts are committed: no account comes to be whose password nobody was sent.
//! Whoever goes away before gets no accounts.

use std::collections::BTreeSet;
use std::convert::Infallible;

use actix_web::{HttpResponse, ResponseError as _, web};
use bytes::Bytes;
use data_encoding::BASE64;
use futures_util::stream;
use lianxin_actors::follower::Listener as _;
use lianxin_domain::access::AccountKind;
use lianxin_domain::event::Subject;
use lianxin_domain::grid::staff_import::{Person, PlannedDuty, StaffPlan};
use lianxin_domain::ids::AccountId;
use lianxin_storage::accounts::Account;
use lianxin_storage::change::Change;
use lianxin_storage::grids::{GridStaff, Grids};
use lianxin_storage::journal::CommitError;
use serde::Serialize;
use serde_json::{Value, json};
use tokio::sync::mpsc;
use tracing::Instrument as _;
use utoipa::ToSchema;

use super::auth::FrontDoor;
use super::grid_sheets::{overtaken, root_of};
use super::import::Import;
use super::organisations::{Desk, PartyDesk};
use crate::auth::passwords::first_password;
use crate::error::{ApiError, problem};
use crate::sheet::{self, CellProblem, Column, column};

/// Accounts between two words of how far it is: some half a second.
const STEP: usize = 20;
/// Lines that a client may be behind.
const AHEAD: usize = 8;
const LINES: &str = "application/x-ndjson";

/// What became of an import of staff. Nothing is imported when any cell is wrong.
#[derive(Debug, Default, Serialize, ToSchema)]
pub struct StaffImportReport {
    /// Rows that were imported; when only checking, 0.
    pub(super) imported: usize,
    /// Accounts that were made, or would be.
    pub(super) accounts: usize,
    /// Duties that were given, or would be.
    pub(super) assigned: usize,
    /// Duties that became another one, or would.
    pub(super) changed: usize,
    /// Rows that say what is so already.
    pub(super) unchanged: usize,
    /// Every cell that is wrong.
    pub(super) errors: Vec<CellProblem>,
}

impl StaffImportReport {
    pub(super) fn of(plan: &StaffPlan, rows: usize) -> Self {
        let changed = plan.duties.iter().filter(|duty| duty.before.is_some()).count();
        Self {
            imported: rows,
            accounts: plan.people.len(),
            assigned: plan.duties.len() - changed,
            changed,
            unchanged: plan.unchanged,
            errors: Vec::new(),
        }
    }
}

/// An answer of one line.
pub(super) fn last_line(report: &StaffImportReport) -> Result<HttpResponse, ApiError> {
    Ok(answer().body(line(report)?))
}

fn answer() -> actix_web::HttpResponseBuilder {
    let mut answer = HttpResponse::Ok();
    answer.content_type(LINES).insert_header(("Cache-Control", "no-store")).insert_header(("X-Accel-Buffering", "no"));
    answer
}

fn line(value: &impl Serialize) -> Result<Bytes, ApiError> {
    let mut line = serde_json::to_vec(value).map_err(|_| ApiError::Internal)?;
    line.push(b'\n');
    Ok(line.into())
}

/// Makes the accounts and gives the duties.
pub(super) async fn carry_out(
    import: Import,
    plan: StaffPlan,
    report: StaffImportReport,
    desk: Desk,
    door: web::Data<FrontDoor>,
) -> Result<HttpResponse, ApiError> {
    let carrying = Carrying { import, plan, report, desk, door };
    if carrying.plan.people.is_empty() {
        carrying.commit(&[]).await?;
        return last_line(&carrying.report);
    }
    let (lines, read) = mpsc::channel::<Bytes>(AHEAD);
    let carrying_out = async move {
        let last = match carrying.make_accounts(&lines).await {
            Ok(()) => line(&carrying.report),
            Err(Stopped::Gone) => return,
            Err(Stopped::Refused(error)) => line(&explained(&error)),
        };
        // The receiver may be gone; then there is nobody to tell.
        let _ = lines.send(last.unwrap_or_default()).await;
    };
    actix_web::rt::spawn(carrying_out.in_current_span());
    let body = stream::unfold(read, |mut read| async move {
        let line = read.recv().await?;
        Some((Ok::<_, Infallible>(line), read))
    });
    Ok(answer().streaming(body))
}

/// An import that was found right.
struct Carrying {
    import: Import,
    plan: StaffPlan,
    report: StaffImportReport,
    desk: Desk,
    door: web::Data<FrontDoor>,
}

/// Why accounts are not made.
enum Stopped {
    /// Whoever asked went away.
    Gone,
    Refused(ApiError),
}

impl From<ApiError> for Stopped {
    fn from(error: ApiError) -> Self {
        Self::Refused(error)
    }
}

fn explained(error: &ApiError) -> Value {
    let (code, detail) = error.words();
    Value::Object(problem(error.status_code(), code, &detail, None))
}

/// Somebody's first password, on the way to whoever hands it over.
type FirstPasswords = Vec<Vec<String>>;

static FIRST_PASSWORDS: [Column; 4] = [
    column("name", "姓名", false, "", 14),
    column("account", "账号", false, "", 18),
    column("first_password", "首次密码", false, "", 20),
    column("grids", "网格", false, "", 40),
];

impl Carrying {
    async fn make_accounts(&self, lines: &mpsc::Sender<Bytes>) -> Result<(), Stopped> {
        let send = async |line: Bytes| lines.send(line).await.map_err(|_| Stopped::Gone);
        let of = self.plan.people.len();
        let mut accounts = Vec::with_capacity(of);
        let mut first_passwords: FirstPasswords = Vec::with_capacity(of);
        for (number, person) in self.plan.people.iter().enumerate() {
            if number % STEP == 0 {
                send(line(&json!({ "hashed": number, "of": of }))?).await?;
            }
            let password = first_password(&**self.door.ids.entropy());
            let now = self.desk.ids.clock().now();
            accounts.push(Account {
                login: Some(person.login.clone()),
                name: person.name.as_str().to_owned(),
                phone: person.phone.as_ref().map(|phone| phone.as_str().to_owned()),
                password_hash: Some(self.door.passwords.hash(password.clone()).await?),
                must_change_password: true,
                ..Account::new(self.desk.ids.next(), AccountKind::Staff, now)
            });
            let grids = self.grids_of(number);
            first_passwords.push(vec![person.name.as_str().to_owned(), person.login.clone(), password, grids]);
        }
        let workbook = written(&self.desk, first_passwords).await?;
        send(line(&json!({ "workbook": BASE64.encode(&workbook) }))?).await?;
        if lines.is_closed() {
            return Err(Stopped::Gone);
        }
        Ok(self.commit(&accounts).await?)
    }

    fn grids_of(&self, person: usize) -> String {
        let directory = self.desk.directories.current();
        let own = self.plan.duties.iter().filter(|duty| duty.person == Person::New(person));
        let names = own.filter_map(|duty| directory.get(duty.grid_id).map(|entry| entry.full_name.clone()));
        names.collect::<Vec<_>>().join("、")
    }

    /// One change for all: the accounts, and the duties of everybody.
    async fn commit(&self, accounts: &[Account]) -> Result<(), ApiError> {
        let mut change = self.import.change(self.desk.ids.clock().now());
        for account in accounts {
            change.write(self.desk.accounts.insert(account));
        }
        let mut known: BTreeSet<AccountId> = BTreeSet::new();
        let mut duties = Vec::with_capacity(self.plan.duties.len());
        for planned in &self.plan.duties {
            let account_id = match planned.person {
                Person::Known(id) => {
                    known.insert(id);
                    id
                }
                Person::New(place) => accounts.get(place).map(|account| account.id).ok_or(ApiError::Internal)?,
            };
            let PlannedDuty { grid_id, duty, before, .. } = *planned;
            change.write(Grids::assign(&GridStaff { grid_id, account_id, duty }));
            duties.push(json!({ "grid_id": grid_id, "account_id": account_id, "duty": [before, duty] }));
        }
        self.tell(&mut change, accounts, &known, duties);
        match self.desk.commits.commit_plain(change).await {
            Ok(_) => {}
            Err(CommitError::Exists { .. } | CommitError::Stale { .. }) => return Err(overtaken()),
            Err(error) => return Err(error.into()),
        }
        for id in known {
            self.desk.callers.account_changed(id);
        }
        Ok(self.desk.directories.reload_grids().await?)
    }

    /// What the log and the audit trail say: no phone, no password.
    fn tell(&self, change: &mut Change, accounts: &[Account], known: &BTreeSet<AccountId>, duties: Vec<Value>) {
        let directory = self.desk.directories.current();
        let first = self.plan.duties.first().and_then(|duty| directory.get(duty.grid_id));
        let root = first.and_then(|entry| root_of(&directory, self.import.who.caller(), &entry.grid.path));
        let Some(root) = root else { return };
        let subject = Subject::new("grid", root.grid.id);
        let facts = json!({ "accounts": accounts.len(), "duties": duties.len() });
        change.event("grid.staff_imported", subject.clone(), facts).grid_path = Some(root.grid.path.clone());
        for id in known {
            change.event("account.rights_changed", Subject::new("account", id), json!({ "grid_id": root.grid.id }));
        }
        let made: Vec<Value> = accounts
            .iter()
            .map(|account| json!({ "id": account.id, "account": account.login, "name": account.name }))
            .collect();
        change.audited("grid.staff_import", subject, json!({ "accounts": made, "duties": duties }));
    }
}

/// The workbook of first passwords, made beside the worker threads.
async fn written(desk: &PartyDesk, rows: FirstPasswords) -> Result<Vec<u8>, ApiError> {
    let _permit = desk.sheets.acquire().await;
    let made = web::block(move || sheet::export("首次密码", &FIRST_PASSWORDS, &rows)).await;
    made.map_err(|_| ApiError::Internal)?.map_err(|error| {
        tracing::error!(error = &error as &dyn std::error::Error, "the workbook of first passwords cannot be written");
        ApiError::Internal
    })
}
