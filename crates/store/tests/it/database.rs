//! One empty database for one case, and the macro that runs a case on both kinds.

use hangar_store::Store;

use crate::postgres;

/// An empty database; its file is removed with it.
pub(crate) struct Case {
    pub(crate) url: String,
    pub(crate) store: Store,
    _folder: Option<tempfile::TempDir>,
}

impl Case {
    pub(crate) async fn sqlite() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}?mode=rwc", folder.path().join("hangar.db").display());
        let store = Store::connect(&url).await.unwrap();
        Self { url, store, _folder: Some(folder) }
    }

    /// `None` where the machine's owner has waived PostgreSQL.
    pub(crate) async fn postgres() -> Option<Self> {
        if postgres::is_waived() {
            return None;
        }
        let url = postgres::new_database().await;
        let store = Store::connect(&url).await.unwrap();
        Some(Self { url, store, _folder: None })
    }
}

/// Runs each `async fn case(store: Store)` of a module as `sqlite::case` and as `postgres::case`.
macro_rules! on_both {
    ($($case:ident),* $(,)?) => {
        mod sqlite {$(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $case() {
                let case = $crate::database::Case::sqlite().await;
                super::$case(case.store.clone()).await;
            }
        )*}
        mod postgres {$(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $case() {
                if let Some(case) = $crate::database::Case::postgres().await {
                    super::$case(case.store.clone()).await;
                }
            }
        )*}
    };
}
pub(crate) use on_both;
