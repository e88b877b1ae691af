//! Meetings: making, reading and changing them, and who may see what of them. Lists are in `meeting_lists`.

use std::collections::HashSet;
use std::sync::Arc;

use actix_web::{delete, get, patch, post, web};
use lianxin_actors::command::{Answer, CommandError, Done};
use lianxin_actors::directory::Directories;
use lianxin_actors::hub::Topic;
use lianxin_actors::meeting::{Made, MakeAnswer, MeetingActors, Origin, view};
use lianxin_actors::minutes::MinutesSources;
use lianxin_actors::supervision::Supervision;
use lianxin_domain::access::{Caller, Scope};
use lianxin_domain::attachment::AttachmentRef;
use lianxin_domain::ids::{AccountId, AttachmentId, IdSource, MeetingId};
use lianxin_domain::meeting::{Command, Hall, MAX_SERIAL, Meeting, MeetingType, PlanInput, StateName, all_types};
use lianxin_domain::minutes::MinutesState;
use lianxin_domain::person::PersonRef;
use lianxin_domain::problem::Refusal;
use lianxin_storage::accounts::Accounts;
use lianxin_storage::attachments::Attachments;
use lianxin_storage::attendance::AttendanceBook;
use lianxin_storage::change::Change;
use lianxin_storage::meeting_media::MeetingMedia;
use lianxin_storage::meeting_minutes::MeetingMinutes;
use lianxin_storage::meeting_notes::MeetingNotes;
use lianxin_storage::meeting_ratings::MeetingRatings;
use lianxin_storage::meetings::Meetings;
use lianxin_storage::members::Members;
use lianxin_storage::votes::Votes;

use super::meeting_plans::{MeetingChanges, NewMeetingInput};
use super::ticket_actions::{Answered, Nothing};
use super::tickets::{fresh_files, one_field};
use crate::auth::Authenticated;
use crate::call::{Call, CommitsData, answered};
use crate::documents::Fonts;
use crate::error::ApiError;
use crate::patch::Patch;
pub(super) use crate::period::malformed;
use crate::views::meeting::{MeetingView, Names};

/// Tries of a change of a plan that others change as well.
const EDITS: usize = 10;

/// How somebody stands to a meeting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Runs it: its host, its recorder, its maker, or who manages the organisation's meetings.
    Manages,
    /// Looks over the organisation: sees everything, decides nothing.
    Supervises,
    /// Is on the list.
    Listed,
}

/// Tells how people stand to meetings.
#[derive(Clone)]
pub struct MeetingRights {
    meetings: MeetingActors,
}

impl MeetingRights {
    /// By what `meetings` know.
    pub const fn new(meetings: MeetingActors) -> Self {
        Self { meetings }
    }

    /// How the caller stands to a meeting. Of a draft nobody but those who run it knows.
    ///
    /// # Errors
    /// 404 when there is none that the caller may know of.
    pub async fn standing(&self, caller: &Arc<Caller>, id: MeetingId) -> Result<Standing, ApiError> {
        let person = Arc::clone(caller);
        self.meetings.read(id, move |hall, _| standing(hall, &person)).await?.ok_or_else(not_found)
    }

    /// What the meeting is about (主题); nothing when there is none, or it cannot be read now.
    pub async fn topic_of(&self, id: MeetingId) -> Option<String> {
        self.meetings.read(id, |hall, _| hall.meeting().plan.topic.clone()).await.ok()
    }

    /// The topic that the word `meeting:{id}` means for the caller.
    ///
    /// # Errors
    /// 404 when there is none that the caller may know of.
    pub async fn topic(&self, caller: &Caller, id: MeetingId) -> Result<Topic, ApiError> {
        Ok(match self.standing(&Arc::new(caller.clone()), id).await? {
            Standing::Manages | Standing::Supervises => Topic::Desk(id),
            Standing::Listed => Topic::Meeting(id),
        })
    }
}

/// How the caller stands to the meeting of a hall.
fn standing(hall: &Hall, caller: &Caller) -> Option<Standing> {
    let party = hall.party(caller);
    if party.manages {
        Some(Standing::Manages)
    } else if hall.meeting().state == StateName::Draft {
        None
    } else if party.oversees {
        Some(Standing::Supervises)
    } else {
        hall.of_account(caller.account_id).map(|_| Standing::Listed)
    }
}

/// What meetings' handlers stand on.
#[derive(Clone)]
pub struct MeetingDesk {
    /// The actors.
    pub actors: MeetingActors,
    /// Looking over many.
    pub supervision: Supervision,
    /// Who may see what.
    pub rights: MeetingRights,
    /// What is stored.
    pub stored: Meetings,
    /// Attendance over many of them.
    pub book: AttendanceBook,
    /// What people write down for themselves.
    pub notes: MeetingNotes,
    /// Votes that are counted.
    pub votes: Votes,
    /// Minutes.
    pub minutes: MeetingMinutes,
    /// Pictures and videos.
    pub media: MeetingMedia,
    /// What those who were there think of it.
    pub ratings: MeetingRatings,
    /// What minutes are drafted from.
    pub sources: MinutesSources,
    /// The font of their PDF files.
    pub fonts: Arc<Fonts>,
    /// Members.
    pub members: Members,
    /// Names of hosts.
    pub accounts: Accounts,
    /// Uploads.
    pub files: Attachments,
    /// Organisations.
    pub directories: Directories,
    /// New ids.
    pub ids: IdSource,
    /// The key of codes and claims.
    pub key: [u8; 32],
}

pub(super) type Desk = web::Data<MeetingDesk>;

/// Host, recorder and files of a plan.
pub(super) struct LookedUp {
    pub(super) host: PersonRef,
    pub(super) recorder: Option<PersonRef>,
    pub(super) files: Vec<AttachmentRef>,
}

impl MeetingDesk {
    /// How the caller stands to the meeting of a path, and its id.
    pub(super) async fn standing(&self, caller: &Arc<Caller>, id: &str) -> Result<(MeetingId, Standing), ApiError> {
        let id: MeetingId = id.parse().map_err(|_| not_found())?;
        Ok((id, self.rights.standing(caller, id).await?))
    }

    /// Hands a command to the meeting; the answer is the meeting.
    pub(super) async fn act<T>(&self, id: &str, command: Command, call: &Call<T>, commits: &CommitsData) -> Answered {
        let (id, standing) = self.standing(&call.caller, id).await?;
        let answer = self.shown(id, call.caller.account_id, standing == Standing::Manages, None).await?;
        let done = self.actors.act(id, command, self.origin(call, answer)).await;
        respond(done, call, commits).await
    }

    pub(super) fn origin<T>(&self, call: &Call<T>, answer: MakeAnswer) -> Origin {
        Origin {
            caller: Some(Arc::clone(&call.caller)),
            request_id: Some(call.request_id),
            idempotency: call.idempotency.clone(),
            answer,
        }
    }

    /// Answers with the meeting, as `reader` sees it.
    async fn shown(
        &self,
        id: MeetingId,
        reader: AccountId,
        manages: bool,
        invited: Option<u64>,
    ) -> Result<MakeAnswer, ApiError> {
        let (types, directories) = (self.types().await?, self.directories.clone());
        let minutes = self.minutes_state(id).await?;
        Ok(Arc::new(move |made: &Made<'_>| {
            let view = MeetingView::of(made.meeting, names(made.meeting, &types, &directories), manages);
            let view = view.with_own(view::own_part_made(made, reader)).with_invited(invited).with_minutes(minutes);
            Answer { status: 200, body: serde_json::to_string(&view).unwrap_or_default() }
        }))
    }

    /// Where the minutes of a meeting stand.
    async fn minutes_state(&self, id: MeetingId) -> Result<MinutesState, ApiError> {
        Ok(self.minutes.states(&[id]).await?.remove(&id).unwrap_or_default())
    }

    /// All types of meetings.
    pub(super) async fn types(&self) -> Result<Vec<MeetingType>, ApiError> {
        Ok(all_types(&self.stored.types().await?))
    }

    async fn person(&self, field: &str, id: AccountId) -> Result<PersonRef, ApiError> {
        let account = self.accounts.get(id).await?;
        let account = account.ok_or_else(|| one_field(field, "account.not_found", "没有找到这个人"))?;
        Ok(PersonRef { id, name: account.name })
    }

    async fn known_type(&self, code: &str) -> Result<(), ApiError> {
        let types = self.types().await?;
        let known = types.iter().any(|kind| kind.code == code && kind.enabled);
        if known { Ok(()) } else { Err(one_field("type", "field.option", "没有这种会议类型，或已停用")) }
    }
}

/// The names that a view of the meeting needs.
pub(super) fn names(meeting: &Meeting, types: &[MeetingType], directories: &Directories) -> Names {
    let code = &meeting.plan.type_code;
    let type_name = types.iter().find(|kind| kind.code == *code).map_or_else(|| code.clone(), |kind| kind.name.clone());
    let directory = directories.current();
    let organisation = directory.organisation(meeting.organisation_id).unwrap_or_default().to_owned();
    Names { organisation, type_name }
}

/// The response of a command; one that was done before under the same key answers what it answered then.
pub(super) async fn respond<T>(done: Result<Done, CommandError>, call: &Call<T>, commits: &CommitsData) -> Answered {
    match done {
        Ok(done) => Ok(answered(done.answer.status, done.answer.body, done.seq)),
        Err(error) => commits.replay(&call.idempotency, error.into()).await,
    }
}

/// Plans a meeting (发起会议): a draft, which nobody else sees until it is launched.
#[utoipa::path(tag = "meetings", operation_id = "create_meeting", request_body = NewMeetingInput,
    responses((status = 201, body = MeetingView)))]
#[post("/api/v1/meetings")]
pub async fn create(call: Call<NewMeetingInput>, desk: Desk, commits: CommitsData) -> Answered {
    let (meeting, invited) = match planned(&call, &desk).await {
        Ok(planned) => planned,
        // The files of a meeting that was made before belong to it already.
        Err(error) => return commits.replay(&call.idempotency, error).await,
    };
    let shown = MeetingView::of(&meeting, names(&meeting, &desk.types().await?, &desk.directories), true);
    let body = serde_json::to_string(&shown.with_invited(Some(invited))).map_err(|_| ApiError::Internal)?;
    let answer = Answer { status: 201, body };
    let never: MakeAnswer = Arc::new(|_| Answer { status: 201, body: String::new() });
    let origin = desk.origin(&call, never);
    respond(desk.actors.create(&meeting, &origin, answer).await, &call, &commits).await
}

/// The meeting, and how many are invited.
async fn planned(call: &Call<NewMeetingInput>, desk: &MeetingDesk) -> Result<(Meeting, u64), ApiError> {
    let (input, caller) = (&call.body, &call.caller);
    let directory = desk.directories.current();
    let none = || one_field("org_id", "organisation.not_found", "没有找到这个组织");
    let entry = directory.organisations().get(input.org_id).ok_or_else(none)?;
    let path = entry.organisation.path.clone();
    if !caller.manages_organisation(&path) {
        let known = caller.scope().sees_organisation(&path);
        return Err(if known { not_manager() } else { none() });
    }
    desk.known_type(&input.type_code).await?;
    let looked_up = LookedUp {
        host: desk.person("host_id", input.host_id.unwrap_or(caller.account_id)).await?,
        recorder: match input.recorder_id {
            Some(id) => Some(desk.person("recorder_id", id).await?),
            None => None,
        },
        files: papers(desk, &input.attachments, &[], caller.account_id).await?,
    };
    let plan = PlanInput(input.plan(looked_up)?).check()?;
    let mut random = [0; 4];
    desk.ids.entropy().fill(&mut random);
    // Random, so that nobody guesses another meeting's; one of 2³⁰ that is taken is refused by the database.
    let serial = u32::from_le_bytes(random) & MAX_SERIAL;
    let maker = PersonRef { id: caller.account_id, name: caller.name.clone() };
    let meeting = Meeting::draft(desk.ids.next(), serial, (input.org_id, path), maker, desk.ids.clock().now(), plan);
    // Whoever is meant must be there now; who is there at the launch is looked up anew.
    let invited = desk.invited(&meeting).await?.len() as u64;
    Ok((meeting, invited))
}

/// The papers of a plan that has those of `before`: each of them once, and the others fresh ones of the writer's.
async fn papers(
    desk: &MeetingDesk,
    ids: &[AttachmentId],
    before: &[AttachmentRef],
    writer: AccountId,
) -> Result<Vec<AttachmentRef>, ApiError> {
    let mut once = HashSet::new();
    let ids: Vec<AttachmentId> = ids.iter().copied().filter(|id| once.insert(*id)).collect();
    let kept = |id: &AttachmentId| before.iter().find(|file| file.id == *id);
    let new: Vec<AttachmentId> = ids.iter().copied().filter(|id| kept(id).is_none()).collect();
    let mut fresh = fresh_files(&desk.files, &new, &writer).await?.into_iter();
    Ok(ids.iter().filter_map(|id| kept(id).cloned().or_else(|| fresh.next())).collect())
}

/// Changes a draft.
#[utoipa::path(tag = "meetings", operation_id = "change_meeting", params(("id" = String, Path)),
    request_body = MeetingChanges, responses((status = 200, body = MeetingView)))]
#[patch("/api/v1/meetings/{id}")]
pub async fn edit(id: web::Path<String>, call: Call<MeetingChanges>, desk: Desk, commits: CommitsData) -> Answered {
    let (meeting_id, standing) = desk.standing(&call.caller, &id).await?;
    let mut tries = 0;
    loop {
        let (command, invited) = match changed(&call, &desk, meeting_id).await {
            Ok(changed) => changed,
            // The files of a change that was made before belong to the meeting already, or to another one since.
            Err(error) => return commits.replay(&call.idempotency, error).await,
        };
        let answer =
            desk.shown(meeting_id, call.caller.account_id, standing == Standing::Manages, Some(invited)).await?;
        let done = desk.actors.act(meeting_id, command, desk.origin(&call, answer)).await;
        tries += 1;
        // What this call does not name stays as somebody else has just made it.
        let overtaken = matches!(&done, Err(CommandError::Refused(refusal)) if refusal.code == "meeting.changed");
        if !overtaken || tries == EDITS {
            return respond(done, &call, &commits).await;
        }
    }
}

/// The change of the plan, and how many are invited by it.
async fn changed(call: &Call<MeetingChanges>, desk: &MeetingDesk, id: MeetingId) -> Result<(Command, u64), ApiError> {
    let changes = &call.body;
    let meeting = desk.actors.read(id, |hall, _| hall.meeting().clone()).await?;
    let mut plan = meeting.plan.clone();
    changes.apply(&mut plan)?;
    if let Some(code) = &changes.type_code {
        desk.known_type(code).await?;
    }
    if let Some(host) = changes.host_id {
        plan.host = desk.person("host_id", host).await?;
    }
    plan.recorder = match changes.recorder_id {
        Patch::Keep => plan.recorder,
        Patch::Clear => None,
        Patch::Set(recorder) => Some(desk.person("recorder_id", recorder).await?),
    };
    if let Some(ids) = &changes.attachments {
        plan.attachments = papers(desk, ids, &meeting.plan.attachments, call.caller.account_id).await?;
    }
    let plan = PlanInput(plan).check()?;
    let over = meeting.version;
    let invited = desk.invited(&Meeting { plan: plan.clone(), ..meeting }).await?.len() as u64;
    Ok((Command::Edit { plan: Box::new(plan), over }, invited))
}

/// Takes a draft away. What was launched is cancelled instead.
#[utoipa::path(tag = "meetings", operation_id = "delete_meeting", params(("id" = String, Path)),
    responses((status = 204)))]
#[delete("/api/v1/meetings/{id}")]
pub async fn remove(id: web::Path<String>, call: Call<Nothing>, desk: Desk, commits: CommitsData) -> Answered {
    let (id, standing) = desk.standing(&call.caller, &id).await?;
    if standing != Standing::Manages {
        return Err(not_manager());
    }
    let meeting = desk.stored.get(&Scope::system(), id).await?.ok_or_else(not_found)?;
    if meeting.state != StateName::Draft {
        return Err(Refusal::conflict("meeting.launched_already", "会议启动后不能删除，可以取消").into());
    }
    let subject = lianxin_domain::event::Subject::new("meeting", id);
    let mut change: Change = call.change(desk.ids.clock().now());
    change.write(Meetings::delete(id));
    change.writes.extend(meeting.plan.attachments.iter().map(|file| Attachments::release(file.id)));
    change.audited("meeting.delete", subject, serde_json::json!({ "topic": [meeting.plan.topic, null] }));
    commits.commit(&call.idempotency, change, 204, &(), || ApiError::Internal).await
}

/// Reads a meeting.
#[utoipa::path(tag = "meetings", operation_id = "get_meeting", params(("id" = String, Path)),
    responses((status = 200, body = MeetingView)))]
#[get("/api/v1/meetings/{id}")]
pub async fn get(who: Authenticated, id: web::Path<String>, desk: Desk) -> Result<web::Json<MeetingView>, ApiError> {
    let caller = Arc::new(who.caller().clone());
    let (id, standing) = desk.standing(&caller, &id).await?;
    let reader = caller.account_id;
    let read = desk.actors.read(id, move |hall, _| (hall.meeting().clone(), view::own_part(hall, reader)));
    let (meeting, own) = read.await?;
    let names = names(&meeting, &desk.types().await?, &desk.directories);
    let invited = desk.invited_counts(&[&meeting]).await?.remove(&id);
    let view = MeetingView::of(&meeting, names, standing == Standing::Manages);
    let minutes = desk.minutes_state(id).await?;
    Ok(web::Json(view.with_own(own).with_invited(invited).with_minutes(minutes)))
}

pub(super) fn not_found() -> ApiError {
    Refusal::not_found("meeting.not_found", "没有找到这个会议").into()
}

pub(super) fn not_manager() -> ApiError {
    Refusal::forbidden("meeting.not_manager", "只有主持人、记录人或本组织的管理人员可以这样做").into()
}
