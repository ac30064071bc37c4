//! Whether the clocks can be billed by: wall time plausible, both going at the same pace.

use std::time::Duration;

use hangar_domain::Clock;
use jiff::Timestamp;

use super::{Check, Status};

/// Nobody runs this before it was written (2025-01-01).
const EARLIEST: Timestamp = Timestamp::constant(1_735_689_600, 0);

/// How long the two clocks are compared.
const SAMPLE: Duration = Duration::from_millis(50);

pub(super) fn check(clock: &dyn Clock) -> Check {
    let (wall, monotonic) = (clock.now(), clock.monotonic());
    std::thread::sleep(SAMPLE);
    let passed = (clock.now().duration_since(wall).as_secs_f64(), (clock.monotonic() - monotonic).as_secs_f64());
    judge(wall, passed)
}

fn judge(wall: Timestamp, (wall_s, monotonic_s): (f64, f64)) -> Check {
    if wall < EARLIEST {
        return Check::new(
            "clock",
            Status::Fail,
            format!("it is not {wall}: set the clock, periods of plans depend on it"),
        );
    }
    if (wall_s - monotonic_s).abs() > 1.0 {
        let sentence = format!("in {monotonic_s:.2} s the wall clock moved by {wall_s:.2} s: something is changing it");
        return Check::new("clock", Status::Warn, sentence);
    }
    Check::new("clock", Status::Ok, format!("{wall:.0}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_is_wrong_or_jumps_is_told() {
        let now: Timestamp = "2026-11-22T00:00:00Z".parse().unwrap();
        assert_eq!(judge(now, (0.05, 0.05)).status, Status::Ok);
        assert_eq!(judge(now, (-3600.0, 0.05)).status, Status::Warn);
        assert_eq!(judge(Timestamp::UNIX_EPOCH, (0.05, 0.05)).status, Status::Fail);
    }
}
