//! What was measured: one table for people, the same as JSON for machines.

use std::{fmt, fs, path::Path};

use serde::Serialize;

use crate::{World, figures::Figure};

/// What a ratio must reach.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Limit {
    AtMost(f64),
    AtLeast(f64),
    /// Told, not judged.
    Reported,
}

/// One figure.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Measured {
    /// With Hangar.
    pub(crate) ours: f64,
    /// Without.
    pub(crate) bare: f64,
    pub(crate) unit: &'static str,
    /// What is judged: `ours / bare` unless the figure says otherwise.
    pub(crate) ratio: f64,
    /// How it was measured, and what else was seen.
    pub(crate) note: String,
    /// Where the time goes, when it was missed.
    pub(crate) profile: Option<String>,
}

impl Measured {
    pub(crate) fn ratio(ours: f64, bare: f64, unit: &'static str) -> Self {
        Self { ours, bare, unit, ratio: ours / bare, ..Self::default() }
    }

    pub(crate) fn note(mut self, note: impl Into<String>) -> Self {
        self.note = note.into();
        self
    }
}

const MISSED: &str = "MISSED";

#[derive(Serialize)]
struct Row {
    name: &'static str,
    what: &'static str,
    limit: Limit,
    /// `ok`, `MISSED`, `reported` or `FAILED`.
    verdict: &'static str,
    #[serde(flatten)]
    measured: Option<Measured>,
    error: Option<String>,
}

/// All figures of a run.
#[derive(Serialize)]
pub(crate) struct Report {
    machine: String,
    rows: Vec<Row>,
}

impl Limit {
    pub(crate) fn is_met(self, ratio: f64) -> bool {
        match self {
            Self::AtMost(limit) => ratio <= limit,
            Self::AtLeast(limit) => ratio >= limit,
            Self::Reported => true,
        }
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AtMost(limit) => write!(f, "≤ {limit:.2}"),
            Self::AtLeast(limit) => write!(f, "≥ {limit:.2}"),
            Self::Reported => f.write_str("reported"),
        }
    }
}

impl Report {
    pub(crate) fn new(world: &World) -> Self {
        let cores = std::thread::available_parallelism().map_or(0, usize::from);
        let uname = rustix::system::uname();
        let kernel = uname.release().to_string_lossy();
        let browser = std::process::Command::new(&world.shell).arg("--version").output();
        let browser =
            browser.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned()).unwrap_or_default();
        Self { machine: format!("{cores} cores, Linux {kernel}, {browser}"), rows: Vec::new() }
    }

    pub(crate) fn add(&mut self, figure: &Figure, outcome: anyhow::Result<Measured>) {
        let (verdict, measured, error) = match outcome {
            Err(error) => ("FAILED", None, Some(format!("{error:#}"))),
            Ok(measured) if figure.limit == Limit::Reported => ("reported", Some(measured), None),
            Ok(measured) if figure.limit.is_met(measured.ratio) => ("ok", Some(measured), None),
            Ok(measured) => (MISSED, Some(measured), None),
        };
        self.rows.push(Row { name: figure.name, what: figure.what, limit: figure.limit, verdict, measured, error });
    }

    pub(crate) fn write(&self, path: &Path) -> anyhow::Result<()> {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        Ok(fs::write(path, serde_json::to_string_pretty(self)? + "\n")?)
    }

    /// An error where a figure could not be measured.
    pub(crate) fn whole(&self) -> anyhow::Result<()> {
        let failed: Vec<_> = self.rows.iter().filter(|row| row.error.is_some()).map(|row| row.name).collect();
        anyhow::ensure!(failed.is_empty(), "not measured: {}", failed.join(", "));
        Ok(())
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}\n", self.machine)?;
        writeln!(
            f,
            "{:<10} {:<58} {:>10} {:>10} {:<7} {:>7}  {:<9} verdict",
            "name", "figure", "hangar", "bare", "unit", "ratio", "must be"
        )?;
        for row in &self.rows {
            let blank = Measured { ours: f64::NAN, bare: f64::NAN, ratio: f64::NAN, ..Measured::default() };
            let Measured { ours, bare, unit, ratio, .. } = row.measured.as_ref().unwrap_or(&blank);
            let limit = row.limit.to_string();
            writeln!(
                f,
                "{:<10} {:<58} {ours:>10.4} {bare:>10.4} {unit:<7} {ratio:>7.3}  {limit:<9} {}",
                row.name, row.what, row.verdict
            )?;
        }
        for row in &self.rows {
            let measured = row.measured.as_ref();
            let note = measured.map(|measured| measured.note.as_str()).filter(|note| !note.is_empty());
            let profile = measured.filter(|_| row.verdict == MISSED).and_then(|measured| measured.profile.as_deref());
            for text in note.into_iter().chain(profile).chain(row.error.as_deref()) {
                write!(f, "\n{}: {text}", row.name)?;
            }
        }
        writeln!(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_met_on_its_edge_and_never_by_nothing() {
        assert!(Limit::AtMost(1.5).is_met(1.5) && !Limit::AtMost(1.5).is_met(1.51));
        assert!(Limit::AtLeast(1.0).is_met(1.0) && !Limit::AtLeast(1.0).is_met(0.99));
        assert!(!Limit::AtMost(1.0).is_met(f64::NAN) && !Limit::AtLeast(1.0).is_met(f64::NAN));
    }
}
