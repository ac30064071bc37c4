//! What the way a browser went means (contracts/botcloud.md §3).

use std::{process::ExitStatus, time::Duration};

use hangar_browser::{Browser, emulation::Pages};
use hangar_domain::{
    EndDetail, EndReason,
    session::{End, Event},
};

/// After the pipe is lost, an exit is only a matter of milliseconds: wait for its status, which says more.
const EXIT_WAIT: Duration = Duration::from_secs(1);

/// The process has exited and no client asked for it.
pub(super) fn exited(status: ExitStatus, out_of_memory: bool) -> Event {
    Event::Ended(if out_of_memory && !status.success() {
        End::detailed(EndReason::BrowserCrash, EndDetail::OutOfMemory)
    } else if status.success() {
        End::plain(EndReason::BrowserCloseGraceful)
    } else {
        End::plain(EndReason::BrowserCrash)
    })
}

/// The pipe is gone; the process may be too.
pub(super) async fn pipe_lost(process: &Browser) -> Event {
    match tokio::time::timeout(EXIT_WAIT, process.exited()).await {
        Ok(status) => exited(status, process.oom_killed()),
        Err(_) => Event::Ended(End::plain(EndReason::BrowserDisconnect)),
    }
}

/// The last page closed itself, as by `window.close()`: the browser has closed as far as its user is concerned.
pub(super) fn pages(pages: &Pages) -> Option<Event> {
    (pages.open == 0 && pages.left_by_itself).then_some(Event::Ended(End::plain(EndReason::BrowserCloseGraceful)))
}

#[cfg(test)]
mod tests {
    use std::os::unix::process::ExitStatusExt as _;

    use super::*;

    #[test]
    fn every_exit_has_one_reading() {
        let reading = |raw, oom| exited(ExitStatus::from_raw(raw), oom);
        assert_eq!(reading(0, false), Event::Ended(End::plain(EndReason::BrowserCloseGraceful)));
        assert_eq!(reading(9, false), Event::Ended(End::plain(EndReason::BrowserCrash)));
        assert_eq!(reading(1 << 8, false), Event::Ended(End::plain(EndReason::BrowserCrash)));
        assert_eq!(reading(9, true), Event::Ended(End::detailed(EndReason::BrowserCrash, EndDetail::OutOfMemory)));
        assert_eq!(reading(0, true), Event::Ended(End::plain(EndReason::BrowserCloseGraceful)));
    }

    #[test]
    fn only_a_page_that_left_by_itself_ends_the_session() {
        let state = |open, left_by_itself| Pages { open, left_by_itself };
        assert!(pages(&state(0, true)).is_some());
        assert!(pages(&state(0, false)).is_none());
        assert!(pages(&state(1, true)).is_none());
    }
}
