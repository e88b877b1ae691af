//! How everything comes to rest.

use crate::cast::MINUTE;
use crate::node::{Node, Work};
use crate::polls;
use crate::trouble::Trouble;
use crate::world::World;

impl World<'_> {
    /// All nodes run, all ways are open, all clocks are right; who was not answered calls again until it is.
    ///
    /// # Errors
    /// What should not have happened.
    pub fn come_to_rest(&mut self) -> Result<(), String> {
        self.note(|| "everything comes to rest".to_owned());
        self.trouble = Trouble::default();
        self.relay.clear();
        for place in 0..self.places.len() {
            (self.places[place].connected, self.places[place].skew) = (true, 0);
            if self.places[place].node.is_none() {
                self.start(place);
            }
        }
        for _ in 0..60 {
            self.time += 31_000;
            self.finish_work()?;
            let open: Vec<usize> = (0..self.calls.len()).filter(|call| !self.calls[*call].is_over()).collect();
            open.iter().for_each(|call| self.try_call(*call));
            let over = crate::watch::rows_before(&self.database, self.now().plus_millis(-2 * MINUTE));
            if open.is_empty() && over.is_empty() {
                if polls::limits(self.database.hall()).next().is_none() {
                    return self.catch_up();
                }
                // Closed by a clock that was ahead: its limit is as far away.
                self.time += MINUTE;
            }
        }
        Err("it does not come to rest".to_owned())
    }

    /// Does all that waits at any node.
    fn finish_work(&mut self) -> Result<(), String> {
        for round in 0..400 {
            let mut busy = false;
            for place in 0..self.places.len() {
                let head = self.database.head();
                self.at(place, |node, _| {
                    if node.load.is_none() {
                        node.hear(head);
                    }
                });
                let works = self.places[place].node.as_ref().map(Node::works).unwrap_or_default();
                let idle = self.places[place].node.as_ref().is_some_and(Node::is_idle);
                busy |= !idle || round < 3;
                // Of several outcomes and readings the first; the others have other places behind it.
                let first = |work: &&Work| !matches!(work, Work::Outcome(1..) | Work::Read(1..));
                for work in works.iter().filter(first) {
                    self.at(place, |node, desk| node.work(*work, desk));
                }
            }
            if let Some(wrong) = self.wrong.take() {
                return Err(wrong);
            }
            if !busy {
                return Ok(());
            }
        }
        Err("a node is never done".to_owned())
    }

    /// Every client reads to the end.
    fn catch_up(&mut self) -> Result<(), String> {
        for client in 0..self.lives.len() {
            for _ in 0..100 {
                match self.lives[client].connection.take() {
                    None => self.connect(client),
                    Some((place, mut connection)) => {
                        let live = connection.is_live();
                        self.at(place, |node, desk| {
                            node.go_on_opening(&mut connection, desk);
                            node.hub.flush(desk.now.plus_millis(MINUTE));
                        });
                        self.lives[client].connection = Some((place, connection));
                        self.read(client);
                        if live {
                            break;
                        }
                    }
                }
                self.finish_work()?;
            }
        }
        self.wrong.take().map_or(Ok(()), Err)
    }
}
