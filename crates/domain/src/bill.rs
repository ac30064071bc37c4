//! What browser time costs, and how much of it an account can still afford. Integers only.
//!
//! Time is paid from the plan's included time first, then from the balance at the overage rate. The same two functions
//! serve the hold at a session's start, each extension of it, and the bill at its end, so that they cannot disagree.

use serde::{Deserialize, Serialize};

use crate::money::Micros;

/// Milliseconds of an hour.
const HOUR_MS: i128 = 3_600_000;

/// How one session's time was paid.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Charge {
    /// Paid from the plan, milliseconds.
    pub included_ms: i64,
    /// Beyond the plan, milliseconds.
    pub overage_ms: i64,
    /// Price of the part beyond the plan; never negative.
    pub amount: Micros,
}

/// The terms that a bill depends on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terms {
    /// Included time not yet billed, milliseconds; `None` without limit.
    pub included_left_ms: Option<i64>,
    /// Price of an hour beyond it.
    pub rate_per_hour: Micros,
}

/// The bill for `duration_ms` of browser time; a negative duration costs nothing.
#[must_use]
pub fn charge(terms: Terms, duration_ms: i64) -> Charge {
    let duration_ms = duration_ms.max(0);
    let included_ms = terms.included_left_ms.map_or(duration_ms, |left| duration_ms.min(left.max(0)));
    let overage_ms = duration_ms - included_ms;
    Charge { included_ms, overage_ms, amount: price(terms.rate_per_hour, overage_ms) }
}

/// Price of `ms` at `rate_per_hour`, rounded down to a whole micro-unit, in the account's favour.
#[must_use]
pub fn price(rate_per_hour: Micros, ms: i64) -> Micros {
    let micros = i128::from(rate_per_hour.0.max(0)) * i128::from(ms.max(0)) / HOUR_MS;
    Micros(i64::try_from(micros).unwrap_or(i64::MAX))
}

/// Milliseconds that an account can still pay for; `None` without limit.
///
/// `balance` counts only while positive, and buys time only where the plan has a rate: a rate of zero means that time
/// beyond the plan is not for sale.
#[must_use]
pub fn affordable_ms(terms: Terms, balance: Micros) -> Option<i64> {
    let left = i128::from(terms.included_left_ms?.max(0));
    let bought = match terms.rate_per_hour.0 {
        rate if rate > 0 => i128::from(balance.0.max(0)) * HOUR_MS / i128::from(rate),
        _ => 0,
    };
    Some(i64::try_from(left + bought).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_millisecond_is_paid_once(left in 0..10_000_000_i64, rate in 0..100_000_000_i64, ms in 0..50_000_000_i64) {
            let bill = charge(Terms { included_left_ms: Some(left), rate_per_hour: Micros(rate) }, ms);
            prop_assert_eq!(bill.included_ms + bill.overage_ms, ms);
            prop_assert!(bill.included_ms <= left);
            prop_assert!(bill.amount >= Micros::ZERO);
        }

        #[test]
        fn what_is_affordable_never_overdraws(left in 0..10_000_000_i64, rate in 1..100_000_000_i64, balance in 0..1_000_000_000_i64) {
            let terms = Terms { included_left_ms: Some(left), rate_per_hour: Micros(rate) };
            let ms = affordable_ms(terms, Micros(balance)).unwrap();
            prop_assert!(charge(terms, ms).amount <= Micros(balance));
        }

        #[test]
        fn two_bills_cost_at_most_one_for_both(rate in 0..100_000_000_i64, a in 0..5_000_000_i64, b in 0..5_000_000_i64) {
            let (apart, joint) = (price(Micros(rate), a) + price(Micros(rate), b), price(Micros(rate), a + b));
            prop_assert!(apart <= joint && joint.0 - apart.0 <= 1);
        }
    }

    #[test]
    fn unlimited_pays_nothing() {
        let terms = Terms { included_left_ms: None, rate_per_hour: Micros::ZERO };
        assert_eq!(charge(terms, 5_000), Charge { included_ms: 5_000, ..Charge::default() });
        assert_eq!(affordable_ms(terms, Micros::ZERO), None);
    }
}
