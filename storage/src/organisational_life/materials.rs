//! Participants and their 对照检查材料. Whoever asks must already have the right to the meeting, and to the material.

use std::collections::HashMap;

use lianxin_domain::attachment::AttachmentRef;
use lianxin_domain::clock::Timestamp;
use lianxin_domain::ids::{AccountId, LifeMeetingId, MemberId};
use lianxin_domain::organisational_life::{Material, MaterialState, MaterialTally, Participant};
use lianxin_domain::person::PersonRef;
use serde::{Deserialize, Serialize};
use sqlx::Row as _;
use sqlx::any::AnyRow;

use super::LifeMeetings;
use crate::change::Write;
use crate::error::StorageError;
use crate::query::{Conditions, MAX_CHOICES};
use crate::table::{Cell, ID, Row, Table, int, text};

static PARTICIPANTS: Table = Table {
    name: "life_participants",
    key: ID,
    versioned: true,
    fixed: &[text("life_meeting_id"), text("member_id"), text("account_id"), text("name"), int("place")],
    mutable: &[
        text("state"),
        int("number"),
        int("submitted_at"),
        text("decided_by_id"),
        text("decided_by_name"),
        int("decided_at"),
        text("reason_sealed"),
    ],
};

static MATERIALS: Table = Table {
    name: "life_materials",
    key: ID,
    versioned: false,
    fixed: &[int("number"), int("submitted_at"), text("body_sealed")],
    mutable: &[],
};

const BODY: &str = "life_materials.body_sealed";
const REASON: &str = "life_participants.reason_sealed";

/// What is sealed of a material.
#[derive(Serialize, Deserialize)]
struct Body {
    text: String,
    files: Vec<AttachmentRef>,
}

impl LifeMeetings {
    /// The write of a change from `before` (nothing: a new one) to `after`.
    pub fn write_participant(&self, before: Option<&Participant>, after: &Participant) -> Write {
        let key = key_of(after.life_meeting_id, after.member_id);
        match before {
            Some(before) => Write::Update {
                table: &PARTICIPANTS,
                key,
                expected: before.version,
                next: after.version,
                values: self.mutable(after),
            },
            None => {
                let head = [
                    key.into(),
                    after.version.into(),
                    after.life_meeting_id.to_string().into(),
                    after.member_id.to_string().into(),
                    after.account_id.to_string().into(),
                    after.name.as_str().into(),
                    after.place.into(),
                ];
                Write::Insert(&PARTICIPANTS, head.into_iter().chain(self.mutable(after)).collect())
            }
        }
    }

    /// The writes that take participants and all their materials away; refused when one of them handed something in
    /// meanwhile.
    pub fn remove_participants(&self, meeting: LifeMeetingId, participants: &[Participant]) -> Vec<Write> {
        let rows = participants.iter().flat_map(|participant| {
            let last = Participant { version: participant.version + 1, ..participant.clone() };
            let key = key_of(participant.life_meeting_id, participant.member_id);
            [self.write_participant(Some(participant), &last), Write::Delete(&PARTICIPANTS, key)]
        });
        rows.chain([Write::Clear(&MATERIALS, format!("{meeting}:"))]).collect()
    }

    /// The write of a version of a material.
    pub fn insert_material(&self, whose: &Participant, material: &Material) -> Write {
        let body = Body { text: material.text.clone(), files: material.files.clone() };
        let row = vec![
            version_key(whose.life_meeting_id, whose.member_id, material.number).into(),
            material.number.into(),
            material.submitted_at.into(),
            self.cipher.seal(BODY, &serde_json::json!(body).to_string()).into(),
        ];
        Write::Insert(&MATERIALS, row)
    }

    /// Everybody who takes part, in their order.
    ///
    /// # Errors
    /// [`StorageError`] when the database fails or a row is inconsistent.
    pub async fn participants(&self, meeting: LifeMeetingId) -> Result<Vec<Participant>, StorageError> {
        let columns = PARTICIPANTS.select_list();
        let sql = format!("SELECT {columns} FROM life_participants WHERE life_meeting_id = $1 ORDER BY place");
        let rows =
            sqlx::query(sqlx::AssertSqlSafe(sql)).bind(meeting.to_string()).fetch_all(self.database.readers()).await?;
        rows.iter().map(|row| self.read_participant(row)).collect()
    }

    /// One who takes part.
    ///
    /// # Errors
    /// [`StorageError`] when the database fails or the row is inconsistent.
    pub async fn participant(
        &self,
        meeting: LifeMeetingId,
        member: MemberId,
    ) -> Result<Option<Participant>, StorageError> {
        let sql = format!("SELECT {} FROM life_participants WHERE id = $1", PARTICIPANTS.select_list());
        let key = key_of(meeting, member);
        let row = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(key).fetch_optional(self.database.readers()).await?;
        row.map(|row| self.read_participant(&row)).transpose()
    }

    /// How somebody takes part in these meetings.
    ///
    /// # Errors
    /// [`StorageError`] when the database fails or a row is inconsistent.
    pub async fn of_account(
        &self,
        account: AccountId,
        meetings: &[LifeMeetingId],
    ) -> Result<HashMap<LifeMeetingId, Participant>, StorageError> {
        let mut found = HashMap::new();
        for part in meetings.chunks(MAX_CHOICES) {
            let mut conditions = Conditions::default();
            conditions.and("account_id = ?", [account.to_string().into()]);
            conditions.and_one_of("life_meeting_id", part.iter().map(|id| Cell::from(id.to_string())));
            let columns = PARTICIPANTS.select_list();
            let sql = format!("SELECT {columns} FROM life_participants{}", conditions.to_where());
            for row in conditions.query(sql).fetch_all(self.database.readers()).await? {
                let participant = self.read_participant(&row)?;
                found.insert(participant.life_meeting_id, participant);
            }
        }
        Ok(found)
    }

    /// How many materials of these meetings stand how.
    ///
    /// # Errors
    /// [`StorageError`] when the database fails or a row is inconsistent.
    pub async fn tallies(
        &self,
        meetings: &[LifeMeetingId],
    ) -> Result<HashMap<LifeMeetingId, MaterialTally>, StorageError> {
        let mut tallies: HashMap<LifeMeetingId, MaterialTally> = HashMap::new();
        for part in meetings.chunks(MAX_CHOICES) {
            let mut conditions = Conditions::default();
            conditions.and_one_of("life_meeting_id", part.iter().map(|id| Cell::from(id.to_string())));
            let sql = format!(
                "SELECT life_meeting_id, state, COUNT(*) AS number FROM life_participants{} \
                 GROUP BY life_meeting_id, state",
                conditions.to_where()
            );
            for row in conditions.query(sql).fetch_all(self.database.readers()).await? {
                let (id, state): (String, String) = (row.try_get("life_meeting_id")?, row.try_get("state")?);
                let corrupt = |column| StorageError::corrupt("life_participants", column, &id);
                let count = u32::try_from(row.try_get::<i64, _>("number")?).unwrap_or(u32::MAX);
                let state = MaterialState::parse(&state).ok_or_else(|| corrupt("state"))?;
                tallies.entry(id.parse().map_err(|_| corrupt("life_meeting_id"))?).or_default().add(state, count);
            }
        }
        Ok(tallies)
    }

    /// All versions of somebody's material, the oldest first.
    ///
    /// # Errors
    /// [`StorageError`] when the database fails or a row is inconsistent.
    pub async fn materials(&self, meeting: LifeMeetingId, member: MemberId) -> Result<Vec<Material>, StorageError> {
        self.materials_below(&format!("{}:", key_of(meeting, member))).await
    }

    /// All versions of all materials of a meeting.
    ///
    /// # Errors
    /// [`StorageError`] when the database fails or a row is inconsistent.
    pub async fn all_materials(&self, meeting: LifeMeetingId) -> Result<Vec<Material>, StorageError> {
        self.materials_below(&format!("{meeting}:")).await
    }

    async fn materials_below(&self, prefix: &str) -> Result<Vec<Material>, StorageError> {
        let columns = MATERIALS.select_list();
        let sql = format!("SELECT {columns} FROM life_materials WHERE id >= $1 AND id < $2 ORDER BY id");
        let rows = sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(prefix.to_owned())
            .bind(format!("{prefix}~"))
            .fetch_all(self.database.readers())
            .await?;
        rows.iter().map(|row| self.read_material(row)).collect()
    }

    fn mutable(&self, participant: &Participant) -> Row {
        let decided_by = participant.decided_by.as_ref();
        vec![
            participant.state.as_str().into(),
            participant.number.into(),
            participant.submitted_at.into(),
            decided_by.map(|by| by.id.to_string()).into(),
            decided_by.map(|by| by.name.clone()).into(),
            participant.decided_at.into(),
            participant.reason.as_ref().map(|reason| self.cipher.seal(REASON, reason)).into(),
        ]
    }

    fn read_participant(&self, row: &AnyRow) -> Result<Participant, StorageError> {
        let id: String = row.try_get("id")?;
        let corrupt = |column| StorageError::corrupt("life_participants", column, &id);
        let words = |column| -> Result<String, StorageError> { Ok(row.try_get(column)?) };
        let maybe = |column| -> Result<Option<String>, StorageError> { Ok(row.try_get(column)?) };
        let number = |column| -> Result<u32, StorageError> {
            u32::try_from(row.try_get::<i64, _>(column)?).map_err(|_| corrupt(column))
        };
        let time = |column| -> Result<Option<Timestamp>, StorageError> {
            Ok(row.try_get::<Option<i64>, _>(column)?.map(Timestamp::from_millis))
        };
        let decided_by = match maybe("decided_by_id")? {
            Some(by) => Some(PersonRef {
                id: by.parse().map_err(|_| corrupt("decided_by_id"))?,
                name: maybe("decided_by_name")?.unwrap_or_default(),
            }),
            None => None,
        };
        let reason = maybe("reason_sealed")?.map(|sealed| self.cipher.open(REASON, &sealed)).transpose();
        Ok(Participant {
            life_meeting_id: words("life_meeting_id")?.parse().map_err(|_| corrupt("life_meeting_id"))?,
            member_id: words("member_id")?.parse().map_err(|_| corrupt("member_id"))?,
            account_id: words("account_id")?.parse().map_err(|_| corrupt("account_id"))?,
            name: words("name")?,
            place: number("place")?,
            version: number("version")?,
            state: MaterialState::parse(&words("state")?).ok_or_else(|| corrupt("state"))?,
            number: number("number")?,
            submitted_at: time("submitted_at")?,
            decided_by,
            decided_at: time("decided_at")?,
            reason: reason.map_err(|source| unreadable("life_participants", &id, source))?,
        })
    }

    fn read_material(&self, row: &AnyRow) -> Result<Material, StorageError> {
        let id: String = row.try_get("id")?;
        let corrupt = |column| StorageError::corrupt("life_materials", column, &id);
        let sealed: String = row.try_get("body_sealed")?;
        let body = self.cipher.open(BODY, &sealed).map_err(|source| unreadable("life_materials", &id, source))?;
        let body: Body = serde_json::from_str(&body).map_err(|_| corrupt("body_sealed"))?;
        Ok(Material {
            number: u32::try_from(row.try_get::<i64, _>("number")?).map_err(|_| corrupt("number"))?,
            submitted_at: Timestamp::from_millis(row.try_get("submitted_at")?),
            text: body.text,
            files: body.files,
        })
    }
}

fn unreadable(table: &'static str, row: &str, source: crate::sealed::SealedError) -> StorageError {
    StorageError::Sealed { table, row: row.to_owned(), source }
}

fn key_of(meeting: LifeMeetingId, member: MemberId) -> String {
    format!("{meeting}:{member}")
}

fn version_key(meeting: LifeMeetingId, member: MemberId, number: u32) -> String {
    format!("{}:{number:06}", key_of(meeting, member))
}
