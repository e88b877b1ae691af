//! The warnings of many branches, worked out anew: on a night on which nothing changes, and on one on which many are warned.
//!
//! Measured without a server around it: a recomputation is what the server does at night, in its own process.

use std::sync::Arc;
use std::time::Instant;

use lianxin_actors::directory::{Directories, DirectorySources};
use lianxin_actors::dispatch::Dispatch;
use lianxin_actors::duty::{DutyDesk, Recomputed};
use lianxin_actors::rulebook::Rulebook;
use lianxin_domain::clock::{Clock, Entropy, ManualClock, Timestamp};
use lianxin_domain::duty::{DutyRule, Period, built_in_rules};
use lianxin_domain::ids::IdSource;
use lianxin_domain::meeting::{
    Hall, Invited, Invitee, Meeting, Mode, Plan, Presence, Role, SignInRules, Standing, StateName, Way,
};
use lianxin_domain::member::{Member, MemberFacts, MemberStanding, MemberStatus, Position};
use lianxin_domain::notification::ChannelSet;
use lianxin_domain::organisation::{Organisation, OrganisationKind, OrganisationStatus};
use lianxin_domain::person::PersonRef;
use lianxin_domain::service_level::InitialLimits;
use lianxin_domain::tree::TreePath;
use lianxin_storage::accounts::Accounts;
use lianxin_storage::attendance::AttendanceBook;
use lianxin_storage::change::{Change, Write};
use lianxin_storage::database::Database;
use lianxin_storage::deliveries::Deliveries;
use lianxin_storage::dialect::Dialect;
use lianxin_storage::duties::Duties;
use lianxin_storage::grids::Grids;
use lianxin_storage::journal::Journal;
use lianxin_storage::log::EventLog;
use lianxin_storage::maintenance::checkpoint;
use lianxin_storage::meetings::{Meetings, attendee_write};
use lianxin_storage::members::Members;
use lianxin_storage::organisations::Organisations;
use lianxin_storage::rules::Rules;
use lianxin_storage::secrets::Secrets;
use lianxin_storage::table::{ID, Table, int, text};
use serde_json::{Value, json};

use crate::BenchError;
use crate::limits::flushes_per_second;
use crate::report::percentiles;
use crate::seed::Chance;

/// Members of a branch, all with a vote.
const MEMBERS: usize = 12;
/// Those of them who are its committee.
const COMMITTEE: usize = 5;
/// Branches of a township.
const A_TOWN: u32 = 25;
/// Recomputations of a night on which nothing changes.
const NIGHTS: usize = 7;
/// A Tuesday on which nobody is warned of November yet.
const QUIET: &str = "2026-11-10T00:00:05+08:00";
/// Ten workdays before the end of November.
const YELLOW: &str = "2026-11-16T00:00:05+08:00";

static MINUTES: Table = Table {
    name: "meeting_minutes",
    key: ID,
    versioned: true,
    fixed: &[text("body"), int("edited_at"), text("edited_by_id"), text("edited_by_name"), int("signed_at")],
    mutable: &[],
};

/// What is seeded with.
struct Seeder {
    ids: IdSource,
    members: Members,
    journal: Journal,
    rules: Vec<DutyRule>,
    now: Timestamp,
    serial: u32,
    meetings: u64,
}

/// Runs the scenario.
pub async fn run(branches: u32) -> Result<Value, BenchError> {
    let folder = tempfile::TempDir::new()?;
    let flushes = flushes_per_second(folder.path())?;
    let quiet: Timestamp = QUIET.parse()?;
    let clock = Arc::new(ManualClock::at(quiet));
    let entropy: Arc<dyn Entropy> = Arc::new(Chance::new(1));
    let ids = IdSource::new(Arc::clone(&clock) as Arc<dyn Clock>, Arc::clone(&entropy));
    let secrets = Secrets::load_or_create(folder.path(), &*entropy)?;
    let cipher = secrets.column_cipher(entropy);
    let database = Database::open(&Dialect::default_url(folder.path())).await?;
    let log = Arc::new(EventLog::open(database.clone(), String::new()).await?);
    let (journal, _writer) = Journal::start(database.clone(), log, ids.clone()).await?;
    let members = Members::new(database.clone(), cipher.clone(), secrets.lookup());
    let mut seeder = Seeder {
        ids,
        members: members.clone(),
        journal: journal.clone(),
        rules: built_in_rules(),
        now: quiet,
        serial: 0,
        meetings: 0,
    };
    seeder.seed(branches).await?;
    checkpoint(&database).await?;
    let sources = DirectorySources {
        grids: Grids::new(database.clone()),
        accounts: Accounts::new(database.clone(), cipher.clone(), secrets.lookup()),
        organisations: Organisations::new(database.clone()),
        members,
    };
    let desk = DutyDesk {
        clock: Arc::clone(&clock) as Arc<dyn Clock>,
        journal,
        duties: Duties::new(database.clone()),
        meetings: Meetings::new(database.clone()),
        directories: Directories::load(sources, *secrets.grid_code_key()).await?,
        rulebook: Rulebook::load(Rules::new(database.clone()), InitialLimits::default()).await?,
        dispatch: Dispatch::new(Deliveries::new(database.clone(), cipher), ChannelSet::default()),
    };
    let (first, first_ms) = timed(&desk).await?;
    let mut nights = Vec::new();
    for _ in 0..NIGHTS {
        let (again, ms) = timed(&desk).await?;
        if again.changed > 0 {
            return Err("working it out again changed something".into());
        }
        nights.push((ms * 1000.0) as u64);
    }
    clock.set(YELLOW.parse()?);
    let (warned, warned_ms) = timed(&desk).await?;
    let written =
        |done: Recomputed, ms: f64| json!({ "ms": ms, "warnings_changed": done.changed, "refused": done.refused });
    Ok(json!({
        "scenario": "duties: all warnings worked out anew, facts read in few queries, only differences written; SQLite, synchronous=FULL",
        "branches": branches,
        "meetings_stored": seeder.meetings,
        "duties_judged": first.duties,
        "first_night": written(first, first_ms),
        "night_without_changes": percentiles(nights),
        "night_of_yellow_warnings": written(warned, warned_ms),
        "limits": { "flushes_per_s": flushes },
    }))
}

async fn timed(desk: &DutyDesk) -> Result<(Recomputed, f64), BenchError> {
    let begin = Instant::now();
    let done = desk.recompute(None).await?;
    Ok((done, begin.elapsed().as_secs_f64() * 1000.0))
}

impl Seeder {
    async fn seed(&mut self, branches: u32) -> Result<(), BenchError> {
        let county = self.organisation(TreePath::root(1), OrganisationKind::PartyCommittee);
        let mut change = Change::new(self.now, None, None);
        change.write(Organisations::insert(&county));
        let towns = branches.div_ceil(A_TOWN);
        for town in 1..=towns {
            let town = self.organisation(county.path.child(town), OrganisationKind::PartyCommittee);
            change.write(Organisations::insert(&town));
        }
        self.journal.commit(change).await?;
        let mut waiting = Vec::new();
        for number in 0..branches {
            let place = county.path.child(number / A_TOWN + 1).child(number % A_TOWN + 1);
            let branch = self.organisation(place, OrganisationKind::Branch);
            let mut change = Change::new(self.now, None, None);
            change.write(Organisations::insert(&branch));
            self.fill(number, &branch, &mut change.writes);
            waiting.push(self.journal.submit(change)?);
            if waiting.len() == 128 {
                for done in waiting.drain(..) {
                    done.await?;
                }
            }
        }
        for done in waiting {
            done.await?;
        }
        Ok(())
    }

    fn organisation(&self, path: TreePath, kind: OrganisationKind) -> Organisation {
        Organisation {
            id: self.ids.next(),
            version: 1,
            name: format!("中共{path}{}", kind.title()),
            short_name: String::new(),
            path,
            kind,
            sort_order: 0,
            status: OrganisationStatus::Active,
            ends_on: None,
            founded_on: "2012-07-01".parse().ok(),
        }
    }

    /// Members, and a meeting for each rule in the period before and in this one; one branch in ten did not hold one of
    /// them, and of November half have not held theirs.
    fn fill(&mut self, number: u32, branch: &Organisation, writes: &mut Vec<Write>) {
        let people: Vec<Invitee> = (0..MEMBERS).map(|place| self.member(branch, place, writes)).collect();
        for (index, rule) in (0_u32..).zip(self.rules.clone()) {
            let Some(present) = Period::at(rule.period, self.now) else { continue };
            for (period, is_present) in [(present.previous(), false), (present, true)] {
                let missing = if is_present { number.is_multiple_of(2) } else { number % 10 == index };
                if !missing && rule.type_code != "group_meeting" {
                    self.meeting(branch, &rule, period, &people, writes);
                }
            }
        }
    }

    fn member(&self, branch: &Organisation, place: usize, writes: &mut Vec<Write>) -> Invitee {
        let name = format!("党员{place:02}");
        let member = Member {
            id: self.ids.next(),
            version: 1,
            account_id: self.ids.next(),
            organisation_id: branch.id,
            organisation_path: branch.path.clone(),
            facts: MemberFacts {
                name: name.clone(),
                phone: None,
                standing: MemberStanding::Full,
                positions: if place == 0 { vec![Position::Secretary] } else { Vec::new() },
                joined_on: None,
                became_full_on: None,
                gender: None,
                sort_order: 0,
            },
            status: MemberStatus::Active,
            history_reason: None,
            photo: None,
        };
        writes.push(self.members.insert(&member, self.now));
        Invitee {
            member_id: member.id,
            account_id: Some(member.account_id),
            name,
            organisation_id: Some(branch.id),
            standing: Standing::Full,
            photo: None,
        }
    }

    fn meeting(
        &mut self,
        branch: &Organisation,
        rule: &DutyRule,
        period: Period,
        people: &[Invitee],
        writes: &mut Vec<Write>,
    ) {
        self.serial += 1;
        self.meetings += 1;
        let starts_at = period.begin().plus_millis(33 * 3_600_000);
        let ends_at = starts_at.plus_millis(2 * 3_600_000);
        let host = PersonRef { id: self.ids.next(), name: "党员00".to_owned() };
        let plan = Plan {
            topic: "例会".to_owned(),
            type_code: rule.type_code.clone(),
            host: host.clone(),
            recorder: None,
            starts_at,
            ends_at,
            mode: Mode::Onsite,
            place: "村部会议室".to_owned(),
            video_link: None,
            content: String::new(),
            attachments: Vec::new(),
            invited: Invited::default(),
            sign_up: None,
            sign_in: SignInRules::default(),
            agenda: Vec::new(),
        };
        let place = (branch.id, branch.path.clone());
        let draft = Meeting::draft(self.ids.next(), self.serial, place, host, starts_at, plan);
        let held = Meeting {
            state: StateName::Ended,
            launched_at: Some(starts_at),
            started_at: Some(starts_at),
            ended_at: Some(ends_at),
            ..draft
        };
        writes.push(Meetings::write(None, &held));
        let signed_at = ends_at.plus_millis(3_600_000);
        let minutes = vec![
            held.id.to_string().into(),
            1_u32.into(),
            "会议纪要".into(),
            signed_at.into(),
            held.created_by.id.to_string().into(),
            held.created_by.name.as_str().into(),
            signed_at.into(),
        ];
        writes.push(Write::Insert(&MINUTES, minutes));
        let listed = if rule.type_code == "committee_meeting" { COMMITTEE } else { people.len() };
        let came = (1..).zip(people.iter().take(listed)).map(|(number, invitee)| {
            let mut attendee = invitee.clone().listed(Role::Member);
            attendee.number = Some(number);
            attendee.presence = vec![Presence { from: starts_at, until: Some(ends_at), way: Way::Code }];
            attendee
        });
        let came: Vec<_> = came.collect();
        writes.extend(came.iter().map(|attendee| attendee_write(held.id, starts_at, None, attendee, None)));
        let hall = Hall::new(held, came.into_iter().map(|attendee| (attendee, None)));
        writes.extend(AttendanceBook::writes(&hall, 1));
    }
}
