//! Behind nginx, set up as `docs/OPERATIONS.md` says.

use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::json;
use tempfile::TempDir;

use super::Stage;
use crate::support::{Live, Person, events_of, eventually, text};

/// A running nginx.
struct Balancer {
    child: Child,
    base: String,
    _folder: TempDir,
}

/// The documentation's example, with what differs here: addresses, no TLS, and everything in one folder.
fn example(nodes: &[&str], port: u16, folder: &Path) -> String {
    let document = std::fs::read_to_string("docs/OPERATIONS.md").unwrap();
    let (_, rest) = document.split_once("```nginx\n").expect("an example");
    let (example, _) = rest.split_once("```").unwrap();
    let mut nodes = nodes.iter();
    let lines = example.lines().filter(|line| !line.contains("ssl_certificate")).map(|line| {
        if let Some(node) = line.trim().strip_prefix("server 10.0.0.") {
            let (_, options) = node.split_once(' ').unwrap();
            format!("    server {} {options}", nodes.next().expect("two nodes"))
        } else {
            line.replace("listen 443 ssl", &format!("listen 127.0.0.1:{port}"))
        }
    });
    let lines: Vec<String> = lines.collect();
    assert!(nodes.next().is_none(), "the example has a line for each node");
    let folder = folder.display();
    let own: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .map(|name| format!("{name}_temp_path {folder}/{name};\n"))
        .concat();
    format!(
        "daemon off; pid {folder}/pid; error_log {folder}/error.log; worker_processes 1;\n\
         events {{ worker_connections 1024; }}\nhttp {{ access_log {folder}/access.log;\n{own}{}\n}}\n",
        lines.join("\n")
    )
}

impl Balancer {
    async fn before(stage: &Stage) -> Self {
        let folder = TempDir::new().unwrap();
        // Its workers may run as somebody else.
        std::fs::set_permissions(folder.path(), std::os::unix::fs::PermissionsExt::from_mode(0o777)).unwrap();
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let bases = [0, 1].map(|node| stage.cluster.server(node).base.replace("http://", ""));
        let config = folder.path().join("nginx.conf");
        std::fs::write(&config, example(&bases.each_ref().map(String::as_str), port, folder.path())).unwrap();
        let mut nginx = Command::new("nginx");
        nginx.arg("-p").arg(folder.path()).arg("-e").arg(folder.path().join("error.log")).arg("-c").arg(&config);
        let child = nginx.stderr(Stdio::inherit()).spawn().expect("nginx (apt-get install nginx-light)");
        let balancer = Self { child, base: format!("http://127.0.0.1:{port}"), _folder: folder };
        eventually("nginx listens", async || tokio::net::TcpStream::connect(("127.0.0.1", port)).await.ok()).await;
        balancer
    }

    fn person(&self, person: &Person) -> Person {
        let mut person = person.clone();
        person.base.clone_from(&self.base);
        person
    }
}

impl Drop for Balancer {
    fn drop(&mut self) {
        let _ = Command::new("kill").arg(self.child.id().to_string()).status();
        let _ = self.child.wait();
    }
}

#[actix_rt::test]
async fn people_behind_nginx_do_not_notice_which_node_they_are_at_nor_that_one_is_gone() {
    let mut stage = Stage::set("nginx").await;
    let balancer = Balancer::before(&stage).await;
    let (leader, resident) = (balancer.person(&stage.leader), balancer.person(&stage.resident));
    let mut live = Live::open(&leader).await;
    live.subscribe(&stage.topic(), None).await;
    let (ticket, seq) = resident.submit(&stage.code, "suggestion", "经过 nginx").await;
    live.until_seq(seq).await;
    // Sent one after another, as the channel for browsers without WebSocket is.
    let picture = crate::support::media::picture(image::ImageFormat::Png, 40, 30);
    let uploaded = resident.upload("a.png", "image/png", &picture).await;
    assert_eq!(resident.get(&format!("/attachments/{}", text(&uploaded.expect(201)["id"]))).await.status, 200);

    stage.cluster.nodes[0].server.kill();
    // Reads go to the other node; so do writes, which never reached the dead one.
    for number in 0..10 {
        resident.get(&format!("/tickets/{ticket}")).await.expect(200);
        resident.submit(&stage.code, "suggestion", &format!("第 {number} 件")).await;
    }
    let (_, last) = resident.submit(&stage.code, "suggestion", "最后一件").await;
    let mut live = Live::open(&leader).await;
    live.subscribe(&stage.topic(), Some(seq)).await;
    let missed = events_of(&live.until_seq(last).await);
    assert_eq!(missed.iter().filter(|(_, kind)| kind == "ticket.submitted").count(), 11, "{missed:?}");
    balancer.person(&stage.worker).step(&ticket, "accept", &json!({})).await;
}
