//! Which browsers are run, how many stand ready, and what they may reach and use.

use std::{fmt, path::PathBuf};

use hangar_browser::egress::Routes;
use ipnet::IpNet;

use super::{
    section::section,
    setting::{Bytes, Setting},
};

section! {
    /// Which browsers, how many, and what they may do.
    Browsers, BrowsersFlags:

    /// Isolation of browsers: auto (the highest that works), L3, L2, L1 or L0 [default: auto]
    isolation: IsolationChoice = |_| IsolationChoice::Auto;
    /// Permit L0, where browsers run without any sandbox [default: false]
    allow_no_sandbox: bool = |_| false;
    /// chromium-headless-shell [default: found on PATH and in the usual places]
    headless_shell: Option<PathBuf> = |_| None;
    /// Full chromium [default: found on PATH and in the usual places]
    chromium: Option<PathBuf> = |_| None;
    /// bubblewrap [default: found on PATH]
    bwrap: Option<PathBuf> = |_| None;
    /// Warm headless browsers kept ready [default: two per core, 2 to 16]
    pool: u32 = |capacity| capacity.pool();
    /// Networks that pages may reach although the policy refuses them [default: none]
    egress_allow: Vec<IpNet> = |_| Vec::new();
    /// Upstreams of domains and of everything below them, whatever a session's own is [default: none]
    egress_routes: Routes = |_| Routes::default();
    /// Authorities (PEM) that vouch for `https` upstream proxies, besides the public ones [default: none]
    upstream_ca: Option<PathBuf> = |_| None;
    /// Permit sessions without an upstream proxy (`--proxy-server=direct://`) [default: true]
    allow_direct: bool = |_| true;
    /// Memory of one session's processes [default: 2GB]
    session_memory: Bytes = |_| Bytes(2_000_000_000);
    /// Processes and threads of one session [default: 1024]
    session_pids: u32 = |_| 1024;
    /// Processor of one session, in percent of a core [default: no limit]
    session_cpu: Option<u32> = |_| None;
    /// Files of one session: downloads and profile [default: 2GB]
    session_disk: Bytes = |_| Bytes(2_000_000_000);
}

/// The isolation that is asked for (docs/ARCHITECTURE.md, "Isolation levels").
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IsolationChoice {
    /// The highest that works here.
    Auto,
    /// Own uid, namespaces, sandbox, cgroup.
    L3,
    /// Own uid, sandbox, cgroup.
    L2,
    /// Sandbox.
    L1,
    /// Nothing.
    L0,
}

impl IsolationChoice {
    const ALL: [Self; 5] = [Self::Auto, Self::L3, Self::L2, Self::L1, Self::L0];

    /// Its name in the configuration.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::L3 => "L3",
            Self::L2 => "L2",
            Self::L1 => "L1",
            Self::L0 => "L0",
        }
    }
}

impl fmt::Display for IsolationChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Setting for IsolationChoice {
    const FORM: &'static str = "LEVEL";

    fn parse(text: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|level| level.name().eq_ignore_ascii_case(text.trim()));
        found.ok_or_else(|| "must be auto, L3, L2, L1 or L0".to_owned())
    }

    fn show(&self) -> Option<String> {
        Some(format!("\"{self}\""))
    }
}
