//! The people on the lists of meetings: a row each, so that thousands may sign in at the same moment.

use std::collections::HashMap;

use lianxin_domain::clock::Timestamp;
use lianxin_domain::ids::{MeetingId, MemberId};
use lianxin_domain::meeting::{Answer, Attendee, DeviceId, Role, Standing};
use sqlx::Row as _;
use sqlx::any::AnyRow;

use super::Meetings;
use crate::change::Write;
use crate::error::StorageError;
use crate::query::{Conditions, MAX_CHOICES};
use crate::table::{Cell, ID, Row, Table, int, text};

pub(crate) static ATTENDEES: Table = Table {
    name: "meeting_attendees",
    key: ID,
    versioned: true,
    fixed: &[
        text("meeting_id"),
        text("member_id"),
        text("account_id"),
        text("organisation_id"),
        text("name"),
        text("standing"),
        text("role"),
        text("substitute_of"),
        int("starts_at"),
        text("photo"),
    ],
    mutable: &[
        int("attending"),
        int("answered_at"),
        int("signed_up_at"),
        text("leave"),
        int("number"),
        text("presence"),
        text("evidence"),
        text("device"),
        int("hand_raised_at"),
    ],
};

/// Begins the key of an arrival number among the claims, whose other keys are digests.
const ARRIVAL: &str = "arrival:";

pub(crate) static CLAIMS: Table =
    Table { name: "meeting_claims", key: ID, versioned: false, fixed: &[int("used_at")], mutable: &[] };

/// Somebody on a list, with the device that signed in.
#[derive(Debug, Clone, PartialEq)]
pub struct Listed {
    /// The person.
    pub attendee: Attendee,
    /// The device of the first sign-in.
    pub device: Option<DeviceId>,
}

/// How many are on a list, and how many of them came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct HeadCount {
    /// 应到
    pub expected: u64,
    /// 实到, themselves or by substitute.
    pub present: u64,
}

/// The write of a change of somebody on the list of a meeting that begins at `starts_at`; `before` is the version that it
/// was decided on, nothing for somebody new.
pub fn attendee_write(
    meeting_id: MeetingId,
    starts_at: Timestamp,
    before: Option<u32>,
    after: &Attendee,
    device: Option<DeviceId>,
) -> Write {
    match before {
        None => Write::Insert(&ATTENDEES, row_of(meeting_id, starts_at, after, device)),
        Some(expected) => Write::Update {
            table: &ATTENDEES,
            key: key_of(meeting_id, after.member_id),
            expected,
            next: after.version,
            values: mutable(after, device),
        },
    }
}

impl Meetings {
    /// The write that uses a claim up; refused when it was used before.
    pub fn use_claim(nonce: &str, now: Timestamp) -> Write {
        Write::Insert(&CLAIMS, vec![nonce.into(), now.into()])
    }

    /// The write that takes an arrival number; refused when somebody else has it, who came at another node.
    pub fn take_number(meeting_id: MeetingId, number: u32, now: Timestamp) -> Write {
        Write::Insert(&CLAIMS, vec![format!("{ARRIVAL}{meeting_id}:{number}").into(), now.into()])
    }

    /// Whether the key of a refused claim is that of an arrival number.
    pub fn is_number(key: &str) -> bool {
        key.starts_with(ARRIVAL)
    }

    /// Everybody on a meeting's list, in no order; for the system only.
    ///
    /// # Errors
    /// [`StorageError`] when the database fails or a row is inconsistent.
    pub async fn listed(&self, meeting_id: MeetingId) -> Result<Vec<Listed>, StorageError> {
        let sql = format!("SELECT {} FROM meeting_attendees WHERE meeting_id = $1", ATTENDEES.select_list());
        let rows = sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(meeting_id.to_string())
            .fetch_all(self.database.readers())
            .await?;
        rows.iter().map(read).collect()
    }

    /// 应到 and 实到 of these meetings, as [`Tally`](lianxin_domain::meeting::Tally) counts them; one without a list is left
    /// out. For the system only.
    ///
    /// # Errors
    /// [`StorageError`] when the database fails or a row is inconsistent.
    pub async fn head_counts(&self, ids: &[MeetingId]) -> Result<HashMap<MeetingId, HeadCount>, StorageError> {
        let mut counts = HashMap::with_capacity(ids.len());
        for chunk in ids.chunks(MAX_CHOICES) {
            let mut conditions = Conditions::default();
            conditions.and("a.role = ?", ["member".into()]);
            conditions.and_one_of("a.meeting_id", chunk.iter().map(|id| Cell::from(id.to_string())));
            let sql = format!(
                "SELECT a.meeting_id, COUNT(*) AS expected, \
                 COUNT(CASE WHEN a.presence IS NOT NULL OR EXISTS (SELECT 1 FROM meeting_attendees s \
                 WHERE s.meeting_id = a.meeting_id AND s.substitute_of = a.member_id AND s.presence IS NOT NULL) \
                 THEN 1 END) AS present FROM meeting_attendees a{} GROUP BY a.meeting_id",
                conditions.to_where()
            );
            for row in conditions.query(sql).fetch_all(self.database.readers()).await? {
                let id: String = row.try_get("meeting_id")?;
                let number =
                    |column| -> Result<u64, StorageError> { Ok(row.try_get::<i64, _>(column)?.unsigned_abs()) };
                let count = HeadCount { expected: number("expected")?, present: number("present")? };
                let corrupt = |_| StorageError::corrupt("meeting_attendees", "meeting_id", &id);
                counts.insert(id.parse().map_err(corrupt)?, count);
            }
        }
        Ok(counts)
    }
}

fn key_of(meeting_id: MeetingId, member_id: MemberId) -> String {
    format!("{meeting_id}:{member_id}")
}

fn row_of(meeting_id: MeetingId, starts_at: Timestamp, attendee: &Attendee, device: Option<DeviceId>) -> Row {
    let head = vec![
        key_of(meeting_id, attendee.member_id).into(),
        attendee.version.into(),
        meeting_id.to_string().into(),
        attendee.member_id.to_string().into(),
        attendee.account_id.map(|id| id.to_string()).into(),
        attendee.organisation_id.map(|id| id.to_string()).into(),
        attendee.name.as_str().into(),
        attendee.standing.as_str().into(),
        attendee.role.as_str().into(),
        attendee.role.substitute_of().map(|of| of.to_string()).into(),
        starts_at.into(),
        attendee.photo.map(|id| id.to_string()).into(),
    ];
    head.into_iter().chain(mutable(attendee, device)).collect()
}

fn mutable(attendee: &Attendee, device: Option<DeviceId>) -> Row {
    let presence = (!attendee.presence.is_empty()).then(|| serde_json::json!(attendee.presence).to_string());
    vec![
        attendee.answer.map(|answer| i64::from(answer.attending)).into(),
        attendee.answer.map(|answer| answer.at).into(),
        attendee.signed_up_at.into(),
        attendee.leave.as_ref().map(|leave| serde_json::json!(leave).to_string()).into(),
        attendee.number.map(i64::from).into(),
        presence.into(),
        attendee.evidence.as_ref().map(|evidence| serde_json::json!(evidence).to_string()).into(),
        device.map(DeviceId::to_text).into(),
        attendee.hand_raised_at.into(),
    ]
}

/// Reads a row of [`ATTENDEES`]' columns.
pub(crate) fn read(row: &AnyRow) -> Result<Listed, StorageError> {
    let key: String = row.try_get("id")?;
    let corrupt = |column| StorageError::corrupt("meeting_attendees", column, &key);
    let words = |column| -> Result<Option<String>, StorageError> { Ok(row.try_get(column)?) };
    let time = |column| -> Result<Option<Timestamp>, StorageError> {
        Ok(row.try_get::<Option<i64>, _>(column)?.map(Timestamp::from_millis))
    };
    let member_id = words("member_id")?.and_then(|id| id.parse().ok()).ok_or_else(|| corrupt("member_id"))?;
    let substitute_of =
        words("substitute_of")?.map(|id| id.parse()).transpose().map_err(|_| corrupt("substitute_of"))?;
    let role = Role::parse(&row.try_get::<String, _>("role")?, substitute_of).ok_or_else(|| corrupt("role"))?;
    let attending: Option<i64> = row.try_get("attending")?;
    let answer = attending.zip(time("answered_at")?).map(|(attending, at)| Answer { attending: attending == 1, at });
    let number: Option<i64> = row.try_get("number")?;
    let version: i64 = row.try_get("version")?;
    let device =
        words("device")?.map(|device| DeviceId::parse(&device).ok_or_else(|| corrupt("device"))).transpose()?;
    let attendee = Attendee {
        member_id,
        account_id: words("account_id")?.map(|id| id.parse()).transpose().map_err(|_| corrupt("account_id"))?,
        name: row.try_get("name")?,
        organisation_id: words("organisation_id")?
            .map(|id| id.parse())
            .transpose()
            .map_err(|_| corrupt("organisation_id"))?,
        standing: Standing::parse(&row.try_get::<String, _>("standing")?).ok_or_else(|| corrupt("standing"))?,
        role,
        version: u32::try_from(version).map_err(|_| corrupt("version"))?,
        answer,
        signed_up_at: time("signed_up_at")?,
        leave: json(words("leave")?).map_err(|()| corrupt("leave"))?,
        number: number.map(u32::try_from).transpose().map_err(|_| corrupt("number"))?,
        presence: json(words("presence")?).map_err(|()| corrupt("presence"))?.unwrap_or_default(),
        evidence: json(words("evidence")?).map_err(|()| corrupt("evidence"))?,
        hand_raised_at: time("hand_raised_at")?,
        photo: words("photo")?.map(|id| id.parse()).transpose().map_err(|_| corrupt("photo"))?,
    };
    Ok(Listed { attendee, device })
}

fn json<T: serde::de::DeserializeOwned>(stored: Option<String>) -> Result<Option<T>, ()> {
    stored.map(|stored| serde_json::from_str(&stored)).transpose().map_err(|_| ())
}
