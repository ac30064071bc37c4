//! The table of the filter: each domain with its rule, and the methods that differ from it. Both are sorted.
//!
//! Whoever adds a method changes this file and the list in the test of `filter/suite.rs`, nothing else. Sources:
//! the security reference §4, and the protocol as Chromium 156 prints it. A domain that is not here is answered as
//! Chromium answers what it does not know.

use super::rule::Rule::{self, Check, Deny, Forward, Unknown};
use super::{downloads, extra, files, navigation, permissions, targets, tracing};

/// One domain: what holds for its methods, and for which not.
struct Domain {
    name: &'static str,
    rule: Rule,
    except: &'static [(&'static str, Rule)],
}

const fn open(name: &'static str) -> Domain {
    Domain { name, rule: Forward, except: &[] }
}

const fn closed(name: &'static str) -> Domain {
    Domain { name, rule: Deny, except: &[] }
}

const fn domain(name: &'static str, rule: Rule, except: &'static [(&'static str, Rule)]) -> Domain {
    Domain { name, rule, except }
}

/// What is said about a method; `None` for one of a domain that is not in the table.
pub(super) fn rule(method: &str) -> Option<Rule> {
    let Some((name, method)) = method.split_once('.') else {
        return find(BARE, method);
    };
    let index = DOMAINS.binary_search_by(|domain| domain.name.cmp(name)).ok()?;
    let domain = &DOMAINS[index];
    Some(find(domain.except, method).unwrap_or(domain.rule))
}

fn find(methods: &[(&str, Rule)], method: &str) -> Option<Rule> {
    methods.binary_search_by(|(name, _)| (*name).cmp(method)).ok().map(|index| methods[index].1)
}

/// Methods without a domain (contracts/botcloud.md §5).
static BARE: &[(&str, Rule)] = &[
    ("devtools", Check(extra::devtools)),
    ("liveURL", Check(extra::live_url)),
    ("switchPage", Check(extra::switch_page)),
];

static DOMAINS: &[Domain] = &[
    open("Accessibility"),
    open("Animation"),
    open("Audits"),
    closed("Autofill"),
    closed("BluetoothEmulation"),
    domain("BotBrowser", Unknown, &[("setBrowserContextFlags", Check(extra::set_context_flags))]),
    // Denied unless named: much of it reaches past the session's own pages.
    domain(
        "Browser",
        Deny,
        &[
            ("cancelDownload", Forward),
            ("close", Check(targets::close)),
            ("getHistogram", Forward),
            ("getHistograms", Forward),
            ("getVersion", Forward),
            ("getWindowBounds", Forward),
            ("getWindowForTarget", Forward),
            ("grantPermissions", Check(permissions::grant)),
            ("resetPermissions", Forward),
            ("setContentsSize", Forward),
            ("setDockTile", Forward),
            ("setDownloadBehavior", Check(downloads::set_behavior)),
            ("setPermission", Check(permissions::set)),
            ("setWindowBounds", Forward),
        ],
    ),
    open("CSS"),
    open("CacheStorage"),
    closed("Cast"),
    open("Console"),
    domain(
        "DOM",
        Forward,
        &[
            ("getFileInfo", Deny), // gives the host's path
            ("setFileInputFiles", Check(files::set_files)),
        ],
    ),
    open("DOMDebugger"),
    open("DOMSnapshot"),
    open("DOMStorage"),
    open("Database"),
    open("Debugger"),
    closed("DeviceAccess"),
    open("DeviceOrientation"),
    open("Emulation"),
    closed("Extensions"), // loadUnpacked reads any folder
    closed("FedCm"),
    domain("Fetch", Forward, &[("continueRequest", Check(navigation::url))]),
    closed("FileSystem"),
    domain(
        "Hangar",
        Unknown,
        &[
            ("listDownloads", Check(extra::list_downloads)),
            ("readDownload", Check(extra::read_download)),
            ("uploadFile", Check(extra::upload_file)),
        ],
    ),
    open("HeadlessExperimental"),
    open("HeapProfiler"),
    domain("IO", Deny, &[("close", Forward), ("read", Forward)]),
    open("IndexedDB"),
    domain("Input", Forward, &[("dispatchDragEvent", Check(files::drag))]),
    open("Inspector"),
    open("LayerTree"),
    open("Log"),
    open("Media"),
    domain(
        "Memory",
        Deny,
        &[
            ("getAllTimeSamplingProfile", Forward),
            ("getBrowserSamplingProfile", Forward),
            ("getDOMCounters", Forward),
            ("getDOMCountersForLeakDetection", Forward),
            ("getSamplingProfile", Forward),
        ],
    ),
    domain(
        "Network",
        Forward,
        &[
            ("continueInterceptedRequest", Check(navigation::url)), // gone in Chromium 156
            ("loadNetworkResource", Check(navigation::url)),
        ],
    ),
    open("Overlay"),
    closed("PWA"),
    domain(
        "Page",
        Forward,
        &[
            ("addCompilationCache", Deny),
            ("handleFileChooser", Check(files::set_files)), // gone in Chromium 156
            ("navigate", Check(navigation::url)),
            ("setDownloadBehavior", Check(downloads::set_behavior)),
            ("setRPHRegistrationMode", Deny),
        ],
    ),
    open("Performance"),
    open("PerformanceTimeline"),
    open("Profiler"),
    open("Runtime"),
    open("Schema"),
    open("Security"),
    open("ServiceWorker"),
    closed("SmartCardEmulation"),
    open("Storage"),
    closed("SystemInfo"), // the command line
    domain(
        "Target",
        Deny,
        &[
            ("activateTarget", Forward),
            ("attachToBrowserTarget", Forward), // Playwright's newBrowserCDPSession; filtered like every session
            ("attachToTarget", Check(targets::flat_only)),
            ("autoAttachRelated", Forward),
            ("closeTarget", Forward),
            ("createBrowserContext", Check(extra::create_context)),
            ("createTarget", Check(navigation::url)),
            ("detachFromTarget", Forward),
            ("disposeBrowserContext", Check(extra::dispose_context)),
            ("getBrowserContexts", Check(extra::list_contexts)),
            ("getTargetInfo", Forward),
            ("getTargets", Forward),
            ("setAutoAttach", Check(targets::flat_only)),
            ("setDiscoverTargets", Forward),
        ],
    ),
    closed("Tethering"),
    domain("Tracing", Forward, &[("start", Check(tracing::start))]),
    open("WebAudio"),
    open("WebAuthn"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted() {
        assert!(DOMAINS.is_sorted_by(|a, b| a.name < b.name));
        assert!(BARE.is_sorted_by(|a, b| a.0 < b.0));
        for domain in DOMAINS {
            assert!(domain.except.is_sorted_by(|a, b| a.0 < b.0), "{}", domain.name);
        }
    }
}
