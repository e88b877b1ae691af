//! A server with something of everything, to be backed up and restored.

use std::path::{Path, PathBuf};

use bytes::Bytes;
use lianxin_domain::access::{AccountKind, Duty, OrganisationRight};
use lianxin_domain::attachment::AttachmentKind;
use lianxin_domain::event::Subject;
use lianxin_domain::geo::Point;
use lianxin_domain::grid::{Grid, GridStatus};
use lianxin_domain::ids::AccountId;
use lianxin_domain::member::MemberStatus;
use lianxin_domain::notification::{Notice, NotificationKind, Urgency};
use lianxin_domain::organisation::{Organisation, OrganisationKind};
use lianxin_domain::service_level::TimeRules;
use lianxin_domain::ticket::{Command, OnBehalf, TicketLocation};
use lianxin_domain::tree::TreePath;
use lianxin_storage::accounts::{ADMIN_ROLE, Account, Accounts};
use lianxin_storage::attachments::{Attachment, Attachments};
use lianxin_storage::backup::{BackupError, Manifest, Target, backup, restore};
use lianxin_storage::change::{IdempotencyClaim, IdempotencyKey, Write};
use lianxin_storage::database::Database;
use lianxin_storage::deliveries::{Delivery, DeliveryState};
use lianxin_storage::dialect::Dialect;
use lianxin_storage::files::{FileKey, FileStore};
use lianxin_storage::grids::{GridStaff, Grids};
use lianxin_storage::installation;
use lianxin_storage::leases::Leases;
use lianxin_storage::notifications::Notifications;
use lianxin_storage::organisations::{OrganisationGrant, Organisations};
use lianxin_storage::reachability::{PushSubscription, Reachability, Wishes};
use lianxin_storage::rules::Rules;
use lianxin_storage::screens::{Screen, ScreenState, Screens};
use lianxin_storage::secrets::Secrets;
use lianxin_storage::sessions::{PhoneCode, Session, Sessions};

use crate::members::member;
use crate::organisations::organisation;
use crate::support::{Dice, Fresh, NOON, Store};
use crate::village::{Village, request};

/// A server's database, files and secrets.
pub struct Server {
    pub fresh: Fresh,
    pub files: FileStore,
}

impl Server {
    pub async fn new(dialect: Dialect) -> Self {
        let fresh = Fresh::new(dialect).await;
        let files = FileStore::in_folder(fresh.folder.path()).unwrap();
        Self { fresh, files }
    }

    pub fn data_dir(&self) -> &Path {
        self.fresh.folder.path()
    }

    pub async fn backup(&self, name: &str) -> Result<(Manifest, PathBuf), BackupError> {
        let database = Database::open(&self.fresh.url).await?;
        let folder = self.data_dir().join(name);
        let manifest = backup(&database, &self.files, self.data_dir(), &folder, NOON).await?;
        Ok((manifest, folder))
    }

    pub async fn restore(&self, source: &Path) -> Result<Manifest, BackupError> {
        let target =
            Target { url: &self.fresh.url, files: &self.files, data_dir: self.data_dir(), new_epoch: "restored" };
        restore(source, &target).await
    }

    /// Something in every table, every kind of value, and more rows than one statement takes.
    pub async fn fill(&self) -> Store {
        Secrets::load_or_create(self.data_dir(), &Dice::default()).unwrap();
        let store = self.fresh.open().await;
        let world = Village::new(&store, 1);
        let mut new = request(&store, &world.resident, "引号 “\"'\\ \n\t😀 %_!");
        new.location = Some(TicketLocation {
            lng: 106.916_437_123_456_78,
            lat: 0.1 + 0.2,
            accuracy_m: Some(1e-300),
            grid_id: None,
        });
        new.on_behalf = Some(OnBehalf { name: "覃老太".to_owned(), phone: "13800001234".to_owned() });
        let mut ticket = world.submit(&store, new, &world.group).await;
        world.act(&store, &mut ticket, Command::Accept, &world.worker).await;
        let text = "三组路口的路灯不亮，已报修".to_owned();
        world.act(&store, &mut ticket, Command::MakeKnown { text, private: false }, &world.worker).await;
        world.act(&store, &mut ticket, Command::Join { profile_complete: true }, &world.leader).await;
        for number in 0..150 {
            let content = format!("第 {number} 件");
            world.submit(&store, request(&store, &world.resident, &content), &world.village).await;
        }
        self.fill_people(&store, &world).await;
        self.fill_organisations(&store).await;
        self.fill_messages(&store).await;
        store.write(vec![Leases::make("outside", "一号")]).await.unwrap();
        installation::recognise(&store.database, &Secrets::generate(&Dice::default()).unwrap()).await.unwrap();
        crate::meetings::fill(&store).await;
        crate::duties::fill(&store).await;
        crate::organisational_life::fill(&store).await;
        crate::appraisals::fill(&store).await;
        crate::services::fill(&store).await;
        crate::integrations::fill(&store).await;
        crate::webhooks::fill(&store).await;
        self.fill_files(&store, &ticket.id.to_string()).await;
        store
    }

    async fn fill_people(&self, store: &Store, world: &Village) {
        let mut account = Account::new(store.id(), AccountKind::Resident, NOON);
        account.phone = Some("13800001234".to_owned());
        let grid = Grid {
            id: world.county.id,
            version: 3,
            serial: 7,
            code_generation: 2,
            path: world.county.path.clone(),
            number: "451003".to_owned(),
            name: "田阳".to_owned(),
            sort_order: -1,
            status: GridStatus::Active,
            organisation_id: None,
            center: Some(Point::new(106.9, 23.7).unwrap()),
            area: None,
            households: 41,
        };
        let mut change = store.change();
        change.writes = vec![
            store.accounts.insert(&account),
            Accounts::grant(account.id, ADMIN_ROLE, &world.county.path),
            Grids::insert(&grid),
            Grids::assign(&GridStaff { grid_id: grid.id, account_id: account.id, duty: Duty::Leader }),
            Sessions::insert(&Session {
                id: store.id(),
                token_hash: "t".to_owned(),
                account_id: account.id,
                csrf_token: "c".to_owned(),
                created_at: NOON,
                expires_at: NOON.plus_millis(i64::MAX),
            }),
            Sessions::put_phone_code(&PhoneCode {
                phone_print: "p".to_owned(),
                code_hash: "h".to_owned(),
                sent_at: NOON,
                expires_at: NOON,
                attempts: 1,
                sent_today: 2,
            }),
            store.deliveries.owe(&Delivery::new("k", "sms", "13800001234", NOON, NOON)),
        ];
        change.audited("grid.create", Subject::new("grid", grid.id), serde_json::json!({ "name": [null, "田阳"] }));
        change.idempotency = Some(IdempotencyClaim {
            key: IdempotencyKey::new("me", "k"),
            request_hash: "hash".to_owned(),
            status: 201,
            body: "{}".to_owned(),
        });
        store.journal.commit(change).await.unwrap();
    }

    async fn fill_organisations(&self, store: &Store) {
        let branch = Organisation {
            ends_on: "2027-07-01".parse().ok(),
            founded_on: "2019-07-01".parse().ok(),
            ..organisation(store, &TreePath::root(1), OrganisationKind::TemporaryBranch)
        };
        let mut former = member(store, &branch, "覃老太", "13800001234");
        former.status = MemberStatus::History;
        former.history_reason = Some("去世".to_owned());
        let role = OrganisationRight::Supervisor;
        let grant = OrganisationGrant { organisation_id: branch.id, account_id: store.id(), role };
        let writes =
            vec![Organisations::insert(&branch), store.members.insert(&former, NOON), Organisations::grant(&grant)];
        store.write(writes).await.unwrap();
    }

    async fn fill_messages(&self, store: &Store) {
        let account: AccountId = store.id();
        let notice = Notice {
            to: vec![account, store.id()],
            kind: NotificationKind::Nudge,
            urgency: Urgency::Urgent,
            title: "“督促”".to_owned(),
            text: "请尽快办理\n😀".to_owned(),
        };
        let told: Vec<(String, Write)> = Notifications::writes(&notice, "t:2:1", ("ticket", "t"), NOON).collect();
        let sent = Delivery {
            state: DeliveryState::Sent,
            attempts: 2,
            done_at: Some(NOON),
            account_id: Some(account),
            notification_id: Some(told[0].0.clone()),
            cost_milli_fen: Some(4_500),
            reference: Some("r".to_owned()),
            ..Delivery::new("told", "sms", "{}", NOON, NOON)
        };
        let wishes = Wishes { wechat: Some("oX1".to_owned()), ..Wishes::default() };
        let mut writes = vec![
            Notifications::read(&told[0].0, account, NOON),
            Notifications::read_all(account, NOON, NOON),
            Rules::put_service_levels(&TimeRules::default().levels, NOON, Some(account)),
            Rules::put_calendar(&TimeRules::default().calendar, NOON, None),
            store.reachability.subscribe(&PushSubscription {
                id: Reachability::subscription_id("https://push.example/1"),
                account_id: account,
                body: "{}".to_owned(),
                device: None,
                created_at: NOON,
            }),
        ];
        let screen = Screen {
            id: store.id(),
            version: 1,
            token_hash: "s".to_owned(),
            created_at: NOON,
            name: String::new(),
            state: ScreenState::Waiting { code: "000007".to_owned(), until: NOON },
        };
        writes.extend([Screens::insert(&screen), Screens::seen(screen.id, NOON)]);
        writes.extend(told.into_iter().map(|(_, write)| write));
        writes.extend(store.deliveries.put(&sent));
        writes.extend(store.reachability.put_wishes(account, &wishes, NOON));
        store.write(writes).await.unwrap();
        self.fresh.execute("INSERT INTO board_checkpoints (id, seq, at, body) VALUES ('2026-11-21', 3, 4, '{}')").await;
    }

    async fn fill_files(&self, store: &Store, owner: &str) {
        let dice = Dice::default();
        for size in [0, 1, 100_000] {
            let key = FileKey::generate(&dice);
            self.files.put(&key, Bytes::from(vec![size as u8; size])).await.unwrap();
            let file = Attachment {
                id: store.id(),
                version: 1,
                uploader_id: store.id(),
                owner: Some(Subject::new("ticket", owner)),
                kind: AttachmentKind::Image,
                media_type: "image/jpeg".to_owned(),
                size: size as u64,
                name: None,
                width: None,
                height: Some(1),
                duration_ms: None,
                sha256: "x".to_owned(),
                object_key: key.to_string(),
                created_at: NOON,
            };
            let mut change = store.change();
            change.write(Attachments::insert(&file));
            store.journal.commit(change).await.unwrap();
        }
    }
}
