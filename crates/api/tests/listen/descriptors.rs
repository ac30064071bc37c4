//! Out of descriptors (reference/security.md §8 case 42): the loop rests instead of spinning, and recovers.
//!
//! The limit is a process's, so the test starts this binary again under a low one.

use std::{fs::File, os::unix::fs::FileExt, process::Command, time::Duration};

use hangar_api::listen::ListenOptions;
use tokio::net::TcpSocket;

use crate::{Door, PATIENCE, status};

const CHILD: &str = "HANGAR_TEST_DESCRIPTORS";

#[test]
fn an_exhausted_server_rests_and_recovers() {
    let output = Command::new("sh")
        .args(["-c", "ulimit -n 64; exec \"$0\" --exact descriptors::child --nocapture"])
        .arg(std::env::current_exe().unwrap())
        .env(CHILD, "1")
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && text.contains("recovered"), "{text}");
}

/// Only does something when the test above starts it.
#[tokio::test]
async fn child() {
    if std::env::var_os(CHILD).is_none() {
        return;
    }
    let door = Door::open(ListenOptions::default()).await;
    let stat = File::open("/proc/self/stat").unwrap();
    let spare = TcpSocket::new_v4().unwrap();
    let mut clients = Vec::new();
    while let Ok(socket) = TcpSocket::new_v4() {
        clients.push(socket.connect(door.addr).await.unwrap());
    }
    // One descriptor is enough to knock, none is left to let it in.
    let waiting = spare.connect(door.addr).await.unwrap();
    let before = cpu_ticks(&stat);
    tokio::time::timeout(Duration::from_secs(1), waiting.readable()).await.expect_err("not served");
    let used = cpu_ticks(&stat) - before;
    assert!(used < 20, "{used} ticks of CPU in one second of waiting");

    drop(clients);
    drop(waiting);
    let served = async { while status(&door.ask(b"GET / HTTP/1.1\r\nConnection: close\r\n\r\n").await) != "200" {} };
    tokio::time::timeout(PATIENCE, served).await.expect("it recovers");
    println!("recovered");
}

/// User and system time of this process in clock ticks, 1/100 s (proc(5), fields 14 and 15 of stat).
fn cpu_ticks(stat: &File) -> u64 {
    let mut bytes = [0; 1024];
    let length = stat.read_at(&mut bytes, 0).unwrap();
    let text = String::from_utf8_lossy(&bytes[..length]);
    let after_name = text.rsplit(") ").next().unwrap();
    after_name.split(' ').skip(11).take(2).map(|field| field.parse::<u64>().unwrap()).sum()
}
