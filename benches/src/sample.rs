//! Medians and percentiles of what was measured.

use std::time::{Duration, Instant};

/// Measurements of one thing.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sample(Vec<f64>);

impl Sample {
    pub(crate) fn push(&mut self, value: f64) {
        self.0.push(value);
    }

    /// The value that `share` of the measurements do not exceed (nearest rank); NaN without any.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a rank within the sample")]
    pub(crate) fn percentile(&self, share: f64) -> f64 {
        let mut sorted = self.0.clone();
        sorted.sort_by(f64::total_cmp);
        let rank = (sorted.len() as f64 * share).ceil().max(1.0) as usize;
        sorted.get(rank - 1).copied().unwrap_or(f64::NAN)
    }

    pub(crate) fn median(&self) -> f64 {
        self.percentile(0.5)
    }
}

impl Extend<f64> for Sample {
    fn extend<T: IntoIterator<Item = f64>>(&mut self, values: T) {
        self.0.extend(values);
    }
}

/// How long `act` takes.
pub(crate) fn timed<T>(act: impl FnOnce() -> anyhow::Result<T>) -> anyhow::Result<(T, Duration)> {
    let started = Instant::now();
    let value = act()?;
    Ok((value, started.elapsed()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_measurements_that_were_made() {
        let mut sample = Sample::default();
        sample.extend([5.0, 1.0, 4.0, 2.0, 3.0]);
        assert_eq!([sample.percentile(0.0), sample.median(), sample.percentile(0.95)], [1.0, 3.0, 5.0]);
        assert!(Sample::default().median().is_nan());
    }
}
