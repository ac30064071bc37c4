//! Chromium's names of why a document did not come (`net/base/net_error_list.h`), where only its number is told.

/// The name that DevTools gives a network error.
pub(crate) fn reason(code: i64) -> String {
    let name = match code {
        -3 => "ABORTED",
        -7 => "TIMED_OUT",
        -20 => "BLOCKED_BY_CLIENT",
        -21 => "NETWORK_CHANGED",
        -22 => "BLOCKED_BY_ADMINISTRATOR",
        -27 => "BLOCKED_BY_RESPONSE",
        -100 => "CONNECTION_CLOSED",
        -101 => "CONNECTION_RESET",
        -102 => "CONNECTION_REFUSED",
        -103 => "CONNECTION_ABORTED",
        -104 => "CONNECTION_FAILED",
        -105 => "NAME_NOT_RESOLVED",
        -106 => "INTERNET_DISCONNECTED",
        -107 => "SSL_PROTOCOL_ERROR",
        -109 => "ADDRESS_UNREACHABLE",
        -111 => "TUNNEL_CONNECTION_FAILED",
        -113 => "SSL_VERSION_OR_CIPHER_MISMATCH",
        -118 => "CONNECTION_TIMED_OUT",
        -130 => "PROXY_CONNECTION_FAILED",
        -200 => "CERT_COMMON_NAME_INVALID",
        -201 => "CERT_DATE_INVALID",
        -202 => "CERT_AUTHORITY_INVALID",
        -300 => "INVALID_URL",
        -301 => "DISALLOWED_URL_SCHEME",
        -302 => "UNKNOWN_URL_SCHEME",
        -310 => "TOO_MANY_REDIRECTS",
        -312 => "UNSAFE_PORT",
        -320 => "INVALID_RESPONSE",
        -324 => "EMPTY_RESPONSE",
        -337 => "HTTP2_PROTOCOL_ERROR",
        -354 => "CONTENT_LENGTH_MISMATCH",
        _ => return format!("net::ERR_FAILED ({code})"),
    };
    format!("net::ERR_{name}")
}
