//! The browsers' processes as the host sees them.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::PathBuf,
};

use hangar_testkit::wait::eventually;

/// A process of a browser.
#[derive(Clone, Debug)]
pub(crate) struct Process {
    pub(crate) pid: u32,
    /// Its program when the rest was about to be read.
    program: Option<PathBuf>,
    pub(crate) argv: Vec<String>,
    pub(crate) environ: String,
}

/// Every descendant of a process that is there now.
pub(crate) fn below(root: u32) -> Vec<Process> {
    let mut parents = BTreeMap::new();
    for entry in fs::read_dir("/proc").unwrap().flatten() {
        let Some(pid) = entry.file_name().to_str().and_then(|name| name.parse::<u32>().ok()) else { continue };
        let Ok(stat) = fs::read_to_string(entry.path().join("stat")) else { continue };
        // The name in parentheses may hold anything; the state and the parent follow the last one.
        let after = stat.rsplit_once(')').map_or("", |(_, after)| after);
        let parent = after.split_whitespace().nth(1).and_then(|parent| parent.parse::<u32>().ok());
        parents.insert(pid, parent.unwrap_or(0));
    }
    let mut found = BTreeSet::from([root]);
    loop {
        let more: Vec<u32> = parents
            .iter()
            .filter(|(pid, parent)| found.contains(parent) && !found.contains(pid))
            .map(|(pid, _)| *pid)
            .collect();
        if more.is_empty() {
            break;
        }
        found.extend(more);
    }
    found.remove(&root);
    found.into_iter().filter_map(read).collect()
}

/// Every descendant, once none is there that was just forked: until it runs a program of its own, it shows its parent's.
pub(crate) async fn settled_below(root: u32) -> Vec<Process> {
    let parents = program(root);
    eventually("programs of their own", async || {
        let all = below(root);
        match all.iter().find(|process| process.program == parents) {
            Some(forked) => Err(format!("{} was just forked", forked.pid)),
            None => Ok(all),
        }
    })
    .await
}

/// The browser processes themselves, without their helpers and children.
pub(crate) fn browsers(server: u32) -> Vec<Process> {
    let is_browser = |process: &Process| {
        let program = process.argv.first().is_some_and(|program| program.contains("chrom"));
        // Children that Chromium forks have their whole command line in one piece.
        program && !process.argv.iter().any(|arg| arg.starts_with("--type=") || arg.contains(" --type="))
    };
    below(server).into_iter().filter(is_browser).collect()
}

fn program(pid: u32) -> Option<PathBuf> {
    fs::read_link(format!("/proc/{pid}/exe")).ok()
}

fn read(pid: u32) -> Option<Process> {
    let program = program(pid);
    let argv = fs::read(format!("/proc/{pid}/cmdline")).ok()?;
    let environ = fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let argv = argv.split(|byte| *byte == 0).filter(|arg| !arg.is_empty()).map(text).collect();
    Some(Process { pid, program, argv, environ: text(&environ) })
}
