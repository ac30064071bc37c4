//! How much time an account can still reserve. Must never compute a price: that is [`hangar_domain::bill`].

use hangar_domain::{
    Account, Plan,
    account::Standing,
    bill::{self, Terms},
};

/// What a bill of this account depends on now.
pub(super) fn terms(account: &Account) -> Terms {
    Terms {
        included_left_ms: account.plan.included_ms().map(|included| included - account.used_ms),
        rate_per_hour: account.plan.overage_rate_per_hour(),
    }
}

/// Milliseconds that no live session has reserved yet, never negative; `None` without limit.
pub(super) fn available_ms(account: &Account) -> Option<i64> {
    bill::affordable_ms(terms(account), account.balance).map(|ms| ms.saturating_sub(account.held_ms).max(0))
}

/// How to call it when nothing is available although the account itself stands well: live sessions hold the rest.
pub(super) const fn exhausted(plan: &Plan) -> Standing {
    match plan {
        Plan::Trial { .. } => Standing::TrialOver,
        Plan::Subscription { .. } | Plan::Unlimited => Standing::NoBalance,
    }
}
