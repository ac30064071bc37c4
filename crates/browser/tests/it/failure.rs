//! Browsers that do not start: a typed error in time, with what was printed, and nothing left.

use std::{fs, os::unix::fs::PermissionsExt as _, path::Path, time::Duration};

use hangar_browser::{Binaries, Binary, BinaryKind, Error, FindOptions, LaunchSpec, Launcher, LauncherConfig, Level};

use crate::{
    client::within,
    world::{World, spec},
};

/// Launches this script as if it were a browser.
async fn launch_script(level: Level, script: &str) -> Error {
    let world = World::at(level).await;
    let folder = tempfile::tempdir().unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let program = folder.path().join("browser");
    fs::write(&program, script).unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    launch_program(&world, &program).await
}

async fn launch_program(world: &World, program: &Path) -> Error {
    let binary = Binary { path: program.to_path_buf(), version: "0".to_owned() };
    let binaries = Binaries { headless_shell: binary, chromium: None };
    let config = LauncherConfig { binaries, launch_timeout: Duration::from_secs(2), ..world.config() };
    let launched = within("the answer", Launcher::new(config).unwrap().launch(spec())).await;
    let error = launched.expect_err("this is no browser");
    assert!(world.sessions().is_empty());
    let data = world.data.path().to_str().unwrap();
    let left = fs::read_dir("/proc").unwrap().flatten().find(|process| {
        fs::read(process.path().join("cmdline")).is_ok_and(|line| String::from_utf8_lossy(&line).contains(data))
    });
    assert!(left.is_none(), "{left:?}");
    error
}

#[tokio::test]
async fn one_that_ends_at_once_is_told_with_its_last_words() {
    for level in [Level::L3, Level::L2, Level::L0] {
        let error = launch_script(level, "#!/bin/sh\necho the last words >&2\nexit 3\n").await;
        assert_eq!(error.code(), "launch_failed", "{level}: {error}");
        let text = error.to_string();
        assert!(text.contains("the last words") && text.contains("exit status: 3"), "{level}: {text}");
    }
}

#[tokio::test]
async fn one_that_hangs_is_killed_with_its_children() {
    for level in [Level::L3, Level::L0] {
        let error = launch_script(level, "#!/bin/sh\necho still here >&2\nsleep 1000 &\nsleep 1000\n").await;
        assert_eq!(error.code(), "launch_timeout", "{level}: {error}");
        assert!(error.to_string().contains("still here"), "{level}: {error}");
    }
}

#[tokio::test]
async fn one_that_talks_without_end_does_not_fill_the_memory() {
    let error = launch_script(Level::L0, "#!/bin/sh\nexec yes endless >&2\n").await;
    assert_eq!(error.code(), "launch_timeout", "{error}");
    assert!(error.to_string().len() < 10_000);
}

#[tokio::test]
async fn garbage_and_nothing_are_told_apart_from_a_slow_browser() {
    for level in [Level::L3, Level::L0] {
        let garbage = launch_script(level, "\x7fELF this is not").await;
        assert_eq!(garbage.code(), "launch_failed", "{level}: {garbage}");
        let missing = launch_program(&World::at(level).await, Path::new("/usr/nowhere/browser")).await;
        assert_eq!(missing.code(), "launch_failed", "{level}: {missing}");
    }
}

#[tokio::test]
async fn a_browser_gets_neither_the_servers_environment_nor_its_descriptors() {
    let script = "#!/bin/sh\nenv | cut -d= -f1 | sort | tr '\\n' ' ' >&2\nls /proc/self/fd | tr '\\n' ' ' >&2\n";
    let error = launch_script(Level::L0, script).await.to_string();
    assert!(error.contains("HOME LANG PATH PWD TMPDIR TZ XDG_CACHE_HOME XDG_CONFIG_HOME"), "{error}");
    // The three standard ones, the pipe's two, and the folder that `ls` reads.
    assert!(error.ends_with("0 1 2 3 4 5"), "{error}");
}

#[tokio::test]
async fn full_chromium_that_is_not_installed_is_named() {
    let world = World::at(Level::L0).await;
    let binaries = Binaries { chromium: None, ..world.binaries.clone() };
    let launcher = Launcher::new(LauncherConfig { binaries, ..world.config() }).unwrap();
    let error = launcher.launch(LaunchSpec { binary: BinaryKind::Chromium, ..spec() }).await.unwrap_err();
    assert_eq!(error.code(), "browser_missing");
}

#[tokio::test]
async fn a_program_that_is_no_browser_is_not_found_as_one() {
    let options = FindOptions { headless_shell: Some("/bin/false".into()), chromium: None };
    assert_eq!(Binaries::find(&options).await.unwrap_err().code(), "browser_unusable");
    let options = FindOptions { headless_shell: Some("/nowhere".into()), chromium: None };
    assert_eq!(Binaries::find(&options).await.unwrap_err().code(), "browser_missing");
}
