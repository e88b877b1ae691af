//! What handlers find: for each kind of call its desk, made once at the start and shared by all threads of the server.

use std::net::SocketAddr;
use std::sync::Arc;

use actix_web::web::{self, ServiceConfig};
use lianxin_actors::courier::CourierBell;
use lianxin_actors::duty::DutyDesk;
use lianxin_actors::hub::Snapshots;
use lianxin_actors::past::Past;
use lianxin_storage::checkpoints::Checkpoints;
use lianxin_storage::idempotency::Answers;
use lianxin_storage::sealed::LookupKey;
use lianxin_web::api::appraisal_room::AppraisalRoom;
use lianxin_web::api::attachments::FileDesk;
use lianxin_web::api::auth::{FrontDoor, clock_data};
use lianxin_web::api::calendar_links::CalendarDesk;
use lianxin_web::api::duties::DutyRoom;
use lianxin_web::api::grids::PublicUrl;
use lianxin_web::api::health::Readiness;
use lianxin_web::api::integrations::IntegrationRoom;
use lianxin_web::api::life_meetings::LifeRoom;
use lianxin_web::api::life_rights::LifeRights;
use lianxin_web::api::meetings::{MeetingDesk, MeetingRights};
use lianxin_web::api::open311::Open311Desk;
use lianxin_web::api::organisations::PartyDesk;
use lianxin_web::api::service_room::ServiceRoom;
use lianxin_web::api::ticket_actions::TicketDesk;
use lianxin_web::api::webhook_room::WebhookRoom;
use lianxin_web::auth::passwords::Passwords;
use lianxin_web::auth::{Callers, Strangers};
use lianxin_web::call::Commits;
use lianxin_web::pages::StaticFolder;
use lianxin_web::rates::Rates;
use lianxin_web::screens::{Presence, ScreenDesk, ScreenTargets};
use lianxin_web::views::ticket::TicketViews;

use crate::config::Config;
use crate::core::{Core, StartError};
use crate::nodes::Nodes;

/// One room: how a thread's application gets it.
type Room = Arc<dyn Fn(&mut ServiceConfig) + Send + Sync>;

/// What rooms are made of.
#[derive(Clone, Copy)]
pub struct Site<'a> {
    /// The settings.
    pub config: &'a Config,
    /// Storage, ids and time.
    pub core: &'a Core,
    /// The actors.
    pub snapshots: &'a Snapshots,
    /// Duties at work.
    pub duties: &'a DutyDesk,
    /// Who is known by a token.
    pub callers: &'a web::Data<Callers>,
    /// Which screens are there.
    pub screens: &'a Presence,
    /// How often anybody may do something.
    pub rates: &'a web::Data<Rates>,
    /// Wakes the courier.
    pub bell: &'a CourierBell,
    /// This node among the others.
    pub nodes: &'a Nodes,
    /// Where the server listens.
    pub address: SocketAddr,
}

/// All rooms.
#[derive(Clone)]
pub struct Rooms(Arc<[Room]>);

impl Rooms {
    /// Makes them.
    ///
    /// # Errors
    /// [`StartError`] when the settings of what goes outside cannot be used.
    pub fn open(site: &Site<'_>) -> Result<Self, StartError> {
        let commits = web::Data::new(Commits::new(site.core.journal.clone(), Answers::new(site.core.database.clone())));
        let rooms = [
            site.shared()?,
            site.at_the_door(),
            site.of_grids(),
            site.for_others(),
            site.of_the_party(&commits),
            site.of_meetings(),
            site.of_branches(),
            vec![site.of_other_systems()?],
            vec![given(commits)],
        ];
        Ok(Self(rooms.into_iter().flatten().collect()))
    }

    /// Lets an application have them.
    pub fn serve(&self, services: &mut ServiceConfig) {
        self.0.iter().for_each(|room| room(services));
    }
}

/// A room that holds `data`.
fn room<T: Send + Sync + 'static>(data: T) -> Room {
    given(web::Data::new(data))
}

fn given<T: Send + Sync + ?Sized + 'static>(data: web::Data<T>) -> Room {
    Arc::new(move |services| {
        services.app_data(data.clone());
    })
}

impl Site<'_> {
    /// What many calls use: storage, ids, time and the picture of all grids.
    fn shared(&self) -> Result<Vec<Room>, StartError> {
        let Self { config, core, .. } = *self;
        let directories = &self.snapshots.directories;
        let public_url = match config.server.public_url.as_str() {
            "" => format!("{}://{}", config.server.scheme(), self.address),
            url => url.to_owned(),
        };
        let rulebook = &self.duties.rulebook;
        let past = Past::new(Arc::clone(&core.clock), Checkpoints::new(core.database.clone()), rulebook.clone());
        Ok(vec![
            given(clock_data(Arc::clone(&core.clock))),
            room(core.ids.clone()),
            room(directories.clone()),
            room(core.accounts.clone()),
            room(core.database.clone()),
            given(web::Data::from(Arc::clone(&core.log))),
            room(rulebook.clone()),
            room(core.rules.clone()),
            room(core.notifications.clone()),
            room(core.reachability.clone()),
            room(core.deliveries.clone()),
            room(past),
            room(PublicUrl(public_url)),
            room(StaticFolder(config.server.static_dir.clone())),
            room(crate::outside::shown(config, core)?),
            room(Readiness {
                database: core.database.clone(),
                log: Arc::clone(&core.log),
                health: Arc::clone(&self.nodes.health),
                relayed: self.nodes.others.relayed(),
            }),
        ])
    }

    /// Signing in, and screens that are paired.
    fn at_the_door(&self) -> Vec<Room> {
        let Self { config, core, .. } = *self;
        let meetings = MeetingRights::new(self.snapshots.meetings.clone());
        let targets = ScreenTargets::new(self.snapshots.directories.clone(), meetings);
        vec![
            given(self.callers.clone()),
            room(config.server.proxies()),
            room(config.server.pace()),
            given(self.rates.clone()),
            room(FrontDoor {
                accounts: core.accounts.clone(),
                sessions: core.sessions.clone(),
                codes: LookupKey::new(core.secrets.session_key()),
                deliveries: core.deliveries.clone(),
                bell: self.bell.clone(),
                passwords: Passwords::new(Arc::clone(core.ids.entropy())),
                strangers: Arc::new(Strangers::new(config.auth_settings().lock)),
                ids: core.ids.clone(),
                settings: config.auth_settings(),
            }),
            room(ScreenDesk::new(core.screens.clone(), targets, self.screens.clone(), core.ids.clone())),
        ]
    }

    /// Grids, their tickets, files and services.
    fn of_grids(&self) -> Vec<Room> {
        let Self { core, .. } = *self;
        let Snapshots { grids, meetings, directories, .. } = self.snapshots;
        let (kinds, rulebook) = (&core.kinds, self.duties.rulebook.clone());
        let views = TicketViews::new(directories.clone(), Arc::clone(kinds), rulebook, Arc::clone(&core.clock));
        vec![
            room(grids.clone()),
            room(core.attachments.clone()),
            room(core.tickets.clone()),
            given(web::Data::from(Arc::clone(kinds))),
            room(TicketDesk {
                grids: grids.clone(),
                files: core.attachments.clone(),
                tickets: core.tickets.clone(),
                directories: directories.clone(),
                views: views.clone(),
            }),
            room(views),
            room(FileDesk::new(
                core.files.clone(),
                core.attachments.clone(),
                core.tickets.clone(),
                MeetingRights::new(meetings.clone()),
                LifeRights::new(core.lives.clone()),
                core.service_records.clone(),
            )),
            room(ServiceRoom {
                policies: core.policies.clone(),
                links: core.service_links.clone(),
                records: core.service_records.clone(),
                directories: directories.clone(),
                ids: core.ids.clone(),
            }),
        ]
    }

    /// What other systems call, and who lets them.
    fn for_others(&self) -> Vec<Room> {
        let Self { core, rates, .. } = *self;
        let Snapshots { grids, directories, .. } = self.snapshots;
        vec![
            room(IntegrationRoom {
                integrations: core.integrations.clone(),
                directories: directories.clone(),
                ids: core.ids.clone(),
            }),
            room(Open311Desk {
                integrations: core.integrations.clone(),
                tickets: core.tickets.clone(),
                directories: directories.clone(),
                kinds: Arc::clone(&core.kinds),
                grids: grids.clone(),
                rates: rates.clone(),
                ids: core.ids.clone(),
                journal: core.journal.clone(),
                noted: Default::default(),
            }),
        ]
    }

    /// Organisations and members.
    fn of_the_party(&self, commits: &web::Data<Commits>) -> Vec<Room> {
        let Self { core, .. } = *self;
        vec![room(PartyDesk {
            accounts: core.accounts.clone(),
            organisations: core.organisations.clone(),
            members: core.members.clone(),
            meetings: core.meetings.clone(),
            directories: self.snapshots.directories.clone(),
            ids: core.ids.clone(),
            callers: self.callers.clone(),
            commits: commits.clone(),
            sheets: PartyDesk::sheets_at_a_time(),
        })]
    }

    /// Who is told of tickets.
    fn of_other_systems(&self) -> Result<Room, StartError> {
        let Self { config, core, .. } = *self;
        Ok(room(WebhookRoom {
            webhooks: core.webhooks.clone(),
            deliveries: core.webhook_deliveries.clone(),
            directories: self.snapshots.directories.clone(),
            log: Arc::clone(&core.log),
            ids: core.ids.clone(),
            rule: config.webhooks.rule().map_err(|error| format!("webhooks.inside: {error}"))?,
        }))
    }

    /// Meetings, and what is left of them.
    fn of_meetings(&self) -> Vec<Room> {
        let Self { config, core, .. } = *self;
        let Snapshots { meetings, supervision, directories, .. } = self.snapshots;
        vec![
            room(CalendarDesk::new(core.calendar_links.clone(), core.secrets.calendar_key())),
            room(MeetingDesk {
                actors: meetings.clone(),
                supervision: supervision.clone(),
                rights: MeetingRights::new(meetings.clone()),
                stored: core.meetings.clone(),
                book: core.attendance.clone(),
                notes: core.meeting_notes.clone(),
                votes: core.votes.clone(),
                minutes: core.meeting_minutes.clone(),
                media: core.meeting_media.clone(),
                ratings: core.meeting_ratings.clone(),
                sources: core.minutes_sources(directories),
                fonts: Arc::new(config.documents.fonts()),
                members: core.members.clone(),
                accounts: core.accounts.clone(),
                files: core.attachments.clone(),
                directories: directories.clone(),
                ids: core.ids.clone(),
                key: core.secrets.sign_in_key(),
            }),
        ]
    }

    /// What branches owe: duties, 组织生活会, appraisals.
    fn of_branches(&self) -> Vec<Room> {
        let Self { config, core, .. } = *self;
        let Snapshots { appraisals, directories, .. } = self.snapshots;
        vec![
            room(DutyRoom { desk: self.duties.clone(), accounts: core.accounts.clone(), ids: core.ids.clone() }),
            room(LifeRoom {
                desk: core.life_desk(directories, config.notify.channels()),
                rights: LifeRights::new(core.lives.clone()),
                meetings: core.meetings.clone(),
                minutes: core.meeting_minutes.clone(),
                members: core.members.clone(),
                files: core.attachments.clone(),
                ids: core.ids.clone(),
            }),
            room(AppraisalRoom {
                desk: appraisals.clone(),
                meetings: core.meetings.clone(),
                members: core.members.clone(),
                ids: core.ids.clone(),
            }),
        ]
    }
}
