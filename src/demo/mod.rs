//! The demonstration: an invented county, made through the same doors as real data. Names, numbers and places are
//! invented; phones begin with 199 0000.

mod afterwards;
mod appraisals;
mod branch;
mod cast;
mod course;
mod days;
mod dice;
mod extent;
mod gatherings;
mod history;
mod life;
mod map;
mod meetings;
mod party;
mod pipeline;
mod place;
mod services;
mod stories;
pub mod traffic;
mod voting;

use std::rc::Rc;
use std::sync::Arc;

use actix_rt::Arbiter;
use lianxin_domain::access::Scope;
use lianxin_domain::clock::{Clock, Entropy, ManualClock, Timestamp};
use lianxin_domain::ids::MeetingId;
use lianxin_domain::meeting::StateName;
use lianxin_domain::notification::ChannelSet;
use lianxin_domain::tree::TreePath;
use lianxin_storage::meetings::MeetingFilter;
use serde::Serialize;

use self::appraisals::Appraisals;
pub use self::branch::Branch;
pub use self::cast::Cast;
use self::course::Course;
use self::extent::Extent;
pub use self::gatherings::Gatherings;
use self::history::Requests;
use self::life::Lives;
use self::meetings::Halls;
use crate::cli::{Scale, say};
use crate::config::Config;
use crate::core::{Core, StartError};
use crate::server::Server;

const DAY_MS: i64 = 24 * 3600 * 1000;
/// The meetings begin so long before now, and nothing is older.
const YEAR_MS: i64 = 366 * DAY_MS;
/// The last meeting that is over was held so long before now: what comes in the week of today is planned.
const LAST_MEETING_MS: i64 = 7 * DAY_MS;
/// More than are planned at a time.
const MANY: u32 = 10_000;
/// Where tests and people find the accounts.
const ACCOUNTS_FILE: &str = "demo-accounts.json";

/// Fills an empty data folder, with a year of meetings when that is asked for; an existing demonstration is taken up again.
///
/// # Errors
/// [`StartError`] when the storage fails or holds something else.
pub async fn prepare(
    config: &Config,
    (scale, meetings): (Scale, bool),
    clock: &Arc<dyn Clock>,
    entropy: &Arc<dyn Entropy>,
) -> Result<Cast, StartError> {
    let now = clock.now();
    let extent = Extent::of(scale);
    let past = Arc::new(ManualClock::at(now.plus_millis(-if meetings { YEAR_MS } else { extent.history_ms })));
    let core = Core::open(config, Arc::clone(&past) as Arc<dyn Clock>, Arc::clone(entropy)).await?;
    if !core.grids.all().await?.is_empty() {
        return Cast::read(config);
    }
    say("正在准备虚构的青岚县，只在第一次启动时需要……");
    let county = place::county(&extent);
    let cast = Cast::settle(&core, &county, &extent, now).await?;
    say(&format!(
        "  网格 {} 个，网格员 {} 人，服务 {} 户；党员 {} 人",
        county.len(),
        cast.staff(),
        extent.households,
        cast.members()
    ));
    play_history(config, &core, &cast, (&extent, meetings), &past, now).await?;
    services::offer(&core, &cast, now).await?;
    Ok(cast)
}

/// Makes the past, with a clock that is moved by hand.
async fn play_history(
    config: &Config,
    core: &Core,
    cast: &Cast,
    (extent, meetings): (&Extent, bool),
    past: &Arc<ManualClock>,
    now: Timestamp,
) -> Result<(), StartError> {
    let threads = [Arbiter::new()];
    let directories = core.directories().await?;
    let rulebook = core.rulebook(config).await?;
    let chronicle = core.chronicle(&directories, &rulebook);
    let requests = Requests::new(core, cast, directories.current(), chronicle, extent, now);
    let course = Rc::new(Course::new(past, requests));
    if meetings {
        let branches = Branch::all(core).await?;
        // The past was told in its time; nobody's telephone rings for it now.
        let lives = Lives::new(core, core.life_desk(&directories, ChannelSet::default()), &course);
        let meeting_actors = core.meeting_actors(ChannelSet::default(), &threads);
        let appraisals = Appraisals::new(core, core.appraisal_desk(&directories, ChannelSet::default()), &course);
        let mut halls = Halls::new(core, meeting_actors, (lives, appraisals), &directories, Rc::clone(&course));
        let held = halls.play_until(&branches, extent, now.plus_millis(-LAST_MEETING_MS)).await?;
        say(&format!("  会议：一年来 {held} 场"));
        halls.plan_ahead(&branches, now).await?;
    }
    let course = Rc::into_inner(course).ok_or("the past of the demonstration is still being made")?;
    let told = course.end(now).await?;
    say(&format!("  诉求：{} 天来 {told} 件", extent.history_ms / DAY_MS));
    for thread in threads {
        thread.stop();
        let _ = thread.join();
    }
    Ok(())
}

/// The meeting that begins next, or runs.
///
/// # Errors
/// [`StartError`] when the storage fails.
pub async fn next_meeting(core: &Core) -> Result<Option<MeetingId>, StartError> {
    let filter = MeetingFilter {
        states: vec![StateName::Launched, StateName::Running],
        from: Some(core.clock.now()),
        ..MeetingFilter::default()
    };
    // The latest begin first.
    let open = core.meetings.list(&Scope::system(), &filter, None, MANY).await?;
    Ok(open.last().map(|meeting| meeting.id))
}

#[derive(Serialize)]
struct DemoAccount<'a> {
    role: &'a str,
    account: &'a str,
    password: &'a str,
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    grid_code: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    organisation: Option<String>,
}

/// Writes the accounts into the data folder and prints where to go.
///
/// # Errors
/// [`StartError`] when the file cannot be written.
pub fn announce(cast: &Cast, server: &Server, config: &Config, next: Option<MeetingId>) -> Result<(), StartError> {
    let directory = server.directories.current();
    let code = |path: &TreePath| directory.at(path).map(|entry| entry.code.to_string());
    let organisation = |path: &TreePath| {
        let id = directory.at(path)?.grid.organisation_id?;
        directory.organisation(id).map(str::to_owned)
    };
    let shown = cast.shown();
    let accounts: Vec<DemoAccount<'_>> = shown
        .iter()
        .map(|person| DemoAccount {
            role: &person.role,
            account: &person.login,
            password: cast.password(),
            name: &person.name,
            grid_code: code(&person.grid_path),
            organisation: organisation(&person.grid_path),
        })
        .chain(cast.comrades().iter().map(|person| DemoAccount {
            role: &person.role,
            account: &person.login,
            password: cast.password(),
            name: &person.name,
            grid_code: None,
            organisation: directory.organisation(person.organisation_id).map(str::to_owned),
        }))
        .collect();
    let file = config.data_dir.join(ACCOUNTS_FILE);
    crate::core::write_private(&file, serde_json::to_string_pretty(&accounts)?.as_bytes())?;
    let base = format!("{}://{}", server.scheme, server.address);
    let worker = shown.iter().find(|person| person.role == "worker");
    let root = directory.roots().first().map(ToString::to_string).unwrap_or_default();
    say("");
    if let Some(code) = worker.and_then(|person| code(&person.grid_path)) {
        say(&format!("  居民扫码页    {base}/g/{code}    (验证码见 {}/outbox/sms.jsonl)", config.data_dir.display()));
    }
    say(&format!("  网格员工作台  {base}/m/work"));
    say(&format!("  县级指挥大屏  {base}/screen/board/{root}"));
    if let Some(meeting) = next {
        say(&format!("  会议签到大屏  {base}/screen/meeting/{meeting}    (用 host 登录；党员手机 {base}/m/meetings)"));
    }
    say(&format!("  管理端        {base}/console"));
    say("");
    for person in &accounts {
        say(&format!("  {:<10} {:<12} {}  {}", person.role, person.account, person.password, person.name));
    }
    say(&format!("  全部账号  {}", file.display()));
    say("");
    Ok(())
}
