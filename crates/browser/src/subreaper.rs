//! Orphans of our browsers come to us, not to PID 1, and are reaped by the one who ends the browser.
//!
//! Without it dead grandchildren stay zombies for as long as PID 1 likes (measured: up to 2 s). Reaping must never take
//! the exit status of a child that someone waits for: only zombies that are known to be of a browser, and never its
//! first process, are waited for, each by its own id.

use rustix::process::{Pid, WaitId, WaitIdOptions, getpid, set_child_subreaper, waitid};

use crate::{error::Error, process::proc};

/// Makes this process the parent of its descendants' orphans (prctl(2), `PR_SET_CHILD_SUBREAPER`). Call once at start.
///
/// # Errors
/// [`Error::Io`] when the kernel refuses.
pub fn become_subreaper() -> Result<(), Error> {
    set_child_subreaper(Some(getpid())).map_err(|error| Error::io("becoming a subreaper")(error.into()))
}

/// Reaps every zombie child that `is_ours` knows; how many there were.
pub(crate) fn reap_orphans(is_ours: impl Fn(i32) -> bool) -> usize {
    // One that cannot be looked at now is looked at again: whoever ends a browser asks until it has none.
    let is_zombie = |pid: &i32| proc::stat(*pid).is_ok_and(|stat| stat.is_some_and(|stat| stat.is_zombie));
    let zombies = proc::own_children().unwrap_or_default().into_iter().filter(is_zombie);
    zombies.filter(|pid| is_ours(*pid) && reap(*pid)).count()
}

fn reap(pid: i32) -> bool {
    let Some(pid) = Pid::from_raw(pid) else {
        return false;
    };
    let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG;
    matches!(waitid(WaitId::Pid(pid), options), Ok(Some(_)))
}
