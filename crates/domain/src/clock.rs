//! Time and randomness as things that are handed in.
//!
//! Production reads the machine's; tests turn the hands themselves. Wall time is for display and for periods, monotonic
//! time is for durations and therefore for money: nobody may bill by the difference of two wall times.

use std::time::Duration;

use jiff::Timestamp;

/// The two clocks of a machine.
pub trait Clock: Send + Sync + 'static {
    /// Wall time, for display and for periods of a plan.
    fn now(&self) -> Timestamp;

    /// Time since some fixed moment of this process; never goes backwards.
    fn monotonic(&self) -> Duration;
}

/// A source of unpredictable bytes.
pub trait Random: Send + Sync + 'static {
    /// Fills the whole of `bytes`.
    fn fill(&self, bytes: &mut [u8]);
}
