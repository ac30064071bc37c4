//! The limits under a clock that the test turns.

use super::*;

#[derive(Default)]
struct ManualClock(Mutex<Duration>);

impl ManualClock {
    fn advance(&self, by: Duration) {
        *self.0.lock().unwrap() += by;
    }
}

impl Clock for ManualClock {
    fn now(&self) -> jiff::Timestamp {
        jiff::Timestamp::UNIX_EPOCH
    }

    fn monotonic(&self) -> Duration {
        *self.0.lock().unwrap()
    }
}

fn clock() -> Arc<ManualClock> {
    Arc::new(ManualClock::default())
}

fn address(last: u8) -> IpAddr {
    IpAddr::from([192, 0, 2, last])
}

fn account(number: u128) -> AccountId {
    AccountId::from_uuid(uuid::Uuid::from_u128(number))
}

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn twenty_wrong_keys_close_the_door_for_the_rest_of_the_minute() {
    let clock = clock();
    let keys = FailedKeys::new(clock.clone());
    for _ in 0..20 {
        assert_eq!(keys.check(address(1)), Ok(()));
        keys.failed(address(1));
    }
    clock.advance(SECOND * 10);
    assert_eq!(keys.check(address(1)), Err(RetryAfter(SECOND * 50)));
    assert_eq!(keys.check(address(2)), Ok(()), "others are not concerned");
    clock.advance(SECOND * 50);
    assert_eq!(keys.check(address(1)), Ok(()));
    keys.failed(address(1));
    assert_eq!(keys.check(address(1)), Ok(()), "a new minute has begun");
}

#[test]
fn a_full_map_forgets_the_oldest_address() {
    let clock = clock();
    let keys = FailedKeys::with_limits(clock.clone(), 1, SECOND * 60, 3);
    for last in 1..=4 {
        clock.advance(SECOND);
        keys.failed(address(last));
    }
    let blocked: Vec<bool> = (1..=4).map(|last| keys.check(address(last)).is_err()).collect();
    assert_eq!(blocked, [false, true, true, true]);
    let failures = keys.failures.lock().unwrap();
    assert_eq!((failures.windows.len(), failures.order.len()), (3, 3));
}

#[test]
fn failures_of_the_process_s_first_minute_count() {
    let keys = FailedKeys::with_limits(clock(), 2, SECOND * 60, 100);
    keys.failed(address(1));
    keys.failed(address(1));
    assert!(keys.check(address(1)).is_err());
}

#[test]
fn an_account_has_twenty_at_once_and_twenty_a_second() {
    let clock = clock();
    let connects = Connects::new(clock.clone());
    for _ in 0..20 {
        assert_eq!(connects.take(account(1)), Ok(()));
    }
    assert_eq!(connects.take(account(1)), Err(RetryAfter(Duration::from_millis(50))));
    assert_eq!(connects.take(account(2)), Ok(()));
    clock.advance(Duration::from_millis(100));
    assert_eq!([connects.take(account(1)), connects.take(account(1))], [Ok(()), Ok(())]);
    assert!(connects.take(account(1)).is_err());
    clock.advance(SECOND * 3600);
    let granted = (0..100).filter(|_| connects.take(account(1)).is_ok()).count();
    assert_eq!(granted, 20, "an hour of rest is not a credit of an hour");
}

#[test]
fn accounts_are_remembered_within_bounds() {
    let clock = clock();
    let connects = Connects::with_limits(clock.clone(), 1, SECOND, 10);
    for number in 0..100 {
        assert_eq!(connects.take(account(number)), Ok(()));
    }
    assert_eq!(connects.full_at.lock().unwrap().len(), 10);
    assert!(connects.take(account(99)).is_err(), "the latest is remembered");
}

#[test]
fn retry_after_is_whole_seconds_and_never_zero() {
    let value = |millis| RetryAfter(Duration::from_millis(millis)).header_value().to_str().unwrap().to_owned();
    assert_eq!([value(1), value(1000), value(1001), value(59_999)], ["1", "1", "2", "60"]);
}
