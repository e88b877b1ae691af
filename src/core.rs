//! Everything below the web: opened and wired once, for the server, the demonstration and the commands.

use std::path::Path;
use std::sync::Arc;

use actix_rt::Arbiter;
use lianxin_actors::appraisal::AppraisalDesk;
use lianxin_actors::catch_up::CatchUp;
use lianxin_actors::directory::{Directories, DirectorySources};
use lianxin_actors::dispatch::Dispatch;
use lianxin_actors::duty::DutyDesk;
use lianxin_actors::grid::chronicle::Chronicle;
use lianxin_actors::grid::{GridActors, GridDependencies, GridLoad};
use lianxin_actors::health::Health;
use lianxin_actors::meeting::{MeetingActors, MeetingDependencies};
use lianxin_actors::minutes::MinutesSources;
use lianxin_actors::organisational_life::LifeDesk;
use lianxin_actors::rulebook::Rulebook;
use lianxin_domain::clock::{Clock, Entropy};
use lianxin_domain::ids::IdSource;
use lianxin_domain::kinds::KindSet;
use lianxin_domain::notification::ChannelSet;
use lianxin_storage::accounts::Accounts;
use lianxin_storage::appraisals::Appraisals;
use lianxin_storage::attachments::Attachments;
use lianxin_storage::attendance::AttendanceBook;
use lianxin_storage::calendar_links::CalendarLinks;
use lianxin_storage::database::Database;
use lianxin_storage::deadlines::Deadlines;
use lianxin_storage::deliveries::Deliveries;
use lianxin_storage::dialect::Dialect;
use lianxin_storage::duties::Duties;
use lianxin_storage::files::FileStore;
use lianxin_storage::grids::Grids;
use lianxin_storage::installation;
use lianxin_storage::integrations::Integrations;
use lianxin_storage::journal::Journal;
use lianxin_storage::leases::Leases;
use lianxin_storage::log::EventLog;
use lianxin_storage::meeting_media::MeetingMedia;
use lianxin_storage::meeting_minutes::MeetingMinutes;
use lianxin_storage::meeting_notes::MeetingNotes;
use lianxin_storage::meeting_ratings::MeetingRatings;
use lianxin_storage::meetings::Meetings;
use lianxin_storage::members::Members;
use lianxin_storage::notifications::Notifications;
use lianxin_storage::organisational_life::LifeMeetings;
use lianxin_storage::organisations::Organisations;
use lianxin_storage::policies::Policies;
use lianxin_storage::reachability::Reachability;
use lianxin_storage::rules::Rules;
use lianxin_storage::screens::Screens;
use lianxin_storage::secrets::Secrets;
use lianxin_storage::service_links::ServiceLinks;
use lianxin_storage::service_records::ServiceRecords;
use lianxin_storage::sessions::Sessions;
use lianxin_storage::tickets::Tickets;
use lianxin_storage::votes::{SlipSealer, Votes};
use lianxin_storage::webhook_deliveries::WebhookDeliveries;
use lianxin_storage::webhooks::Webhooks;
use tokio::task::JoinHandle;

use crate::config::Config;

/// Any failure of starting; printed with its causes.
pub type StartError = Box<dyn std::error::Error + Send + Sync>;

/// The opened storage with its repositories.
pub struct Core {
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// New ids and chance.
    pub ids: IdSource,
    /// Keys.
    pub secrets: Secrets,
    /// The database.
    pub database: Database,
    /// The log.
    pub log: Arc<EventLog>,
    /// The way to write.
    pub journal: Journal,
    /// Accounts.
    pub accounts: Accounts,
    /// Sessions.
    pub sessions: Sessions,
    /// Grids.
    pub grids: Grids,
    /// Party organisations.
    pub organisations: Organisations,
    /// Their members.
    pub members: Members,
    /// Tickets.
    pub tickets: Tickets,
    /// Meetings and their lists.
    pub meetings: Meetings,
    /// People's notes of them.
    pub meeting_notes: MeetingNotes,
    /// Which meetings were due, and what is asked of branches.
    pub duties: Duties,
    /// Appraisals.
    pub appraisals: Appraisals,
    /// Votes.
    pub votes: Votes,
    /// Seals what goes into urns.
    pub sealer: SlipSealer,
    /// Their minutes.
    pub meeting_minutes: MeetingMinutes,
    /// Their pictures and videos.
    pub meeting_media: MeetingMedia,
    /// What those who were there think of them.
    pub meeting_ratings: MeetingRatings,
    /// 组织生活会 with their materials.
    pub lives: LifeMeetings,
    /// 政策信息.
    pub policies: Policies,
    /// 红色服务.
    pub service_links: ServiceLinks,
    /// 服务日记.
    pub service_records: ServiceRecords,
    /// Other systems that report requests.
    pub integrations: Integrations,
    /// Attendance over many meetings.
    pub attendance: AttendanceBook,
    /// Secret addresses of calendars.
    pub calendar_links: CalendarLinks,
    /// Who is told of tickets.
    pub webhooks: Webhooks,
    /// What they are told.
    pub webhook_deliveries: WebhookDeliveries,
    /// Files' rows.
    pub attachments: Attachments,
    /// Files' bytes.
    pub files: FileStore,
    /// Messages owed.
    pub deliveries: Deliveries,
    /// Time limits.
    pub deadlines: Deadlines,
    /// What one of several nodes does.
    pub leases: Leases,
    /// Service levels and calendar, all versions.
    pub rules: Rules,
    /// Inboxes.
    pub notifications: Notifications,
    /// How people are reached.
    pub reachability: Reachability,
    /// Big screens.
    pub screens: Screens,
    /// Kinds of tickets.
    pub kinds: Arc<KindSet>,
    /// How the process is.
    pub health: Arc<Health>,
}

impl Core {
    /// Opens the data folder and the database of `config`.
    ///
    /// # Errors
    /// [`StartError`] that says what cannot be opened.
    pub async fn open(config: &Config, clock: Arc<dyn Clock>, entropy: Arc<dyn Entropy>) -> Result<Self, StartError> {
        make_folder(&config.data_dir)?;
        let ids = IdSource::new(Arc::clone(&clock), Arc::clone(&entropy));
        let secrets = Secrets::load_or_create(&config.data_dir, &*entropy)?;
        let cipher = secrets.column_cipher(Arc::clone(&entropy));
        let database = Database::open(&config.database_url()).await?;
        installation::recognise(&database, &secrets).await?;
        let epoch = ids.next::<lianxin_domain::ids::RequestId>().to_string();
        let log = Arc::new(EventLog::open(database.clone(), epoch).await?);
        let (journal, writer) = Journal::start(database.clone(), Arc::clone(&log), ids.clone()).await?;
        drop(tokio::spawn(end_with(writer)));
        let accounts = Accounts::new(database.clone(), cipher.clone(), secrets.lookup());
        Ok(Self {
            sessions: Sessions::new(database.clone(), accounts.clone()),
            grids: Grids::new(database.clone()),
            organisations: Organisations::new(database.clone()),
            members: Members::new(database.clone(), cipher.clone(), secrets.lookup()),
            tickets: Tickets::new(database.clone(), cipher.clone()),
            meetings: Meetings::new(database.clone()),
            meeting_notes: MeetingNotes::new(database.clone(), cipher.clone()),
            duties: Duties::new(database.clone()),
            appraisals: Appraisals::new(database.clone(), cipher.clone()),
            votes: Votes::new(database.clone()),
            sealer: SlipSealer::new(cipher.clone(), Arc::clone(&entropy)),
            meeting_minutes: MeetingMinutes::new(database.clone()),
            meeting_media: MeetingMedia::new(database.clone()),
            meeting_ratings: MeetingRatings::new(database.clone(), cipher.clone()),
            lives: LifeMeetings::new(database.clone(), cipher.clone()),
            policies: Policies::new(database.clone()),
            service_links: ServiceLinks::new(database.clone()),
            service_records: ServiceRecords::new(database.clone(), cipher.clone(), secrets.lookup()),
            integrations: Integrations::new(database.clone(), cipher.clone()),
            attendance: AttendanceBook::new(database.clone()),
            calendar_links: CalendarLinks::new(database.clone()),
            webhooks: Webhooks::new(database.clone(), cipher.clone()),
            webhook_deliveries: WebhookDeliveries::new(database.clone()),
            attachments: Attachments::new(database.clone()),
            files: config.file_store()?,
            deliveries: Deliveries::new(database.clone(), cipher.clone()),
            rules: Rules::new(database.clone()),
            notifications: Notifications::new(database.clone()),
            reachability: Reachability::new(database.clone(), cipher),
            deadlines: Deadlines::new(database.clone()),
            leases: Leases::new(database.clone()),
            screens: Screens::new(database.clone()),
            kinds: Arc::new(KindSet::default()),
            health: Arc::default(),
            accounts,
            clock,
            ids,
            secrets,
            database,
            log,
            journal,
        })
    }

    /// The picture of all grids and organisations.
    ///
    /// # Errors
    /// [`StartError`] when the database fails.
    pub async fn directories(&self) -> Result<Directories, StartError> {
        let key = *self.secrets.grid_code_key();
        let sources = DirectorySources {
            grids: self.grids.clone(),
            accounts: self.accounts.clone(),
            organisations: self.organisations.clone(),
            members: self.members.clone(),
        };
        Ok(Directories::load(sources, key).await?)
    }

    /// The service levels and the calendar that hold.
    ///
    /// # Errors
    /// [`StartError`] when the database fails.
    pub async fn rulebook(&self, config: &Config) -> Result<Rulebook, StartError> {
        Ok(Rulebook::load(self.rules.clone(), config.tickets).await?)
    }

    /// Starts the grids' actors on `threads`, with the `channels` that notifications may take; answers them and the number of the log that they begin at.
    ///
    /// # Errors
    /// [`StartError`] when the database fails.
    pub async fn grid_actors(
        &self,
        directories: &Directories,
        rulebook: &Rulebook,
        channels: ChannelSet,
        threads: &[Arbiter],
    ) -> Result<(GridActors, u64), StartError> {
        let load = GridLoad::read(&self.log, &self.tickets, self.clock.now()).await?;
        let position = load.as_of();
        let dependencies = self.grid_dependencies(directories, rulebook, channels);
        let threads = threads.iter().map(Arbiter::handle).collect();
        Ok((GridActors::start(dependencies, threads, load), position))
    }

    /// Tells the past of tickets; nothing of it goes outside.
    pub fn chronicle(&self, directories: &Directories, rulebook: &Rulebook) -> Chronicle {
        Chronicle::new(self.grid_dependencies(directories, rulebook, ChannelSet::default()))
    }

    fn grid_dependencies(
        &self,
        directories: &Directories,
        rulebook: &Rulebook,
        channels: ChannelSet,
    ) -> GridDependencies {
        GridDependencies {
            clock: Arc::clone(&self.clock),
            journal: self.journal.clone(),
            tickets: self.tickets.clone(),
            directories: directories.clone(),
            kinds: Arc::clone(&self.kinds),
            rulebook: rulebook.clone(),
            dispatch: Dispatch::new(self.deliveries.clone(), channels),
            catch_up: self.catch_up(),
        }
    }
}

impl Core {
    /// Whether other nodes may serve the same database. SQLite has one; on PostgreSQL there may be others at any time.
    pub fn has_neighbours(&self) -> bool {
        self.database.dialect() == Dialect::Postgres
    }

    /// How decisions keep up with those of other nodes.
    fn catch_up(&self) -> CatchUp {
        if self.has_neighbours() {
            CatchUp::among_others(Arc::clone(&self.log), Arc::clone(&self.health))
        } else {
            CatchUp::alone()
        }
    }

    /// Duties of branches, with the `channels` that notifications may take.
    pub fn duty_desk(&self, directories: &Directories, rulebook: &Rulebook, channels: ChannelSet) -> DutyDesk {
        DutyDesk {
            clock: Arc::clone(&self.clock),
            journal: self.journal.clone(),
            duties: self.duties.clone(),
            meetings: self.meetings.clone(),
            directories: directories.clone(),
            rulebook: rulebook.clone(),
            dispatch: Dispatch::new(self.deliveries.clone(), channels),
        }
    }

    /// What minutes of meetings are made from.
    pub fn minutes_sources(&self, directories: &Directories) -> MinutesSources {
        MinutesSources {
            log: Arc::clone(&self.log),
            media: self.meeting_media.clone(),
            meetings: self.meetings.clone(),
            directories: directories.clone(),
        }
    }

    /// 组织生活会, with the `channels` that notifications may take.
    pub fn life_desk(&self, directories: &Directories, channels: ChannelSet) -> LifeDesk {
        LifeDesk {
            clock: Arc::clone(&self.clock),
            journal: self.journal.clone(),
            lives: self.lives.clone(),
            directories: directories.clone(),
            dispatch: Dispatch::new(self.deliveries.clone(), channels),
        }
    }

    /// Appraisals of branches, with the `channels` that notifications may take.
    pub fn appraisal_desk(&self, directories: &Directories, channels: ChannelSet) -> AppraisalDesk {
        AppraisalDesk {
            clock: Arc::clone(&self.clock),
            journal: self.journal.clone(),
            appraisals: self.appraisals.clone(),
            log: Arc::clone(&self.log),
            directories: directories.clone(),
            dispatch: Dispatch::new(self.deliveries.clone(), channels),
        }
    }

    /// The meetings' actors on `threads`, with the `channels` that notifications may take.
    pub fn meeting_actors(&self, channels: ChannelSet, threads: &[Arbiter]) -> MeetingActors {
        let dependencies = MeetingDependencies {
            clock: Arc::clone(&self.clock),
            journal: self.journal.clone(),
            meetings: self.meetings.clone(),
            log: Arc::clone(&self.log),
            dispatch: Dispatch::new(self.deliveries.clone(), channels),
            catch_up: self.catch_up(),
            votes: self.votes.clone(),
            sealer: self.sealer.clone(),
        };
        MeetingActors::new(dependencies, threads.iter().map(Arbiter::handle).collect())
    }
}

/// Without the journal nothing can be written: whoever runs the process starts it again within a second.
async fn end_with(writer: JoinHandle<()>) {
    if writer.await.is_err_and(|end| end.is_panic()) {
        tracing::error!("the journal panicked; the process cannot go on");
        std::process::abort();
    }
}

/// Makes the data folder, for its owner alone.
fn make_folder(folder: &Path) -> Result<(), StartError> {
    use std::os::unix::fs::DirBuilderExt as _;
    let made = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder);
    made.map_err(|error| format!("data_dir {}: {error}", folder.display()).into())
}

/// Writes a file that only its owner may read.
///
/// # Errors
/// When it cannot be written.
pub fn write_private(file: &Path, content: &[u8]) -> Result<(), StartError> {
    use std::io::Write as _;
    use std::os::unix::fs::OpenOptionsExt as _;
    let mut open = std::fs::OpenOptions::new();
    open.write(true).create(true).truncate(true).mode(0o600);
    let mut file = open.open(file).map_err(|error| format!("{}: {error}", file.display()))?;
    file.write_all(content)?;
    file.sync_all()?;
    Ok(())
}
