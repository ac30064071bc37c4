//! `hangar openapi [face]`: the committed documents, which tests hold against the routes.

use std::process::ExitCode;

use clap::{Args, ValueEnum};

/// Which document.
#[derive(Args, Debug)]
pub struct OpenapiCommand {
    /// Which face
    #[arg(value_enum, default_value_t = Face::Gateway)]
    face: Face,
}

/// The faces that have a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Face {
    /// The gateway's REST paths and the operator API.
    Gateway,
    /// The Sessions API.
    Sessions,
}

impl Face {
    const fn document(self) -> &'static str {
        match self {
            Self::Gateway => include_str!("../../../../openapi/gateway.json"),
            Self::Sessions => include_str!("../../../../openapi/sessions.json"),
        }
    }
}

impl OpenapiCommand {
    pub(super) fn run(&self) -> anyhow::Result<ExitCode> {
        super::print(self.face.document().trim_end())?;
        Ok(ExitCode::SUCCESS)
    }
}
