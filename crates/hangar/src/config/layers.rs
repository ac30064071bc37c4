//! The layers on top of each other, and where each value came from.

use std::{collections::BTreeMap, path::Path};

use figment::{
    Error, Figment, Metadata, Profile, Provider, Source,
    providers::{Format, Toml},
    value::{Dict, Map, Value},
};

use super::{ConfigError, setting::Setting};

/// File, variables and flags, merged; and the faults that were found in them.
pub(super) struct Layers {
    merged: Figment,
    faults: Vec<String>,
}

/// One value that came as text, from a variable or a flag.
struct Given {
    origin: String,
    key: &'static str,
    text: String,
}

impl Provider for Given {
    fn metadata(&self) -> Metadata {
        Metadata::named(self.origin.clone())
    }

    fn data(&self) -> Result<Map<Profile, Dict>, Error> {
        let dict = Dict::from([(self.key.to_owned(), Value::from(self.text.as_str()))]);
        Ok(Map::from([(Profile::Default, dict)]))
    }
}

impl Layers {
    /// Reads the file, if any, and lays the variables that belong to `keys` and then the flags over it.
    pub(super) fn new(
        file: Option<&Path>,
        keys: &[&'static str],
        variables: &BTreeMap<String, String>,
        flags: &[(&'static str, String)],
    ) -> Result<Self, ConfigError> {
        let mut merged = Figment::new();
        let mut faults = Vec::new();
        if let Some(path) = file {
            let text = std::fs::read_to_string(path)
                .map_err(|error| ConfigError(vec![format!("cannot read {}: {error}", path.display())]))?;
            merged = merged.merge(FileText { path, text: &text });
            faults = unknown_keys(&merged, path, keys)?;
        }
        for key in keys {
            let variable = format!("HANGAR_{}", key.to_uppercase());
            if let Some(text) = variables.get(&variable) {
                merged = merged.merge(Given { origin: format!("variable {variable}"), key, text: text.clone() });
            }
        }
        for (key, text) in flags {
            let origin = format!("flag --{}", key.replace('_', "-"));
            merged = merged.merge(Given { origin, key, text: text.clone() });
        }
        Ok(Self { merged, faults })
    }

    /// The value of `key`; `None` where no layer has it, or where it is wrong, which is then a fault.
    pub(super) fn take<T: Setting>(&mut self, key: &str) -> Option<T> {
        let value = self.merged.find_value(key).ok()?;
        let parsed = text_of(&value).ok_or_else(|| "must be a text, a number, a boolean or a list".to_owned());
        match parsed.and_then(|text| T::parse(&text)) {
            Ok(value) => Some(value),
            Err(fault) => {
                let origin = self.merged.get_metadata(value.tag()).map_or_else(String::new, origin_of);
                self.faults.push(format!("`{key}` {fault} ({origin})"));
                None
            }
        }
    }

    pub(super) fn into_faults(self) -> Vec<String> {
        self.faults
    }
}

/// The file, parsed by figment and known by its path.
struct FileText<'a> {
    path: &'a Path,
    text: &'a str,
}

impl Provider for FileText<'_> {
    fn metadata(&self) -> Metadata {
        Metadata::named("file").source(Source::File(self.path.to_path_buf()))
    }

    fn data(&self) -> Result<Map<Profile, Dict>, Error> {
        Toml::string(self.text).data()
    }
}

fn unknown_keys(file: &Figment, path: &Path, keys: &[&'static str]) -> Result<Vec<String>, ConfigError> {
    let values: Dict = file.extract().map_err(|_| ConfigError(vec![format!("{} is not TOML", path.display())]))?;
    let unknown = values.keys().filter(|key| !keys.contains(&key.as_str()));
    Ok(unknown.map(|key| format!("`{key}` is not a setting (file {})", path.display())).collect())
}

fn origin_of(metadata: &Metadata) -> String {
    match &metadata.source {
        Some(Source::File(path)) => format!("file {}", path.display()),
        _ => metadata.name.to_string(),
    }
}

/// A value of the file as the text that a flag would have had.
fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::String(_, text) => Some(text.clone()),
        Value::Char(_, letter) => Some(letter.to_string()),
        Value::Bool(_, value) => Some(value.to_string()),
        Value::Num(_, number) => number
            .to_u128()
            .map(|number| number.to_string())
            .or_else(|| number.to_i128().map(|number| number.to_string()))
            .or_else(|| number.to_f64().map(|number| number.to_string())),
        Value::Array(_, values) => values.iter().map(text_of).collect::<Option<Vec<_>>>().map(|texts| texts.join(",")),
        Value::Empty(..) | Value::Dict(..) => None,
    }
}
