//! After the meeting: its minutes (会议纪要), and what those who were there think of it (inventory MEET-08 … MEET-10).
//!
//! Minutes have two parts. A [`MinutesDraft`] holds what the log says: who was there from when to when, when which item was
//! dealt with, what was decided. Nobody writes it, so nobody can falsify it. [`MinutesText`] is what people write to it.
//! Signing (签发) freezes both: of a [`Hall`](crate::meeting::Hall) nothing changes after the end, and whatever else the
//! draft was made from is kept as a [`Record`] in the signature.

mod draft;
mod figures;
mod rating;
mod record;
mod resolution;
mod text;
mod written;

pub use draft::{AgendaLine, AttendanceLine, CallLine, Heading, MediaLine, MinutesDraft, PaperLine, Stretch};
pub use figures::Figures;
pub use rating::{FEWEST_RATINGS, MAX_STARS, Rating, RatingSummary, Ratings};
pub use record::{AgendaMove, Called, FACT_KINDS, Picture, Record, TRACE_KINDS};
pub use resolution::{Choice, Resolution, resolutions_of};
pub use text::{MAX_CONTENT, MAX_DECISIONS, MAX_DISCUSSION, MAX_REMARKS, MAX_TEXT, MinutesText};
pub use written::{Minutes, MinutesState, Signature};

#[cfg(test)]
mod tests;
