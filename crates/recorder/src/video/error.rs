//! Why there is no video.

use std::{io, process::ExitStatus};

use hangar_domain::{Fault, Retry};

use crate::recording;

/// A video that could not be made.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no ffmpeg.
    #[error("this server has no ffmpeg: its operator may install it (Debian package ffmpeg)")]
    NoEncoder,
    /// The recording has no pictures.
    #[error("the recording has no pictures: it was made of metadata only, or nothing was ever to be seen")]
    Empty,
    /// The recording cannot be read.
    #[error("the recording cannot be read")]
    Recording(#[from] recording::Error),
    /// The video's file or ffmpeg's pipe failed.
    #[error("the video's file failed")]
    Io(#[from] io::Error),
    /// ffmpeg gave up.
    #[error("ffmpeg ended with {status}: {complaint}")]
    Encoder {
        /// How it ended.
        status: ExitStatus,
        /// What it said.
        complaint: String,
    },
    /// The server is about to stop.
    #[error("the export was interrupted")]
    Interrupted,
}

impl Error {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NoEncoder => "ffmpeg_missing",
            Self::Empty => "recording_empty",
            Self::Recording(error) => error.code(),
            Self::Io(_) => "video_io",
            Self::Encoder { .. } => "ffmpeg_failed",
            Self::Interrupted => "interrupted",
        }
    }

    /// Whose fault it is.
    #[must_use]
    pub const fn fault(&self) -> Fault {
        match self {
            Self::Empty => Fault::Client,
            _ => Fault::Host,
        }
    }

    /// Whether to ask again.
    #[must_use]
    pub const fn retry(&self) -> Retry {
        match self {
            Self::Io(_) | Self::Interrupted => Retry::Now,
            _ => Retry::Never,
        }
    }
}
