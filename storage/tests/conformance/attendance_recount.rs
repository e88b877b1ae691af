//! Whatever happened at a town's meetings: the counters are what a recount of the lists gives.

use std::collections::{BTreeMap, HashMap};

use lianxin_domain::access::Scope;
use lianxin_domain::clock::Timestamp;
use lianxin_domain::ids::{MemberId, OrganisationId};
use lianxin_domain::meeting::{Attendance, Attendee, Role, StateName};
use lianxin_storage::attendance::{Figures, Group};
use proptest::prelude::*;

use crate::attendance::{Town, came, days, id, listed, on_leave};
use crate::support::{Fresh, Store};

on_both_as_property!(figures_are_a_recount_of_the_lists, meetings, [48, 24]);

/// How one person's meeting goes, by number: came, left early, was on leave …, as member, guest or substitute.
type Fate = (u8, u8, usize);

/// Meetings of one town: the day, whether it ended, and everybody's fate.
fn meetings() -> impl Strategy<Value = Vec<(i64, u8, Vec<Fate>)>> {
    let fate = (0_u8..8, 0_u8..8, 0_usize..3);
    prop::collection::vec((-60_i64..60, 0_u8..5, prop::collection::vec(fate, 1..12)), 1..8)
}

fn attendees(town: &Town, fates: &[Fate], starts_at: Timestamp) -> Vec<Attendee> {
    let one = |(number, (what, role, branch)): (u128, &Fate)| {
        let plain = listed(number, town.branches[*branch].0);
        let plain = match role {
            0 => Attendee { role: Role::Guest, ..plain },
            // Of whoever is before them on the list, whatever that one is.
            1 if number > 0 => Attendee { role: Role::Substitute { of: id(999 + number) }, ..plain },
            _ => plain,
        };
        match what {
            0 => came(plain, 0, None, starts_at),
            1 => came(plain, 45, None, starts_at),
            2 => came(plain, -5, Some(50), starts_at),
            3 => came(plain, -5, Some(95), starts_at),
            4 => on_leave(plain, Some(true)),
            5 => on_leave(plain, None),
            6 => on_leave(plain, Some(false)),
            _ => plain,
        }
    };
    (0..).zip(fates).map(one).collect()
}

async fn figures_are_a_recount_of_the_lists(
    _: &Fresh,
    store: &Store,
    number: u32,
    meetings: Vec<(i64, u8, Vec<Fate>)>,
) {
    let town = Town::found(store, number + 1, 3).await;
    let mut by_branch: BTreeMap<OrganisationId, Figures> = BTreeMap::new();
    let mut by_person: HashMap<MemberId, Figures> = HashMap::new();
    let (mut by_month, mut total): (BTreeMap<String, Attendance>, Attendance) = Default::default();
    let mut counted = Vec::new();
    for (day, state, fates) in &meetings {
        let state = [StateName::Ended, StateName::Ended, StateName::Archived, StateName::Running, StateName::Cancelled]
            [usize::from(*state)];
        let meeting = town.meeting(store, days(*day), state);
        let people = attendees(&town, fates, days(*day));
        town.keep(store, &meeting, &people).await;
        // From the rows, one after the other.
        let hall = town.meetings.hall(meeting.id).await.unwrap().unwrap();
        if !meeting.counts() {
            continue;
        }
        counted.push(meeting.id);
        let mut branches = Vec::new();
        for attendee in hall.attendees().filter(|one| one.role == Role::Member) {
            let one = Attendance::of_one(attendee, hall.status(attendee));
            let person = by_person.entry(attendee.member_id).or_default();
            person.meetings += 1;
            person.attendance += one;
            let branch = attendee.organisation_id.unwrap();
            by_branch.entry(branch).or_default().attendance += one;
            branches.push(branch);
            *by_month.entry(meeting.month().unwrap()).or_default() += one;
            total += one;
        }
        branches.sort_unstable();
        branches.dedup();
        branches.iter().for_each(|branch| by_branch.get_mut(branch).unwrap().meetings += 1);
    }
    let system = Scope::system();
    let found = town.book.by(&system, &town.filter(), Group::Organisation).await.unwrap();
    let mut expected: Vec<_> = by_branch.into_iter().map(|(branch, figures)| (branch.to_string(), figures)).collect();
    expected.sort_by(|(one, _), (other, _)| one.cmp(other));
    assert_eq!(found, expected);
    let found = town.book.by(&system, &town.filter(), Group::Month).await.unwrap();
    let found: Vec<_> = found.into_iter().map(|(month, figures)| (month, figures.attendance)).collect();
    assert_eq!(found, by_month.into_iter().collect::<Vec<_>>());
    assert_eq!(town.total(&town.filter()).await.attendance, total);
    let found = town.book.by_person(&system, &town.filter()).await.unwrap();
    assert_eq!(found.into_iter().map(|one| (one.member_id, one.figures)).collect::<HashMap<_, _>>(), by_person);
}
