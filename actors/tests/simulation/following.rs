//! What clients of the live channel do.

use crate::world::World;

impl World<'_> {
    /// A client connects, opens, reads, or loses its connection.
    pub fn live_step(&mut self) {
        let client = self.dice.below(self.lives.len());
        let (lost, unnoticed) = (self.dice.percent(self.trouble.lost_connections), self.dice.percent(50));
        let opening = self.lives[client].connection.as_ref().is_some_and(|(_, connection)| !connection.is_live());
        let reads = !opening || self.dice.percent(30);
        match self.lives[client].connection.take() {
            None => self.connect(client),
            Some((place, connection)) if lost => {
                self.note(|| format!("client {client} loses its connection to {place}"));
                if !unnoticed {
                    self.at(place, |node, _| node.hub.disconnect(connection.id));
                }
            }
            Some((place, connection)) if reads => {
                self.lives[client].connection = Some((place, connection));
                self.read(client);
            }
            Some((place, mut connection)) => {
                self.at(place, |node, desk| node.go_on_opening(&mut connection, desk));
                self.lives[client].connection = Some((place, connection));
            }
        }
    }

    pub fn read(&mut self, client: usize) {
        if let Err(wrong) = self.lives[client].read(&self.record, self.mutation) {
            self.wrong.get_or_insert(format!("client {client}: {wrong}"));
        }
    }

    pub fn connect(&mut self, client: usize) {
        let Some(place) = self.somewhere() else { return };
        let since = self.lives[client].since(self.mutation);
        let owner = self.lives[client].owner;
        let topics: Vec<_> = self.lives[client].topics.iter().map(|follows| follows.topic).collect();
        self.note(|| format!("client {client} connects to {place} since {since:?}"));
        let mut connection = None;
        self.at(place, |node, _| connection = Some(node.hub.connect(owner, &topics, since)));
        self.lives[client].connection = connection.map(|connection| (place, connection));
    }
}
