//! Objects: what a session leaves behind, kept, shown by a signed link, found by its words.

mod terms;

use bytes::Bytes;
use hangar_domain::{AccountId, ObjectId, SessionId};
use hangar_store::{Found, ObjectKind, ObjectRow};
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use crate::{
    Control, Error,
    passes::{PassRefusal, Purpose},
};

/// How long a link to an object opens it.
const LINK_LIFE: SignedDuration = SignedDuration::from_hours(1);

/// Objects of one session that are listed.
const LISTED: u64 = 10_000;

/// The longest text under a name, bytes (contracts/thinkrun.md §5).
pub const LONGEST_TEXT: usize = 512_000;

/// Something to keep.
#[derive(Clone, Debug)]
pub struct NewObject {
    /// Whose.
    pub account: AccountId,
    /// Of which session.
    pub session: SessionId,
    /// What it is.
    pub kind: ObjectKind,
    /// Its name, where it has one; an object of the same name is replaced.
    pub name: Option<String>,
    /// Its media type.
    pub content_type: String,
    /// What its maker says about it.
    pub metadata: Option<Value>,
    /// Its bytes.
    pub bytes: Bytes,
}

/// A signed way to an object.
#[derive(Clone, Debug)]
pub struct ObjectLink {
    /// The token that opens it.
    pub token: String,
    /// Until when.
    pub expires_at: Timestamp,
}

impl Control {
    /// Keeps an object: its bytes first, so that no row points at nothing.
    ///
    /// # Errors
    /// The store's; then nothing is kept.
    pub async fn keep_object(&self, new: NewObject) -> Result<ObjectRow, Error> {
        let row = ObjectRow {
            id: ObjectId::generate(&*self.clock, &*self.random),
            account: new.account,
            session: new.session,
            kind: new.kind,
            name: new.name,
            content_type: new.content_type,
            bytes: new.bytes.len() as u64,
            metadata: new.metadata,
            created_at: self.clock.now(),
        };
        let terms = match (row.kind, &row.name) {
            (ObjectKind::Named, Some(name)) => terms::weigh(name, &String::from_utf8_lossy(&new.bytes)),
            _ => Vec::new(),
        };
        self.blobs.put(&row.id.to_string(), new.bytes).await?;
        match self.store.object_put(&row, &terms).await {
            Ok(replaced) => {
                if let Some(replaced) = replaced {
                    self.forget_bytes(replaced.id).await;
                }
                Ok(row)
            }
            Err(error) => {
                self.forget_bytes(row.id).await;
                Err(error.into())
            }
        }
    }

    /// A link that opens an object without a key.
    #[must_use]
    pub fn object_link(&self, id: ObjectId) -> ObjectLink {
        let expires_at = self.clock.now().saturating_add(LINK_LIFE).unwrap_or(Timestamp::MAX);
        ObjectLink { token: self.sign_pass(Purpose::Object, &id.to_string(), expires_at), expires_at }
    }

    /// The object that a link opens, with its bytes.
    ///
    /// # Errors
    /// [`Error::Link`] where it opens nothing, and the store's.
    pub async fn linked_object(&self, token: &str) -> Result<(ObjectRow, Bytes), Error> {
        let pass = self.read_pass(Purpose::Object, token).map_err(Error::Link)?;
        let id: ObjectId = pass.subject.parse().map_err(|_| Error::Link(PassRefusal::Unknown))?;
        let row = self.store.object_find(id).await?.ok_or(Error::Link(PassRefusal::Unknown))?;
        let bytes = self.blobs.get(&id.to_string()).await?.ok_or(Error::Link(PassRefusal::Unknown))?;
        Ok((row, bytes))
    }

    /// The pictures and videos of a session, oldest first.
    ///
    /// # Errors
    /// The store's.
    pub async fn media_of(&self, session: SessionId) -> Result<Vec<ObjectRow>, Error> {
        Ok(self.store.objects_of(session, &[ObjectKind::Screenshot, ObjectKind::Video], LISTED).await?)
    }

    /// The session's text of this name.
    ///
    /// # Errors
    /// [`Error::ArtifactUnknown`], and the store's.
    pub async fn named_text(&self, session: SessionId, name: &str) -> Result<(ObjectRow, String), Error> {
        let row = self.store.object_named(session, name).await?.ok_or(Error::ArtifactUnknown)?;
        let bytes = self.blobs.get(&row.id.to_string()).await?.ok_or(Error::ArtifactUnknown)?;
        let text = String::from_utf8(bytes.into()).map_err(|_| Error::ArtifactUnknown)?;
        Ok((row, text))
    }

    /// Removes the session's text of this name.
    ///
    /// # Errors
    /// [`Error::ArtifactUnknown`], and the store's.
    pub async fn forget_named(&self, session: SessionId, name: &str) -> Result<(), Error> {
        let row = self.store.object_take_named(session, name).await?.ok_or(Error::ArtifactUnknown)?;
        self.forget_bytes(row.id).await;
        Ok(())
    }

    /// The account's named texts that have any of the query's words, best first.
    ///
    /// # Errors
    /// The store's.
    pub async fn search_named(&self, account: AccountId, query: &str, limit: u64) -> Result<Vec<Found>, Error> {
        let words = terms::words(query);
        if words.is_empty() {
            return Ok(Vec::new());
        }
        Ok(self.store.objects_search(account, &words, limit).await?)
    }

    /// Bytes that no row points at any more; what cannot be removed now costs space and nothing else.
    async fn forget_bytes(&self, id: ObjectId) {
        if let Err(error) = self.blobs.delete(&id.to_string()).await {
            tracing::warn!(%error, object.id = %id, "an object's bytes could not be removed");
        }
    }
}
