//! A tenant passes arguments to Chromium: those that run a program, turn the sandbox off, or open a port.

use std::{collections::BTreeSet, fs, os::unix::fs::PermissionsExt as _, path::Path};

use serde_json::json;

use crate::{
    client::{Client, encode},
    processes::{self, Process},
    server::{KEY, Server},
};

const QUERY: &str = "--proxy-server=direct://";

/// Switches that run a program, with the path of one as value.
const RUN: [&str; 9] = [
    "renderer-cmd-prefix",
    "utility-cmd-prefix",
    "zygote-cmd-prefix",
    "gpu-launcher",
    "ppapi-plugin-launcher",
    "plugin-launcher",
    "browser-subprocess-path",
    "load-extension",
    "app",
];

/// Switches that take a wall away.
const OPEN: [&str; 16] = [
    "--no-sandbox",
    "--disable-setuid-sandbox",
    "--disable-seccomp-filter-sandbox",
    "--single-process",
    "--no-zygote",
    "--remote-debugging-port=9222",
    "--remote-debugging-address=0.0.0.0",
    "--remote-allow-origins=*",
    "--proxy-bypass-list=*",
    "--no-proxy-server",
    "--proxy-pac-url=data:,x",
    "--host-resolver-rules=MAP * 127.0.0.1",
    "--disable-web-security",
    "--ignore-certificate-errors",
    "--allow-file-access-from-files",
    "--enable-automation",
];

/// Every way to write a switch that Chromium, or a careless parser, might take for it.
fn spellings(switch: &str, value: &str) -> Vec<(String, String)> {
    let plain = |name: String| (name, value.to_owned());
    vec![
        plain(format!("--{switch}")),
        plain(format!("-{switch}")),
        plain(format!(" --{switch}")),
        plain(format!("\t--{switch}")),
        plain(format!("\n--{switch}")),
        plain(format!("--{switch} ")),
        plain(format!("--{}", switch.to_uppercase())),
        plain(format!("---{switch}")),
        plain(format!("/{switch}")),
        plain(format!("\u{2010}\u{2010}{switch}")),
        plain(format!("--{switch}\0")),
        (format!("--{switch}={value} --lang"), "de".to_owned()),
        ("--lang".to_owned(), format!("de --{switch}={value}")),
        ("--lang".to_owned(), format!("de\n--{switch}={value}")),
        ("--lang".to_owned(), format!("de\0--{switch}={value}")),
        ("--user-agent".to_owned(), format!("x\" --{switch}={value}")),
        ("--bot-config-ua-full-version".to_owned(), format!("1.0 --{switch}={value}")),
        ("--".to_owned(), format!("--{switch}={value}")),
        ("launch".to_owned(), json!({ "args": [format!("--{switch}={value}")] }).to_string()),
        ("args".to_owned(), format!("--{switch}={value}")),
    ]
}

/// A program that leaves a mark where it runs.
fn canary(folder: &Path) -> (String, std::path::PathBuf) {
    let (program, mark) = (folder.join("canary.sh"), folder.join("ran"));
    fs::set_permissions(folder, fs::Permissions::from_mode(0o777)).unwrap();
    fs::write(&program, format!("#!/bin/sh\ntouch {}\nexec \"$@\"\n", mark.display())).unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    (program.display().to_string(), mark)
}

/// The arguments of all browsers; those that name a folder or port of one session are cut to their names.
fn arguments(server: &Server) -> BTreeSet<String> {
    let own = |arg: &String| match arg.split_once('=') {
        Some((name @ ("--user-data-dir" | "--proxy-server"), _)) => name.to_owned(),
        _ => arg.clone(),
    };
    processes::browsers(server.pid()).iter().flat_map(|browser| browser.argv.iter().map(own)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn no_spelling_of_a_switch_gets_to_the_browser() {
    let server = Server::start(&[]).await;
    let folder = tempfile::tempdir().unwrap();
    let (program, mark) = canary(folder.path());
    let before = arguments(&server);
    assert!(before.contains("--remote-debugging-pipe"), "the control: the arguments can be read: {before:?}");
    let mut outcomes = std::collections::BTreeMap::<_, u32>::new();
    let plain = RUN[1..].iter().flat_map(|switch| spellings(switch, &program).into_iter().take(2));
    for (name, value) in spellings(RUN[0], &program).into_iter().chain(plain) {
        let query = format!("{QUERY}&{}={}", encode(&name), encode(&value));
        match Client::try_connect(&server, KEY, &query).await {
            Ok(client) => {
                let page = client.page().await;
                page.eval("1").await.unwrap();
                let after = arguments(&server);
                assert_eq!(after, before, "{name:?}={value:?}");
                client.close().await;
                *outcomes.entry("taken, ignored").or_default() += 1;
            }
            Err(refusal) => {
                assert_eq!(refusal.head.status, 400, "{name:?}: {refusal:?}");
                assert!(
                    name.contains(&program) || !refusal.text.contains(&program),
                    "{name:?}: the refusal repeats the value"
                );
                *outcomes.entry("400").or_default() += 1;
            }
        }
        assert!(!mark.exists(), "{name:?}={value:?} ran a program");
    }
    println!("{outcomes:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_switch_takes_a_wall_away() {
    let server = Server::start(&[]).await;
    let folder = tempfile::tempdir().unwrap();
    let (program, mark) = canary(folder.path());
    let before = arguments(&server);
    let all = OPEN.map(|switch| {
        let (name, value) = switch.split_once('=').unwrap_or((switch, ""));
        format!("{name}={}", encode(value))
    });
    let client = Client::connect(&server, KEY, &format!("{QUERY}&{}", all.join("&"))).await;
    let page = client.page().await;
    page.eval("1").await.unwrap();
    assert_eq!(arguments(&server), before);
    // By a context's flags too.
    for (name, value) in RUN.iter().flat_map(|switch| spellings(switch, &program)) {
        let flags = json!({ "botCloudFlags": [format!("{name}={value}")] });
        if let Ok(context) = client.call("Target.createBrowserContext", flags.clone()).await {
            let place = json!({ "url": "about:blank", "browserContextId": context["browserContextId"] });
            client.page_in(place).await.eval("1").await.unwrap();
            let dispose = json!({ "browserContextId": context["browserContextId"] });
            client.call("Target.disposeBrowserContext", dispose).await.unwrap();
        }
    }
    assert_eq!(arguments(&server), before);
    assert!(!mark.exists(), "a flag ran a program");
    for (method, params) in [
        ("Browser.getBrowserCommandLine", json!({})),
        ("SystemInfo.getInfo", json!({})),
        ("Page.navigate", json!({ "url": "chrome://version" })),
    ] {
        assert!(page.call(method, params).await.is_err(), "{method} tells the arguments");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_process_carries_a_secret() {
    let server = Server::start(&["--egress-allow=127.0.0.1/32"]).await;
    let token = server.tenant().await;
    let upstream = encode("http://proxy-user-c4nary:proxy-pass-c4nary@127.0.0.1:9");
    let cookies = encode(r#"[{"name":"c","value":"cookie-c4nary","domain":"site.example"}]"#);
    let query = format!("--proxy-server={upstream}&--bot-cookies={cookies}");
    let client = Client::connect(&server, &token, &query).await;
    let context = json!({ "proxyServer": "http://ctx-user-c4nary:ctx-pass-c4nary@127.0.0.1:9" });
    let context = client.call("Target.createBrowserContext", context).await.unwrap();
    let place = json!({ "url": "about:blank", "browserContextId": context["browserContextId"] });
    client.page_in(place).await.eval("1").await.unwrap();
    let all = processes::settled_below(server.pid()).await;
    assert!(all.iter().any(|process| process.environ.contains("HOME=")), "the control: environments can be read");
    for process in &all {
        let Process { argv, environ, .. } = process;
        for secret in ["c4nary", &*token, KEY] {
            let told = argv.iter().any(|arg| arg.contains(secret)) || environ.contains(secret);
            assert!(!told, "{argv:?} {environ:?} hold {secret}");
        }
        assert!(!environ.contains("HANGAR_"), "{argv:?}: {environ:?}");
    }
    println!("{} processes looked at", all.len());
}
