//! Counting votes that are closed. It follows the closing as a step of its own: what the closing came before is in the log
//! then, so the ballots are complete, whichever nodes took them.

use lianxin_domain::ids::{MeetingId, VoteId};
use lianxin_domain::meeting::{Command, Hall, Poll};
use lianxin_domain::vote::VoteState;

use super::{MeetingActors, Origin};
use crate::command::CommandError;

impl MeetingActors {
    /// Counts what is closed in a meeting and not counted yet. Two nodes may do so at the same time: one of them finds it
    /// done.
    ///
    /// # Errors
    /// [`CommandError`] when something is left uncounted; it may be tried again.
    pub async fn count_votes(&self, id: MeetingId) -> Result<(), CommandError> {
        for (vote_id, round, is_secret) in self.read(id, |hall, _| uncounted(hall)).await? {
            let urn = if is_secret {
                let urn = self.votes.urn(&self.shared.sealer, vote_id, round).await.map_err(|error| {
                    tracing::error!(error = &error as &dyn std::error::Error, vote.id = %vote_id, "an urn cannot be opened");
                    CommandError::Unavailable
                })?;
                Some(Box::new(urn))
            } else {
                None
            };
            self.act(id, Command::CountVote { id: vote_id, round, urn }, Origin::clock()).await?;
        }
        Ok(())
    }
}

fn uncounted(hall: &Hall) -> Vec<(VoteId, u32, bool)> {
    let closed = hall.polls().iter().map(Poll::vote).filter(|vote| vote.state == VoteState::Closed);
    closed.map(|vote| (vote.id, vote.round, vote.is_secret())).collect()
}
