//! Finding, isolating, launching, supervising, killing and reaping Chromium, and the folders that it lives in.
//!
//! A tenant's page is hostile and so, after an exploit, is its browser. This crate gives each browser a user, namespaces,
//! a cgroup and a folder of its own, holds the two descriptors it is driven through, and takes all of it back at the end,
//! whatever happened in between. It must never let a client choose a switch, never open a debugging port that a page could reach, and never
//! signal a process by a number that may have been given to another one.

pub mod describe;
pub mod downloads;
pub mod egress;
pub mod emulation;
pub mod error;
pub mod find;
pub mod isolation;
pub mod launch;
pub mod pool;
pub mod process;
pub mod profile;
pub mod session_dir;
pub mod subreaper;
pub mod sweep;
pub mod switches;
mod tree;

pub use describe::Description;
pub use downloads::{Download, DownloadState, Downloads};
pub use egress::{Egress, EgressPolicy, Upstream};
pub use emulation::{Device, Director, Emulation};
pub use error::Error;
pub use find::{Binaries, Binary, BinaryKind, FindOptions};
pub use isolation::{CgroupSupport, DetectOptions, Isolation, Level, Limits, Request};
pub use launch::{EGRESS_PORT, LaunchSpec, Launcher, LauncherConfig, Version};
pub use pool::{Maker, Pool, PoolStats, ReadyBrowser};
pub use process::{Browser, Network, Pipe};
pub use profile::Profiles;
pub use session_dir::{BrowserPaths, Dirs};
pub use switches::{BadSwitch, Switches};
