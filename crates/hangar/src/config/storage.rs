//! Where the server keeps what outlives it.

use std::path::PathBuf;

use super::{
    section::section,
    setting::{DatabaseUrl, Secret, Setting},
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
