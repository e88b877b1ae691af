//! The figures: an open-loop load against the real server, beside limits of the machine measured in the same run.
//!
//! The generator shares the machine with the server, so every result names the server's own CPU seconds.

mod ballots;
mod broadcast;
mod crowd;
mod deadlines;
mod durable;
mod duties;
mod fanout;
mod hall_check;
mod halls;
mod http;
mod kills;
mod lifecycles;
mod limits;
mod lists;
mod meeting_fanout;
mod minutes;
mod past;
mod peers;
mod people;
mod phones;
mod plain;
mod poster;
mod processes;
mod recovery;
mod report;
mod seed;
mod server;
mod sign_ins;
mod socket;
mod stalled;
mod supervision;
mod table;
mod tally;
mod viewers;

use std::path::PathBuf;

use clap::{Parser, Subcommand};

/// Any failure of a scenario.
pub type BenchError = Box<dyn std::error::Error + Send + Sync>;

#[derive(Debug, Parser)]
#[command(about = "Measures lianxin.")]
struct Arguments {
    /// The server's binary.
    #[arg(long, default_value = "target/release/lianxin")]
    server: PathBuf,
    /// Where results are written.
    #[arg(long, default_value = "bench/results")]
    results: PathBuf,
    #[command(subcommand)]
    scenario: Scenario,
}

#[derive(Debug, Subcommand)]
enum Scenario {
    /// Whole lives of requests at a fixed rate: submit, accept, complete, rate.
    Lifecycles {
        /// Lives begun per second.
        #[arg(long, default_value_t = 1_000)]
        rate: u32,
        /// Seconds.
        #[arg(long, default_value_t = 20)]
        seconds: u32,
        /// Tickets in the database before it begins.
        #[arg(long, default_value_t = 0)]
        stored: u64,
        /// An empty PostgreSQL database instead of SQLite; what is stored before stays nothing.
        #[arg(long, conflicts_with = "stored")]
        postgres: Option<String>,
    },
    /// Changes at a fixed rate before many listeners: from the decision to the frame at the listener.
    Fanout {
        /// Open live channels.
        #[arg(long, default_value_t = 1_000)]
        listeners: usize,
        /// Changes per second.
        #[arg(long, default_value_t = 500)]
        changes: u32,
        /// Seconds.
        #[arg(long, default_value_t = 20)]
        seconds: u32,
    },
    /// One place that everybody listens to, beside servers that others use.
    Broadcast {
        /// Open live channels.
        #[arg(long, default_value_t = 1_000)]
        listeners: usize,
        /// The folder with `hub.js` and what npm installed for it.
        #[arg(long, default_value = "target/bench-peers")]
        modules: PathBuf,
    },
    /// Clients that lose the network again and again, beside Socket.IO.
    Recovery {
        /// Clients.
        #[arg(long, default_value_t = 200)]
        clients: usize,
        /// The folder with `hub.js` and what npm installed for it.
        #[arg(long, default_value = "target/bench-peers")]
        modules: PathBuf,
    },
    /// Many open channels: idle, and back after a kill.
    Crowd {
        /// Channels.
        #[arg(long, default_value_t = 10_000)]
        clients: usize,
    },
    /// Clients that stop reading, among others.
    Stalled {
        /// Who reads.
        #[arg(long, default_value_t = 200)]
        listeners: usize,
        /// Who does not.
        #[arg(long, default_value_t = 100)]
        stalled: usize,
    },
    /// Answers after a durable commit, beside a plain handler with one transaction per request.
    Durable {
        /// So many who each send again as soon as they are answered.
        #[arg(long, default_value_t = 128)]
        writers: usize,
        /// Milliseconds that each flush takes longer, in ours and in the plain handler; needs strace.
        #[arg(long, default_value_t = 0)]
        slower_by: u32,
    },
    /// Pages of lists over ten and a hundred times as much that is stored.
    Lists,
    /// Prints what was measured beside others as a table.
    Table,
    /// Serves the plain handler that `durable` measures beside ours.
    #[command(hide = true)]
    Plain {
        /// Where its database is made.
        folder: PathBuf,
    },
    /// Limits that all end within one minute: how late they take effect.
    Deadlines {
        /// Limits that end in the minute.
        #[arg(long, default_value_t = 100_000)]
        due: u64,
        /// Limits that run beside them and do not end.
        #[arg(long, default_value_t = 0)]
        running: u64,
    },
    /// The warnings of many branches, worked out anew.
    Duties {
        /// Branches.
        #[arg(long, default_value_t = 10_000)]
        branches: u32,
    },
    /// A server killed again and again: nothing missing, nothing doubled.
    Kills {
        /// Kills.
        #[arg(long, default_value_t = 1_000)]
        cycles: u32,
    },
    /// The time of a board of the past, at any moment of many days with the same load.
    Past {
        /// Tickets in the database.
        #[arg(long, default_value_t = 100_000)]
        stored: u64,
        /// Of them a day.
        #[arg(long, default_value_t = 3_333)]
        a_day: u64,
        /// Boards asked for.
        #[arg(long, default_value_t = 300)]
        boards: u64,
    },
    /// A crowd signs in to one meeting; with writers, many meetings fill as fast as they can.
    SignIns {
        /// People on each list.
        #[arg(long, default_value_t = 5_000)]
        people: usize,
        /// Seconds in which they come.
        #[arg(long, default_value_t = 10)]
        seconds: u64,
        /// Of them, within one second.
        #[arg(long, default_value_t = 2_000)]
        burst: usize,
        /// Let the server know their sessions before, as the page does that they opened.
        #[arg(long)]
        pages_open: bool,
        /// Instead of a crowd: so many who each sign in the next as soon as the one before is in.
        #[arg(long)]
        writers: Option<usize>,
        /// Meetings that writers fill.
        #[arg(long, default_value_t = 4)]
        meetings: usize,
    },
    /// A full hall votes, by name and in secret, and the host closes before its screens.
    Ballots {
        /// People in the hall.
        #[arg(long, default_value_t = 10_000)]
        people: usize,
        /// Of them at a time.
        #[arg(long, default_value_t = 128)]
        writers: usize,
        /// Screens that show the meeting.
        #[arg(long, default_value_t = 50)]
        screens: usize,
    },
    /// One meeting's listeners: a change to all of them, and the frames they get while the hall fills.
    MeetingFanout {
        /// People on the list, each with an open live channel.
        #[arg(long, default_value_t = 5_000)]
        listeners: usize,
        /// Changes of the agenda, one at a time.
        #[arg(long, default_value_t = 100)]
        changes: u32,
    },
    /// The minutes of a meeting whose whole list was there, and their files.
    Minutes {
        /// People on the list.
        #[arg(long, default_value_t = 5_000)]
        people: usize,
    },
    /// A supervisor's page over many meetings that fill.
    Supervision {
        /// Meetings of today.
        #[arg(long, default_value_t = 500)]
        meetings: usize,
        /// People on each list.
        #[arg(long, default_value_t = 30)]
        people: usize,
        /// Sign-ins per second, over all meetings.
        #[arg(long, default_value_t = 25)]
        rate: usize,
        /// Seconds; claims are made before and live for 90.
        #[arg(long, default_value_t = 60)]
        seconds: usize,
    },
    /// The time of the board's query, and whether it equals a recount, while requests run.
    Boards {
        /// Lives begun per second.
        #[arg(long, default_value_t = 200)]
        rate: u32,
        /// Seconds.
        #[arg(long, default_value_t = 10)]
        seconds: u32,
    },
}

fn main() -> Result<(), BenchError> {
    let arguments = Arguments::parse();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let measured = runtime.block_on(async {
        let measured = match arguments.scenario {
            Scenario::Lifecycles { rate, seconds, stored, postgres } => {
                let result = lifecycles::run(&arguments.server, rate, seconds, stored, postgres.as_deref()).await?;
                let over = if postgres.is_some() { "postgres".to_owned() } else { format!("stored-{stored}") };
                Ok::<_, BenchError>((format!("lifecycles-{rate}-{over}"), result))
            }
            Scenario::Fanout { listeners, changes, seconds } => {
                let result = fanout::run(&arguments.server, listeners, changes, seconds).await?;
                Ok((format!("fanout-{listeners}-at-{changes}"), result))
            }
            Scenario::Broadcast { listeners, modules } => {
                let result = broadcast::run(&arguments.server, &modules, listeners).await?;
                Ok((format!("broadcast-{listeners}"), result))
            }
            Scenario::Recovery { clients, modules } => {
                let result = recovery::run(&arguments.server, &modules, clients).await?;
                Ok((format!("recovery-{clients}"), result))
            }
            Scenario::Crowd { clients } => {
                Ok((format!("crowd-{clients}"), crowd::run(&arguments.server, clients).await?))
            }
            Scenario::Stalled { listeners, stalled } => {
                Ok((format!("stalled-{stalled}"), stalled::run(&arguments.server, listeners, stalled).await?))
            }
            Scenario::Durable { writers, slower_by } => {
                let measured = durable::run(&arguments.server, writers, slower_by).await?;
                let disk = if slower_by == 0 { "durable" } else { "slower-disk" };
                Ok((format!("{disk}-{writers}"), measured))
            }
            Scenario::Lists => Ok(("lists".to_owned(), lists::run(&arguments.server).await?)),
            Scenario::Table => return table::print(&arguments.results).map(|()| None),
            Scenario::Plain { folder } => return plain::serve(&folder).await.map(|()| None),
            Scenario::Deadlines { due, running } => {
                let result = deadlines::run(&arguments.server, due, running).await?;
                Ok((format!("deadlines-{due}-beside-{running}"), result))
            }
            Scenario::Duties { branches } => {
                let result = duties::run(branches).await?;
                Ok((format!("duties-{branches}"), result))
            }
            Scenario::Kills { cycles } => {
                let result = kills::run(&arguments.server, cycles).await?;
                Ok((format!("kills-{cycles}"), result))
            }
            Scenario::Past { stored, a_day, boards } => {
                let result = past::run(&arguments.server, stored, a_day, boards).await?;
                Ok((format!("past-stored-{stored}"), result))
            }
            Scenario::SignIns { people, meetings, writers: Some(writers), pages_open, .. } => {
                let shape = [meetings, people];
                let result = sign_ins::run_writers(&arguments.server, writers, shape, pages_open).await?;
                let pages = if pages_open { "-pages-open" } else { "" };
                Ok((format!("sign-ins-writers-{writers}-{meetings}x{people}{pages}"), result))
            }
            Scenario::SignIns { people, seconds, burst, pages_open, .. } => {
                let rush = sign_ins::Rush { people, seconds, burst, pages_open };
                let pages = if pages_open { "-pages-open" } else { "" };
                Ok((format!("sign-ins-{people}{pages}"), sign_ins::run(&arguments.server, rush).await?))
            }
            Scenario::Ballots { people, writers, screens } => {
                let result = ballots::run(&arguments.server, people, writers, screens).await?;
                Ok((format!("ballots-{people}-writers-{writers}"), result))
            }
            Scenario::MeetingFanout { listeners, changes } => {
                let result = meeting_fanout::run(&arguments.server, listeners, changes).await?;
                Ok((format!("meeting-fanout-{listeners}"), result))
            }
            Scenario::Minutes { people } => {
                Ok((format!("minutes-{people}"), minutes::run(&arguments.server, people).await?))
            }
            Scenario::Supervision { meetings, people, rate, seconds } => {
                let load = supervision::Load { meetings, people, rate, seconds };
                let result = supervision::run(&arguments.server, load).await?;
                Ok((format!("supervision-{meetings}x{people}-at-{rate}"), result))
            }
            Scenario::Boards { rate, seconds } => {
                let result = lifecycles::boards(&arguments.server, rate, seconds).await?;
                Ok((format!("boards-at-{rate}"), result))
            }
        };
        measured.map(Some)
    })?;
    measured.map_or(Ok(()), |(name, result)| report::write(&arguments.results, &name, &result))
}
