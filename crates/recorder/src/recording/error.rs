//! Why a recording cannot be written or read.

use std::{io, time::Duration};

use hangar_domain::{Fault, Retry};

/// A recording that cannot be made or read.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file system failed.
    #[error("the recording's file failed")]
    Io(#[from] io::Error),
    /// It is no recording, or of a version that is not known here.
    #[error("not a recording that this version reads")]
    Foreign,
    /// A record's checksum does not match its bytes.
    #[error("the recording is damaged at byte {offset}")]
    Corrupt {
        /// Where the record begins.
        offset: u64,
    },
}

impl Error {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Io(_) => "recording_io",
            Self::Foreign => "recording_foreign",
            Self::Corrupt { .. } => "recording_corrupt",
        }
    }

    /// Whose fault it is.
    #[must_use]
    pub const fn fault(&self) -> Fault {
        Fault::Host
    }

    /// Whether to ask again.
    #[must_use]
    pub const fn retry(&self) -> Retry {
        match self {
            Self::Io(_) => Retry::After(Duration::from_secs(1)),
            Self::Foreign | Self::Corrupt { .. } => Retry::Never,
        }
    }
}
