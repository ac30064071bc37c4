//! What a client's frames can be wrong in, and the close code that says so. It must never carry payload bytes.

use super::close_code;

/// Why the connection has to be closed. The stream of frames cannot be read further after any of these.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProtocolError {
    /// RSV1–3 without a negotiated extension (RFC 6455 §5.2).
    #[error("a reserved bit is set, but no extension was negotiated")]
    ReservedBits,
    /// Opcodes 3–7 and 11–15 (RFC 6455 §5.2).
    #[error("opcode {0} is reserved")]
    ReservedOpcode(u8),
    /// A client must mask every frame (RFC 6455 §5.1).
    #[error("the frame is not masked")]
    Unmasked,
    /// Control frames are never fragmented (RFC 6455 §5.5).
    #[error("a control frame is fragmented")]
    FragmentedControl,
    /// Control frames carry at most 125 bytes (RFC 6455 §5.5).
    #[error("a control frame is longer than 125 bytes")]
    OversizedControl,
    /// The top bit of a 64-bit length must be 0 (RFC 6455 §5.2).
    #[error("the length has its top bit set")]
    LengthTopBit,
    /// Opcode 0 outside a fragmented message (RFC 6455 §5.4).
    #[error("a continuation frame continues nothing")]
    NothingToContinue,
    /// A data frame inside a fragmented message (RFC 6455 §5.4).
    #[error("a new message starts inside a fragmented one")]
    Interleaved,
    /// A close body of one byte (RFC 6455 §5.5.1).
    #[error("the body of a close frame is one byte long")]
    TruncatedCloseCode,
    /// A close code that must not be sent (RFC 6455 §7.4).
    #[error("close code {0} must not be sent")]
    BadCloseCode(u16),
    /// A text message, or the reason of a close frame, that is not UTF-8 (RFC 6455 §8.1).
    #[error("the text is not UTF-8")]
    NotUtf8,
    /// One frame declares more than [`Limits::frame`](super::Limits::frame).
    #[error("a frame of {declared} bytes is over the limit of {limit}")]
    FrameTooBig {
        /// The length in the frame's header.
        declared: u64,
        /// The limit in bytes.
        limit: u64,
    },
    /// The frames of one message declare more than [`Limits::message`](super::Limits::message).
    #[error("a message is over the limit of {limit} bytes")]
    MessageTooBig {
        /// The limit in bytes.
        limit: u64,
    },
}

impl ProtocolError {
    /// The code for the close frame that answers it.
    #[must_use]
    pub const fn close_code(self) -> u16 {
        match self {
            Self::NotUtf8 => close_code::INVALID_TEXT,
            Self::FrameTooBig { .. } | Self::MessageTooBig { .. } => close_code::TOO_BIG,
            _ => close_code::PROTOCOL_ERROR,
        }
    }
}
