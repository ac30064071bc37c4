//! Puppeteer's side: one Node process for all rounds of both sides, so that its own warming-up is nobody's advantage.

use std::{
    io::{BufRead as _, BufReader, Write as _},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

use anyhow::{Context as _, bail};
use serde_json::{Value, json};

use crate::World;

/// The script, waiting for what to do.
pub(crate) struct Puppeteer {
    process: Child,
    orders: ChildStdin,
    answers: BufReader<ChildStdout>,
    shell: String,
}

impl Puppeteer {
    pub(crate) fn start(world: &World) -> anyhow::Result<Self> {
        let mut command = Command::new("node");
        command.arg(&world.puppeteer).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = command.spawn().context("starting node")?;
        let orders = process.stdin.take().context("no standard input")?;
        let answers = BufReader::new(process.stdout.take().context("no standard output")?);
        Ok(Self { process, orders, answers, shell: world.shell.display().to_string() })
    }

    /// Connect → newPage → goto → close, `count` times at once; milliseconds of each.
    pub(crate) fn connect(&mut self, url: &str, count: usize) -> anyhow::Result<Vec<f64>> {
        self.order(&json!({ "connect": url, "count": count }))
    }

    /// Launch → newPage → goto → close; milliseconds.
    pub(crate) fn launch(&mut self) -> anyhow::Result<Vec<f64>> {
        let args: &[&str] = if rustix::process::geteuid().is_root() { &["--no-sandbox"] } else { &[] };
        let order = json!({ "launch": self.shell, "args": args });
        self.order(&order)
    }

    /// Opens a page with a button on both sides: in the REST session at `session`, and by Puppeteer at `endpoint`.
    pub(crate) fn open_button(&mut self, session: &str, key: &str, endpoint: &str) -> anyhow::Result<()> {
        self.order(&json!({ "button": session, "key": key, "endpoint": endpoint })).map(drop)
    }

    /// Clicks that button `count` times, one after the other; milliseconds of each.
    pub(crate) fn click(&mut self, through: &str, count: usize) -> anyhow::Result<Vec<f64>> {
        self.order(&json!({ "click": through, "count": count }))
    }

    fn order(&mut self, order: &Value) -> anyhow::Result<Vec<f64>> {
        writeln!(self.orders, "{order}")?;
        let mut line = String::new();
        if self.answers.read_line(&mut line)? == 0 {
            bail!("the script ended; are the Node clients installed (scripts/setup bench)?");
        }
        let answer: Value = serde_json::from_str(&line)?;
        match answer["error"].as_str() {
            Some(error) => bail!("puppeteer: {error}"),
            None => Ok(serde_json::from_value(answer["ms"].clone())?),
        }
    }
}

impl Drop for Puppeteer {
    fn drop(&mut self) {
        let _ended = self.process.kill().and_then(|()| self.process.wait());
    }
}
