//! Browser contexts: each may pretend another device and leave by another proxy.
//!
//! A context's proxy is a port of the session's own egress endpoint, so that the policy holds for it too: what the
//! client named is never given to the browser.

use hangar_browser::{Switches, Upstream, egress::EgressPort};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{Outcome, call_failed, invalid, refusal};
use crate::{Control, sessions::Live};

/// The first port of the browser's own loopback that a context's proxy may have; the session's own is below.
const FIRST_PORT: u16 = 3200;

/// What a context has of its own.
pub(crate) struct ContextPort {
    port: u16,
    /// Open for as long as the context is known.
    _guard: Option<EgressPort>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Created {
    browser_context_id: String,
}

pub(super) async fn create(
    control: &Control,
    live: &Live,
    params: &Map<String, Value>,
    flags: &[String],
    proxy_server: Option<&str>,
) -> Outcome {
    let switches = parse(live, None, flags)?;
    let proxy = proxy_server.or(switches.proxy_server.as_deref());
    let upstream = proxy.map(|text| upstream(control, text)).transpose()?;
    let mut params = params.clone();
    let (port, guard) = match upstream {
        Some(upstream) => {
            let (port, guard) = open_port(control, live, upstream).await?;
            params.insert("proxyServer".to_owned(), json!(format!("http://127.0.0.1:{port}")));
            params.insert("proxyBypassList".to_owned(), json!("<-loopback>"));
            (port, Some(guard))
        }
        None => (0, None),
    };
    if ports(live).len() >= control.settings.max_contexts {
        return Err(refusal(format!("at most {} browser contexts in a session", control.settings.max_contexts)));
    }
    let session = live.director.session();
    let reply = session.call("Target.createBrowserContext", &params).await.map_err(call_failed)?;
    let created: Created = serde_json::from_str(reply.get()).map_err(|_| refusal("the browser did not answer"))?;
    ports(live).insert(created.browser_context_id.clone(), ContextPort { port, _guard: guard });
    live.director.save_downloads_of(&created.browser_context_id);
    if !flags.is_empty() {
        live.director.assign_context(&created.browser_context_id, switches.emulation);
        set_cookies(live, &created.browser_context_id, &switches.cookies).await?;
    }
    Ok(reply)
}

pub(super) async fn set_flags(control: &Control, live: &Live, context: &str, flags: &[String]) -> Outcome {
    if !ports(live).contains_key(context) {
        return Err(invalid("'browserContextId' is not a context of this session"));
    }
    let switches = parse(live, Some(context), flags)?;
    if let Some(text) = &switches.proxy_server {
        upstream(control, text)?;
        return Err(invalid("'--proxy-server' can only be given when the context is created"));
    }
    live.director.assign_context(context, switches.emulation);
    set_cookies(live, context, &switches.cookies).await?;
    super::object(&json!({}))
}

/// Disposes of a context with its pages, for any session of the client: Chromium allows it on browser sessions only.
pub(super) async fn dispose(live: &Live, context: &str) -> Outcome {
    live.mux.expect_close(context);
    let params = json!({ "browserContextId": context });
    let reply = live.director.session().call("Target.disposeBrowserContext", &params).await.map_err(call_failed)?;
    ports(live).remove(context);
    live.director.forget_context(context);
    Ok(reply)
}

/// The contexts of the browser, which is this session's alone.
pub(super) async fn list(live: &Live) -> Outcome {
    live.director.session().call("Target.getBrowserContexts", &json!({})).await.map_err(call_failed)
}

fn parse(live: &Live, context: Option<&str>, flags: &[String]) -> Result<Switches, hangar_cdp::mux::CdpError> {
    let base = live.director.emulation_of(context.unwrap_or_default());
    Switches::parse_flags(base, flags).map_err(|error| invalid(error.to_string()))
}

fn upstream(control: &Control, text: &str) -> Result<Upstream, hangar_cdp::mux::CdpError> {
    let upstream: Upstream = text.parse().map_err(|_| invalid("Missing or invalid 'proxyServer' parameter"))?;
    match upstream {
        Upstream::Direct if !control.settings.allow_direct => Err(invalid("'direct://' is not permitted here")),
        upstream => {
            let refused = |refusal| invalid(format!("The 'proxyServer' is refused: {refusal}"));
            control.pool.policy().check_upstream(&upstream).map(|()| upstream).map_err(refused)
        }
    }
}

async fn open_port(
    control: &Control,
    live: &Live,
    upstream: Upstream,
) -> Result<(u16, EgressPort), hangar_cdp::mux::CdpError> {
    let failed = |error: &dyn std::error::Error| {
        tracing::warn!(%error, session.id = %live.id(), "a context's way out could not be opened");
        refusal("the proxy of the context could not be set up")
    };
    let wanted = next_port(control, live);
    let (listener, port) = live.network.listen(wanted).await.map_err(|error| failed(&error))?;
    let guard = live.egress.listen_also(listener, upstream).map_err(|error| failed(&error))?;
    Ok((port, guard))
}

/// A port that no other context of the session has.
fn next_port(control: &Control, live: &Live) -> u16 {
    let ports = ports(live);
    let limit = u16::try_from(control.settings.max_contexts).unwrap_or(u16::MAX - FIRST_PORT);
    let is_free = |candidate: &u16| !ports.values().any(|context| context.port == *candidate);
    (FIRST_PORT..FIRST_PORT.saturating_add(limit)).find(is_free).unwrap_or(0)
}

async fn set_cookies(live: &Live, context: &str, cookies: &[Value]) -> Result<(), hangar_cdp::mux::CdpError> {
    if cookies.is_empty() {
        return Ok(());
    }
    let params = json!({ "cookies": cookies, "browserContextId": context });
    live.director.session().call("Storage.setCookies", &params).await.map(drop).map_err(call_failed)
}

fn ports(live: &Live) -> std::sync::MutexGuard<'_, std::collections::HashMap<String, ContextPort>> {
    live.context_ports.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}
