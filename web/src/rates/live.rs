//! How many live connections somebody has open, at this node.

use std::collections::HashMap;
use std::sync::Arc;

use lianxin_actors::hub::Owner;
use lianxin_domain::ids::{AccountId, ScreenId, SessionId};
use parking_lot::Mutex;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Whose {
    Session(SessionId),
    Account(AccountId),
    Screen(ScreenId),
}

/// The connections of all.
#[derive(Debug, Default, Clone)]
pub struct LiveCount(Arc<Mutex<HashMap<Whose, u32>>>);

/// One connection, for as long as it is kept.
#[derive(Debug)]
pub struct OneLive {
    count: LiveCount,
    of: [Option<Whose>; 2],
}

impl LiveCount {
    /// One more of `owner`, unless the login (or screen) or the account has as many as it may.
    pub fn open(&self, owner: Owner, of_session: u32, of_account: u32) -> Option<OneLive> {
        let of = match owner {
            Owner::Person { account_id, session_id } => {
                [Some((Whose::Session(session_id), of_session)), Some((Whose::Account(account_id), of_account))]
            }
            Owner::Screen(screen) => [Some((Whose::Screen(screen), of_session)), None],
        };
        let mut open = self.0.lock();
        if of.iter().flatten().any(|(whose, most)| open.get(whose).is_some_and(|count| count >= most)) {
            return None;
        }
        for (whose, _) in of.into_iter().flatten() {
            *open.entry(whose).or_default() += 1;
        }
        Some(OneLive { count: self.clone(), of: of.map(|one| one.map(|(whose, _)| whose)) })
    }
}

impl Drop for OneLive {
    fn drop(&mut self) {
        let mut open = self.count.0.lock();
        for whose in self.of.into_iter().flatten() {
            if let Some(count) = open.get_mut(&whose) {
                *count -= 1;
                if *count == 0 {
                    open.remove(&whose);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_login_and_an_account_have_so_many_and_others_their_own() {
        let count = LiveCount::default();
        let id = |number: u32| format!("00000000-0000-7000-8000-{number:012}");
        let owner = |account, session| Owner::Person {
            account_id: id(account).parse().unwrap(),
            session_id: id(session).parse().unwrap(),
        };
        let open = |account, session| count.open(owner(account, session), 2, 3);
        let first = open(1, 1);
        let second = open(1, 1);
        assert!(first.is_some() && second.is_some() && open(1, 1).is_none());
        let third = open(1, 2);
        assert!(third.is_some() && open(1, 2).is_none(), "of the account there are three");
        let neighbour = open(2, 3);
        assert!(neighbour.is_some());
        drop(second);
        let again = open(1, 2);
        assert!(again.is_some() && open(1, 1).is_none());
        let screen = Owner::Screen(id(1).parse().unwrap());
        let screens = [(); 3].map(|()| count.open(screen, 2, 3));
        assert_eq!(screens.iter().flatten().count(), 2);
        drop((first, third, neighbour, again, screens));
        assert!(count.0.lock().is_empty());
    }
}
