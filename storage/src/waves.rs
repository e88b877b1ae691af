//! What of a batch may be written together, and which of its changes are refused for good. Pure: no database.

use std::collections::HashMap;

use crate::change::{Change, Write};
use crate::table::Operation;

/// Why one change of a batch cannot be committed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusedRow {
    /// Of which table.
    pub table: &'static str,
    /// By which operation.
    pub operation: Operation,
    /// The row.
    pub key: String,
}

/// Those of `refused` that would be refused by themselves too. A change that writes the row of an earlier refused one
/// may have failed only because of it, so it gets another try without it.
pub fn without_followers(refused: HashMap<usize, RefusedRow>, changes: &[&Change]) -> HashMap<usize, RefusedRow> {
    let indexes: Vec<usize> = refused.keys().copied().collect();
    let follows = |index: usize, row: &RefusedRow| {
        let earlier = indexes.iter().filter(|earlier| **earlier < index);
        let mut writes = earlier.flat_map(|earlier| &changes[*earlier].writes);
        writes.any(|write| write.row_key() == Some((row.table, &row.key)))
    };
    refused.into_iter().filter(|(index, row)| !follows(*index, row)).collect()
}

/// Sorts the writes so that no two of one wave touch the same row, unless both only need it as it is; later waves follow
/// earlier ones.
pub fn waves<'a>(changes: &[&'a Change], audits: &'a [Option<Write>]) -> Vec<Vec<(usize, &'a Write)>> {
    let mut waves: Vec<Vec<(usize, &Write)>> = Vec::new();
    // The first wave in which a row may be written again, and in which it may be required.
    let mut free: HashMap<(&'static str, &str), (usize, usize)> = HashMap::new();
    for (index, change) in changes.iter().enumerate() {
        for write in change.writes.iter().chain(&audits[index]) {
            let wave = match (write.row_key(), write.required()) {
                (Some(key), _) => {
                    let (wave, _) = free.get(&key).copied().unwrap_or_default();
                    free.insert(key, (wave + 1, wave + 1));
                    wave
                }
                (None, Some(key)) => {
                    let (written, wave) = free.get(&key).copied().unwrap_or_default();
                    free.insert(key, (written.max(wave + 1), wave));
                    wave
                }
                (None, None) => continue,
            };
            if waves.len() <= wave {
                waves.resize_with(wave + 1, Vec::new);
            }
            waves[wave].push((index, write));
        }
    }
    waves
}
