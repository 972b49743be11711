//! How the roles of this executable say why they ended: the lowest floor of the crate.

/// The exit status of a launcher that could not become the program, and of a runner of modules that could not run
/// its module. Shells use it in the same way.
pub(crate) const NOT_LAUNCHED: u8 = 126;

/// What the launcher's and the runner's own complaints start with, on standard error.
pub(crate) const COMPLAINT: &str = "protoedge cage: ";

/// What the runner says of a WebAssembly module that ran into the limit of its memory.
pub(crate) const OUT_OF_MEMORY: &str = "the WebAssembly module ran out of memory";

/// The same of a module that ran into the limit of its time.
pub(crate) const OUT_OF_TIME: &str = "the WebAssembly module ran out of time";
