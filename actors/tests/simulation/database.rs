//! The database: one transaction at a time, version guards, unique keys, stored answers, and the log with its one order.
//!
//! Rows are those that the real changes write. Tickets and halls are not read back from them but folded from the log;
//! that both are the same is checked after every commit.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use lianxin_domain::event::Event;
use lianxin_domain::ids::TicketId;
use lianxin_domain::meeting::Hall;
use lianxin_domain::ticket::Ticket;
use lianxin_storage::change::{Change, Write, key_of};
use lianxin_storage::journal::{CommitError, Committed};
use lianxin_storage::table::{Cell, Operation, Row, Table};
use lianxin_storage::waves::{RefusedRow, waves, without_followers};

use crate::fold::Fold;
use crate::mutation::Mutation;

pub const IDEMPOTENCY: &str = "idempotency";

/// The answer of a request that was done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    pub body: String,
    pub seq: u64,
}

type Key = (&'static str, String);
/// What every change of a batch comes to.
pub type Results = Vec<Result<Committed, CommitError>>;

pub struct Database {
    mutation: Mutation,
    rows: BTreeMap<Key, Row>,
    answers: BTreeMap<String, Stored>,
    log: Vec<Arc<Event>>,
    fold: Fold,
    /// What a transaction overwrote.
    undo: Vec<(Key, Option<Row>)>,
}

impl Database {
    pub fn new(mutation: Mutation) -> Self {
        Self {
            mutation,
            rows: BTreeMap::new(),
            answers: BTreeMap::new(),
            log: Vec::new(),
            fold: Fold::default(),
            undo: Vec::new(),
        }
    }

    pub fn head(&self) -> u64 {
        self.log.len() as u64
    }

    pub fn log(&self) -> &[Arc<Event>] {
        &self.log
    }

    /// Up to `limit` events after number `seq`.
    pub fn after(&self, seq: u64, limit: usize) -> Vec<Arc<Event>> {
        self.log.iter().skip(usize::try_from(seq).unwrap()).take(limit).cloned().collect()
    }

    pub fn answer(&self, key: &str) -> Option<&Stored> {
        self.answers.get(key)
    }

    /// As [`Mutation::KeyClaimedLater`] does it.
    pub fn store_answer(&mut self, key: &str, stored: Stored) {
        self.answers.entry(key.to_owned()).or_insert(stored);
    }

    pub fn rows_of(&self, table: &'static str) -> impl Iterator<Item = (&str, &Row)> {
        let rows = self.rows.range((table, String::new())..).take_while(move |((of, _), _)| *of == table);
        rows.map(|((_, key), row)| (key.as_str(), row))
    }

    pub fn row(&self, table: &'static str, key: &str) -> Option<&Row> {
        self.rows.get(&(table, key.to_owned()))
    }

    pub fn ticket(&self, id: TicketId) -> Option<Ticket> {
        self.fold.tickets().get(&id).cloned()
    }

    pub const fn fold(&self) -> &Fold {
        &self.fold
    }

    /// The hall as its rows say.
    pub fn hall(&self) -> &Hall {
        self.fold.hall()
    }

    /// The first meeting is there before anybody looks.
    pub fn begin(&mut self, meeting: Hall) {
        let write = lianxin_storage::meetings::Meetings::write(None, meeting.meeting());
        self.write(&write);
        self.undo.clear();
        self.fold.begin(meeting);
    }

    /// Commits a batch as the journal does: what is refused is taken out, and the rest is written again.
    ///
    /// # Errors
    /// What is wrong with what was committed.
    pub fn commit(&mut self, changes: &[&Change]) -> Result<Results, String> {
        let mut results: Vec<Option<Result<Committed, CommitError>>> = changes.iter().map(|_| None).collect();
        let mut left: Vec<usize> = (0..changes.len()).collect();
        while !left.is_empty() {
            let batch: Vec<&Change> = left.iter().map(|index| changes[*index]).collect();
            match self.transaction(&batch) {
                Ok(committed) => {
                    let mut seq = self.head() - committed.iter().map(Vec::len).sum::<usize>() as u64;
                    for (index, events) in left.drain(..).zip(committed) {
                        seq = events.last().map_or(seq, |last| last.seq);
                        results[index] = Some(Ok(Committed { seq, events }));
                    }
                }
                Err(refused) => {
                    self.roll_back();
                    let neighbours_fail = self.mutation == Mutation::RefusalFailsNeighbours;
                    let mut place = 0;
                    left.retain(|index| {
                        place += 1;
                        match refused.get(&(place - 1)) {
                            Some(row) => results[*index] = Some(Err(refusal(row))),
                            None if neighbours_fail => {
                                results[*index] =
                                    Some(Ok(Committed { seq: self.log.len() as u64, events: Vec::new() }));
                            }
                            None => return true,
                        }
                        false
                    });
                }
            }
        }
        self.fold.check(&self.rows)?;
        Ok(results.into_iter().map(Option::unwrap).collect())
    }

    fn transaction(&mut self, changes: &[&Change]) -> Result<Vec<Vec<Arc<Event>>>, HashMap<usize, RefusedRow>> {
        let audits: Vec<Option<Write>> = changes.iter().map(|_| None).collect();
        for wave in waves(changes, &audits) {
            let mut refused = HashMap::new();
            for (change, write) in wave {
                if let Some(operation) = self.write(write) {
                    let (table, key) = write.row_key().or(write.required()).unwrap();
                    refused.entry(change).or_insert(RefusedRow { table, operation, key: key.to_owned() });
                }
            }
            if !refused.is_empty() {
                return Err(without_followers(refused, changes));
            }
        }
        for write in changes.iter().flat_map(|change| &change.writes) {
            if let Write::Add(table, key, deltas) = write {
                self.add(table, key, deltas);
            }
        }
        // As the journal does it: behind everything else of the batch.
        for write in changes.iter().flat_map(|change| &change.writes) {
            if let Write::Clear(table, prefix) = write {
                self.clear(table, prefix);
            }
        }
        self.number(changes)
    }

    /// Takes the next numbers, and the rights to do requests once.
    fn number(&mut self, changes: &[&Change]) -> Result<Vec<Vec<Arc<Event>>>, HashMap<usize, RefusedRow>> {
        let mut claimed = HashSet::new();
        let mut refused = HashMap::new();
        if self.mutation != Mutation::KeyClaimedLater {
            for (index, change) in changes.iter().enumerate() {
                let Some(claim) = &change.idempotency else { continue };
                let key = claim.key.as_str();
                if self.answers.contains_key(key) || !claimed.insert(key) {
                    let row = RefusedRow { table: IDEMPOTENCY, operation: Operation::Insert, key: key.to_owned() };
                    refused.insert(index, row);
                }
            }
        }
        if !refused.is_empty() {
            return Err(refused);
        }
        self.undo.clear();
        let mut all = Vec::new();
        for change in changes {
            let mut events = Vec::new();
            for event in &change.events {
                let event = Arc::new(event.clone().numbered(self.head() + 1));
                self.fold.take(&event);
                self.log.push(Arc::clone(&event));
                events.push(event);
            }
            if let Some(claim) = change.idempotency.as_ref().filter(|_| self.mutation != Mutation::KeyClaimedLater) {
                let stored = Stored { body: claim.body.clone(), seq: self.head() };
                self.answers.insert(claim.key.as_str().to_owned(), stored);
            }
            all.push(events);
        }
        Ok(all)
    }

    /// Answers the operation that was refused, if it was.
    fn write(&mut self, write: &Write) -> Option<Operation> {
        match write {
            Write::Insert(table, row) => {
                let key = (table.name, key_of(row)?.to_owned());
                // Of a meeting's votes each has another number.
                let taken = || table.name == "votes" && self.rows_of("votes").any(|(_, vote)| vote[2..4] == row[2..4]);
                if self.rows.contains_key(&key) || taken() {
                    return Some(Operation::Insert);
                }
                self.put(key, Some(row.clone()));
            }
            Write::InsertOnce(table, row) => {
                let key = (table.name, key_of(row)?.to_owned());
                if !self.rows.contains_key(&key) {
                    self.put(key, Some(row.clone()));
                }
            }
            Write::Put(table, row) => self.put((table.name, key_of(row)?.to_owned()), Some(row.clone())),
            Write::Raise(table, row) => {
                let key = (table.name, key_of(row)?.to_owned());
                let older = self.rows.get(&key).is_none_or(|there| int(&there[1]) <= int(&row[1]));
                if older {
                    self.put(key, Some(row.clone()));
                }
            }
            Write::Update { table, key, expected, next, values } => {
                let key = (table.name, key.clone());
                let guarded = self.mutation != Mutation::VersionGuardIgnored;
                let Some(row) = self.rows.get(&key).filter(|row| !guarded || int(&row[1]) == i64::from(*expected))
                else {
                    return Some(Operation::Update);
                };
                let mut row = row.clone();
                row[1] = (*next).into();
                let mutable = row.len() - table.mutable.len();
                row.splice(mutable.., values.iter().cloned());
                self.put(key, Some(row));
            }
            Write::Require { table, key, version } => {
                let row = self.rows.get(&(table.name, key.clone()));
                if row.is_none_or(|row| int(&row[1]) != i64::from(*version)) {
                    return Some(Operation::Require);
                }
            }
            Write::Delete(table, key) => self.put((table.name, key.clone()), None),
            Write::Add(..) | Write::Clear(..) | Write::Relocate { .. } => {}
        }
        None
    }

    fn clear(&mut self, table: &'static Table, prefix: &str) {
        let gone = |(name, key): &&Key| *name == table.name && key.starts_with(prefix);
        let gone: Vec<Key> = self.rows.keys().filter(gone).cloned().collect();
        gone.into_iter().for_each(|key| self.put(key, None));
    }

    fn add(&mut self, table: &'static Table, key: &str, deltas: &[i64]) {
        let place = (table.name, key.to_owned());
        let zero = || std::iter::once(Cell::from(key)).chain(deltas.iter().map(|_| Cell::from(0_i64))).collect();
        let mut row = self.rows.get(&place).cloned().unwrap_or_else(zero);
        for (cell, delta) in row[1..].iter_mut().zip(deltas) {
            *cell = (int(cell) + delta).into();
        }
        self.put(place, Some(row));
    }

    fn put(&mut self, key: Key, row: Option<Row>) {
        let before = match row {
            Some(row) => self.rows.insert(key.clone(), row),
            None => self.rows.remove(&key),
        };
        self.undo.push((key, before));
    }

    fn roll_back(&mut self) {
        while let Some((key, before)) = self.undo.pop() {
            match before {
                Some(row) => drop(self.rows.insert(key, row)),
                None => drop(self.rows.remove(&key)),
            }
        }
    }
}

pub fn int(cell: &Cell) -> i64 {
    match cell {
        Cell::Int(Some(number)) => *number,
        other => panic!("not a number: {other:?}"),
    }
}

/// What the journal answers for a refused row.
fn refusal(row: &RefusedRow) -> CommitError {
    match row.operation {
        Operation::Insert if row.table == IDEMPOTENCY => CommitError::Repeated,
        Operation::Insert => CommitError::Exists { table: row.table, key: row.key.clone() },
        _ => CommitError::Stale { table: row.table, key: row.key.clone() },
    }
}
