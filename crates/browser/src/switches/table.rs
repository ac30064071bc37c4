//! Every option that is known, and what it does. Whoever adds an option adds a row here and nothing else.

use crate::emulation::{ColorScheme, Emulation, Window};

/// What an option does.
pub(super) enum Rule {
    /// It changes the session.
    Apply(Effect),
    /// It is checked against these values (any, where none are listed) and ignored with a warning.
    Ignore(&'static [&'static str]),
    /// Clients send it by habit; it means nothing here and needs no warning.
    Drop,
}

/// Puts a value into an emulation, or says what it would have taken.
pub(super) type Setter = fn(&mut Emulation, &str) -> Result<(), &'static str>;

/// What an option changes.
pub(super) enum Effect {
    /// What pages are told.
    Emulate(Setter),
    /// The way out.
    ProxyServer,
    /// Cookies set ahead.
    Cookies,
    /// Debugger statements.
    SkipPauses,
    /// Console events.
    DropConsole,
}

const BOOL: &[&str] = &["", "true", "false"];
const PROFILE: &[&str] = &["profile", "real"];
const PROFILE_DISABLED: &[&str] = &["profile", "real", "disabled"];
const PROFILE_EXPAND: &[&str] = &["profile", "expand", "real"];
const BRANDS: &[&str] = &["chrome", "chromium", "edge", "brave", "opera"];
const ANY: &[&str] = &[];

pub(super) fn rule(name: &str) -> Option<Rule> {
    Some(match name.strip_prefix("--")? {
        "proxy-server" => Rule::Apply(Effect::ProxyServer),
        "bot-cookies" => Rule::Apply(Effect::Cookies),
        "bot-disable-debugger" => Rule::Apply(Effect::SkipPauses),
        "bot-disable-console-message" => Rule::Apply(Effect::DropConsole),
        "no-sandbox"
        | "disable-setuid-sandbox"
        | "remote-debugging-port"
        | "headless"
        | "no-zygote"
        | "single-process"
        | "no-first-run"
        | "no-default-browser-check"
        | "hide-scrollbars"
        | "mute-audio"
        | "disable-gpu"
        | "disable-dev-shm-usage"
        | "disable-notifications"
        | "disable-infobars" => Rule::Drop,
        other => return emulated(other).map(|set| Rule::Apply(Effect::Emulate(set))).or_else(|| ignored(other)),
    })
}

fn emulated(name: &str) -> Option<Setter> {
    Some(match name {
        "bot-config-timezone" => |emulation, value| {
            emulation.timezone = unless_auto(value, is_timezone, "an IANA time zone such as Europe/Berlin")?;
            Ok(())
        },
        "bot-config-locale" => |emulation, value| {
            emulation.locale = unless_auto(value, is_language_tag, "a locale such as de-DE")?;
            Ok(())
        },
        "bot-config-languages" | "accept-lang" | "lang" => |emulation, value| {
            emulation.languages = languages(value)?;
            Ok(())
        },
        "bot-config-location" => |emulation, value| {
            emulation.location = location(value)?;
            Ok(())
        },
        "bot-config-color-scheme" => |emulation, value| {
            emulation.color_scheme = Some(match value {
                "light" => ColorScheme::Light,
                "dark" => ColorScheme::Dark,
                _ => return Err("light or dark"),
            });
            Ok(())
        },
        "bot-config-window" => |emulation, value| {
            emulation.window = if is_real(value)? { Window::Real } else { Window::Preset };
            Ok(())
        },
        "window-size" => |emulation, value| {
            let (width, height) = size(value).ok_or("a size in pixels such as 1280,720")?;
            emulation.window = Window::Size(width, height);
            Ok(())
        },
        "bot-config-screen" => |emulation, value| {
            emulation.real_screen = is_real(value)?;
            Ok(())
        },
        "bot-config-disable-device-scale-factor" => |emulation, value| {
            emulation.unit_scale = flag(value)?;
            Ok(())
        },
        "bot-mobile-force-touch" => |emulation, value| {
            emulation.force_touch = flag(value)?;
            Ok(())
        },
        "bot-always-active" => |emulation, value| {
            emulation.always_active = flag(value)?;
            Ok(())
        },
        "bot-config-ua-full-version" => |emulation, value| {
            emulation.full_version = unless_auto(value, is_version, "a version such as 156.0.8078.79")?;
            Ok(())
        },
        "user-agent" => |emulation, value| {
            emulation.user_agent = unless_auto(value, is_header_text, "the text of a User-Agent header")?;
            Ok(())
        },
        _ => return None,
    })
}

fn ignored(name: &str) -> Option<Rule> {
    let allowed = match name {
        "bot-config-noise-canvas"
        | "bot-config-noise-webgl-image"
        | "bot-config-noise-audio-context"
        | "bot-config-noise-client-rects"
        | "bot-config-noise-text-rects"
        | "bot-inject-random-history"
        | "new-profile" => BOOL,
        "bot-config-webgl" | "bot-config-webgpu" | "bot-config-webrtc" => PROFILE_DISABLED,
        "bot-config-fonts" | "bot-config-media-types" => PROFILE_EXPAND,
        "bot-config-keyboard" | "bot-config-media-devices" | "bot-config-speech-voices" => PROFILE,
        "bot-config-browser-brand" => BRANDS,
        "bot-config-brand-full-version"
        | "bot-noise-seed"
        | "bot-time-scale"
        | "bot-webrtc-ice"
        | "bot-title"
        | "bot-bookmarks"
        | "bot-ip-service"
        | "proxy-ip"
        | "bot-local-dns"
        | "bot-mirror-controller-endpoint"
        | "bot-mirror-client-endpoint" => ANY,
        _ => return None,
    };
    Some(Rule::Ignore(allowed))
}

/// The list of values in words, for an error.
pub(super) fn listed(allowed: &'static [&'static str]) -> &'static str {
    match allowed.first().copied() {
        Some("") => "true or false",
        Some("chrome") => "chrome, chromium, edge, brave or opera",
        _ if allowed == PROFILE_DISABLED => "profile, real or disabled",
        _ if allowed == PROFILE_EXPAND => "profile, expand or real",
        _ => "profile or real",
    }
}

/// A switch: bare or empty is on.
pub(super) fn flag(value: &str) -> Result<bool, &'static str> {
    match value {
        "" | "true" | "1" => Ok(true),
        "false" | "0" => Ok(false),
        _ => Err("true or false"),
    }
}

fn is_real(value: &str) -> Result<bool, &'static str> {
    match value {
        "real" => Ok(true),
        "profile" => Ok(false),
        _ => Err("profile or real"),
    }
}

/// `auto` and nothing leave the host's default.
fn unless_auto(value: &str, is_valid: fn(&str) -> bool, takes: &'static str) -> Result<Option<String>, &'static str> {
    match value {
        "" | "auto" => Ok(None),
        _ if is_valid(value) => Ok(Some(value.to_owned())),
        _ => Err(takes),
    }
}

fn is_timezone(value: &str) -> bool {
    jiff::tz::TimeZone::get(value).is_ok()
}

fn is_language_tag(value: &str) -> bool {
    value.len() <= 35
        && value.split('-').all(|part| (1..=8).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphanumeric()))
}

fn is_version(value: &str) -> bool {
    value.len() <= 32 && value.split('.').all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()))
}

fn is_header_text(value: &str) -> bool {
    value.len() <= 512 && value.bytes().all(|byte| (0x20..0x7f).contains(&byte))
}

fn languages(value: &str) -> Result<Vec<String>, &'static str> {
    if value.is_empty() || value == "auto" {
        return Ok(Vec::new());
    }
    let tags: Vec<&str> = value.split(',').map(str::trim).collect();
    let is_valid = tags.len() <= 16 && tags.iter().all(|tag| is_language_tag(tag));
    is_valid.then(|| tags.into_iter().map(str::to_owned).collect()).ok_or("a list of languages such as de-DE,de")
}

fn location(value: &str) -> Result<Option<(f64, f64)>, &'static str> {
    const TAKES: &str = "latitude,longitude in degrees";
    if value.is_empty() || value == "auto" {
        return Ok(None);
    }
    let (latitude, longitude) = value.split_once(',').ok_or(TAKES)?;
    let degrees =
        |text: &str, limit: f64| text.trim().parse::<f64>().ok().filter(|degrees| degrees.abs() <= limit).ok_or(TAKES);
    Ok(Some((degrees(latitude, 90.0)?, degrees(longitude, 180.0)?)))
}

fn size(value: &str) -> Option<(u32, u32)> {
    let (width, height) = value.split_once([',', 'x'])?;
    let pixels = |text: &str| text.parse().ok().filter(|pixels| (1..=10_000).contains(pixels));
    Some((pixels(width)?, pixels(height)?))
}
