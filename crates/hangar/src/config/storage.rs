//! Where the server keeps what outlives it.

use std::{path::PathBuf, time::Duration};

use super::{
    section::section,
    setting::{Bytes, DatabaseUrl, Secret, Setting},
};

section! {
    /// Where it keeps things.
    Storage, StorageFlags:

    /// Folder for everything that is kept [default: ./data]
    data_dir: PathBuf = |_| PathBuf::from("./data");
    /// Database, sqlite: or postgres: [default: a file in the data folder]
    database_url: Option<DatabaseUrl> = |_| None;
    /// Secret of the operator account that is created once [default: a random one, printed once]
    bootstrap_key: Option<Secret> = |_| None;
    /// How long a recording is kept after its session, seconds [default: 2592000, which is 30 days]
    recording_retention: Duration = |_| Duration::from_secs(30 * 24 * 3600);
    /// Disk for all recordings and their videos; beyond it the oldest go [default: 10GiB]
    recording_disk: Bytes = |_| Bytes(10 << 30);
    /// Disk for one recording; beyond it the oldest half of it goes [default: 512MiB]
    recording_size: Bytes = |_| Bytes(512 << 20);
}

impl Storage {
    /// The database that was named, or the file in the data folder.
    #[must_use]
    pub fn database(&self) -> DatabaseUrl {
        let in_data_dir = || {
            let url = format!("sqlite:{}?mode=rwc", self.data_dir.join("hangar.db").display());
            DatabaseUrl::parse(&url).expect("it begins with sqlite:")
        };
        self.database_url.clone().unwrap_or_else(in_data_dir)
    }
}
