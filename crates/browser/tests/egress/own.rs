//! A public address of this machine is still this machine: what listens here is not for pages.

use std::process::Command;

use hangar_testkit::site::{Canary, Site};

use super::rig::{Names, connect, direct, get};

/// Public, and only given to the loopback of a network namespace of the test's own.
const PUBLIC: &str = "8.8.4.4";

#[test]
fn a_public_address_of_this_machine_is_refused_unless_it_is_allowed() {
    let script = format!("ip link set lo up && ip addr add {PUBLIC}/32 dev lo && exec \"$@\"");
    let output = Command::new("unshare")
        .args(["--net", "sh", "-c", &script, "sh"])
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", "own::in_a_network_of_its_own", "--ignored", "--nocapture"])
        .output()
        .unwrap();
    let (text, error) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    if error.contains("ip: not found") {
        eprintln!("skipped: the command ip is not installed");
        return;
    }
    assert!(output.status.success() && text.contains("was refused and allowed"), "{text}{error}");
}

/// Run by the test above in a network namespace of its own.
#[tokio::test]
#[ignore = "not a test: the process that another test starts"]
async fn in_a_network_of_its_own() {
    let canary = Canary::start(PUBLIC.parse().unwrap()).await.unwrap();
    let (_egress, proxy) = direct(&[], Names::default().with("me.example", &[&[PUBLIC]]));
    for host in [PUBLIC, "me.example", "[::ffff:8.8.4.4]"] {
        let (tunnel, _) = connect(proxy, &format!("{host}:{}", canary.address().port())).await;
        let plain = get(proxy, &format!("http://{host}:{}/", canary.address().port())).await;
        assert_eq!((tunnel.status, plain.status), (403, 403), "{host}");
    }
    assert_eq!(canary.hits().await.unwrap(), []);
    let site = Site::start_with(PUBLIC.parse().unwrap(), Vec::new()).await.unwrap();
    let (_egress, proxy) = direct(&["8.8.4.4/32"], Names::default());
    assert_eq!(get(proxy, &site.url("/")).await.status, 200);
    println!("it was refused and allowed");
}
