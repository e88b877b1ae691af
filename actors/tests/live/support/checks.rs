//! What has to hold at any moment at which nothing moves.

use std::collections::{BTreeMap, BTreeSet};

use lianxin_domain::clock::Timestamp;
use lianxin_domain::ids::AccountId;
use lianxin_storage::files::FileStore;
use lianxin_storage::notifications::InboxFilter;

use super::Node;

/// A notification as the log tells it: whose, which, and what it says.
pub type Told = (AccountId, String, [String; 5], Timestamp);

impl Node<'_> {
    /// All that must agree: the database with itself, inboxes with the log, limits with time.
    pub async fn check(&self) {
        let files = FileStore::in_folder(self.world.data_dir()).unwrap();
        let report = lianxin_storage::check::check(&self.stores.database, &files).await.unwrap();
        assert!(report.is_clean(), "{:#?}", report.differences);
        self.check_inboxes().await;
        self.check_climbs().await;
    }

    /// Inboxes hold exactly what `inbox.notified` told, once per cause and reader, and nobody hears of an own deed.
    pub async fn check_inboxes(&self) {
        let mut derived: BTreeSet<Told> = BTreeSet::new();
        let mut readers: BTreeSet<AccountId> = self.world.everybody().map(|caller| caller.account_id).collect();
        for event in self.log().await {
            if event.kind != "inbox.notified" {
                assert!(event.subject.kind != "notice", "{event:?}");
                continue;
            }
            let text = |name: &str| event.data[name].as_str().unwrap().to_owned();
            assert!(!event.audience.is_empty(), "{event:?}");
            assert_eq!(event.subject.id, text("cause"));
            for reader in &event.audience {
                assert_ne!(Some(*reader), event.by, "told of an own deed: {event:?}");
                let subject = event.data["subject"]["id"].as_str().unwrap().to_owned();
                let words = [text("type"), text("urgency"), text("title"), text("text"), subject];
                let once = derived.insert((*reader, format!("{reader}:{}", event.subject.id), words, event.at));
                assert!(once, "told twice: {event:?}");
                readers.insert(*reader);
            }
        }
        let mut stored: BTreeSet<Told> = BTreeSet::new();
        for reader in readers {
            stored.extend(self.inbox(reader).await);
        }
        let (lost, invented): (Vec<_>, Vec<_>) =
            (derived.difference(&stored).collect(), stored.difference(&derived).collect());
        assert!(lost.is_empty() && invented.is_empty(), "lost: {lost:#?}\ninvented: {invented:#?}");
    }

    async fn inbox(&self, reader: AccountId) -> Vec<Told> {
        let rows = self.stores.notifications.list(reader, &InboxFilter::default(), None, 1_000_000).await.unwrap();
        let told = |row: lianxin_domain::notification::Notification| {
            assert_eq!(row.subject_kind, "ticket");
            let words =
                [row.kind.as_str().to_owned(), row.urgency.as_str().to_owned(), row.title, row.text, row.subject_id];
            (row.account_id, row.id, words, row.at)
        };
        rows.into_iter().map(told).collect()
    }

    /// Within a run of its clock a ticket reaches each level at most once, is late once per level, warned once per limit.
    async fn check_climbs(&self) {
        let mut levels: BTreeMap<(String, u64, u64), usize> = BTreeMap::new();
        let mut versions: BTreeSet<(String, u64)> = BTreeSet::new();
        for event in self.log().await.iter().filter(|event| event.subject.kind == "ticket") {
            let number = |value: &serde_json::Value| value.as_u64().unwrap();
            assert!(versions.insert((event.subject.id.clone(), number(&event.data["version"]))), "{event:?}");
            if event.kind == "ticket.escalated" {
                assert!(number(&event.data["to_level"]) < number(&event.data["from_level"]), "{event:?}");
                let run = number(&event.data["clock"]["run"]);
                let reached =
                    levels.entry((event.subject.id.clone(), run, number(&event.data["to_level"]))).or_default();
                *reached += 1;
                assert_eq!(*reached, 1, "the same level twice in a run: {event:?}");
            }
        }
        // Numbers have no gap: whatever changed a ticket stands in the log.
        let mut by_ticket: BTreeMap<&str, u64> = BTreeMap::new();
        for (id, version) in &versions {
            let last = by_ticket.entry(id).or_default();
            assert_eq!(*version, *last + 1, "{id}");
            *last = *version;
        }
    }
}
