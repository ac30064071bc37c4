//! The server's side of WebSocket (RFC 6455), without IO, so that it can be fuzzed and fed from any transport.
//!
//! It must never negotiate an extension or a subprotocol, fragment or mask what it sends, or buffer a payload whose
//! declared length is over the limits.

mod decode;
mod encode;
mod handshake;
mod header;
mod mask;
mod protocol_error;

#[cfg(test)]
mod suite;

pub use decode::{Decoder, Limits, Message};
pub use encode::{ControlFrame, binary_header, close, close_empty, pong, text_header};
pub use handshake::{Refusal, accept_value, check_upgrade};
pub use protocol_error::ProtocolError;

/// The close codes that this server sends (RFC 6455 §7.4.1 and the IANA registry).
pub mod close_code {
    /// The purpose of the connection is fulfilled.
    pub const NORMAL: u16 = 1000;
    /// The server goes down.
    pub const GOING_AWAY: u16 = 1001;
    /// The peer broke the protocol.
    pub const PROTOCOL_ERROR: u16 = 1002;
    /// A binary message, where only text is taken.
    pub const UNSUPPORTED: u16 = 1003;
    /// Text that is not UTF-8.
    pub const INVALID_TEXT: u16 = 1007;
    /// Refused by a rule of the service.
    pub const POLICY: u16 = 1008;
    /// A frame or message over the limits.
    pub const TOO_BIG: u16 = 1009;
    /// The server, or the browser behind it, failed.
    pub const INTERNAL_ERROR: u16 = 1011;
    /// The peer does not read; it may come back.
    pub const TRY_AGAIN_LATER: u16 = 1013;
}
