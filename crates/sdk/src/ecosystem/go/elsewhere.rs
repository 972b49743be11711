use super::registry::GoDep;
use crate::names::ModuleName;
use protoedge_gomod::{check_path, check_version};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Where the Go code of a module is, if it is in no SDK of this registry: a program that has it from two places ends at
/// its start, since each of them registers the same files.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GoElsewhere {
    /// The import path below which its packages are, each in the folder of its .proto files; without it, each file's own
    /// `go_package` is the import path.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub import: Option<String>,
    /// The Go module that holds them, which SDKs require; without it, the go command looks for the newest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub require: Option<GoDep>,
}

/// The modules whose Go code is elsewhere.
pub type GoElsewheres = BTreeMap<ModuleName, GoElsewhere>;

impl GoElsewhere {
    /// Makes sure that it can stand in Go code and in a go.mod.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn check(&self) -> Result<(), String> {
        if let Some(import) = &self.import {
            check_path(import).map_err(|error| error.to_string())?;
        }
        match &self.require {
            None => Ok(()),
            Some(GoDep { module, version }) => check_path(module)
                .and_then(|()| check_version(module, version))
                .map_err(|error| error.to_string()),
        }
    }
}

/// The modules of that kind where nothing is said of them, as on the BSR: the Go code of `googleapis/googleapis` is
/// `google.golang.org/genproto`, under the files' own `go_package`.
pub fn usual_go_elsewheres() -> GoElsewheres {
    let googleapis = "googleapis/googleapis".parse().ok();
    googleapis.map(|module| (module, GoElsewhere::default())).into_iter().collect()
}
