//! A server that speaks S3 over a folder, in a thread of its own.

use std::net::SocketAddr;

use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use s3s::auth::SimpleAuth;
use s3s::service::S3ServiceBuilder;
use tempfile::TempDir;
use tokio::sync::oneshot;

const KEY: &str = "lianxin-test";
const SECRET: &str = "not-a-secret-of-anybody";
const NAME: &str = "county";

/// The server with one bucket; it ends when dropped.
pub struct Bucket {
    pub address: SocketAddr,
    /// Where its files lie.
    pub folder: TempDir,
    _stop: oneshot::Sender<()>,
}

impl Bucket {
    pub fn start() -> Self {
        let folder = TempDir::new().unwrap();
        std::fs::create_dir(folder.path().join(NAME)).unwrap();
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel();
        let root = folder.path().to_owned();
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                tokio::select! { () = serve(listener, &root) => {}, _ = stopped => {} }
            });
        });
        Self { address, folder, _stop: stop }
    }

    /// The settings of a server that keeps its files there, over `address`.
    pub fn settings(address: SocketAddr, secret: Option<&str>) -> Vec<(&'static str, String)> {
        vec![
            ("LIANXIN__FILES__URL", format!("s3://{NAME}/files")),
            ("LIANXIN__FILES__ENDPOINT", format!("http://{address}")),
            ("LIANXIN__FILES__ACCESS_KEY_ID", KEY.to_owned()),
            ("LIANXIN__FILES__SECRET_ACCESS_KEY", secret.unwrap_or(SECRET).to_owned()),
            ("LIANXIN__FILES__ALLOW_HTTP", "true".to_owned()),
        ]
    }
}

async fn serve(listener: std::net::TcpListener, root: &std::path::Path) {
    let service = {
        let mut builder = S3ServiceBuilder::new(s3s_fs::FileSystem::new(root).unwrap());
        builder.set_auth(SimpleAuth::from_single(KEY, SECRET));
        builder.build()
    };
    let listener = tokio::net::TcpListener::from_std(listener).unwrap();
    let http = Builder::new(TokioExecutor::new());
    loop {
        let Ok((stream, _)) = listener.accept().await else { continue };
        let connection = http.serve_connection(TokioIo::new(stream), service.clone()).into_owned();
        tokio::spawn(connection);
    }
}
