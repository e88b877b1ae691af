//! What an onlooker who misses nothing knows: which topics each event of the log belongs to, and what it counts for.

use std::sync::Arc;

use lianxin_actors::directory::Directory;
use lianxin_actors::hub::Topic;
use lianxin_domain::event::Event;

/// Of every event of the log, in order.
#[derive(Default)]
pub struct Record(Vec<(Vec<Topic>, [i64; 6])>);

impl Record {
    /// Takes in what is new.
    pub fn look(&mut self, log: &[Arc<Event>], directory: &Directory) {
        for event in &log[self.0.len()..] {
            let delta = event.data.get("delta").and_then(|delta| serde_json::from_value(delta.clone()).ok());
            self.0.push((Topic::of(event, directory), delta.unwrap_or_default()));
        }
    }

    /// The number of the next event of a topic after `seq`.
    pub fn next(&self, topic: Topic, seq: u64) -> Option<u64> {
        let behind = (seq + 1..).zip(self.0.iter().skip(usize::try_from(seq).unwrap()));
        behind.into_iter().find(|(_, (topics, _))| topics.contains(&topic)).map(|(seq, _)| seq)
    }

    /// What the events of a topic up to `seq` add up to.
    pub fn counted(&self, topic: Topic, seq: u64) -> Vec<i64> {
        let mut sum = vec![0; 6];
        for (_, delta) in self.0.iter().take(usize::try_from(seq).unwrap()).filter(|(of, _)| of.contains(&topic)) {
            sum.iter_mut().zip(delta).for_each(|(sum, delta)| *sum += delta);
        }
        sum
    }
}
