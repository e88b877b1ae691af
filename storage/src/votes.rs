//! Votes in the database: their rows, who voted, and the urns of secret votes.
//!
//! An urn's rows have a random key, by which they are stored, and hold a sealed slip: ballot and receipt, and no voter. A
//! vote's rows are found by the beginning of their keys: `vote:round:…`.

use std::sync::Arc;

use data_encoding::HEXLOWER;
use lianxin_domain::clock::{Entropy, Timestamp};
use lianxin_domain::ids::{MeetingId, MemberId, VoteId};
use lianxin_domain::meeting::{CastMark, Poll, Slip, Urn};
use lianxin_domain::vote::{Ballot, Receipt, Vote, VoteState};
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row as _};

use crate::change::Write;
use crate::database::Database;
use crate::error::StorageError;
use crate::sealed::ColumnCipher;
use crate::table::{ID, Row, Table, int, text};

static VOTES: Table = Table {
    name: "votes",
    key: ID,
    versioned: true,
    fixed: &[text("meeting_id"), int("number")],
    mutable: &[
        text("question"),
        text("state"),
        int("round"),
        text("opened"),
        int("closed_at"),
        int("publishes"),
        int("published_at"),
        text("result"),
    ],
};

static VOTERS: Table =
    Table { name: "vote_voters", key: ID, versioned: false, fixed: &[text("member_id"), text("ballot")], mutable: &[] };

static SLIPS: Table =
    Table { name: "vote_slips", key: ID, versioned: false, fixed: &[text("slip_sealed")], mutable: &[] };

static RECEIPTS: Table =
    Table { name: "vote_receipts", key: ID, versioned: false, fixed: &[], mutable: &[text("codes")] };

const SLIP: &str = "vote_slips.slip_sealed";

/// The votes.
#[derive(Clone)]
pub struct Votes {
    database: Database,
}

/// Seals slips on their way into urns.
#[derive(Clone)]
pub struct SlipSealer {
    cipher: ColumnCipher,
    entropy: Arc<dyn Entropy>,
}

impl SlipSealer {
    /// Seals with `cipher`; `entropy` gives the keys of rows.
    pub const fn new(cipher: ColumnCipher, entropy: Arc<dyn Entropy>) -> Self {
        Self { cipher, entropy }
    }

    /// The write that puts a slip into the urn.
    pub fn put(&self, vote_id: VoteId, round: u32, slip: &Slip) -> Write {
        let mut random = [0; 16];
        self.entropy.fill(&mut random);
        let key = format!("{}{}", prefix(vote_id, round), HEXLOWER.encode(&random));
        let plain = serde_json::json!([slip.ballot, slip.receipt]).to_string();
        Write::Insert(&SLIPS, vec![key.into(), self.cipher.seal(SLIP, &plain).into()])
    }

    /// The slip of the row `key`.
    ///
    /// # Errors
    /// [`StorageError`] when it cannot be opened, or is none.
    pub fn open(&self, key: &str, sealed: &str) -> Result<Slip, StorageError> {
        let unreadable = |source| StorageError::Sealed { table: "vote_slips", row: key.to_owned(), source };
        let plain = self.cipher.open(SLIP, sealed).map_err(unreadable)?;
        let (ballot, receipt) =
            serde_json::from_str(&plain).map_err(|_| StorageError::corrupt("vote_slips", "slip_sealed", key))?;
        Ok(Slip { ballot, receipt })
    }
}

impl Votes {
    /// Over `database`.
    pub const fn new(database: Database) -> Self {
        Self { database }
    }

    /// The write of a vote that was at version `before` (nothing: a new one).
    pub fn write(meeting_id: MeetingId, before: Option<u32>, after: &Vote) -> Write {
        let key = after.id.to_string();
        match before {
            Some(expected) => {
                Write::Update { table: &VOTES, key, expected, next: after.version, values: mutable(after) }
            }
            None => {
                let head = [key.into(), after.version.into(), meeting_id.to_string().into(), after.number.into()];
                Write::Insert(&VOTES, head.into_iter().chain(mutable(after)).collect())
            }
        }
    }

    /// The writes that mark somebody as having voted in a round that is open at `version`: refused when the person has
    /// voted before, or the vote is no longer as it was.
    pub fn mark(vote: &Vote, member_id: MemberId, ballot: Option<&Ballot>) -> [Write; 2] {
        let key = format!("{}{member_id}", prefix(vote.id, vote.round));
        let ballot = ballot.map(|ballot| serde_json::json!(ballot).to_string());
        [Self::unchanged(vote), Write::Insert(&VOTERS, vec![key.into(), member_id.to_string().into(), ballot.into()])]
    }

    /// The write that is refused when the vote is no longer as it was.
    pub fn unchanged(vote: &Vote) -> Write {
        Write::Require { table: &VOTES, key: vote.id.to_string(), version: vote.version }
    }

    /// The write that empties the urn of a round.
    pub fn empty(vote_id: VoteId, round: u32) -> Write {
        Write::Clear(&SLIPS, prefix(vote_id, round))
    }

    /// The write that keeps the codes which lay in the urn of a round.
    pub fn keep_receipts(vote_id: VoteId, round: u32, receipts: &[Receipt]) -> Write {
        let codes: Vec<String> = receipts.iter().map(Receipt::to_string).collect();
        Write::Put(&RECEIPTS, vec![receipts_key(vote_id, round).into(), codes.join("\n").into()])
    }

    /// The votes of a meeting at work: those that are open or being counted with who has voted. For the system only.
    ///
    /// # Errors
    /// [`StorageError`] when the database fails or a row is inconsistent.
    pub async fn polls(&self, meeting_id: MeetingId) -> Result<Vec<Poll>, StorageError> {
        let sql = format!("SELECT {} FROM votes WHERE meeting_id = $1 ORDER BY number", VOTES.select_list());
        let rows = sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(meeting_id.to_string())
            .fetch_all(self.database.readers())
            .await?;
        let mut polls = Vec::with_capacity(rows.len());
        for row in &rows {
            let vote = read_vote(row)?;
            let at_work = matches!(vote.state, VoteState::Open | VoteState::Closed);
            let marks = if at_work { self.marks(vote.id, vote.round).await? } else { Vec::new() };
            polls.push(Poll::new(vote, marks));
        }
        Ok(polls)
    }

    /// Who voted in a round, and, in votes by name alone, how. In no order.
    ///
    /// # Errors
    /// [`StorageError`] when the database fails or a row is inconsistent.
    pub async fn marks(&self, vote_id: VoteId, round: u32) -> Result<Vec<CastMark>, StorageError> {
        let from = prefix(vote_id, round);
        let rows = sqlx::query("SELECT id, member_id, ballot FROM vote_voters WHERE id >= $1 AND id < $2")
            .bind(&from)
            .bind(format!("{from}~"))
            .fetch_all(self.database.readers())
            .await?;
        let mark = |row: &AnyRow| {
            let key: String = row.try_get("id")?;
            let corrupt = |column| StorageError::corrupt("vote_voters", column, &key);
            let ballot: Option<String> = row.try_get("ballot")?;
            let ballot = ballot.map(|text| serde_json::from_str(&text)).transpose();
            Ok(CastMark {
                member_id: row.try_get::<String, _>("member_id")?.parse().map_err(|_| corrupt("member_id"))?,
                ballot: ballot.map_err(|_| corrupt("ballot"))?,
            })
        };
        rows.iter().map(mark).collect()
    }

    /// What lies in the urn of a round, opened by `sealer`, in the order of random keys.
    ///
    /// # Errors
    /// [`StorageError`] when the database fails or a slip cannot be opened.
    pub async fn urn(&self, sealer: &SlipSealer, vote_id: VoteId, round: u32) -> Result<Urn, StorageError> {
        let from = prefix(vote_id, round);
        let rows = sqlx::query("SELECT id, slip_sealed FROM vote_slips WHERE id >= $1 AND id < $2 ORDER BY id")
            .bind(&from)
            .bind(format!("{from}~"))
            .fetch_all(self.database.readers())
            .await?;
        let mut urn = Urn { ballots: Vec::with_capacity(rows.len()), receipts: Vec::with_capacity(rows.len()) };
        for row in &rows {
            let (key, sealed): (String, String) = (row.try_get(0)?, row.try_get(1)?);
            let slip = sealer.open(&key, &sealed)?;
            urn.ballots.push(slip.ballot);
            urn.receipts.push(slip.receipt);
        }
        Ok(urn)
    }

    /// The codes that lay in the urn of a round, sorted; none before it is counted.
    ///
    /// # Errors
    /// [`StorageError`] when the database fails or the row is inconsistent.
    pub async fn receipts(&self, vote_id: VoteId, round: u32) -> Result<Vec<Receipt>, StorageError> {
        let key = receipts_key(vote_id, round);
        let sql = "SELECT codes FROM vote_receipts WHERE id = $1";
        let row = sqlx::query(sql).bind(&key).fetch_optional(self.database.readers()).await?;
        let Some(row) = row else { return Ok(Vec::new()) };
        let codes: String = row.try_get(0)?;
        let read = codes.lines().map(str::parse).collect::<Result<_, _>>();
        read.map_err(|_| StorageError::corrupt("vote_receipts", "codes", &key))
    }
}

/// Compares votes with the marks, slips and receipts of their rounds; answers how many there are, and what does not agree.
///
/// # Errors
/// [`StorageError`] when the database fails or a row is inconsistent.
pub(crate) async fn differences(moment: &mut AnyConnection) -> Result<(usize, Vec<String>), StorageError> {
    let counted = |table: &str| {
        let from = "v.id || ':' || CAST(v.round AS TEXT) || ':'";
        format!("(SELECT COUNT(*) FROM {table} t WHERE t.id >= {from} AND t.id < {from} || '~') AS {table}")
    };
    let columns: Vec<String> = VOTES.columns().map(|column| format!("v.{}", column.name)).collect();
    let sql = format!(
        "SELECT {}, {}, {}, r.codes FROM votes v \
         LEFT JOIN vote_receipts r ON r.id = v.id || ':' || CAST(v.round AS TEXT)",
        columns.join(", "),
        counted("vote_voters"),
        counted("vote_slips"),
    );
    let rows = sqlx::query(sqlx::AssertSqlSafe(sql)).fetch_all(&mut *moment).await?;
    let mut wrong = Vec::new();
    for row in &rows {
        let vote = read_vote(row)?;
        let marks = row.try_get::<i64, _>("vote_voters")?.unsigned_abs();
        let slips = row.try_get::<i64, _>("vote_slips")?.unsigned_abs();
        let receipts = row.try_get::<Option<String>, _>("codes")?.map_or(0, |codes| codes.lines().count() as u64);
        let secret = |count: u64| if vote.is_secret() { count } else { 0 };
        let ballots = vote.result.as_ref().map(|result| u64::from(result.ballots));
        let expected = match vote.state {
            VoteState::Open | VoteState::Closed => (marks, secret(marks), 0),
            VoteState::Counted | VoteState::Published => (ballots.unwrap_or_default(), 0, secret(marks)),
            VoteState::Prepared | VoteState::Dropped => (marks, 0, receipts),
        };
        if expected != (marks, slips, receipts) {
            let state = vote.state.as_str();
            wrong.push(format!(
                "vote {} is {state} with {marks} who voted, {slips} slips, {receipts} receipts, and {ballots:?} ballots counted",
                vote.id
            ));
        }
    }
    Ok((rows.len(), wrong))
}

fn prefix(vote_id: VoteId, round: u32) -> String {
    format!("{vote_id}:{round}:")
}

fn receipts_key(vote_id: VoteId, round: u32) -> String {
    format!("{vote_id}:{round}")
}

fn mutable(vote: &Vote) -> Row {
    vec![
        serde_json::json!(vote.question).to_string().into(),
        vote.state.as_str().into(),
        vote.round.into(),
        vote.opened.as_ref().map(|opened| serde_json::json!(opened).to_string()).into(),
        vote.closed_at.into(),
        vote.publishes.into(),
        vote.published_at.into(),
        vote.result.as_ref().map(|result| serde_json::json!(result).to_string()).into(),
    ]
}

fn read_vote(row: &AnyRow) -> Result<Vote, StorageError> {
    let key: String = row.try_get("id")?;
    let corrupt = |column| StorageError::corrupt("votes", column, &key);
    let number = |column| -> Result<u32, StorageError> {
        u32::try_from(row.try_get::<i64, _>(column)?).map_err(|_| corrupt(column))
    };
    let time = |column| -> Result<Option<Timestamp>, StorageError> {
        Ok(row.try_get::<Option<i64>, _>(column)?.map(Timestamp::from_millis))
    };
    let opened: Option<String> = row.try_get("opened")?;
    let result: Option<String> = row.try_get("result")?;
    Ok(Vote {
        id: key.parse().map_err(|_| corrupt("id"))?,
        version: number("version")?,
        number: number("number")?,
        question: serde_json::from_str(&row.try_get::<String, _>("question")?).map_err(|_| corrupt("question"))?,
        state: VoteState::parse(&row.try_get::<String, _>("state")?).ok_or_else(|| corrupt("state"))?,
        round: number("round")?,
        opened: opened.map(|text| serde_json::from_str(&text)).transpose().map_err(|_| corrupt("opened"))?,
        closed_at: time("closed_at")?,
        publishes: row.try_get::<i64, _>("publishes")? != 0,
        published_at: time("published_at")?,
        result: result.map(|text| serde_json::from_str(&text)).transpose().map_err(|_| corrupt("result"))?,
    })
}
