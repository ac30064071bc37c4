//! A few named texts: the node's id, the mark that the bootstrap key was made. Written once, never changed.

use sea_orm::{EntityTrait, IntoActiveModel, sea_query::OnConflict};

use crate::{
    entity::setting::{Column, Entity, Model},
    error::Error,
    store::Store,
};

impl Store {
    /// The text of this name.
    ///
    /// # Errors
    /// The database's.
    pub async fn node_setting(&self, name: &str) -> Result<Option<String>, Error> {
        let row = Entity::find_by_id(name).one(self.reader()).await?;
        Ok(row.map(|row| row.value))
    }

    /// Writes the text unless the name has one, and returns the one in force: of several that write at once, all get
    /// the first one's.
    ///
    /// # Errors
    /// The database's.
    pub async fn node_setting_put_once(&self, name: &str, value: &str) -> Result<String, Error> {
        let row = Model { name: name.to_owned(), value: value.to_owned() };
        let unless_there = OnConflict::column(Column::Name).do_nothing().to_owned();
        Entity::insert(row.into_active_model()).on_conflict(unless_there).exec_without_returning(self.writer()).await?;
        let row = Entity::find_by_id(name).one(self.writer()).await?;
        row.map(|row| row.value).ok_or(Error::Decode("settings.value"))
    }
}
