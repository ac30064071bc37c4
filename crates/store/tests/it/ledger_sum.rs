//! Whatever happens in whatever order, the cached meters equal the rows.

use hangar_domain::{AccountStatus, Micros, Plan};
use hangar_store::{AccountPatch, Extension, Store};
use proptest::prelude::*;

use crate::world::{account, assert_meters, end, id, now, read, start, subscription, trial};

#[derive(Clone, Debug)]
enum Step {
    Start { hold_ms: i64 },
    Extend { at: usize, add_ms: i64 },
    End { at: usize, elapsed_ms: i64 },
    EndWithinHold { at: usize },
    EndAgain,
    Abandon { at: usize },
    TopUp(i64),
    Plan(Plan),
    Suspend(bool),
}

fn plan() -> impl Strategy<Value = Plan> {
    prop_oneof![
        Just(Plan::Unlimited),
        (0..200_000_i64).prop_map(trial),
        (0..200_000_i64, 0..90_000_000_i64).prop_map(|(included_ms, rate)| subscription(included_ms, rate)),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    let at = 0..8_usize;
    prop_oneof![
        4 => (1..90_000_i64).prop_map(|hold_ms| Step::Start { hold_ms }),
        2 => (at.clone(), -10..90_000_i64).prop_map(|(at, add_ms)| Step::Extend { at, add_ms }),
        2 => (at.clone(), -10..120_000_i64).prop_map(|(at, elapsed_ms)| Step::End { at, elapsed_ms }),
        2 => at.clone().prop_map(|at| Step::EndWithinHold { at }),
        1 => Just(Step::EndAgain),
        1 => at.prop_map(|at| Step::Abandon { at }),
        1 => (-500_000..2_000_000_i64).prop_map(Step::TopUp),
        1 => plan().prop_map(Step::Plan),
        1 => any::<bool>().prop_map(Step::Suspend),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn meters_equal_rows(plan in plan(), balance in -10_000..3_000_000_i64, steps in prop::collection::vec(step(), 1..40)) {
        run(async {
            let store = Store::connect("sqlite::memory:").await.unwrap();
            let owner = account(&store, plan, balance).await.id;
            let mut over = None;
            for step in steps {
                take(&store, owner, step, &mut over).await;
                assert_meters(&store, owner).await;
            }
        });
    }

    /// As long as sessions keep to what is held for them, nobody ever owes anything.
    #[test]
    fn within_holds_nobody_owes(
        included_ms in 0..200_000_i64, rate in 1..90_000_000_i64, balance in 0..3_000_000_i64,
        steps in prop::collection::vec(step(), 1..40),
    ) {
        run(async {
            let store = Store::connect("sqlite::memory:").await.unwrap();
            let owner = account(&store, subscription(included_ms, rate), balance).await.id;
            for step in steps {
                if matches!(step, Step::Start { .. } | Step::Extend { .. } | Step::EndWithinHold { .. }) {
                    take(&store, owner, step, &mut None).await;
                }
                assert!(read(&store, owner).await.balance >= Micros::ZERO);
            }
        });
    }
}

fn run(case: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(case);
}

async fn take(store: &Store, owner: hangar_domain::AccountId, step: Step, over: &mut Option<hangar_domain::SessionId>) {
    let live = store.sessions_live().await.unwrap();
    let pick = |at: usize| live.get(at % live.len().max(1)).cloned();
    let patch = |patch| store.account_update(owner, patch, id(), now());
    match step {
        Step::Start { hold_ms } => {
            let mut start = start(owner);
            start.hold_ms = hold_ms;
            let _refused_or_not = store.session_start(start).await.unwrap();
        }
        Step::Extend { at, add_ms } => {
            let Some(row) = pick(at) else { return };
            let answer = store.session_extend(row.id, add_ms, now()).await.unwrap();
            assert_ne!(answer, Extension::Gone);
        }
        Step::End { at, elapsed_ms } => {
            let Some(row) = pick(at) else { return };
            assert!(store.session_end(end(row.id, elapsed_ms)).await.unwrap().is_some());
            *over = Some(row.id);
        }
        Step::EndWithinHold { at } => {
            let Some(row) = pick(at) else { return };
            assert!(store.session_end(end(row.id, row.hold_ms.unwrap_or(5))).await.unwrap().is_some());
        }
        Step::EndAgain => {
            let Some(session) = *over else { return };
            assert_eq!(store.session_end(end(session, 1)).await.unwrap(), None);
        }
        Step::Abandon { at } => {
            let Some(row) = pick(at) else { return };
            assert!(store.session_abandon(row.id, row.account).await.unwrap());
        }
        Step::TopUp(amount) => {
            drop(patch(AccountPatch { top_up: Some(Micros(amount)), ..AccountPatch::default() }).await.unwrap())
        }
        Step::Plan(plan) => drop(patch(AccountPatch { plan: Some(plan), ..AccountPatch::default() }).await.unwrap()),
        Step::Suspend(is_off) => {
            let status = if is_off { AccountStatus::Suspended } else { AccountStatus::Active };
            drop(patch(AccountPatch { status: Some(status), ..AccountPatch::default() }).await.unwrap());
        }
    }
}
