//! The signals that end the generator.

use std::io;
use tokio::signal::unix::{SignalKind, signal};

/// Over when a signal asks the process to end; gives which one. From now on, such a signal does nothing else.
///
/// # Errors
/// Those of the runtime.
pub(super) fn stop() -> io::Result<impl Future<Output = SignalKind>> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => SignalKind::terminate(),
            _ = interrupt.recv() => SignalKind::interrupt(),
        }
    })
}
