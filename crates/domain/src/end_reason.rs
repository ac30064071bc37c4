//! Why a session ended: the gateway's ten codes, which every face maps from (contracts/botcloud.md §3), and beside the
//! code, for logs and for the close frame, what exactly happened.

use serde::{Deserialize, Serialize};

use crate::fault::{Fault, Retry};

/// The one reason that a session ended for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum EndReason {
    /// The client closed its connection, or asked the browser to close.
    SocketClose,
    /// No client frame for longer than the account may stay silent.
    IdleTimeout,
    /// The browser exited in order although no client asked for it.
    BrowserCloseGraceful,
    /// The trial's budget was spent while the session was live.
    TrialExhausted,
    /// The balance was spent while the session was live.
    InsufficientBalance,
    /// The plan ended, or the operator suspended the account, while the session was live.
    SubscriptionLapsed,
    /// The DevTools pipe was lost, or stopped answering, though the process lived.
    BrowserDisconnect,
    /// The browser process died.
    BrowserCrash,
    /// The server went away under the session.
    GatewayCrash,
    /// TCP reset, protocol error, or a close without a close frame's handshake (RFC 6455 §7.1.5, 1006).
    SocketError,
}

/// What exactly happened, where the code alone does not say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EndDetail {
    /// The server was asked to stop and the drain limit had passed.
    Drained,
    /// The browser did not answer the watchdog.
    BrowserHang,
    /// The browser went over its memory limit.
    OutOfMemory,
    /// Downloads or profile went over the session's disk quota.
    DiskQuota,
    /// The client did not read for too long.
    SlowReader,
    /// The client broke the WebSocket protocol.
    ProtocolError,
    /// The key was revoked.
    KeyRevoked,
    /// The key's time was over.
    KeyExpired,
    /// The keep-alive window passed and no client came back.
    KeepAliveOver,
    /// The operator ended it.
    Operator,
    /// No browser could be had for it.
    ProvisioningFailed,
    /// It was called off before it had a browser.
    Cancelled,
}

impl EndReason {
    /// Every reason, for tables and for tests.
    pub const ALL: [Self; 10] = [
        Self::SocketClose,
        Self::IdleTimeout,
        Self::BrowserCloseGraceful,
        Self::TrialExhausted,
        Self::InsufficientBalance,
        Self::SubscriptionLapsed,
        Self::BrowserDisconnect,
        Self::BrowserCrash,
        Self::GatewayCrash,
        Self::SocketError,
    ];

    /// The code as the gateway's history shows it [seed].
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::SocketClose => "socket_close",
            Self::IdleTimeout => "idle_timeout",
            Self::BrowserCloseGraceful => "browser_close_graceful",
            Self::TrialExhausted => "trial_exhausted",
            Self::InsufficientBalance => "primary_blocked:Insufficient balance",
            Self::SubscriptionLapsed => "primary_blocked:Subscription lapsed or expired",
            Self::BrowserDisconnect => "browser_disconnect",
            Self::BrowserCrash => "browser_crash",
            Self::GatewayCrash => "gateway_crash",
            Self::SocketError => "socket_error",
        }
    }

    /// The reason with this code.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.code() == code)
    }

    /// The WebSocket close code that a client still connected is sent (RFC 6455 §7.4.1; 1013 from the IANA registry).
    #[must_use]
    pub const fn close_code(self) -> u16 {
        match self {
            Self::SocketClose | Self::BrowserCloseGraceful => 1000,
            Self::IdleTimeout | Self::TrialExhausted | Self::InsufficientBalance | Self::SubscriptionLapsed => 1008,
            Self::GatewayCrash => 1012,
            Self::BrowserDisconnect | Self::BrowserCrash => 1011,
            Self::SocketError => 1002,
        }
    }

    /// Whose doing it was.
    #[must_use]
    pub const fn fault(self) -> Fault {
        match self {
            Self::SocketClose | Self::IdleTimeout | Self::SocketError => Fault::Client,
            Self::TrialExhausted | Self::InsufficientBalance | Self::SubscriptionLapsed => Fault::Account,
            Self::BrowserCloseGraceful => Fault::Site,
            Self::BrowserDisconnect | Self::BrowserCrash => Fault::Browser,
            Self::GatewayCrash => Fault::Host,
        }
    }

    /// Whether the same request may simply be made again.
    #[must_use]
    pub const fn retry(self) -> Retry {
        match self.fault() {
            Fault::Browser | Fault::Host => Retry::Now,
            Fault::Client | Fault::Site | Fault::Account => Retry::Never,
        }
    }
}

impl std::fmt::Display for EndReason {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.code())
    }
}

impl EndDetail {
    /// The detail as logs, metrics and the store name it.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Drained => "drained",
            Self::BrowserHang => "browser_hang",
            Self::OutOfMemory => "out_of_memory",
            Self::DiskQuota => "disk_quota",
            Self::SlowReader => "slow_reader",
            Self::ProtocolError => "protocol_error",
            Self::KeyRevoked => "key_revoked",
            Self::KeyExpired => "key_expired",
            Self::KeepAliveOver => "keep_alive_over",
            Self::Operator => "operator",
            Self::ProvisioningFailed => "provisioning_failed",
            Self::Cancelled => "cancelled",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_distinct_and_read_back() {
        for reason in EndReason::ALL {
            assert_eq!(EndReason::from_code(reason.code()), Some(reason));
        }
        assert_eq!(EndReason::from_code("client_closed"), None, "the older vocabulary is never emitted");
    }
}
