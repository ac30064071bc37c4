//! When a lane gets a core.
//!
//! Chromium writes each of its messages alone. Where every core is busy, a lane that is woken by the first of them takes
//! the core from the browser that is about to write the second, hands one message on, and gives the core back: two
//! switches for every message. Under `SCHED_BATCH` (sched(7)) it wakes as fast on an idle core, but waits for its turn on
//! a busy one, and then finds many messages to hand on at once (measured with 64 commands in flight on two cores: 15 %
//! more of them a second, and 30 % less processor time for each). It must never touch another thread than its own: what
//! a browser is started from keeps the usual policy, which children inherit.

use std::io;

/// Puts the calling thread under `SCHED_BATCH`; its nice value stays. It needs no privilege.
///
/// # Errors
/// What the kernel, or a filter on its calls, says.
#[expect(unsafe_code, reason = "no library of ours offers sched_setscheduler(2)")]
pub(super) fn as_batch() -> io::Result<()> {
    let unused_priority = libc::sched_param { sched_priority: 0 };
    // SAFETY: 0 names the calling thread, and the kernel only reads the structure.
    match unsafe { libc::sched_setscheduler(0, libc::SCHED_BATCH, &raw const unused_priority) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

#[cfg(test)]
mod tests {
    /// The 41st field of proc_pid_stat(5), counted from the one after the name.
    const POLICY: usize = 41 - 3;

    fn policy() -> i32 {
        let stat = std::fs::read_to_string("/proc/thread-self/stat").unwrap();
        let (_, after_name) = stat.rsplit_once(") ").unwrap();
        after_name.split(' ').nth(POLICY).unwrap().parse().unwrap()
    }

    #[test]
    fn a_lane_alone_is_scheduled_as_batch() {
        let before = policy();
        let lanes = crate::Lanes::start(1).unwrap();
        let (told, policy_there) = std::sync::mpsc::sync_channel(1);
        lanes.next().spawn(async move { told.send(policy()).unwrap() });
        assert_eq!(policy_there.recv().unwrap(), libc::SCHED_BATCH);
        assert_eq!(policy(), before);
    }
}
