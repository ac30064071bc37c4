//! Which layer wins, and what a wrong value says.

use clap::Parser;

use super::*;

#[derive(Parser)]
struct CommandLine {
    #[command(flatten)]
    flags: Flags,
}

const MACHINE: Capacity = Capacity { cores: 4, memory: 8 << 30 };

/// The configuration from a file's text, variables and arguments.
fn load(file: &str, variables: &[(&str, &str)], arguments: &[&str]) -> Result<Config, ConfigError> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("hangar.toml");
    std::fs::write(&path, file).unwrap();
    let arguments = [&["hangar", "--config", path.to_str().unwrap()], arguments].concat();
    let flags = CommandLine::try_parse_from(arguments).unwrap().flags;
    let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Config::from_layers(&flags, &variables, MACHINE)
}

fn faults(file: &str, variables: &[(&str, &str)], arguments: &[&str]) -> Vec<String> {
    load(file, variables, arguments).unwrap_err().0
}

#[test]
fn the_later_layer_wins() {
    let (file, variable, flag) = ("pool = 1", ("HANGAR_POOL", "2"), "--pool=3");
    let expected = [8, 1, 2, 2, 3, 3, 3, 3];
    for (layers, expected) in expected.into_iter().enumerate() {
        let file = if layers & 1 == 0 { "" } else { file };
        let variables = if layers & 2 == 0 { vec![] } else { vec![variable] };
        let arguments = if layers & 4 == 0 { vec![] } else { vec![flag] };
        let pool = load(file, &variables, &arguments).unwrap().browsers.pool;
        assert_eq!(pool, expected, "{file:?} {variables:?} {arguments:?}");
    }
}

#[test]
fn every_key_can_be_set_in_every_layer() {
    let values = [
        ("listen", "0.0.0.0:9000"),
        ("public_url", "https://cloud.test/"),
        ("tls_cert", "c.pem"),
        ("tls_key", "k.pem"),
        ("trust_forwarded", "10.0.0.0/8,::1"),
        ("data_dir", "/d"),
        ("database_url", "postgres://u:p@h/d"),
        ("bootstrap_key", "12345678"),
        ("recording_retention", "12h"),
        ("recording_disk", "2GiB"),
        ("recording_size", "64MiB"),
        ("isolation", "L0"),
        ("allow_no_sandbox", "true"),
        ("headless_shell", "/h"),
        ("chromium", "/c"),
        ("bwrap", "/b"),
        ("pool", "7"),
        ("egress_allow", "127.0.0.1/32"),
        ("egress_routes", "a.test=direct://,b.test=http://u:hush@proxy.test:3128"),
        ("upstream_ca", "ca.pem"),
        ("allow_direct", "false"),
        ("session_memory", "1GiB"),
        ("session_pids", "99"),
        ("session_cpu", "150"),
        ("session_disk", "5MB"),
        ("max_sessions", "3"),
        ("idle_timeout", "5m"),
        ("drain_timeout", "0"),
        ("keep_alive_max", "2h"),
        ("queue_wait", "1.5"),
        ("queue_length", "4"),
        ("log", "debug,hyper=off"),
        ("log_format", "json"),
    ];
    assert_eq!(values.map(|(key, _)| key).to_vec(), keys());
    let file: String = values.iter().map(|(key, value)| format!("{key} = {value:?}\n")).collect();
    let names: Vec<String> = values.iter().map(|(key, _)| format!("HANGAR_{}", key.to_uppercase())).collect();
    let variables: Vec<(&str, &str)> =
        names.iter().zip(values).map(|(name, (_, value))| (name.as_str(), value)).collect();
    let flags: Vec<String> = values.iter().map(|(key, value)| format!("--{}={value}", key.replace('_', "-"))).collect();
    let arguments: Vec<&str> = flags.iter().map(String::as_str).collect();

    let from_file = load(&file, &[], &[]).unwrap();
    assert_eq!(from_file.dump(), load("", &variables, &[]).unwrap().dump());
    assert_eq!(from_file.dump(), load("", &[], &arguments).unwrap().dump());
    assert!(!from_file.dump().contains("is not set"));
    assert_eq!(from_file.sessions.idle_timeout.as_secs(), 300);
    assert_eq!(from_file.browsers.session_memory.0, 1 << 30);
    assert_eq!(from_file.storage.bootstrap_key.unwrap().expose(), "12345678");
}

#[test]
fn values_of_the_file_keep_their_toml_types() {
    let file =
        "idle_timeout = 60\nqueue_wait = 0.5\nallow_direct = false\negress_allow = [\"10.0.0.0/8\", \"192.0.2.1\"]";
    let config = load(file, &[], &[]).unwrap();
    assert_eq!(config.sessions.idle_timeout.as_secs(), 60);
    assert_eq!(config.sessions.queue_wait.as_millis(), 500);
    assert!(!config.browsers.allow_direct);
    assert_eq!(config.browsers.egress_allow.len(), 2);
}

#[test]
fn a_fault_names_the_key_and_its_layer_and_never_the_value() {
    assert!(faults("pool = \"many\"", &[], &[])[0].starts_with("`pool` must be a whole number (file /"));
    assert_eq!(
        faults("pool = 1", &[("HANGAR_POOL", "-1")], &[]),
        ["`pool` must be a whole number (variable HANGAR_POOL)"]
    );
    assert_eq!(
        faults("", &[], &["--idle-timeout=soon"]),
        ["`idle_timeout` must be seconds, or a number with s, m or h (flag --idle-timeout)"]
    );
    let flags = ["--database-url=mysql://u:hush@h", "--egress-routes=a.test=http://u:hush@"];
    let secret = faults("", &[("HANGAR_BOOTSTRAP_KEY", "hush me")], &flags).join("\n");
    assert!(
        secret.contains("bootstrap_key") && secret.contains("database_url") && !secret.contains("hush"),
        "{secret}"
    );
}

#[test]
fn all_faults_are_told_at_once() {
    assert_eq!(faults("pool = {}\nnonsense = 1\n[more]\nx = 1", &[], &["--listen=here", "--tls-cert=c"]).len(), 5);
}

#[test]
fn an_unknown_key_of_the_file_is_an_error_that_names_it() {
    let fault = &faults("idle_timeuot = 3", &[], &[])[0];
    assert!(fault.starts_with("`idle_timeuot` is not a setting (file "), "{fault}");
    assert!(faults("pool = = 1", &[], &[])[0].ends_with("is not TOML"));
}

#[test]
fn a_named_file_must_exist() {
    let flags = Flags { config: Some("/nonexistent/hangar.toml".into()), ..Flags::default() };
    let error = Config::from_layers(&flags, &BTreeMap::new(), MACHINE).unwrap_err();
    assert!(error.to_string().contains("cannot read /nonexistent/hangar.toml"), "{error}");
}

#[test]
fn values_that_do_not_go_together_are_refused() {
    assert_eq!(faults("isolation = \"L0\"", &[], &[]).len(), 1);
    assert_eq!(faults("tls_key = \"k\"", &[], &[]).len(), 1);
    assert!(load("", &[], &["--isolation=l0", "--allow-no-sandbox"]).is_ok());
}

#[test]
fn a_dump_is_a_file_that_gives_the_same_without_secrets() {
    let file = "bootstrap_key = \"hush-hush\"\ndatabase_url = \"postgres://u:hush@db/h?password=hush\"";
    let config = load(file, &[], &[]).unwrap();
    let dump = config.dump();
    assert!(dump.contains("bootstrap_key = \"[redacted]\"") && dump.contains("postgres://[redacted]@db/h"), "{dump}");
    assert!(!dump.contains("hush") && !format!("{config:?}").contains("hush"), "{dump}");
    let plain = load("listen = \"[::1]:1\"", &[], &[]).unwrap().dump();
    assert_eq!(load(&plain, &[], &[]).unwrap().dump(), plain);
}

#[test]
fn the_database_is_in_the_data_folder_unless_it_is_named() {
    let config = load("data_dir = \"/srv/hangar\"", &[], &[]).unwrap();
    assert_eq!(config.storage.database().expose(), "sqlite:/srv/hangar/hangar.db?mode=rwc");
}
