//! Branches whose members are about to sign in to a running meeting: written into a stopped server's database, with the
//! events that give the same halls back.

use std::path::Path;
use std::sync::Arc;

use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use lianxin_domain::access::AccountKind;
use lianxin_domain::clock::{Clock, Entropy, ManualClock, Timestamp};
use lianxin_domain::event::Subject;
use lianxin_domain::ids::{AccountId, IdSource, MeetingId, MemberId, OrganisationId};
use lianxin_domain::meeting::{
    AgendaItem, Attendee, Hall, Invited, Invitee, LoggedEvent, Meeting, MeetingEvent, Mode, Plan, Role, SignInRules,
    Standing,
};
use lianxin_domain::member::{Member, MemberFacts, MemberStanding, MemberStatus};
use lianxin_domain::organisation::{Organisation, OrganisationKind, OrganisationStatus};
use lianxin_domain::person::PersonRef;
use lianxin_domain::tree::TreePath;
use lianxin_storage::accounts::{Account, Accounts};
use lianxin_storage::change::{Change, Write};
use lianxin_storage::database::Database;
use lianxin_storage::deadlines::{Deadline, Deadlines};
use lianxin_storage::dialect::Dialect;
use lianxin_storage::journal::Journal;
use lianxin_storage::log::EventLog;
use lianxin_storage::maintenance::checkpoint;
use lianxin_storage::meetings::{Meetings, attendee_write};
use lianxin_storage::members::Members;
use lianxin_storage::organisations::Organisations;
use lianxin_storage::secrets::Secrets;
use lianxin_storage::sessions::{Session, Sessions};
use sha2::{Digest as _, Sha256};

use crate::BenchError;
use crate::deadlines::now;
use crate::seed::Chance;

/// People written in one change.
const CHUNK: usize = 64;
/// People in one event of the list, as the server writes it.
const LISTED_AT_ONCE: usize = 200;
/// Items on the agenda.
pub const ITEMS: u32 = 20;
/// Children of the county that the demonstration does not use.
const FIRST_CHILD: u32 = 1_000;
const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 24 * HOUR_MS;

/// Somebody who may sign in.
#[derive(Debug, Clone)]
pub struct Person {
    pub member_id: MemberId,
    pub account_id: AccountId,
    /// Of the session.
    pub token: String,
    /// The cookie of the person's own phone.
    pub device: String,
}

/// A running meeting that nobody has come to yet.
#[derive(Debug, Clone)]
pub struct SeededHall {
    pub id: MeetingId,
    /// The host's session; the host is not on the list.
    pub host: String,
    pub people: Vec<Person>,
}

/// An opened data folder.
pub struct HallSeeder {
    pub journal: Journal,
    pub meetings: Meetings,
    ids: IdSource,
    database: Database,
    accounts: Accounts,
    members: Members,
    county: Organisation,
    now: Timestamp,
    made: u32,
}

impl HallSeeder {
    /// Over the demonstration in `data_dir`.
    pub async fn open(data_dir: &Path) -> Result<Self, BenchError> {
        let now = now()?;
        // Another seed than that of the tickets: both may be in one database.
        let entropy: Arc<dyn Entropy> = Arc::new(Chance::new(2));
        let ids = IdSource::new(Arc::new(ManualClock::at(now)) as Arc<dyn Clock>, Arc::clone(&entropy));
        let secrets = Secrets::load_or_create(data_dir, &*entropy)?;
        let database = Database::open(&Dialect::default_url(data_dir)).await?;
        let log = Arc::new(EventLog::open(database.clone(), String::new()).await?);
        let (journal, _writer) = Journal::start(database.clone(), log, ids.clone()).await?;
        let cipher = secrets.column_cipher(entropy);
        let county = Organisations::new(database.clone()).all().await?.into_iter().next().ok_or("no county")?;
        Ok(Self {
            accounts: Accounts::new(database.clone(), cipher.clone(), secrets.lookup()),
            members: Members::new(database.clone(), cipher, secrets.lookup()),
            meetings: Meetings::new(database.clone()),
            journal,
            ids,
            database,
            county,
            now,
            made: 0,
        })
    }

    /// A new branch under the county with `size` members, all with a session, and its meeting, which runs.
    pub async fn hall(&mut self, size: usize) -> Result<SeededHall, BenchError> {
        let number = self.made;
        self.made += 1;
        let branch = self.branch(number);
        let mut first = Change::new(self.now, None, None);
        first.write(Organisations::insert(&branch));
        let (host, token) = self.account(format!("主持人{number}"), AccountKind::Staff, &mut first.writes);
        self.journal.commit(first).await?;
        let mut people = Vec::with_capacity(size);
        let mut listed = Vec::with_capacity(size);
        while people.len() < size {
            let mut change = Change::new(self.now, None, None);
            for place in people.len()..size.min(people.len() + CHUNK) {
                let (person, attendee) = self.member(&branch, place, &mut change.writes);
                people.push(person);
                listed.push(attendee);
            }
            self.journal.commit(change).await?;
        }
        let id = self.meeting(number, &branch, host, listed).await?;
        checkpoint(&self.database).await?;
        Ok(SeededHall { id, host: token, people })
    }

    fn branch(&self, number: u32) -> Organisation {
        let name = format!("第{}党支部", number + 1);
        Organisation {
            id: self.ids.next(),
            version: 1,
            path: self.county.path.child(FIRST_CHILD + number),
            short_name: name.clone(),
            name,
            kind: OrganisationKind::Branch,
            sort_order: i32::try_from(number).unwrap_or_default(),
            status: OrganisationStatus::Active,
            ends_on: None,
            founded_on: None,
        }
    }

    /// A random token, as the server makes them.
    fn token(&self) -> String {
        let mut bytes = [0; 32];
        self.ids.entropy().fill(&mut bytes);
        BASE64URL_NOPAD.encode(&bytes)
    }

    fn account(&self, name: String, kind: AccountKind, writes: &mut Vec<Write>) -> (PersonRef, String) {
        let mut account = Account::new(self.ids.next(), kind, self.now);
        account.address = Some("三组 12 号".to_owned());
        account.name.clone_from(&name);
        writes.push(self.accounts.insert(&account));
        let token = self.token();
        writes.push(Sessions::insert(&Session {
            id: self.ids.next(),
            token_hash: HEXLOWER.encode(&Sha256::digest(&token)),
            account_id: account.id,
            csrf_token: self.token(),
            created_at: self.now,
            expires_at: self.now.plus_millis(DAY_MS),
        }));
        (PersonRef { id: account.id, name }, token)
    }

    fn member(&self, branch: &Organisation, place: usize, writes: &mut Vec<Write>) -> (Person, Attendee) {
        let (account, token) = self.account(format!("党员{place:05}"), AccountKind::Resident, writes);
        let member = Member {
            id: self.ids.next(),
            version: 1,
            account_id: account.id,
            organisation_id: branch.id,
            organisation_path: branch.path.clone(),
            facts: MemberFacts {
                name: account.name.clone(),
                phone: None,
                standing: MemberStanding::Full,
                positions: Vec::new(),
                joined_on: None,
                became_full_on: None,
                gender: None,
                sort_order: i32::try_from(place).unwrap_or_default(),
            },
            status: MemberStatus::Active,
            history_reason: None,
            photo: None,
        };
        writes.push(self.members.insert(&member, self.now));
        let invitee = Invitee {
            member_id: member.id,
            account_id: Some(account.id),
            name: account.name,
            organisation_id: Some(branch.id),
            standing: Standing::Full,
            photo: None,
        };
        let person = Person { member_id: member.id, account_id: account.id, token, device: self.token() };
        (person, invitee.listed(Role::Member))
    }

    /// Plans, lists, launches and starts.
    async fn meeting(
        &self,
        number: u32,
        branch: &Organisation,
        host: PersonRef,
        listed: Vec<Attendee>,
    ) -> Result<MeetingId, BenchError> {
        let place: (OrganisationId, TreePath) = (branch.id, branch.path.clone());
        let plan = plan(host.clone(), self.now);
        let draft = Meeting::draft(self.ids.next(), FIRST_CHILD + number, place, host, self.now, plan.clone());
        let expected = u32::try_from(listed.len())?;
        let mut change = Change::new(self.now, Some(draft.created_by.id), None);
        change.write(Meetings::write(None, &draft));
        let created = MeetingEvent::Created { plan: Box::new(plan) };
        let subject = Subject::new("meeting", draft.id);
        let logged = LoggedEvent { event: created, version: draft.version };
        change.event(logged.event.kind(), subject.clone(), logged.data());
        self.journal.commit(change).await?;
        let id = draft.id;
        let mut hall = Hall::new(draft, []);
        let parts = listed.chunks(LISTED_AT_ONCE).map(|part| MeetingEvent::Listed { attendees: part.to_vec() });
        for event in parts.chain([MeetingEvent::Launched { expected }, MeetingEvent::Started]) {
            let mut change = Change::new(self.now, Some(hall.meeting().created_by.id), None);
            let events = [event];
            let outcome = hall.outcome(&events, self.now);
            change.writes.extend(outcome.meeting.as_ref().map(|after| Meetings::write(Some(hall.meeting()), after)));
            let starts_at = hall.meeting().plan.starts_at;
            let people = outcome.attendees.iter();
            change.writes.extend(people.map(|(version, person)| attendee_write(id, starts_at, *version, person, None)));
            for logged in &outcome.logged {
                change.event(logged.event.kind(), subject.clone(), logged.data());
            }
            hall.apply(&events[0], self.now);
            if let Some(due_at) = hall.meeting().next_due() {
                let (id, kind) = (format!("meeting:{id}"), "meeting.tick".to_owned());
                change.write(Deadlines::put(&Deadline { id, kind, subject_id: subject.id.clone(), due_at }));
            }
            self.journal.commit(change).await?;
        }
        Ok(id)
    }
}

fn plan(host: PersonRef, now: Timestamp) -> Plan {
    let item = |number| AgendaItem { title: format!("第{number}项议程"), minutes: 15, presenter: None };
    Plan {
        topic: "党员大会".to_owned(),
        type_code: "general_meeting".to_owned(),
        host,
        recorder: None,
        starts_at: now,
        ends_at: now.plus_millis(2 * HOUR_MS),
        mode: Mode::Onsite,
        place: "村委会大礼堂".to_owned(),
        video_link: None,
        content: String::new(),
        attachments: Vec::new(),
        invited: Invited { whole_branch: true, ..Invited::default() },
        sign_up: None,
        sign_in: SignInRules { late_after_minutes: 30, ..SignInRules::default() },
        agenda: (1..=ITEMS).map(item).collect(),
    }
}
