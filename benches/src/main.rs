//! `hangar-bench`: what Hangar costs, as ratios of two things run in turn in the same run.
//!
//! Absolute times on shared machines mean nothing, so each figure alternates between Hangar and bare Chromium and
//! compares the medians of their rounds. It must never leave out a figure because it is bad.

mod bare;
mod cdp;
mod figures;
mod hangar;
mod limits;
mod pipe;
mod proc;
mod profile;
mod puppeteer;
mod report;
mod sample;
mod socket;
mod splice;

use std::{io::Write as _, path::PathBuf, process::ExitCode};

use anyhow::Context as _;
use clap::{Parser, Subcommand};

use crate::{figures::FIGURES, report::Report};

/// Measures Hangar against bare Chromium and prints one table of ratios.
#[derive(Parser)]
struct Cli {
    #[command(subcommand)]
    part: Option<Part>,
    #[command(flatten)]
    world: World,
    /// Only these figures, comma separated: see the first column of the table
    #[arg(long, value_delimiter = ',')]
    only: Vec<String>,
    /// Where the figures are written as JSON
    #[arg(long, default_value = "bench-results/latest.json")]
    json: PathBuf,
}

/// Processes that the benchmark starts from its own binary.
#[derive(Subcommand)]
enum Part {
    /// A TCP proxy that reads nothing: the floor that a gateway is compared with.
    #[command(hide = true)]
    Splice {
        /// Where it passes everything on to
        target: std::net::SocketAddr,
    },
}

/// What the figures are measured with.
#[derive(clap::Args, Clone)]
struct World {
    /// The server, built with --release
    #[arg(long, env = "HANGAR_BIN", default_value = "target/release/hangar")]
    hangar: PathBuf,
    /// The browser of both sides
    #[arg(long, default_value = "/usr/lib/chromium/chromium-headless-shell")]
    shell: PathBuf,
    /// Puppeteer's side
    #[arg(long, default_value = "benches/puppeteer.mjs")]
    puppeteer: PathBuf,
    /// Rounds of each figure, as a factor: 0.2 is a quick look
    #[arg(long, default_value_t = 1.0)]
    rounds: f64,
}

impl World {
    /// `usual` rounds, more or fewer as the command line says, never under 3.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a small positive number")]
    fn rounds(&self, usual: u32) -> u32 {
        (f64::from(usual) * self.rounds).max(3.0) as u32
    }
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let outcome = match &cli.part {
        Some(Part::Splice { target }) => splice::run(*target),
        None => measure(&cli),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "hangar-bench: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// A missed figure is a result; only what could not be measured at all is a failure.
fn measure(cli: &Cli) -> anyhow::Result<()> {
    if let Some(unknown) = cli.only.iter().find(|name| FIGURES.iter().all(|figure| figure.name != **name)) {
        let names: Vec<_> = FIGURES.iter().map(|figure| figure.name).collect();
        anyhow::bail!("no figure is called {unknown}; there are {}", names.join(", "));
    }
    limits::raise_descriptors();
    let mut report = Report::new(&cli.world);
    for figure in FIGURES.iter().filter(|figure| cli.only.is_empty() || cli.only.iter().any(|n| n == figure.name)) {
        let _ = writeln!(std::io::stderr(), "measuring {} …", figure.name);
        report.add(figure, (figure.measure)(&cli.world));
    }
    writeln!(std::io::stdout(), "{report}")?;
    report.write(&cli.json).with_context(|| format!("writing {}", cli.json.display()))?;
    report.whole()
}
