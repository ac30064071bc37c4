//! The three presets of the gateway: mac, win, android (contracts/botcloud.md §2 and §4).
//!
//! Each is a set of public facts about a common machine. The version is always the real browser's.

use serde_json::{Value, json};

/// A preset.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Device {
    /// A MacBook.
    #[default]
    Mac,
    /// A Windows desktop.
    Win,
    /// A phone with a touch screen.
    Android,
}

/// Viewport and screen.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Metrics {
    /// Width of the viewport, CSS pixels.
    pub width: u32,
    /// Height of the viewport, CSS pixels.
    pub height: u32,
    /// Width of the screen, CSS pixels.
    pub screen_width: u32,
    /// Height of the screen, CSS pixels.
    pub screen_height: u32,
    /// Device pixels per CSS pixel.
    pub scale: f64,
}

impl Device {
    /// The preset with this name in a URL.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        match name {
            "mac" => Some(Self::Mac),
            "win" => Some(Self::Win),
            "android" => Some(Self::Android),
            _ => None,
        }
    }

    /// The name in a URL.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Mac => "mac",
            Self::Win => "win",
            Self::Android => "android",
        }
    }

    /// Whether it is a hand-held device.
    #[must_use]
    pub const fn is_mobile(self) -> bool {
        matches!(self, Self::Android)
    }

    /// Its viewport and screen.
    #[must_use]
    pub const fn metrics(self) -> Metrics {
        let (width, height, screen_width, screen_height, scale) = match self {
            Self::Mac => (1440, 789, 1440, 900, 2.0),
            Self::Win => (1920, 945, 1920, 1080, 1.0),
            Self::Android => (412, 785, 412, 915, 2.625),
        };
        Metrics { width, height, screen_width, screen_height, scale }
    }

    /// `navigator.platform`.
    #[must_use]
    pub const fn platform(self) -> &'static str {
        match self {
            Self::Mac => "MacIntel",
            Self::Win => "Win32",
            Self::Android => "Linux armv81",
        }
    }

    /// The user agent text for a browser of this major version (reduced form).
    #[must_use]
    pub fn user_agent(self, major: &str) -> String {
        let (system, mobile) = match self {
            Self::Mac => ("Macintosh; Intel Mac OS X 10_15_7", ""),
            Self::Win => ("Windows NT 10.0; Win64; x64", ""),
            Self::Android => ("Linux; Android 10; K", " Mobile"),
        };
        format!(
            "Mozilla/5.0 ({system}) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{major}.0.0.0{mobile} Safari/537.36"
        )
    }

    /// Client hints (`Emulation.UserAgentMetadata`) for a browser of this full version.
    #[must_use]
    pub fn user_agent_metadata(self, full_version: &str) -> Value {
        let major = full_version.split('.').next().unwrap_or(full_version);
        let (platform, platform_version, architecture, model) = match self {
            Self::Mac => ("macOS", "15.5.0", "arm", ""),
            Self::Win => ("Windows", "15.0.0", "x86", ""),
            Self::Android => ("Android", "14.0.0", "", "Pixel 8"),
        };
        json!({
            "brands": [{"brand": "Chromium", "version": major}, {"brand": "Not=A?Brand", "version": "24"}],
            "fullVersionList": [
                {"brand": "Chromium", "version": full_version},
                {"brand": "Not=A?Brand", "version": "24.0.0.0"},
            ],
            "fullVersion": full_version,
            "platform": platform,
            "platformVersion": platform_version,
            "architecture": architecture,
            "bitness": if self.is_mobile() { "" } else { "64" },
            "model": model,
            "mobile": self.is_mobile(),
            "wow64": false,
        })
    }
}
