//! Applies several changes inside one open transaction, merged into as few statements as their rows allow.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use lianxin_domain::event::Event;
use lianxin_domain::ids::{AuditId, IdSource};
use sqlx::{AnyConnection, Executor, Row as _};

use crate::change::{Change, Write, key_of};
use crate::core_tables::{audit_write, idempotency_write};
use crate::log::{self, EVENTS};
use crate::table::{Cell, Operation, StatementTexts, Table, next_chunk};
use crate::waves::{RefusedRow, waves, without_followers};

/// What became of a batch: all of it is written, or these changes stand in the way and nothing may be kept.
pub(crate) enum Applied {
    All(Vec<Vec<Arc<Event>>>),
    Refused(HashMap<usize, RefusedRow>),
}

/// One row of one statement.
struct Part<'a> {
    change: usize,
    key: &'a str,
    cells: Vec<&'a Cell>,
    versions: Option<[Cell; 2]>,
    must_hit: bool,
}

/// Runs batches on the journal's connection.
pub(crate) struct BatchWriter<'a> {
    pub(crate) connection: &'a mut AnyConnection,
    pub(crate) texts: &'a StatementTexts,
    pub(crate) ids: &'a IdSource,
}

impl BatchWriter<'_> {
    /// Writes all rows of `changes`, then numbers and writes their events.
    pub(crate) async fn apply(&mut self, changes: &[&Change]) -> Result<Applied, sqlx::Error> {
        let audits: Vec<Option<Write>> = changes
            .iter()
            .map(|change| change.audit.as_ref().map(|entry| audit_write(self.ids.next::<AuditId>(), entry, change)))
            .collect();
        for wave in waves(changes, &audits) {
            let mut refused = self.write_rows(&wave).await?;
            refused.extend(self.require(&wave).await?);
            if !refused.is_empty() {
                return Ok(Applied::Refused(without_followers(refused, changes)));
            }
        }
        self.add(changes).await?;
        self.clear(changes).await?;
        self.relocate(changes).await?;
        self.number_events(changes).await
    }

    /// Looks whether the rows that a wave needs are at their versions; each row once, however many changes need it.
    async fn require(&mut self, wave: &[(usize, &Write)]) -> Result<HashMap<usize, RefusedRow>, sqlx::Error> {
        let mut needed: BTreeMap<(&'static str, &str), &'static Table> = BTreeMap::new();
        for (_, write) in wave {
            if let Write::Require { table, key, .. } = write {
                needed.insert((table.name, key), table);
            }
        }
        let mut found: HashMap<(&'static str, String), i64> = HashMap::new();
        for ((name, key), table) in needed {
            let query = sqlx::query(self.texts.get(table, Operation::Require, 1)).bind(key.to_owned());
            for row in query.fetch_all(&mut *self.connection).await? {
                found.insert((name, row.try_get(0)?), row.try_get(1)?);
            }
        }
        let mut refused = HashMap::new();
        for (change, write) in wave {
            if let Write::Require { table, key, version } = write
                && found.get(&(table.name, key.clone())) != Some(&i64::from(*version))
            {
                let row = RefusedRow { table: table.name, operation: Operation::Require, key: key.clone() };
                refused.insert(*change, row);
            }
        }
        Ok(refused)
    }

    async fn clear(&mut self, changes: &[&Change]) -> Result<(), sqlx::Error> {
        for write in changes.iter().flat_map(|change| &change.writes) {
            if let Write::Clear(table, prefix) = write {
                let query = sqlx::query(self.texts.get(table, Operation::Clear, 1));
                self.connection.execute(query.bind(prefix.clone()).bind(format!("{prefix}~"))).await?;
            }
        }
        Ok(())
    }

    async fn relocate(&mut self, changes: &[&Change]) -> Result<(), sqlx::Error> {
        for write in changes.iter().flat_map(|change| &change.writes) {
            if let Write::Relocate { table, from, to } = write {
                let query = sqlx::query(self.texts.get(table, Operation::Relocate, 1));
                let (from, until) = (from.as_str().to_owned(), from.subtree_end());
                let query = query.bind(to.as_str().to_owned()).bind(from.clone()).bind(from).bind(until);
                self.connection.execute(query).await?;
            }
        }
        Ok(())
    }

    async fn write_rows(&mut self, wave: &[(usize, &Write)]) -> Result<HashMap<usize, RefusedRow>, sqlx::Error> {
        let mut groups: Vec<((&'static Table, Operation), Vec<Part<'_>>)> = Vec::new();
        for (change, write) in wave {
            let Some((table, operation, part)) = part(*change, write) else {
                continue;
            };
            match groups.iter_mut().find(|(group, _)| *group == (table, operation)) {
                Some((_, parts)) => parts.push(part),
                None => groups.push(((table, operation), vec![part])),
            }
        }
        let mut refused = HashMap::new();
        for ((table, operation), mut parts) in groups {
            // All nodes lock rows in the same order, so that they seldom block each other crosswise.
            parts.sort_by_key(|part| part.key);
            let hit = self.execute(table, operation, &parts).await?;
            for part in parts.iter().filter(|part| part.must_hit && !hit.contains(part.key)) {
                let row = RefusedRow { table: table.name, operation, key: part.key.to_owned() };
                refused.entry(part.change).or_insert(row);
            }
        }
        Ok(refused)
    }

    /// Runs `parts` in chunks; answers the keys that were written.
    async fn execute(
        &mut self,
        table: &'static Table,
        operation: Operation,
        parts: &[Part<'_>],
    ) -> Result<HashSet<String>, sqlx::Error> {
        let mut hit = HashSet::with_capacity(parts.len());
        let mut rest = parts;
        while !rest.is_empty() {
            let (chunk, left) = rest.split_at(next_chunk(rest.len()));
            rest = left;
            let mut query = sqlx::query(self.texts.get(table, operation, chunk.len()));
            for part in chunk {
                query = match (&part.versions, operation) {
                    (Some([expected, next]), _) => next.bind(expected.bind(query.bind(part.key.to_owned()))),
                    (None, Operation::Delete) => query.bind(part.key.to_owned()),
                    (None, _) => query,
                };
                for cell in &part.cells {
                    query = cell.bind(query);
                }
            }
            for row in query.fetch_all(&mut *self.connection).await? {
                hit.insert(row.try_get(0)?);
            }
        }
        Ok(hit)
    }

    /// Sums what the whole batch adds, then writes each row once, in key order so that two nodes cannot block each
    /// other crosswise.
    async fn add(&mut self, changes: &[&Change]) -> Result<(), sqlx::Error> {
        let mut sums: BTreeMap<(&'static str, &str), (&'static Table, Vec<i64>)> = BTreeMap::new();
        for write in changes.iter().flat_map(|change| &change.writes) {
            if let Write::Add(table, key, deltas) = write {
                let sum = sums.entry((table.name, key)).or_insert_with(|| (table, vec![0; deltas.len()]));
                for (total, delta) in sum.1.iter_mut().zip(deltas) {
                    *total += delta;
                }
            }
        }
        let mut rows: Vec<(&'static Table, Vec<Cell>)> = Vec::new();
        for ((_, key), (table, sum)) in &sums {
            if sum.iter().any(|total| *total != 0) {
                let cells = std::iter::once(Cell::from(*key)).chain(sum.iter().copied().map(Cell::from)).collect();
                rows.push((table, cells));
            }
        }
        for same_table in rows.chunk_by(|a, b| a.0 == b.0) {
            let parts: Vec<Part<'_>> = same_table
                .iter()
                .map(|(_, cells)| Part {
                    change: 0,
                    key: "",
                    cells: cells.iter().collect(),
                    versions: None,
                    must_hit: false,
                })
                .collect();
            self.execute(same_table[0].0, Operation::Add, &parts).await?;
        }
        Ok(())
    }

    /// Takes the next numbers from the one row that all nodes queue for, so that commit order is number order, and
    /// writes the events and the stored answers, which carry a number too.
    async fn number_events(&mut self, changes: &[&Change]) -> Result<Applied, sqlx::Error> {
        let count: usize = changes.iter().map(|change| change.events.len()).sum();
        let row = sqlx::query("UPDATE log_head SET seq = seq + $1 WHERE id = 1 RETURNING seq")
            .bind(i64::try_from(count).unwrap_or(i64::MAX))
            .fetch_one(&mut *self.connection)
            .await?;
        let head = row.try_get::<i64, _>(0)?.unsigned_abs();
        let mut seq = head - count as u64;
        let mut rows = Vec::with_capacity(count);
        let mut claims = Vec::new();
        let mut committed = Vec::with_capacity(changes.len());
        for (index, change) in changes.iter().enumerate() {
            let mut events = Vec::with_capacity(change.events.len());
            for event in &change.events {
                seq += 1;
                rows.push(log::row(seq, event));
                events.push(Arc::new(event.clone().numbered(seq)));
            }
            if let Some(claim) = &change.idempotency {
                claims.push((index, idempotency_write(claim, seq, change.at)));
            }
            committed.push(events);
        }
        let parts: Vec<Part<'_>> = rows
            .iter()
            .map(|cells| Part { change: 0, key: "", cells: cells.iter().collect(), versions: None, must_hit: false })
            .collect();
        self.insert_events(&parts).await?;
        let mut refused = HashMap::new();
        let mut firsts = Vec::with_capacity(claims.len());
        let mut claimed = HashSet::new();
        for (index, write) in &claims {
            match write.row_key() {
                // Twice in one statement would look as if both had made the row.
                Some((table, key)) if !claimed.insert(key) => {
                    let (operation, key) = (Operation::Insert, key.to_owned());
                    refused.insert(*index, RefusedRow { table, operation, key });
                }
                _ => firsts.push((*index, write)),
            }
        }
        refused.extend(self.write_rows(&firsts).await?);
        Ok(if refused.is_empty() { Applied::All(committed) } else { Applied::Refused(refused) })
    }

    async fn insert_events(&mut self, parts: &[Part<'_>]) -> Result<(), sqlx::Error> {
        let mut rest = parts;
        while !rest.is_empty() {
            let (chunk, left) = rest.split_at(next_chunk(rest.len()));
            rest = left;
            let mut query = sqlx::query(self.texts.get(&EVENTS, Operation::Insert, chunk.len()));
            for cell in chunk.iter().flat_map(|part| &part.cells) {
                query = cell.bind(query);
            }
            self.connection.execute(query).await?;
        }
        Ok(())
    }
}

fn part(change: usize, write: &Write) -> Option<(&'static Table, Operation, Part<'_>)> {
    Some(match write {
        Write::Insert(table, cells) => (*table, Operation::Insert, whole_row(change, cells, true)?),
        Write::InsertOnce(table, cells) => (*table, Operation::Insert, whole_row(change, cells, false)?),
        Write::Put(table, cells) => (*table, Operation::Put, whole_row(change, cells, true)?),
        Write::Raise(table, cells) => (*table, Operation::Raise, whole_row(change, cells, false)?),
        Write::Update { table, key, expected, next, values } => (
            *table,
            Operation::Update,
            Part {
                change,
                key,
                cells: values.iter().collect(),
                versions: Some([(*expected).into(), (*next).into()]),
                must_hit: true,
            },
        ),
        Write::Delete(table, key) => {
            (*table, Operation::Delete, Part { change, key, cells: Vec::new(), versions: None, must_hit: false })
        }
        Write::Add(..) | Write::Require { .. } | Write::Clear(..) | Write::Relocate { .. } => return None,
    })
}

fn whole_row(change: usize, cells: &Vec<Cell>, must_hit: bool) -> Option<Part<'_>> {
    key_of(cells).map(|key| Part { change, key, cells: cells.iter().collect(), versions: None, must_hit })
}
