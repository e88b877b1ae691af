//! What goes wrong.

use crate::cast::MINUTE;
use crate::dice::Dice;
use crate::node::Node;
use crate::world::World;

/// How often, in a hundred steps that could do it, something goes wrong.
#[derive(Default)]
pub struct Trouble {
    pub crashes: usize,
    pub lost_commits: usize,
    pub lost_answers: usize,
    pub cut_off: usize,
    pub clocks: usize,
    pub relay: usize,
    pub lost_connections: usize,
}

impl Trouble {
    /// Each play has troubles of its own kind: what always goes wrong together hides what goes wrong alone.
    pub fn some(dice: &mut Dice) -> Self {
        let mut some = |most| if dice.percent(50) { dice.below(most) + 1 } else { 0 };
        Self {
            crashes: some(4),
            lost_commits: some(25),
            lost_answers: some(40),
            cut_off: some(5),
            clocks: some(8),
            relay: some(90),
            lost_connections: some(25),
        }
    }
}

impl World<'_> {
    /// Something breaks, or works again.
    pub fn go_wrong(&mut self) {
        let place = self.dice.below(self.places.len());
        if self.places[place].node.is_none() {
            self.note(|| format!("{place} starts"));
            self.start(place);
        } else if !self.places[place].connected {
            self.note(|| format!("{place} reaches the database again"));
            self.places[place].connected = true;
        } else if self.dice.percent(self.trouble.crashes * 5) {
            self.crash(place);
        } else if self.dice.percent(self.trouble.cut_off * 5) {
            self.note(|| format!("{place} is cut off from the database"));
            self.places[place].connected = false;
        } else if self.dice.percent(self.trouble.clocks * 5) {
            let skew = self.dice.between(-40 * MINUTE, 40 * MINUTE);
            self.note(|| format!("the clock of {place} jumps to {skew} ms"));
            self.places[place].skew = skew;
        }
    }

    pub fn start(&mut self, place: usize) {
        let now = self.now().plus_millis(self.places[place].skew);
        self.places[place].node = Some(Node::new(now));
    }

    pub fn crash(&mut self, place: usize) {
        self.note(|| format!("{place} crashes"));
        self.places[place].node = None;
        self.crashes += 1;
        for live in &mut self.lives {
            live.connection.take_if(|(at, _)| *at == place);
        }
    }
}
