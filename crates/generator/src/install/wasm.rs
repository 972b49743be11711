use super::{InstallError, Start};
use crate::{sandbox::Grant, wasm::RUNNER};
use std::{
    env,
    path::{self, Path},
};

/// A module that the operator put there, run by the generator's own executable. What is wrong with it is
/// said when it runs: it is a stranger's file, which is read in the cage.
pub(super) fn plugin(path: &Path) -> Result<Start, InstallError> {
    // Plugins start in another folder than the generator.
    let path = path::absolute(path).map_err(|_| InstallError::NoFile { path: path.into() })?;
    if !path.is_file() {
        return Err(InstallError::NoFile { path });
    }
    let program =
        env::current_exe().map_err(|source| InstallError::Cache { path: path.clone(), source })?;
    let grant = Grant::new().reading(&program).reading(&path);
    Ok(Start { program, args: vec![RUNNER.into(), path.into_os_string()], grant })
}
