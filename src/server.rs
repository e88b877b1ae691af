//! The composition root of the server: wires the layers, serves, and stops in order.

use std::io::IsTerminal as _;
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use actix_rt::Arbiter;
use actix_service::map_config;
use actix_web::dev::AppConfig;
use actix_web::middleware::from_fn;
use actix_web::{App, web};
use lianxin_actors::appraisal::APPRAISAL_DUE;
use lianxin_actors::channel::Outbound;
use lianxin_actors::clock::{EscalationClock, Handlers, OnDue};
use lianxin_actors::courier::{Courier, CourierBell, CourierDependencies, DigestDesk};
use lianxin_actors::directory::Directories;
use lianxin_actors::dispatch::Dispatch;
use lianxin_actors::duty::{DutyDesk, DutyPump, ORDER_DUE};
use lianxin_actors::follower::{Actors, Bells, Follower};
use lianxin_actors::grid::GridActors;
use lianxin_actors::health::Health;
use lianxin_actors::hub::{Hub, Snapshots};
use lianxin_actors::lease::Held;
use lianxin_actors::meeting::{COUNT, MeetingActors, TICK};
use lianxin_actors::metrics::Metrics;
use lianxin_actors::organisational_life::REMINDER;
use lianxin_actors::supervision::Supervision;
use lianxin_actors::webhooks::{WebhookDesk, WebhookSender};
use lianxin_storage::change::Change;
use lianxin_storage::reachability::DIGEST;
use lianxin_storage::tickets::DUE;
use lianxin_web::api::life_rights::LifeRights;
use lianxin_web::api::meetings::MeetingRights;
use lianxin_web::auth::Callers;
use lianxin_web::live::LiveDesk;
use lianxin_web::middleware::outermost;
use lianxin_web::rates::{Rates, Ticks};
use lianxin_web::request_span::LOGGED;
use lianxin_web::routes::routes;
use lianxin_web::screens::Presence;
use lianxin_web::traffic::Traffic;
use prometheus_client::registry::Registry;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tracing::Instrument as _;

use crate::config::Config;
use crate::core::{Core, StartError};
use crate::listen::listen;
use crate::metrics::Works;
use crate::nodes::Nodes;
use crate::rooms::{Rooms, Site};
use crate::tls::Certificates;

/// A server that listens.
pub struct Server {
    /// Where.
    pub address: SocketAddr,
    /// `http` or `https`.
    pub scheme: &'static str,
    /// The grids, for traffic that the demonstration plays.
    pub grids: GridActors,
    /// The picture of all grids.
    pub directories: Directories,
    /// The halls, likewise.
    pub meetings: MeetingActors,
    core: Arc<Core>,
    running: actix_web::dev::Server,
    /// Taken before anybody is told the address, or a stop right then would be a crash.
    terminate: Signal,
    background: Vec<JoinHandle<()>>,
    ending: Ending,
    _threads: Vec<Arbiter>,
}

/// What the end of the server needs.
struct Ending {
    hub: Hub,
    health: Arc<Health>,
    time: Duration,
    stop: watch::Sender<bool>,
    lease: Option<JoinHandle<()>>,
}

/// Who is known by a token, which screens are there, and how often they may come.
struct Visitors {
    callers: web::Data<Callers>,
    screens: Presence,
    rates: web::Data<Rates>,
}

impl Server {
    /// Wires everything and binds the address.
    ///
    /// # Errors
    /// [`StartError`] that says what cannot be started.
    pub async fn start(config: &Config, core: Core) -> Result<Self, StartError> {
        let core = Arc::new(core);
        let threads: Vec<Arbiter> = (0..config.actors.threads).map(|_| Arbiter::new()).collect();
        let directories = core.directories().await?;
        let rulebook = core.rulebook(config).await?;
        let (grids, position) = core.grid_actors(&directories, &rulebook, config.notify.channels(), &threads).await?;
        let meetings = core.meeting_actors(config.notify.channels(), &threads);
        let supervision =
            Supervision::new(Arc::clone(&core.clock), meetings.clone(), core.meetings.clone(), directories.clone());
        let duties = core.duty_desk(&directories, &rulebook, config.notify.channels());
        let appraisals = core.appraisal_desk(&directories, config.notify.channels());
        let snapshots = Snapshots {
            grids: grids.clone(),
            meetings: meetings.clone(),
            supervision: supervision.clone(),
            appraisals: appraisals.clone(),
            directories: directories.clone(),
        };
        let hub = Hub::default();
        let callers = Callers::new(Arc::clone(&core.clock), core.sessions.clone(), core.screens.clone());
        let mut registry = Registry::default();
        let visitors = Visitors {
            rates: web::Data::new(Rates::new(config.limits, &Ticks::of_the_machine(), &mut registry)),
            callers: web::Data::new(callers),
            screens: Presence::new(Arc::clone(&core.clock), core.has_neighbours()),
        };
        let bell = CourierBell::default();
        let nodes = Nodes::join(config, &core)?;
        let traffic = Traffic::register(&mut registry);
        let certificates = Certificates::open(&config.server.tls, Arc::clone(&core.clock))?;
        let tls = certificates.as_ref().map(Certificates::server_config).transpose()?;
        let shown = (traffic, tls);
        let running = Self::http((config, &core, &snapshots, &duties), &hub, &visitors, &bell, &nodes, shown)?;
        let (address, running) = running;
        let metrics = Metrics::register(&mut registry);
        registry.register_collector(Box::new(Works {
            journal: core.journal.clone(),
            log: Arc::clone(&core.log),
            health: Arc::clone(&nodes.health),
            hub: hub.clone(),
            held: nodes.held.clone(),
        }));
        let metrics_page = crate::metrics::listen(&config.metrics, registry, core.clock.now())?;
        let escalation = Self::escalation(&core, &snapshots, &duties, &bell, &metrics);
        let (duty_pump, duty_bell) = DutyPump::new(duties.clone());
        let bells =
            Bells { clock: escalation.bell(), courier: bell.clone(), duties: duty_bell, metrics: metrics.clone() };
        let actors = Actors {
            directories: directories.clone(),
            rulebook,
            grids: grids.clone(),
            meetings: meetings.clone(),
            supervision,
            appraisals,
        };
        let (listener, rates) = (visitors.callers.into_inner(), visitors.rates.into_inner());
        let follower = Follower::new(Arc::clone(&core.log), actors, hub.clone(), bells, listener, position)
            .among(nodes.others.clone())
            .seen_by(Arc::clone(&nodes.health));
        let node = nodes.name.as_deref();
        let follower = supervise("follower", node, follower.run());
        let courier = Self::courier(config, &core, &bell, metrics.clone(), nodes.held.clone())?;
        let courier = supervise("courier", node, courier.run());
        let webhooks = Self::webhooks(config, &core, &directories, metrics, nodes.held.clone())?;
        let webhooks = supervise("webhooks", node, webhooks.run());
        let escalation = supervise("escalation clock", node, escalation.run());
        let upkeep = crate::upkeep::run(Arc::clone(&core), (visitors.screens, rates), duties, nodes.held.clone());
        let duties = supervise("duties", node, duty_pump.run());
        let upkeep = supervise("upkeep", node, upkeep);
        let mut background = vec![follower, courier, webhooks, escalation, duties, upkeep];
        background.extend(nodes.relay.map(|relay| supervise("relay", node, relay.run())));
        // Whoever closes the terminal that it runs in ends it; to a service it says: read again what there is.
        if certificates.is_some() || !std::io::stdin().is_terminal() {
            let asked = signal(SignalKind::hangup())?;
            background.extend(certificates.map(|files| supervise("certificates", node, files.watch(asked))));
        }
        background.extend(metrics_page.map(|page| supervise("metrics", node, async { drop(page.await) })));
        let terminate = signal(SignalKind::terminate())?;
        let (stop, health) = (watch::Sender::new(false), nodes.health);
        let lease = nodes.keeper.map(|keeper| supervise("lease", node, keeper.run(stop.subscribe())));
        let ending = Ending { hub, health, time: Duration::from_secs(config.server.drain_s), stop, lease };
        Ok(Self {
            address,
            scheme: config.server.scheme(),
            grids,
            directories,
            meetings,
            core,
            running,
            terminate,
            background,
            ending,
            _threads: threads,
        })
    }

    fn escalation(
        core: &Core,
        snapshots: &Snapshots,
        duties: &DutyDesk,
        bell: &CourierBell,
        metrics: &Metrics,
    ) -> EscalationClock {
        let digests = DigestDesk {
            clock: Arc::clone(&core.clock),
            journal: core.journal.clone(),
            notifications: core.notifications.clone(),
            reachability: core.reachability.clone(),
            deliveries: core.deliveries.clone(),
            bell: bell.clone(),
        };
        let lives = core.life_desk(&duties.directories, duties.dispatch.channels());
        let meetings: Rc<dyn OnDue> = Rc::new(snapshots.meetings.clone());
        let handlers: Handlers = vec![
            (DUE, Rc::new(snapshots.grids.clone())),
            (DIGEST, Rc::new(digests)),
            (TICK, Rc::clone(&meetings)),
            (COUNT, meetings),
            (ORDER_DUE, Rc::new(duties.clone())),
            (REMINDER, Rc::new(lives)),
            (APPRAISAL_DUE, Rc::new(snapshots.appraisals.clone())),
        ];
        EscalationClock::new(Arc::clone(&core.clock), core.deadlines.clone(), handlers, metrics.clone())
    }

    fn courier(
        config: &Config,
        core: &Core,
        bell: &CourierBell,
        metrics: Metrics,
        held: Held,
    ) -> Result<Courier, StartError> {
        let desk = CourierDependencies {
            clock: Arc::clone(&core.clock),
            journal: core.journal.clone(),
            deliveries: core.deliveries.clone(),
            notifications: core.notifications.clone(),
            reachability: core.reachability.clone(),
            accounts: core.accounts.clone(),
            gateways: crate::outside::gateways(config, core)?,
            channels: config.notify.channels(),
            cooldown_ms: i64::from(config.notify.cooldown_minutes) * 60_000,
            metrics,
            held,
        };
        Ok(Courier::new(desk, bell))
    }

    fn webhooks(
        config: &Config,
        core: &Core,
        directories: &Directories,
        metrics: Metrics,
        held: Held,
    ) -> Result<WebhookSender, StartError> {
        Ok(WebhookSender::new(WebhookDesk {
            clock: Arc::clone(&core.clock),
            entropy: Arc::clone(core.ids.entropy()),
            journal: core.journal.clone(),
            log: Arc::clone(&core.log),
            webhooks: core.webhooks.clone(),
            deliveries: core.webhook_deliveries.clone(),
            directories: directories.clone(),
            kinds: Arc::clone(&core.kinds),
            dispatch: Dispatch::new(core.deliveries.clone(), config.notify.channels()),
            outbound: Outbound::new(&config.notify.ca_files)?,
            rule: config.webhooks.rule().map_err(|error| format!("webhooks.inside: {error}"))?,
            patience: config.webhooks.patience(),
            timeout: config.webhooks.timeout(),
            metrics,
            held,
        }))
    }

    fn http(
        site: (&Config, &Core, &Snapshots, &DutyDesk),
        hub: &Hub,
        visitors: &Visitors,
        bell: &CourierBell,
        nodes: &Nodes,
        (traffic, tls): (Traffic, Option<rustls::ServerConfig>),
    ) -> Result<(SocketAddr, actix_web::dev::Server), StartError> {
        let (config, core, snapshots, duties) = site;
        let listener = std::net::TcpListener::bind(&config.server.bind)
            .map_err(|error| format!("server.bind {}: {error}", config.server.bind))?;
        let address = listener.local_addr()?;
        let Visitors { callers, screens, rates } = visitors;
        let rooms =
            Rooms::open(&Site { config, core, snapshots, duties, callers, screens, rates, bell, nodes, address })?;
        let (hub, snapshots) = (hub.clone(), snapshots.clone());
        let (log, time) = (Arc::clone(&core.log), Arc::clone(&core.clock));
        let (notifications, presence, rates) = (core.notifications.clone(), screens.clone(), rates.clone());
        let (health, lives) = (Arc::clone(&nodes.health), LifeRights::new(core.lives.clone()));
        let traffic = web::Data::new(traffic);
        let worker = move || {
            let live = web::Data::new(LiveDesk {
                hub: hub.clone(),
                shard: hub.start_shard(),
                meetings: MeetingRights::new(snapshots.meetings.clone()),
                snapshots: snapshots.clone(),
                lives: lives.clone(),
                notifications: notifications.clone(),
                presence: presence.clone(),
                rates: rates.clone(),
                log: Arc::clone(&log),
                health: Arc::clone(&health),
                clock: Arc::clone(&time),
            });
            let (rooms, traffic) = (rooms.clone(), traffic.clone());
            move || {
                let app = App::new()
                    .configure(|services| rooms.serve(services))
                    .app_data(live.clone())
                    .app_data(traffic.clone())
                    .wrap(from_fn(outermost))
                    .configure(routes);
                map_config(app, |()| AppConfig::default())
            }
        };
        Ok((address, listen(listener, &config.server, tls, worker)?))
    }

    /// New ids, as the server makes them.
    pub fn ids(&self) -> &lianxin_domain::ids::IdSource {
        &self.core.ids
    }

    /// Serves until SIGTERM or Ctrl-C, then stops: no new connections, live clients told to come back, open requests
    /// finished, the journal empty.
    ///
    /// # Errors
    /// [`StartError`] when the listener fails.
    pub async fn run(self) -> Result<(), StartError> {
        let Ending { hub, health, time, stop, lease } = self.ending;
        let handle = self.running.handle();
        actix_rt::spawn(async move {
            asked_to_stop(self.terminate).await;
            tracing::info!("stopping");
            health.drain();
            hub.drain(time).await;
            handle.stop(true).await;
        });
        self.running.await?;
        // Another node goes on at once with what only one does.
        stop.send_replace(true);
        if let Some(lease) = lease {
            let _ = lease.await;
        }
        let empty = Change::new(self.core.clock.now(), None, None);
        let _ = self.core.journal.commit(empty).await;
        // Ended here, while their connections still have a runtime to go back to.
        for task in self.background {
            task.abort();
            let _ = task.await;
        }
        Ok(())
    }
}

/// Runs what the server cannot do without. When it ends by a panic the process ends too: whoever runs it starts it again
/// within a second, and nothing acknowledged is lost.
/// Its log lines say which `worker` wrote them, and of several nodes on which.
fn supervise(name: &'static str, node: Option<&str>, work: impl Future<Output = ()> + 'static) -> JoinHandle<()> {
    let span = tracing::error_span!(target: LOGGED, "worker", worker = name, node);
    let supervised = async move {
        let _guard = Guard(name);
        work.await;
    };
    actix_rt::spawn(supervised.instrument(span))
}

/// Ends the process when it is dropped by a panic.
struct Guard(&'static str);

impl Drop for Guard {
    fn drop(&mut self) {
        if std::thread::panicking() {
            tracing::error!(worker = self.0, "panicked; the server cannot go on");
            std::process::abort();
        }
    }
}

async fn asked_to_stop(mut terminate: Signal) {
    tokio::select! {
        _ = terminate.recv() => {}
        _ = tokio::signal::ctrl_c() => {}
    }
}
