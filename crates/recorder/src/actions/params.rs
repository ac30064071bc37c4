//! What a client's commands say, as far as an action needs it: the parameters of all of them together.

use serde::Deserialize;

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Params {
    pub(super) r#type: String,
    pub(super) text: String,
    pub(super) key: String,
    pub(super) modifiers: u32,
    pub(super) x: f64,
    pub(super) y: f64,
    pub(super) button: String,
    pub(super) click_count: u32,
    pub(super) delta_x: f64,
    pub(super) delta_y: f64,
    pub(super) x_distance: f64,
    pub(super) y_distance: f64,
    pub(super) url: String,
    pub(super) format: String,
    pub(super) accept: bool,
    pub(super) touch_points: Vec<Point>,
}

#[derive(Clone, Copy, Default, Deserialize)]
#[serde(default)]
pub(super) struct Point {
    pub(super) x: f64,
    pub(super) y: f64,
}
