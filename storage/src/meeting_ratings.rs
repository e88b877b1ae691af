//! What those who were there think of a meeting (会后评价). Read all together, or by whoever gave it; the words are sealed.
//! Whoever asks must have the right to the meeting.

use lianxin_domain::clock::Timestamp;
use lianxin_domain::ids::{MeetingId, MemberId};
use lianxin_domain::minutes::{Rating, Ratings};
use sqlx::Row as _;
use sqlx::any::AnyRow;

use crate::change::Write;
use crate::database::Database;
use crate::error::StorageError;
use crate::sealed::ColumnCipher;
use crate::table::{ID, Table, int, text};

static RATINGS: Table = Table {
    name: "meeting_ratings",
    key: ID,
    versioned: true,
    fixed: &[text("meeting_id"), text("member_id")],
    mutable: &[int("stars"), text("comment_sealed"), int("rated_at")],
};

const COMMENT: &str = "meeting_ratings.comment_sealed";

/// All ratings.
#[derive(Clone)]
pub struct MeetingRatings {
    database: Database,
    cipher: ColumnCipher,
}

impl MeetingRatings {
    /// Over `database`, sealed by `cipher`.
    pub const fn new(database: Database, cipher: ColumnCipher) -> Self {
        Self { database, cipher }
    }

    /// Somebody's own.
    ///
    /// # Errors
    /// [`StorageError`] when the database fails or the row is inconsistent.
    pub async fn own(&self, meeting_id: MeetingId, member_id: MemberId) -> Result<Option<Rating>, StorageError> {
        let key = key_of(meeting_id, member_id);
        let sql = format!("SELECT {} FROM meeting_ratings WHERE id = $1", RATINGS.select_list());
        let row = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(&key).fetch_optional(self.database.readers()).await?;
        let corrupt = |column| StorageError::corrupt("meeting_ratings", column, &key);
        row.map(|row| {
            Ok(Rating {
                meeting_id,
                member_id,
                version: u32::try_from(row.try_get::<i64, _>("version")?).map_err(|_| corrupt("version"))?,
                stars: u8::try_from(row.try_get::<i64, _>("stars")?).map_err(|_| corrupt("stars"))?,
                comment: self.comment(&row, &key)?,
                at: Timestamp::from_millis(row.try_get("rated_at")?),
            })
        })
        .transpose()
    }

    /// All of a meeting, without whose they are.
    ///
    /// # Errors
    /// [`StorageError`] when the database fails or a row is inconsistent.
    pub async fn of(&self, meeting_id: MeetingId) -> Result<Ratings, StorageError> {
        let sql = format!("SELECT {} FROM meeting_ratings WHERE meeting_id = $1", RATINGS.select_list());
        let rows = sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(meeting_id.to_string())
            .fetch_all(self.database.readers())
            .await?;
        let mut ratings = Ratings::default();
        for row in rows {
            let key: String = row.try_get("id")?;
            let place = usize::try_from(row.try_get::<i64, _>("stars")? - 1).ok();
            let count = place.and_then(|place| ratings.distribution.get_mut(place));
            *count.ok_or_else(|| StorageError::corrupt("meeting_ratings", "stars", &key))? += 1;
            ratings.comments.extend(self.comment(&row, &key)?);
        }
        Ok(ratings)
    }

    /// The write of a rating that was at the version before, or was none; refused when another one was faster.
    pub fn write(&self, rating: &Rating) -> Write {
        let key = key_of(rating.meeting_id, rating.member_id);
        let comment = rating.comment.as_ref().map(|comment| self.cipher.seal(COMMENT, comment));
        let values = vec![i64::from(rating.stars).into(), comment.into(), rating.at.into()];
        if rating.version > 1 {
            let (expected, next) = (rating.version - 1, rating.version);
            return Write::Update { table: &RATINGS, key, expected, next, values };
        }
        let head = [
            key.into(),
            rating.version.into(),
            rating.meeting_id.to_string().into(),
            rating.member_id.to_string().into(),
        ];
        Write::Insert(&RATINGS, head.into_iter().chain(values).collect())
    }

    fn comment(&self, row: &AnyRow, key: &str) -> Result<Option<String>, StorageError> {
        let sealed: Option<String> = row.try_get("comment_sealed")?;
        let unreadable = |source| StorageError::Sealed { table: "meeting_ratings", row: key.to_owned(), source };
        sealed.map(|sealed| self.cipher.open(COMMENT, &sealed)).transpose().map_err(unreadable)
    }
}

fn key_of(meeting_id: MeetingId, member_id: MemberId) -> String {
    format!("{meeting_id}:{member_id}")
}
