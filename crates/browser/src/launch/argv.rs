//! The browser's command line: every switch is the server's, none is a client's.
//!
//! A pure function, so that what a browser is started with can be read in one place and tested. It must never contain a
//! secret: any page of full Chromium can read the command line at chrome://version (security.md row 29).

use std::ffi::OsString;

use crate::{find::BinaryKind, session_dir::BrowserPaths};

/// Bytes of disk that a session's HTTP cache may take.
const DISK_CACHE_BYTES: u32 = 128 * 1024 * 1024;

/// What differs between two browsers.
pub(crate) struct ArgvSpec<'a> {
    pub(crate) kind: BinaryKind,
    /// As the browser sees them.
    pub(crate) paths: &'a BrowserPaths,
    /// Where its egress endpoint listens on 127.0.0.1.
    pub(crate) proxy_port: u16,
    /// Whether Chromium's own sandbox is on.
    pub(crate) sandbox: bool,
    /// Beside the pipe, for a browser that no client gets.
    pub(crate) debugging_port: Option<u16>,
}

/// Safety and isolation (security.md §3 "Always set by server").
const ALWAYS: [&str; 16] = [
    "--remote-debugging-pipe",
    "--no-first-run",
    "--no-default-browser-check",
    "--no-startup-window",
    "--password-store=basic",
    "--use-mock-keychain",
    "--disable-component-update",
    "--disable-background-networking",
    "--disable-sync",
    "--disable-breakpad",
    "--disable-crash-reporter",
    "--disable-quic",
    "--proxy-bypass-list=<-loopback>",
    "--webrtc-ip-handling-policy=disable_non_proxied_udp",
    "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
    "--metrics-recording-only",
];

/// Steady and quick automation (perf.md §1, variant A: software WebGL stays, dropping it saved less than the noise).
const QUICK: [&str; 17] = [
    "--disable-background-timer-throttling",
    "--disable-backgrounding-occluded-windows",
    "--disable-renderer-backgrounding",
    "--disable-client-side-phishing-detection",
    "--disable-component-extensions-with-background-pages",
    "--disable-default-apps",
    "--disable-hang-monitor",
    "--disable-ipc-flooding-protection",
    "--disable-popup-blocking",
    "--disable-prompt-on-repost",
    "--disable-search-engine-choice-screen",
    "--disable-field-trial-config",
    "--force-color-profile=srgb",
    "--export-tagged-pdf",
    "--hide-scrollbars",
    "--mute-audio",
    "--disable-features=Translate,AcceptCHFrame,MediaRouter,OptimizationHints,ProcessPerSiteUpToMainFrameThreshold",
];

/// The arguments after the program.
pub(crate) fn build(spec: &ArgvSpec<'_>) -> Vec<OsString> {
    let mut args: Vec<OsString> = ALWAYS.iter().chain(&QUICK).map(OsString::from).collect();
    let mut profile = OsString::from("--user-data-dir=");
    profile.push(&spec.paths.profile);
    args.push(profile);
    args.push(format!("--disk-cache-size={DISK_CACHE_BYTES}").into());
    args.push(format!("--proxy-server=http://127.0.0.1:{}", spec.proxy_port).into());
    match spec.kind {
        BinaryKind::HeadlessShell => args.push("--disable-extensions".into()),
        BinaryKind::Chromium => args.push("--headless=new".into()),
    }
    if let Some(port) = spec.debugging_port {
        args.push(format!("--remote-debugging-port={port}").into());
    }
    if !spec.sandbox {
        args.push("--no-sandbox".into());
    }
    args
}

#[cfg(test)]
mod tests {
    use std::{collections::HashSet, path::Path};

    use super::*;

    fn args(kind: BinaryKind, sandbox: bool) -> Vec<String> {
        let paths = BrowserPaths::below(Path::new("/data"));
        let args = build(&ArgvSpec { kind, paths: &paths, proxy_port: 3128, sandbox, debugging_port: None });
        args.into_iter().map(|arg| arg.into_string().unwrap()).collect()
    }

    #[test]
    fn driven_by_a_pipe_through_the_egress_endpoint_only() {
        let args = args(BinaryKind::HeadlessShell, true);
        for wanted in [
            "--remote-debugging-pipe",
            "--proxy-server=http://127.0.0.1:3128",
            "--proxy-bypass-list=<-loopback>",
            "--user-data-dir=/data/profile",
        ] {
            assert!(args.iter().any(|arg| arg == wanted), "{wanted}");
        }
        assert!(!args.iter().any(|arg| arg.starts_with("--remote-debugging-port") || arg == "--enable-automation"));
    }

    #[test]
    fn the_sandbox_is_off_only_when_told() {
        assert!(!args(BinaryKind::Chromium, true).iter().any(|arg| arg.contains("sandbox")));
        assert!(args(BinaryKind::Chromium, false).contains(&"--no-sandbox".to_owned()));
        assert!(args(BinaryKind::Chromium, true).contains(&"--headless=new".to_owned()));
    }

    #[test]
    fn no_switch_stands_twice_because_the_last_would_win() {
        for kind in [BinaryKind::HeadlessShell, BinaryKind::Chromium] {
            let args = args(kind, false);
            let names: HashSet<_> = args.iter().map(|arg| arg.split('=').next().unwrap()).collect();
            assert_eq!(names.len(), args.len());
        }
    }
}
