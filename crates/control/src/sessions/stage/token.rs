//! Who may act in a session: exactly one side holds control at any time.
//!
//! A value with consuming transitions, so that no two sides can ever believe to hold it. It knows nothing of time,
//! connections or commands.

/// Who somebody in the live view is, from one connection to the next; a secret between their page and this server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ViewerId(pub u128);

/// Where control lies.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Token {
    /// With the session's client, whichever face it speaks.
    #[default]
    Client,
    /// With one person: the client waits or is refused.
    Person(ViewerId),
    /// With the client and everybody who may control, as this person offered.
    Shared(ViewerId),
}

/// Another person has control.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("another person has control")]
pub struct TakenByOther;

impl Token {
    /// `viewer` takes control for themselves.
    ///
    /// # Errors
    /// [`TakenByOther`].
    pub fn take(self, viewer: ViewerId) -> Result<Self, TakenByOther> {
        match self {
            Self::Person(holder) if holder != viewer => Err(TakenByOther),
            Self::Client | Self::Person(_) | Self::Shared(_) => Ok(Self::Person(viewer)),
        }
    }

    /// `viewer` acts beside the client from now on.
    ///
    /// # Errors
    /// [`TakenByOther`].
    pub fn share(self, viewer: ViewerId) -> Result<Self, TakenByOther> {
        match self {
            Self::Person(holder) if holder != viewer => Err(TakenByOther),
            Self::Client | Self::Person(_) => Ok(Self::Shared(viewer)),
            Self::Shared(first) => Ok(Self::Shared(first)),
        }
    }

    /// `viewer` is done, or gone for good: what they held is the client's again.
    #[must_use]
    pub fn release(self, viewer: ViewerId) -> Self {
        match self {
            Self::Person(holder) | Self::Shared(holder) if holder == viewer => Self::Client,
            Self::Client | Self::Person(_) | Self::Shared(_) => self,
        }
    }

    /// Whether this person may act now.
    #[must_use]
    pub fn lets(self, viewer: ViewerId) -> bool {
        match self {
            Self::Client => false,
            Self::Person(holder) => holder == viewer,
            Self::Shared(_) => true,
        }
    }

    /// Whether the client may act now.
    #[must_use]
    pub const fn lets_client(self) -> bool {
        !matches!(self, Self::Person(_))
    }

    /// The side's name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Person(_) => "person",
            Self::Shared(_) => "shared",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANN: ViewerId = ViewerId(1);
    const BOB: ViewerId = ViewerId(2);

    /// Every state × every event of both people.
    #[test]
    fn the_whole_table() {
        use Token::{Client, Person, Shared};
        let rows = [
            // state, taken by Bob, shared by Bob, released by Bob, Bob may act, the client may act
            (Client, Ok(Person(BOB)), Ok(Shared(BOB)), Client, false, true),
            (Person(BOB), Ok(Person(BOB)), Ok(Shared(BOB)), Client, true, false),
            (Person(ANN), Err(TakenByOther), Err(TakenByOther), Person(ANN), false, false),
            (Shared(BOB), Ok(Person(BOB)), Ok(Shared(BOB)), Client, true, true),
            (Shared(ANN), Ok(Person(BOB)), Ok(Shared(ANN)), Shared(ANN), true, true),
        ];
        for (token, taken, shared, released, lets, lets_client) in rows {
            assert_eq!(token.take(BOB), taken, "{token:?}");
            assert_eq!(token.share(BOB), shared, "{token:?}");
            assert_eq!(token.release(BOB), released, "{token:?}");
            assert_eq!((token.lets(BOB), token.lets_client()), (lets, lets_client), "{token:?}");
        }
    }

    #[test]
    fn it_begins_and_ends_with_the_client() {
        let token = Token::default().take(ANN).unwrap().share(ANN).unwrap().take(ANN).unwrap();
        assert_eq!(
            (token.name(), token.release(BOB).name(), token.release(ANN).name()),
            ("person", "person", "client")
        );
    }
}
