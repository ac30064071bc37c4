//! Files of the frontend, from the folder that they were copied to.

use std::path::Path;

use axum::response::{IntoResponse as _, Response};
use http::{StatusCode, header};

use crate::faces;

/// A link has a path of its own, so that what is kept for it is never asked for again after it.
const CACHE: &str = "private, max-age=3600";

pub(super) async fn serve(folder: &Path, path: &str) -> Response {
    let not_found = || faces::error(StatusCode::NOT_FOUND, "Not found");
    let (true, Some(kind)) = (is_plain(path), kind(path)) else { return not_found() };
    match tokio::fs::read(folder.join(path)).await {
        Ok(content) => {
            (StatusCode::OK, [(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, CACHE)], content).into_response()
        }
        Err(_) => not_found(),
    }
}

/// Names below the folder only: no empty ones, none that begins with a dot, nothing escaped.
fn is_plain(path: &str) -> bool {
    let is_name = |name: &str| {
        !name.is_empty()
            && !name.starts_with('.')
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
    };
    path.split('/').all(is_name)
}

fn kind(path: &str) -> Option<&'static str> {
    Some(match path.rsplit_once('.')?.1 {
        "html" => "text/html; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "json" => "application/json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "avif" => "image/avif",
        "gif" => "image/gif",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        "wasm" => "application/wasm",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn nothing_outside_of_the_folder_is_served() {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("frontend");
        std::fs::create_dir_all(folder.join("core")).unwrap();
        std::fs::write(folder.join("core/a.js"), "1").unwrap();
        std::fs::write(root.path().join("b.js"), "2").unwrap();
        assert_eq!(serve(&folder, "core/a.js").await.status(), StatusCode::OK);
        for path in
            ["../b.js", "core/../../b.js", "%2e%2e/b.js", "/etc/passwd", "core//a.js", "core", "", "core/none.js"]
        {
            assert_eq!(serve(&folder, path).await.status(), StatusCode::NOT_FOUND, "{path}");
        }
    }
}
