//! An [`Emulation`] as the CDP commands that bring it about, per kind of target.

use serde_json::{Value, json};

use super::{ColorScheme, Command, Emulation, Metrics, Window};

/// A function that makes a worker's navigator agree with its page's.
const WORKER_NAVIGATOR: &str = include_str!("worker_navigator.js");

impl Emulation {
    /// The commands for a target of this type (`Target.TargetInfo.type`), for a browser of this full version.
    #[must_use]
    pub fn commands(&self, target_type: &str, browser_version: &str) -> Vec<Command> {
        let user_agent = ("Emulation.setUserAgentOverride", self.user_agent_override(browser_version));
        match target_type {
            "page" | "webview" => [vec![user_agent], self.metrics_commands(), self.environment_commands()].concat(),
            "iframe" => [vec![user_agent], self.environment_commands()].concat(),
            "worker" | "shared_worker" | "service_worker" => {
                let navigator = self.worker_navigator(&user_agent.1);
                [vec![user_agent, navigator], self.clock_commands()].concat()
            }
            _ => Vec::new(),
        }
    }

    /// Chromium's override reaches what workers send, but not all that they read: no worker the platform, shared and
    /// service workers nothing at all (seen on Chromium 156). So that a page and its workers tell one story, it is set in
    /// the worker itself, while it waits for its first script.
    fn worker_navigator(&self, user_agent_override: &Value) -> Command {
        let languages = match self.accept_language() {
            text if text.is_empty() => json!([]),
            text => json!(text.split(',').collect::<Vec<_>>()),
        };
        let arguments = format!("{user_agent_override}, {languages}");
        let expression = format!("({WORKER_NAVIGATOR})({arguments})");
        ("Runtime.evaluate", json!({ "expression": expression, "silent": true }))
    }

    /// The part of [`Emulation::commands`] that every session on a target must say, not only Hangar's own: for a page,
    /// because Chromium's restore after a navigation goes by the last session; for a worker, because it begins as soon as
    /// any session lets it go, and that may be this one.
    #[must_use]
    pub fn identity(&self, target_type: &str, browser_version: &str) -> Vec<Command> {
        match target_type {
            "page" | "iframe" | "webview" => {
                vec![("Emulation.setUserAgentOverride", self.user_agent_override(browser_version))]
            }
            "worker" | "shared_worker" | "service_worker" => {
                let user_agent = self.user_agent_override(browser_version);
                let navigator = self.worker_navigator(&user_agent);
                vec![("Emulation.setUserAgentOverride", user_agent), navigator]
            }
            _ => Vec::new(),
        }
    }

    fn user_agent_override(&self, browser_version: &str) -> Value {
        let full_version = self.full_version.as_deref().unwrap_or(browser_version);
        let major = full_version.split('.').next().unwrap_or(full_version);
        let text = self.user_agent.clone().unwrap_or_else(|| self.device.user_agent(major));
        let mut params = json!({
            "userAgent": text,
            "platform": self.device.platform(),
            "userAgentMetadata": self.device.user_agent_metadata(full_version),
        });
        params["acceptLanguage"] = json!(self.accept_language());
        params
    }

    fn accept_language(&self) -> String {
        match (&self.languages[..], &self.locale) {
            ([], None) => "en-US,en".to_owned(),
            ([], Some(locale)) => locale.clone(),
            (languages, _) => languages.join(","),
        }
    }

    fn metrics(&self) -> Option<Metrics> {
        let preset = self.device.metrics();
        let (width, height) = match self.window {
            Window::Preset => (preset.width, preset.height),
            Window::Size(width, height) => (width, height),
            Window::Real => return None,
        };
        let scale = if self.unit_scale { 1.0 } else { preset.scale };
        Some(Metrics { width, height, scale, ..preset })
    }

    fn metrics_commands(&self) -> Vec<Command> {
        let mut commands = Vec::new();
        if let Some(metrics) = self.metrics() {
            let mut params = json!({
                "width": metrics.width,
                "height": metrics.height,
                "deviceScaleFactor": metrics.scale,
                "mobile": self.device.is_mobile(),
            });
            if !self.real_screen {
                params["screenWidth"] = json!(metrics.screen_width.max(metrics.width));
                params["screenHeight"] = json!(metrics.screen_height.max(metrics.height));
            }
            commands.push(("Emulation.setDeviceMetricsOverride", params));
        }
        if self.force_touch || self.device.is_mobile() {
            commands.push(("Emulation.setTouchEmulationEnabled", json!({ "enabled": true, "maxTouchPoints": 5 })));
        }
        commands
    }

    fn environment_commands(&self) -> Vec<Command> {
        let mut commands = self.clock_commands();
        if let Some((latitude, longitude)) = self.location {
            let params = json!({ "latitude": latitude, "longitude": longitude, "accuracy": 50 });
            commands.push(("Emulation.setGeolocationOverride", params));
        }
        if let Some(scheme) = self.color_scheme {
            let value = match scheme {
                ColorScheme::Light => "light",
                ColorScheme::Dark => "dark",
            };
            let features = json!([{ "name": "prefers-color-scheme", "value": value }]);
            commands.push(("Emulation.setEmulatedMedia", json!({ "features": features })));
        }
        if self.always_active {
            commands.push(("Emulation.setFocusEmulationEnabled", json!({ "enabled": true })));
        }
        commands
    }

    fn clock_commands(&self) -> Vec<Command> {
        let timezone = self.timezone.iter().map(|id| ("Emulation.setTimezoneOverride", json!({ "timezoneId": id })));
        let locale = self.locale.iter().map(|tag| ("Emulation.setLocaleOverride", json!({ "locale": tag })));
        timezone.chain(locale).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::emulation::Device;

    fn params(emulation: &Emulation, target: &str, method: &str) -> Option<Value> {
        let commands = emulation.commands(target, "156.0.8078.79");
        commands.into_iter().find(|(name, _)| *name == method).map(|(_, params)| params)
    }

    #[test]
    fn a_preset_tells_one_story() {
        let android = Emulation { device: Device::Android, ..Emulation::default() };
        let agent = params(&android, "page", "Emulation.setUserAgentOverride").unwrap();
        assert!(agent["userAgent"].as_str().unwrap().contains("Chrome/156.0.0.0 Mobile"));
        assert_eq!(agent["userAgentMetadata"]["mobile"], true);
        assert_eq!(params(&android, "page", "Emulation.setDeviceMetricsOverride").unwrap()["mobile"], true);
        assert!(params(&android, "page", "Emulation.setTouchEmulationEnabled").is_some());
    }

    #[test]
    fn nothing_is_overridden_that_was_not_asked_for() {
        let plain = Emulation::default();
        for method in ["Emulation.setTimezoneOverride", "Emulation.setLocaleOverride", "Emulation.setEmulatedMedia"] {
            assert_eq!(params(&plain, "page", method), None, "{method}");
        }
        assert_eq!(params(&plain, "iframe", "Emulation.setDeviceMetricsOverride"), None);
        let real = Emulation { window: Window::Real, ..Emulation::default() };
        assert_eq!(params(&real, "page", "Emulation.setDeviceMetricsOverride"), None);
    }
}
