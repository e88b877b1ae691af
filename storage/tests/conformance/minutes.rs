//! What remains of a meeting: its minutes, its pictures, and what those who were there thought of it.

use lianxin_domain::attachment::{AttachmentKind, AttachmentRef};
use lianxin_domain::event::Subject;
use lianxin_domain::ids::{EntityId, MeetingId};
use lianxin_domain::meeting::Mark;
use lianxin_domain::minutes::{
    AgendaMove, Called, Choice, Minutes, MinutesState, MinutesText, Picture, Rating, Record, Resolution, Signature,
};
use lianxin_domain::person::PersonRef;
use lianxin_storage::change::Write;
use lianxin_storage::journal::CommitError;
use lianxin_storage::meeting_media::MeetingMedia;
use lianxin_storage::meeting_minutes::MeetingMinutes;
use lianxin_storage::meeting_ratings::MeetingRatings;

use crate::support::{Fresh, NOON, Store, cipher};

on_both!(
    minutes_come_back_and_are_not_written_over,
    pictures_are_in_the_order_of_their_coming,
    ratings_are_counted_without_whose_they_are,
    events_of_a_subject_are_found_by_their_kinds,
);

fn id<I: EntityId>(number: u128) -> I {
    I::from_uuid(uuid::Uuid::from_u128(number))
}

fn mark(number: u128) -> Mark {
    Mark { by: PersonRef { id: id(number), name: format!("党员{number}") }, at: NOON.plus_millis(7) }
}

fn first(meeting_id: MeetingId) -> Minutes {
    let text = MinutesText {
        content: "修渠 “引号”\n😀".to_owned(),
        discussions: vec![String::new(), "同意".to_owned()],
        decisions: "按方案办".to_owned(),
        remarks: String::new(),
    };
    Minutes { version: 1, text, edited: Some(mark(1)), ..Minutes::blank(meeting_id) }
}

fn signed(meeting_id: MeetingId) -> Minutes {
    let vote = Resolution {
        title: "修渠".to_owned(),
        secret: true,
        options: vec![Choice { title: "赞成".to_owned(), count: 6 }],
        entitled: 9,
        present: 8,
        cast: 8,
        rule: "应到会有表决权 9 人，须不少于 6 人赞成".to_owned(),
        outcome: "通过".to_owned(),
        opened_at: NOON,
        closed_at: Some(NOON.plus_millis(1)),
    };
    let record = Record {
        as_of: 812,
        type_name: "党员大会".to_owned(),
        organisation: "第一党支部".to_owned(),
        organisations: [(id(9), "第一党支部".to_owned())].into_iter().collect(),
        moves: vec![AgendaMove { at: NOON, index: Some(0) }, AgendaMove { at: NOON, index: None }],
        calls: vec![Called { at: NOON, name: "韦建国".to_owned() }],
        resolutions: vec![vote],
        media: vec![picture(5)],
    };
    Minutes { version: 2, signed: Some(Signature { mark: mark(2), record }), ..first(meeting_id) }
}

fn picture(number: u128) -> Picture {
    let file = AttachmentRef {
        id: id(number),
        kind: AttachmentKind::Image,
        media_type: "image/jpeg".to_owned(),
        size: 7,
        name: None,
        duration_ms: None,
        width: Some(3),
        height: Some(2),
    };
    let at = NOON.plus_millis(i64::try_from(number).unwrap());
    Picture { file, caption: Some(format!("合影{number}")), at, by: mark(1).by }
}

fn rating(member: u128, stars: u8, comment: Option<&str>) -> Rating {
    let comment = comment.map(str::to_owned);
    Rating { meeting_id: id(1), member_id: id(member), version: 1, stars, comment, at: NOON }
}

/// A row in each table.
pub fn rows(store: &Store) -> Vec<Write> {
    vec![
        MeetingMinutes::write(&first(id(1))),
        MeetingMedia::insert(id(1), &picture(5)),
        MeetingRatings::new(store.database.clone(), cipher()).write(&rating(1, 5, Some("很好"))),
    ]
}

async fn minutes_come_back_and_are_not_written_over(fresh: &Fresh) {
    let store = fresh.open().await;
    let minutes = MeetingMinutes::new(store.database.clone());
    assert_eq!(minutes.get(id(1)).await.unwrap(), Minutes::blank(id(1)));
    store.write(vec![MeetingMinutes::write(&first(id(1)))]).await.unwrap();
    assert_eq!(minutes.get(id(1)).await.unwrap(), first(id(1)));
    let again = store.write(vec![MeetingMinutes::write(&first(id(1)))]).await;
    assert!(matches!(again, Err(CommitError::Exists { table: "meeting_minutes", .. })), "{again:?}");
    let states = async |ids: &[MeetingId]| {
        let found = minutes.states(ids).await.unwrap();
        ids.iter().map(|id| found.get(id).copied().unwrap_or_default()).collect::<Vec<_>>()
    };
    assert_eq!(states(&[id(1), id(2)]).await, [MinutesState::Draft, MinutesState::None]);
    store.write(vec![MeetingMinutes::write(&signed(id(1)))]).await.unwrap();
    assert_eq!(minutes.get(id(1)).await.unwrap(), signed(id(1)));
    assert_eq!(states(&[id(1), id(2)]).await, [MinutesState::Signed, MinutesState::None]);
    let late = store.write(vec![MeetingMinutes::write(&signed(id(1)))]).await;
    assert!(matches!(late, Err(CommitError::Stale { table: "meeting_minutes", .. })), "{late:?}");
    let reopened = Minutes { version: 3, signed: None, ..signed(id(1)) };
    store.write(vec![MeetingMinutes::write(&reopened)]).await.unwrap();
    assert_eq!(minutes.get(id(1)).await.unwrap(), reopened);
    assert_eq!(states(&[]).await, []);
}

async fn pictures_are_in_the_order_of_their_coming(fresh: &Fresh) {
    let store = fresh.open().await;
    let media = MeetingMedia::new(store.database.clone());
    for number in [7, 5, 6] {
        store.write(vec![MeetingMedia::insert(id(1), &picture(number))]).await.unwrap();
    }
    store.write(vec![MeetingMedia::insert(id(2), &picture(8))]).await.unwrap();
    assert_eq!(media.of(id(1)).await.unwrap(), [picture(5), picture(6), picture(7)]);
    store.write(vec![MeetingMedia::remove(id(6))]).await.unwrap();
    assert_eq!(media.of(id(1)).await.unwrap(), [picture(5), picture(7)]);
    assert_eq!(media.of(id(2)).await.unwrap(), [picture(8)]);
}

async fn ratings_are_counted_without_whose_they_are(fresh: &Fresh) {
    let store = fresh.open().await;
    let ratings = MeetingRatings::new(store.database.clone(), cipher());
    for (member, stars, comment) in [(1, 5, Some("很好")), (2, 5, None), (3, 1, Some("太长"))] {
        store.write(vec![ratings.write(&rating(member, stars, comment))]).await.unwrap();
    }
    let mut all = ratings.of(id(1)).await.unwrap();
    all.comments.sort_unstable();
    assert_eq!((all.distribution, all.comments), ([1, 0, 0, 0, 2], vec!["太长".to_owned(), "很好".to_owned()]));
    let changed = Rating { version: 2, stars: 4, comment: None, ..rating(1, 5, None) };
    store.write(vec![ratings.write(&changed)]).await.unwrap();
    assert_eq!(ratings.own(id(1), id(1)).await.unwrap(), Some(changed.clone()));
    assert_eq!(ratings.of(id(1)).await.unwrap().distribution, [1, 0, 0, 1, 1]);
    let late = store.write(vec![ratings.write(&changed)]).await;
    assert!(matches!(late, Err(CommitError::Stale { table: "meeting_ratings", .. })), "{late:?}");
    assert_eq!(ratings.own(id(1), id(9)).await.unwrap(), None);
    assert_eq!(ratings.of(id(2)).await.unwrap().count(), 0);
    let stored = fresh.texts("SELECT comment_sealed FROM meeting_ratings WHERE comment_sealed IS NOT NULL").await;
    assert!(stored.len() == 1 && !stored[0].contains("太长"), "{stored:?}");
}

async fn events_of_a_subject_are_found_by_their_kinds(fresh: &Fresh) {
    let store: Store = fresh.open().await;
    let (one, other) = (Subject::new("meeting", "a"), Subject::new("meeting", "b"));
    for (kind, subject) in
        [("meeting.started", &one), ("meeting.signed_in", &one), ("meeting.started", &other), ("meeting.ended", &one)]
    {
        let mut change = store.change();
        change.event(kind, subject.clone(), serde_json::json!({}));
        store.journal.commit(change).await.unwrap();
    }
    let kinds = ["meeting.started", "meeting.ended"];
    let found = store.log.of_subject_only(&one, &kinds).await.unwrap();
    assert_eq!(
        found.iter().map(|event| (event.seq, event.kind.as_str())).collect::<Vec<_>>(),
        [(1, "meeting.started"), (4, "meeting.ended")]
    );
    assert_eq!(store.log.last_of_subject(&one, &kinds[..1]).await.unwrap(), Some(1));
    assert_eq!(store.log.last_of_subject(&other, &kinds).await.unwrap(), Some(3));
    assert_eq!(store.log.last_of_subject(&other, &["meeting.ended"]).await.unwrap(), None);
}
