//! Profiles as an account sees them: made, listed, deleted.

use std::time::Duration;

use hangar_domain::{ProfileId, profile::Profile};
use hangar_store::ProfileDeletion;

use crate::{Control, Error, Identity};

/// How long a profile is waited for while its session is being saved.
pub(crate) const SAVE_WAIT: Duration = Duration::from_secs(5);

/// How long a profile is waited for although its session is not ending yet: a client deletes milliseconds after it
/// closed its socket (contracts/botcloud.md §1), before the close has even been read.
pub(crate) const NOTICE_WAIT: Duration = Duration::from_millis(500);

impl Control {
    /// Makes an empty profile.
    ///
    /// # Errors
    /// [`Error::ProfileLimit`], or the store's.
    pub async fn create_profile(&self, identity: &Identity) -> Result<Profile, Error> {
        let id = ProfileId::generate(&*self.random);
        let max = identity.account.limits.max_profiles;
        let made = self.store.profile_create(identity.account.id, id, max, self.clock.now()).await?;
        made.map_err(|limit| Error::ProfileLimit { max: limit.max })
    }

    /// The account's profiles.
    ///
    /// # Errors
    /// The store's.
    pub async fn list_profiles(&self, identity: &Identity) -> Result<Vec<Profile>, Error> {
        Ok(self.store.profile_list(identity.account.id).await?)
    }

    /// Deletes a profile and its folder; waits a little for a session that is just ending.
    ///
    /// # Errors
    /// [`Error::ProfileUnknown`], [`Error::ProfileForeign`], [`Error::ProfileLocked`], or the store's.
    pub async fn delete_profile(&self, identity: &Identity, id: &ProfileId) -> Result<(), Error> {
        let asked = tokio::time::Instant::now();
        loop {
            let changed = self.registry.changed();
            match self.store.profile_delete(identity.account.id, id).await? {
                ProfileDeletion::Deleted => break,
                ProfileDeletion::Unknown => return Err(Error::ProfileUnknown),
                ProfileDeletion::Foreign => return Err(Error::ProfileForeign),
                ProfileDeletion::Locked => {
                    let wait = if self.registry.is_ending(|spec| spec.profile.as_ref() == Some(id)) {
                        SAVE_WAIT
                    } else {
                        NOTICE_WAIT
                    };
                    if tokio::time::timeout_at(asked + wait, changed).await.is_err() {
                        return Err(Error::ProfileLocked);
                    }
                }
            }
        }
        let lock = self.profiles.lock(id)?;
        Ok(self.profiles.remove(id, &lock).await?)
    }
}
