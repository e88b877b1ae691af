//! What topics stand at: their figures now, and the whole picture that a subscription opens with.

use lianxin_domain::ids::{AccountId, GridId, MeetingId};
use lianxin_domain::meeting::Hall;
use serde_json::{Value, json};

use super::frame::Frame;
use super::topic::Topic;
use crate::appraisal::AppraisalDesk;
use crate::directory::{Directories, Directory};
use crate::grid::{BoardReading, GridActors};
use crate::meeting::{MeetingActors, view};
use crate::supervision::Supervision;

/// Reads what topics stand at from the actors behind them.
#[derive(Clone)]
pub struct Snapshots {
    /// Boards.
    pub grids: GridActors,
    /// Halls.
    pub meetings: MeetingActors,
    /// Looking over many meetings.
    pub supervision: Supervision,
    /// Appraisals.
    pub appraisals: AppraisalDesk,
    /// Names.
    pub directories: Directories,
}

impl Snapshots {
    /// A topic's figures and the number of the log that they are as of; nothing when it has none now.
    pub async fn figures(&self, topic: Topic) -> Option<(Value, u64)> {
        match topic {
            Topic::Board(id) => {
                let reading = self.grids.board(id, false).await?;
                Some((board_json(id, &reading, &self.directories.current(), false), reading.as_of))
            }
            Topic::Grid(id) => {
                let reading = self.grids.board(id, false).await?;
                Some((json!(reading.figures.counters), reading.as_of))
            }
            Topic::Meeting(id) | Topic::Wall(id) | Topic::Desk(id) => self.hall(id, view::figures).await,
            Topic::Supervision(id) => self.supervision.picture(id, None).await.ok(),
            Topic::Appraisal(id) => self.appraisals.picture(id).await,
            Topic::Duties(_) | Topic::Inbox(_) | Topic::Life(_) | Topic::LifeDesk(_) | Topic::Screen(_) => None,
        }
    }

    /// What a subscription opens with, and the number of the log that it is as of; nothing when the topic opens with
    /// something that no actor keeps. `reader` is the person; a screen is none, and follows nothing of a person's own.
    pub async fn opening(&self, topic: Topic, reader: Option<AccountId>) -> Option<(Value, u64)> {
        let directory = self.directories.current();
        match topic {
            Topic::Board(id) => {
                let reading = self.grids.board(id, true).await?;
                Some((board_json(id, &reading, &directory, true), reading.as_of))
            }
            Topic::Meeting(id) => {
                let reader = reader?;
                self.hall(id, move |hall| view::own(hall, &directory, reader)).await
            }
            Topic::Wall(id) => self.hall(id, move |hall| view::wall(hall, &directory)).await,
            Topic::Desk(id) => self.hall(id, move |hall| view::desk(hall, &directory, reader)).await,
            Topic::Grid(_)
            | Topic::Inbox(_)
            | Topic::Appraisal(_)
            | Topic::Life(_)
            | Topic::LifeDesk(_)
            | Topic::Supervision(_)
            | Topic::Duties(_)
            | Topic::Screen(_) => self.figures(topic).await,
        }
    }

    async fn hall(&self, id: MeetingId, view: impl FnOnce(&Hall) -> Value + Send + 'static) -> Option<(Value, u64)> {
        self.meetings.read(id, move |hall, as_of| (view(hall), as_of)).await.ok()
    }
}

/// The frame with a topic's figures as they stand.
pub fn state_frame(topic: Topic, figures: &Value, as_of: u64) -> Frame {
    let frame = json!({ "op": "state", "topic": topic.name(), "seq": as_of, "data": figures });
    // Figures come past the order of events, so nobody may resume from their number.
    Frame::new(frame.to_string(), None)
}

/// The frame with what changed of a topic's state.
pub fn changes_frame(topic: Topic, changes: &Value, as_of: u64) -> Frame {
    let frame = json!({ "op": "changes", "topic": topic.name(), "seq": as_of, "data": changes });
    Frame::new(frame.to_string(), None)
}

/// A board as clients get it: counters on top, figures beside them; points and feed when `whole`.
pub fn board_json(grid_id: GridId, reading: &BoardReading, directory: &Directory, whole: bool) -> Value {
    let figures = &reading.figures;
    let mut board = json!(figures.counters);
    let slowest: Vec<Value> = figures
        .slowest
        .iter()
        .filter_map(|slow| {
            directory.at(&slow.path).map(|entry| {
                json!({
                    "grid_id": entry.grid.id,
                    "name": entry.full_name,
                    "accept_avg_s": slow.accept_avg_s,
                    "waiting": slow.waiting,
                })
            })
        })
        .collect();
    let rest = json!({
        "grid_id": grid_id,
        "seq": reading.as_of,
        "today": figures.today,
        "kinds": figures.kinds,
        "times": figures.times,
        "ladder": figures.ladder,
        "slowest": slowest,
    });
    if let (Value::Object(board), Value::Object(rest)) = (&mut board, rest) {
        board.extend(rest);
        if whole {
            let size = directory.get(grid_id).map_or((0, 0), |entry| directory.size_of(&entry.grid.path));
            board.insert("grids_total".to_owned(), json!(size.0));
            board.insert("staff_total".to_owned(), json!(size.1));
            board.insert("open".to_owned(), json!(reading.open.iter().map(|point| &**point).collect::<Vec<_>>()));
            board.insert("feed".to_owned(), json!(reading.feed.iter().map(|event| &**event).collect::<Vec<_>>()));
        }
    }
    board
}
