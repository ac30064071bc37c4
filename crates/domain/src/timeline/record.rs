//! How much of a session is kept. Its names are on the wire and in the store, and never change.

use serde::{Deserialize, Serialize};

/// How much of a session is kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Record {
    /// Nothing.
    #[default]
    Off,
    /// What happened, without pictures.
    Metadata,
    /// What happened, and how it looked.
    Full,
}

impl Record {
    /// The level's name on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Metadata => "metadata",
            Self::Full => "full",
        }
    }

    /// The level of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Off, Self::Metadata, Self::Full].into_iter().find(|level| level.name() == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_are_named_as_they_are_read() {
        for level in [Record::Off, Record::Metadata, Record::Full] {
            assert_eq!(Record::from_name(level.name()), Some(level));
        }
        assert_eq!(Record::from_name("FULL"), None);
    }
}
