//! `terms`: which words an object's text has, so that it is found by them.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "terms")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false, column_type = "Text")]
    pub account_id: String,
    #[sea_orm(primary_key, auto_increment = false, column_type = "Text")]
    pub term: String,
    #[sea_orm(primary_key, auto_increment = false, column_type = "Text")]
    pub object_id: String,
    /// How much the word says about the object.
    pub weight: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    #[sea_orm(belongs_to = "super::object::Entity", from = "Column::ObjectId", to = "super::object::Column::Id")]
    Object,
}

impl ActiveModelBehavior for ActiveModel {}
