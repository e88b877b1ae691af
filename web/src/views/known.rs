//! What residents see of requests that are not theirs: the sentence that was made public, and nothing of the rest.

use lianxin_domain::clock::Timestamp;
use lianxin_domain::ids::{AccountId, TicketId};
use lianxin_domain::kinds::KindSet;
use lianxin_domain::ticket::{Known, Nearby, StateName, Ticket};
use serde::Serialize;
use utoipa::ToSchema;

/// Metres that a shown distance is rounded up to.
const STEP_M: f64 = 50.0;

/// What is public of a request, for those who may see all of it.
#[derive(Debug, Serialize, ToSchema)]
pub struct PublicSentence {
    /// The sentence.
    pub text: String,
    /// Since when there is one.
    #[schema(value_type = String)]
    pub at: Timestamp,
}

impl From<&Known> for PublicSentence {
    fn from(known: &Known) -> Self {
        Self { text: known.text.clone(), at: known.at }
    }
}

/// A request nearby that can be joined.
#[derive(Debug, Serialize, ToSchema)]
pub struct NearbyRequest {
    #[schema(value_type = String)]
    ticket_id: TicketId,
    /// The public sentence.
    text: String,
    kind_title: String,
    /// `submitted` or `accepted`.
    state: String,
    /// Metres to about where it is, rounded up to 50; nothing when one of the two has no place.
    distance_m: Option<u32>,
    /// Since when it is public.
    #[schema(value_type = String)]
    since: Timestamp,
    /// How many joined it.
    joined: u32,
    /// The caller did.
    joined_by_me: bool,
}

impl NearbyRequest {
    /// As `reader` sees it; nothing when nothing is public.
    pub fn of(nearby: &Nearby, kinds: &KindSet, reader: Option<AccountId>) -> Option<Self> {
        let Nearby { ticket, distance_m } = nearby;
        let known = ticket.known.as_ref()?;
        Some(Self {
            ticket_id: ticket.id,
            text: known.text.clone(),
            kind_title: title(ticket, kinds),
            state: public_state(ticket).as_str().to_owned(),
            distance_m: distance_m.map(rounded_up),
            since: known.at,
            joined: ticket.joined(),
            joined_by_me: reader.is_some_and(|reader| ticket.is_joined_by(reader)),
        })
    }
}

/// A request that the caller joined.
#[derive(Debug, Serialize, ToSchema)]
pub struct JoinedRequest {
    #[schema(value_type = String)]
    ticket_id: TicketId,
    /// The public sentence.
    text: String,
    kind_title: String,
    /// `submitted`, `accepted`, `completed` or `withdrawn`.
    state: String,
    /// Since when it is public.
    #[schema(value_type = String)]
    since: Timestamp,
    /// How many joined it, the caller too.
    joined: u32,
    /// When the caller did.
    #[schema(value_type = Option<String>)]
    joined_at: Option<Timestamp>,
    /// When it was completed.
    #[schema(value_type = Option<String>)]
    completed_at: Option<Timestamp>,
}

impl JoinedRequest {
    /// As `reader` sees it; nothing when nothing is public.
    pub fn of(ticket: &Ticket, kinds: &KindSet, reader: AccountId) -> Option<Self> {
        let known = ticket.known.as_ref()?;
        let own = ticket.joiners.iter().find(|joiner| joiner.account_id == reader);
        Some(Self {
            ticket_id: ticket.id,
            text: known.text.clone(),
            kind_title: title(ticket, kinds),
            state: public_state(ticket).as_str().to_owned(),
            since: known.at,
            joined: ticket.joined(),
            joined_at: own.map(|joiner| joiner.at),
            completed_at: ticket.completion().map(|completion| completion.completed_at),
        })
    }
}

fn title(ticket: &Ticket, kinds: &KindSet) -> String {
    kinds.get(&ticket.kind).map_or_else(|| ticket.kind.clone(), |kind| kind.title.clone())
}

/// Whether the submitter judged is between him and those who handle it.
fn public_state(ticket: &Ticket) -> StateName {
    match ticket.state_name() {
        StateName::Rated => StateName::Completed,
        state => state,
    }
}

fn rounded_up(metres: f64) -> u32 {
    // Only what is within some hundred metres is ever shown.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "small and not negative")]
    let steps = (metres / STEP_M).ceil().max(1.0) as u32;
    steps * 50
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_distance_is_told_in_steps_of_fifty_metres() {
        for (metres, told) in [(0.0, 50), (0.1, 50), (50.0, 50), (50.1, 100), (199.0, 200), (249.9, 250)] {
            assert_eq!(rounded_up(metres), told, "{metres}");
        }
    }
}
