//! Several nodes on one PostgreSQL and one Redis, each behind wires of its own that can be broken.

use std::path::Path;

use tempfile::TempDir;

use super::databases::throw_away_database;
use super::proxy::FaultProxy;
use super::server::TestServer;

const REDIS: &str = "LIANXIN_TEST_REDIS";

/// A node and its wires.
pub struct ClusterNode {
    pub server: TestServer,
    pub database: FaultProxy,
    pub redis: FaultProxy,
}

/// The nodes, and the folder that holds the files of all.
pub struct Cluster {
    pub nodes: Vec<ClusterNode>,
    /// The database without a faulty wire.
    pub url: String,
    files: TempDir,
}

/// A wire to the server of `url`, and the URL that goes over it.
fn wired(url: &str) -> (FaultProxy, String) {
    let (scheme, rest) = url.split_once("://").unwrap();
    let (user, rest) = rest.split_once('@').map_or(("", rest), |(user, rest)| (user, rest));
    let (host, path) = rest.split_once('/').map_or((rest, ""), |(host, path)| (host, path));
    let wire = FaultProxy::to(host);
    let user = if user.is_empty() { String::new() } else { format!("{user}@") };
    let url = format!("{scheme}://{user}{}/{path}", wire.address());
    (wire, url)
}

/// The Redis server that `scripts/with-services.sh` starts.
pub fn redis_url() -> String {
    std::env::var(REDIS).unwrap_or_else(|_| panic!("{REDIS} is not set: run scripts/with-services.sh"))
}

impl Cluster {
    /// As many nodes with a fresh demonstration; `name` names the database.
    pub fn start(name: &str, nodes: usize, settings: &[(&str, &str)]) -> Self {
        let (url, files) = (throw_away_database(name), TempDir::new().unwrap());
        let mut cluster = Self { nodes: Vec::new(), url, files };
        for _ in 0..nodes {
            cluster.join(settings);
        }
        cluster
    }

    /// One more node.
    pub fn join(&mut self, settings: &[(&str, &str)]) {
        let (database, database_url) = wired(&self.url);
        let (redis, redis_url) = wired(&redis_url());
        let files = format!("file://{}", self.files.path().display());
        let own = [
            ("LIANXIN__STORAGE__URL", database_url.as_str()),
            ("LIANXIN__CLUSTER__REDIS", redis_url.as_str()),
            ("LIANXIN__FILES__URL", files.as_str()),
        ];
        // What the test sets counts more.
        let settings: Vec<(&str, &str)> = own.into_iter().chain(settings.iter().copied()).collect();
        let server = match self.nodes.first() {
            None => TestServer::start_on_postgres(&database_url, &settings),
            Some(first) => TestServer::join(&first.server, &settings),
        };
        self.nodes.push(ClusterNode { server, database, redis });
    }

    /// A node's server.
    pub fn server(&self, node: usize) -> &TestServer {
        &self.nodes[node].server
    }

    /// The folder of the files.
    pub fn files(&self) -> &Path {
        self.files.path()
    }
}
