//! Money as whole micro-units of the operator's currency; never a float.

use std::{
    fmt,
    iter::Sum,
    ops::{Add, Neg, Sub},
};

use serde::{Deserialize, Serialize};

/// An amount in millionths of one unit of currency; negative for what an account owes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Micros(pub i64);

impl Micros {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// One whole unit of currency.
    pub const UNIT: i64 = 1_000_000;

    /// The nearest amount to a decimal number of units, as the operator API takes it; `None` where it does not fit.
    #[must_use]
    pub fn from_units(units: f64) -> Option<Self> {
        let micros = (units * 1_000_000.0).round();
        // 2^53: every whole number up to here is exact in a double.
        (micros.is_finite() && micros.abs() <= 9_007_199_254_740_992.0).then_some(Self(micros as i64))
    }

    /// The amount in whole units, for display.
    #[must_use]
    pub fn as_units(self) -> f64 {
        self.0 as f64 / 1_000_000.0
    }
}

impl Add for Micros {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}
impl Sub for Micros {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}
impl Neg for Micros {
    type Output = Self;
    fn neg(self) -> Self {
        Self(self.0.saturating_neg())
    }
}
impl Sum for Micros {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        amounts.fold(Self::ZERO, Add::add)
    }
}
impl fmt::Display for Micros {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let abs = self.0.unsigned_abs();
        write!(f, "{sign}{}.{:06}", abs / 1_000_000, abs % 1_000_000)
    }
}
