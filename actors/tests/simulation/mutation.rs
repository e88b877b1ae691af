//! Ways in which the system could be broken. Each must be caught: a simulation that cannot fail proves nothing.

/// What is broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mutation {
    /// Nothing.
    None,
    /// A row is updated whatever version the change was decided on.
    VersionGuardIgnored,
    /// The limit's row stays when the limit takes effect.
    DeadlineKept,
    /// The idempotency key is written after the commit, not with it.
    KeyClaimedLater,
    /// A change is answered before it is committed.
    AnsweredBeforeCommit,
    /// One refused change takes the whole batch with it, and nobody notices: the others are answered as done.
    RefusalFailsNeighbours,
    /// A follower takes what it has in memory, though something before it is missing.
    GapSkipped,
    /// A node's start reads counters at another moment than the number of the log.
    LoadedInTwoMoments,
    /// A grid does not forget what is older than what the log tells of its tickets.
    OlderTicketKept,
    /// A client resumes from the last live event, not from the last replayed one, and does not know those again.
    CursorNotAdvanced,
    /// A client that heard nothing resumes without a number, and takes it for where it was.
    QuietClientForgets,
    /// A subscription is registered only after its snapshot was read.
    RegisteredAfterSnapshot,
    /// Two nodes may give the same number to two people who come.
    NumbersNotClaimed,
    /// A ballot does not require that the vote is still as it was when it was cast.
    BallotsNotGuarded,
    /// A person's mark on the roll does not keep a second ballot out.
    MarksNotUnique,
}
