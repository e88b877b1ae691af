//! The command line.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::{Parser, Subcommand, ValueEnum};
use lianxin_domain::clock::{Clock, Entropy};
use lianxin_domain::ids::IdSource;

use crate::config::{Config, DEMO};
use crate::core::{Core, StartError};
use crate::server::Server;
use crate::system::{SystemClock, SystemEntropy};
use crate::telemetry::Telemetry;
use crate::{demo, found, keeping};

/// 连心: the real-time service hub of grids and Party branches.
#[derive(Debug, Parser)]
#[command(version, about)]
struct Arguments {
    /// A file of settings over the defaults; the environment (LIANXIN__SECTION__KEY) overrides both.
    #[arg(long, global = true)]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve.
    Serve,
    /// Serve invented data of 青岚县; prints addresses and accounts.
    Demo {
        /// How much of it.
        #[arg(long, value_enum, default_value = "county")]
        scale: Scale,
        /// With the branches' meetings of the last year and of the days to come.
        #[arg(long)]
        meetings: bool,
        /// Let residents, workers and branches act by themselves.
        #[arg(long)]
        traffic: bool,
    },
    /// Found a county in an empty database: its grid and its first administrator.
    Init {
        /// The county's name.
        #[arg(long)]
        county: String,
        /// The administrator's name to sign in with.
        #[arg(long, default_value = "admin")]
        admin: String,
    },
    /// Bring the database's schema up to date.
    Migrate,
    /// Write everything into a new folder, while the server runs or not.
    Backup {
        /// The folder; must not exist or be empty.
        dir: PathBuf,
    },
    /// Read a backup into an empty data folder and database.
    Restore {
        /// The folder that `backup` wrote.
        dir: PathBuf,
    },
    /// Recount every counter, replay the whole log, and compare; exit code 1 when something differs.
    Check,
    /// Print the OpenAPI document.
    Openapi,
}

/// How much demonstration data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Scale {
    /// One township with a week of requests.
    Small,
    /// A county of 946 grids with 20,000 requests of four months.
    County,
}

/// Runs the command that the arguments name.
///
/// # Errors
/// [`StartError`] that says what does not work.
pub fn run() -> Result<ExitCode, StartError> {
    let arguments = Arguments::parse();
    if matches!(arguments.command, Command::Openapi) {
        writeln!(std::io::stdout(), "{}", lianxin_web::openapi::document())?;
        return Ok(ExitCode::SUCCESS);
    }
    let more = if matches!(arguments.command, Command::Demo { .. }) { DEMO } else { "" };
    let config = Config::load(more, arguments.config.as_deref())?;
    let telemetry = Telemetry::start(&config.log, &config.tracing)?;
    let done = actix_rt::System::new().block_on(execute(arguments.command, config));
    // What was done last is told too.
    telemetry.end();
    done
}

async fn execute(command: Command, config: Config) -> Result<ExitCode, StartError> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let entropy: Arc<dyn Entropy> = Arc::new(SystemEntropy::seeded()?);
    match command {
        Command::Serve => {
            let core = Core::open(&config, clock, entropy).await?;
            Box::pin(serve(Server::start(&config, core).await?)).await
        }
        Command::Demo { scale, meetings, traffic } => {
            let cast = Box::pin(demo::prepare(&config, (scale, meetings), &clock, &entropy)).await?;
            let core = Core::open(&config, Arc::clone(&clock), Arc::clone(&entropy)).await?;
            cast.save(&config.data_dir)?;
            let (branches, next) = (demo::Branch::all(&core).await?, demo::next_meeting(&core).await?);
            let server = Server::start(&config, core).await?;
            demo::announce(&cast, &server, &config, next)?;
            if traffic {
                let stage = demo::traffic::Stage {
                    cast: Arc::new(cast),
                    grids: server.grids.clone(),
                    directories: server.directories.clone(),
                    ids: server.ids().clone(),
                    gatherings: demo::Gatherings {
                        meetings: server.meetings.clone(),
                        branches,
                        ids: server.ids().clone(),
                        clock: Arc::clone(&clock),
                    },
                };
                actix_rt::spawn(demo::traffic::play(stage, clock, entropy));
            }
            Box::pin(serve(server)).await
        }
        Command::Init { county, admin } => {
            found::init(&Core::open(&config, clock, entropy).await?, &county, &admin).await
        }
        Command::Migrate => keeping::migrate(&config).await,
        Command::Backup { dir } => keeping::backup(&config, &dir, &*clock).await,
        Command::Restore { dir } => keeping::restore(&config, &dir, &IdSource::new(clock, entropy)).await,
        Command::Check => keeping::check(&config).await,
        Command::Openapi => Ok(ExitCode::SUCCESS),
    }
}

async fn serve(server: Server) -> Result<ExitCode, StartError> {
    // Scripts and tests wait for this very line.
    say(&format!("listening on {}://{}", server.scheme, server.address));
    server.run().await?;
    Ok(ExitCode::SUCCESS)
}

/// Prints a line for people and scripts, at once.
pub fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "{line}");
    let _ = out.flush();
}
