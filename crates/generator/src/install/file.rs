use super::{InstallError, Start};
use protoedge_sandbox::Confinement;
use std::{
    fs::File,
    io::Read,
    path::{self, Path},
};

/// How many processes and threads a script's commands may have at once: a pipeline or two.
const SCRIPT_TASKS: u32 = 64;

/// An executable that the operator put there. A script is made of the system's commands; other
/// executables start nothing.
pub(super) fn plugin(path: &Path) -> Result<Start, InstallError> {
    // Plugins start in another folder than the generator.
    let path = path::absolute(path).map_err(|_| InstallError::NoFile { path: path.into() })?;
    let mut magic = Vec::new();
    let read = File::open(&path).and_then(|file| file.take(2).read_to_end(&mut magic));
    if read.is_err() {
        return Err(InstallError::NoFile { path });
    }
    if magic == b"#!" {
        let confinement = Confinement::new().reading(&path).running(SCRIPT_TASKS);
        return Ok(Start { program: path, args: Vec::new(), confinement });
    }
    Ok(Start::executable(path))
}
