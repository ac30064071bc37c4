//! Plain device emulation: what a page is told about the machine it runs on.
//!
//! Applied over CDP to every page, frame and worker before its first script, so that a warm browser can serve any
//! device. It must never forge a fingerprint: no noise, no fake hardware, only what the Emulation domain offers.

mod commands;
mod device;
mod director;

use std::collections::BTreeMap;

use serde_json::Value;

pub use self::{
    device::{Device, Metrics},
    director::{Director, Pages},
};

/// What a session, or one of its browser contexts, pretends to run on.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Emulation {
    /// The preset; a default one is mac.
    pub device: Device,
    /// Replaces the preset's user agent text.
    pub user_agent: Option<String>,
    /// The full version that client hints tell, such as `156.0.8078.79`.
    pub full_version: Option<String>,
    /// IANA time zone.
    pub timezone: Option<String>,
    /// BCP 47 locale for `Intl`.
    pub locale: Option<String>,
    /// Preferred languages in order, for `Accept-Language` and `navigator.languages`.
    pub languages: Vec<String>,
    /// Latitude and longitude in degrees.
    pub location: Option<(f64, f64)>,
    /// `prefers-color-scheme`.
    pub color_scheme: Option<ColorScheme>,
    /// Window size in CSS pixels instead of the preset's.
    pub window: Window,
    /// The screen as it is instead of the preset's.
    pub real_screen: bool,
    /// One device pixel per CSS pixel, whatever the preset says.
    pub unit_scale: bool,
    /// Touch events, whatever the preset says.
    pub force_touch: bool,
    /// Pages believe that they have the focus.
    pub always_active: bool,
}

/// `prefers-color-scheme` (Media Queries 5 §12.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColorScheme {
    /// Light.
    Light,
    /// Dark.
    Dark,
}

/// The size of the window's inside.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Window {
    /// As the preset says.
    #[default]
    Preset,
    /// As the browser has it.
    Real,
    /// This many CSS pixels.
    Size(u32, u32),
}

/// A CDP command without its id and session.
pub type Command = (&'static str, Value);

/// What each browser context of a session pretends; contexts that are not named here use the session's own.
pub type ByContext = BTreeMap<String, Emulation>;
