//! Where a server's time goes, by `perf` where it is installed.

use std::process::{Command, Stdio};

const SECONDS: &str = "2";
const LINES: usize = 12;

/// The dearest functions of a process while `load` runs, or how to get at them.
pub(crate) fn of(pid: u32, load: impl FnOnce() -> anyhow::Result<()>) -> String {
    match record(pid, load) {
        Ok(lines) if !lines.is_empty() => format!("dearest functions of the server:\n{lines}"),
        _ => format!("no profile: install perf (Debian: linux-perf) and run perf record -g -p {pid} under load"),
    }
}

fn record(pid: u32, load: impl FnOnce() -> anyhow::Result<()>) -> anyhow::Result<String> {
    let folder = tempfile::tempdir()?;
    let data = folder.path().join("perf.data");
    let mut recorder = Command::new("perf");
    recorder.args(["record", "-q", "-F", "999", "-p", &pid.to_string(), "-o"]).arg(&data);
    let mut recorder = recorder.args(["--", "sleep", SECONDS]).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
    let loaded = load();
    recorder.wait()?;
    loaded?;
    let mut report = Command::new("perf");
    report.args(["report", "--stdio", "--no-children", "--sort", "symbol", "-i"]).arg(&data);
    let report = report.stderr(Stdio::null()).output()?;
    let report = String::from_utf8_lossy(&report.stdout);
    let lines = report.lines().filter(|line| !line.starts_with('#') && !line.trim().is_empty());
    // Two more columns follow the name, which nothing fills here.
    let names = lines.map(|line| line.trim().trim_end_matches(['-', ' ']));
    Ok(names.take(LINES).map(|line| format!("    {line}")).collect::<Vec<_>>().join("\n"))
}
