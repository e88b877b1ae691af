//! Making a request known (公开说明), and joining it (我也遇到了): of a request residents see the one sentence that whoever
//! handles it made public, and nothing else (ADR 0028; domain.md §8.3).

use serde::{Deserialize, Serialize};

use super::Ticket;
use super::decide::{Party, withdrawn};
use super::events::{TicketEvent, shown_position};
use super::public_words::{digit, goes_on};
use crate::clock::Timestamp;
use crate::geo::Point;
use crate::ids::{AccountId, GridId};
use crate::problem::{FieldError, Refusal, text_field};

/// Characters of the public sentence at least: fewer say nothing to somebody who does not know the request.
pub const MIN_SENTENCE: usize = 4;
/// Characters of the public sentence at most.
pub const MAX_SENTENCE: usize = 60;
/// Within so many metres two requests of one kind may be about the same thing (FixMyStreet's radius for residents; tickets.md).
pub const NEARBY_M: f64 = 250.0;
/// Requests that are offered at a time.
pub const MOST_OFFERED: usize = 3;
/// People who may join one request; it is known well enough then.
pub const MOST_JOINED: usize = 500;

/// Metres of a degree of a meridian, at least (WGS84, at the equator).
const METRES_PER_DEGREE: f64 = 110_574.0;
/// A place is shown to a thousandth of a degree, so it lies up to half of that from where it is.
const ROUNDED_BY_DEGREES: f64 = 0.000_5;
/// For what the flat reckoning of a rectangle leaves out.
const MARGIN: f64 = 1.01;

/// Digits from which on a number is taken for a resident's id: 15 of the old kind, 17 and a check character of today's
/// (GB 11643).
const RESIDENT_ID: usize = 15;
const PHONE: usize = 11;

/// What residents see of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// The sentence.
    pub text: String,
    /// Since when there has been one; a better one does not change that.
    pub at: Timestamp,
}

/// Somebody whom the same thing concerns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Joiner {
    /// Who.
    pub account_id: AccountId,
    /// Since when.
    pub at: Timestamp,
}

/// Where somebody writes a request.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Here {
    /// The grid whose code was scanned.
    pub grid_id: GridId,
    /// The place that was given.
    pub place: Option<Point>,
}

/// A known request near somebody.
#[derive(Debug, Clone, PartialEq)]
pub struct Nearby {
    /// The request.
    pub ticket: Ticket,
    /// Metres to where it is shown in public; nothing when one of the two has no place.
    pub distance_m: Option<f64>,
}

impl Ticket {
    /// Where it is as the public may know it: no one finds out by asking from many places whose house it is.
    pub fn public_place(&self) -> Option<Point> {
        let [lng, lat] = shown_position(self, false)?;
        Point::new(lng, lat).ok()
    }

    /// Whether residents are offered it.
    pub fn is_offered(&self) -> bool {
        self.known.is_some() && self.state_name().is_open()
    }

    /// Whether this person joined it.
    pub fn is_joined_by(&self, account_id: AccountId) -> bool {
        self.joiners.iter().any(|joiner| joiner.account_id == account_id)
    }

    pub(super) fn make_known(&self, text: &str, private: bool) -> Result<TicketEvent, Refusal> {
        if private {
            return Err(Refusal::rule("ticket.kind_private", "这类诉求涉及个人隐私，不能公开说明"));
        }
        Ok(TicketEvent::MadeKnown { text: sentence(text, self)? })
    }

    /// Whether and how `party` joins. Who joins need not see the ticket: its public sentence is enough.
    pub(super) fn join(&self, profile_complete: bool, party: &Party) -> Result<TicketEvent, Refusal> {
        self.seen_by_all()?;
        if party.standing.submitter {
            return Err(Refusal::conflict("ticket.own", "这是您自己的诉求，不用再加入"));
        }
        if self.is_joined_by(party.person.id) {
            return Err(Refusal::conflict("ticket.already_joined", "您已经加入了"));
        }
        if !self.state_name().is_open() {
            let over = Refusal::conflict("ticket.already_completed", "这件事已经办结");
            return Err(if self.completion().is_some() { over } else { withdrawn() });
        }
        if !profile_complete {
            return Err(Refusal::profile_incomplete());
        }
        if self.joiners.len() >= MOST_JOINED {
            return Err(Refusal::conflict("ticket.joined_by_many", "反映这件事的人已经很多，工作人员正在办理"));
        }
        Ok(TicketEvent::Joined { joiner: party.person.id, count: self.joined() + 1 })
    }

    pub(super) fn leave(&self, party: &Party) -> Result<TicketEvent, Refusal> {
        self.seen_by_all()?;
        if !self.is_joined_by(party.person.id) {
            return Err(Refusal::conflict("ticket.not_joined", "您没有加入这件事"));
        }
        Ok(TicketEvent::Left { joiner: party.person.id, count: self.joined() - 1 })
    }

    /// How many people joined it.
    pub fn joined(&self) -> u32 {
        u32::try_from(self.joiners.len()).unwrap_or(u32::MAX)
    }

    fn seen_by_all(&self) -> Result<(), Refusal> {
        let hidden = || Refusal::not_found("ticket.not_found", "没有找到这件诉求");
        self.known.as_ref().map(|_| ()).ok_or_else(hidden)
    }
}

/// The sentence as it is stored.
fn sentence(text: &str, ticket: &Ticket) -> Result<String, FieldError> {
    let wrong = |code, message: &str| Err(FieldError::new("text", code, message));
    let text = text_field("text", text, true, MAX_SENTENCE)?;
    if text.chars().any(char::is_control) {
        return wrong("field.characters", "只写一句话，不要换行");
    }
    if text.chars().count() < MIN_SENTENCE {
        return wrong("field.too_short", "至少写 4 个字，让邻居看得明白");
    }
    for number in numbers(&text) {
        if number.len() >= RESIDENT_ID {
            return wrong("known.resident_id", "含有像身份证号的数字，请去掉");
        }
        if number.windows(PHONE).any(|digits| digits[0] == 1 && digits[1] >= 3) {
            return wrong("known.phone", "含有像手机号的数字，请去掉");
        }
    }
    let closed_up: String = text.chars().filter(|character| !is_in_names(*character)).collect();
    let somebody = [Some(&ticket.submitter.name), ticket.on_behalf.as_ref().map(|person| &person.name)];
    let named = somebody.into_iter().flatten().any(|name| {
        let name: String = name.chars().filter(|character| !is_in_names(*character)).collect();
        !name.is_empty() && closed_up.contains(&name)
    });
    if named {
        return wrong("known.name", "含有诉求人的姓名，请去掉");
    }
    Ok(text)
}

/// What may stand between the parts of a name.
const fn is_in_names(character: char) -> bool {
    matches!(character, ' ' | '\u{3000}' | '·' | '•' | '・')
}

/// The numbers in a text as digits, each with what separators split: `138-1234 5678` is one.
fn numbers(text: &str) -> Vec<Vec<u32>> {
    let mut numbers = vec![Vec::new()];
    for character in text.chars() {
        let last = numbers.len() - 1;
        match digit(character) {
            Some(digit) => numbers[last].push(digit),
            None if !numbers[last].is_empty() && !goes_on(character) => numbers.push(Vec::new()),
            None => {}
        }
    }
    numbers
}

/// South-west and north-east corner, longitude before latitude in degrees, of a rectangle that holds whatever [`nearby`] finds
/// near `place`, wherever within the rounding it really lies: what a search has to look through. It does not reach over the
/// date line.
pub fn rectangle_around(place: Point) -> [[f64; 2]; 2] {
    let high = NEARBY_M / METRES_PER_DEGREE;
    // Meridians come together towards the poles; there the rectangle goes round the whole earth.
    let wide = (high / place.lat().abs().min(89.9).to_radians().cos()).min(360.0);
    let [wide, high] = [wide, high].map(|degrees| degrees * MARGIN + ROUNDED_BY_DEGREES);
    [[place.lng() - wide, place.lat() - high], [place.lng() + wide, place.lat() + high]]
}

/// Those of `known` that somebody who writes a request of their kind `here` is offered: within [`NEARBY_M`] the nearest
/// first; behind them, where one of the two has no place, those of the same grid, the newest first.
pub fn nearby(known: Vec<Ticket>, here: &Here) -> Vec<Nearby> {
    let near = known.into_iter().filter(Ticket::is_offered).filter_map(|ticket| {
        let distance_m = here.place.zip(ticket.public_place()).map(|(here, there)| here.distance_m(there));
        let is_near = distance_m.map_or(ticket.grid_id == here.grid_id, |distance| distance <= NEARBY_M);
        is_near.then_some(Nearby { ticket, distance_m })
    });
    let mut near: Vec<Nearby> = near.collect();
    let far = |nearby: &Nearby| nearby.distance_m.unwrap_or(f64::INFINITY);
    near.sort_by(|a, b| far(a).total_cmp(&far(b)).then_with(|| b.ticket.id.cmp(&a.ticket.id)));
    near.truncate(MOST_OFFERED);
    near
}
