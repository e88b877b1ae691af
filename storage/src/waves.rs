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

/// Sorts the writes so that no two of one wave touch the same row; later waves follow earlier ones.
pub fn waves<'a>(changes: &[&'a Change], audits: &'a [Option<Write>]) -> Vec<Vec<(usize, &'a Write)>> {
    let mut waves: Vec<Vec<(usize, &Write)>> = Vec::new();
    let mut last_wave: HashMap<(&'static str, &str), usize> = HashMap::new();
    for (index, change) in changes.iter().enumerate() {
        let own = change.writes.iter();
        let writes = own.chain(&audits[index]).filter_map(|write| write.row_key().map(|key| (key, write)));
        for (key, write) in writes {
            let wave = last_wave.get(&key).map_or(0, |last| last + 1);
            last_wave.insert(key, wave);
            if waves.len() <= wave {
                waves.resize_with(wave + 1, Vec::new);
            }
            waves[wave].push((index, write));
        }
    }
    waves
}
