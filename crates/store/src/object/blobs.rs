//! The bytes of objects, under their keys: a local folder today, any store that the library speaks to later.

use std::path::Path;

use bytes::Bytes;
use object_store::{ObjectStore, ObjectStoreExt as _, PutPayload, local::LocalFileSystem, path::Path as Key};

use crate::error::Error;

/// Where bytes lie. A clone is cheap and means the same place.
#[derive(Clone, Debug)]
pub struct Blobs {
    store: std::sync::Arc<dyn ObjectStore>,
}

impl Blobs {
    /// A folder of this machine, which is made if it is not there.
    ///
    /// # Errors
    /// [`Error::Blob`] where it cannot be made.
    pub fn folder(path: &Path) -> Result<Self, Error> {
        std::fs::create_dir_all(path).map_err(|source| {
            Error::Blob(object_store::Error::Generic { store: "folder", source: Box::new(source) })
        })?;
        let store = LocalFileSystem::new_with_prefix(path).map_err(Error::Blob)?.with_automatic_cleanup(true);
        Ok(Self { store: std::sync::Arc::new(store) })
    }

    /// Keeps bytes, whole or not at all.
    ///
    /// # Errors
    /// [`Error::Blob`].
    pub async fn put(&self, key: &str, bytes: Bytes) -> Result<(), Error> {
        self.store.put(&Key::from(key), PutPayload::from_bytes(bytes)).await.map_err(Error::Blob)?;
        Ok(())
    }

    /// The bytes under a key; `None` where there are none.
    ///
    /// # Errors
    /// [`Error::Blob`].
    pub async fn get(&self, key: &str) -> Result<Option<Bytes>, Error> {
        match self.store.get(&Key::from(key)).await {
            Ok(found) => found.bytes().await.map(Some).map_err(Error::Blob),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(Error::Blob(error)),
        }
    }

    /// Removes what is under a key, if anything is.
    ///
    /// # Errors
    /// [`Error::Blob`].
    pub async fn delete(&self, key: &str) -> Result<(), Error> {
        match self.store.delete(&Key::from(key)).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(Error::Blob(error)),
        }
    }
}
