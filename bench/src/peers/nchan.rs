//! Nchan, the module of nginx: a publisher's address and a subscriber's, messages kept in memory.

use std::path::Path;

use tokio::process::Command;

use super::installed;
use crate::BenchError;
use crate::socket::Frames;

const MODULE: &str = "/usr/lib/nginx/modules/ngx_nchan_module.so";

/// nginx with two workers, as the machine has cores.
pub fn command(folder: &Path, port: u16) -> Result<Option<Command>, BenchError> {
    let Some(mut command) = installed("nginx").filter(|_| Path::new(MODULE).is_file()) else { return Ok(None) };
    let at = folder.display();
    let settings = format!(
        "load_module {MODULE};\n\
         daemon off; pid {at}/pid; error_log {at}/error.log; worker_processes 2; worker_rlimit_nofile 20000;\n\
         events {{ worker_connections 20000; }}\n\
         http {{ access_log off; client_body_temp_path {at}/body; proxy_temp_path {at}/proxy; fastcgi_temp_path {at}/fastcgi;\n\
         uwsgi_temp_path {at}/uwsgi; scgi_temp_path {at}/scgi; keepalive_requests 1000000;\n\
         server {{ listen 127.0.0.1:{port} reuseport;\n\
         location = /publish {{ nchan_publisher; nchan_channel_id one; nchan_message_buffer_length 1000; }}\n\
         location = /listen {{ nchan_subscriber websocket; nchan_channel_id one; nchan_subscriber_first_message newest; }} }} }}\n"
    );
    let file = folder.join("nginx.conf");
    std::fs::write(&file, settings)?;
    command.arg("-e").arg(folder.join("error.log")).arg("-c").arg(file);
    Ok(Some(command))
}

/// Somebody who listens from now on.
pub async fn listener(host: &str) -> Result<Frames, BenchError> {
    Frames::open(host, "/listen", "").await
}
