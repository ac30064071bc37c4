//! One table per part of the configuration: name, type, default and help of each key, written once.

use super::Capacity;

/// A key with its value as it would stand in the file; `None` where it is not set.
pub(super) struct Entry {
    pub(super) key: &'static str,
    pub(super) value: Option<String>,
}

/// How a default is found: by looking at the machine.
pub(super) type Default<T> = fn(Capacity) -> T;

/// Declares a part of the configuration and its flags. A field's doc comment is also the flag's help.
macro_rules! section {
    (
        $(#[$doc:meta])* $section:ident, $flags:ident:
        $($(#[doc = $help:literal])+ $key:ident: $type:ty = $default:expr;)+
    ) => {
        $(#[$doc])*
        #[derive(Clone, Debug)]
        pub struct $section {
            $($(#[doc = $help])+ pub $key: $type,)+
        }

        /// The same as typed on the command line, not yet understood.
        #[derive(clap::Args, Clone, Debug, Default)]
        pub struct $flags {
            $($(#[doc = $help])+ #[arg(long, value_name = <$type as $crate::config::Setting>::FORM,
                num_args = usize::from(!<$type as $crate::config::Setting>::IS_SWITCH)..=1,
                default_missing_value = "true")]
            $key: Option<String>,)+
        }

        impl $flags {
            /// What was typed, by key.
            pub(super) fn given(&self) -> Vec<(&'static str, String)> {
                [$((stringify!($key), &self.$key)),+]
                    .into_iter()
                    .filter_map(|(key, value)| value.clone().map(|value| (key, value)))
                    .collect()
            }
        }

        impl $section {
            /// The keys of this part.
            pub(super) const KEYS: &[&str] = &[$(stringify!($key)),+];

            /// Takes this part's values out of the layers; faults stay there.
            pub(super) fn read(
                layers: &mut $crate::config::layers::Layers,
                capacity: $crate::config::Capacity,
            ) -> Self {
                Self {
                    $($key: {
                        let default: $crate::config::section::Default<$type> = $default;
                        layers.take(stringify!($key)).unwrap_or_else(|| default(capacity))
                    },)+
                }
            }

            /// This part as lines of a file, secrets left out.
            pub(super) fn entries(&self) -> Vec<$crate::config::section::Entry> {
                vec![$($crate::config::section::Entry {
                    key: stringify!($key),
                    value: $crate::config::Setting::show(&self.$key),
                }),+]
            }
        }
    };
}

pub(super) use section;
