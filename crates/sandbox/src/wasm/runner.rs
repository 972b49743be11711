//! The runner: compiles a module, or runs what was compiled.

use super::{
    engine,
    guest::World,
    task::{RunnerTask, Usage},
    wasi,
};
use crate::exit::{COMPLAINT, NOT_LAUNCHED, OUT_OF_MEMORY, OUT_OF_TIME};
use std::{ffi::OsString, fs, io, path::Path, process::ExitCode, thread, time::Duration};
use wasmtime::{Engine, ExternType, Instance, Linker, Module, Store, Trap};

/// The exit status of a module that trapped; what shells give for an aborted program.
const TRAPPED: u8 = 134;

/// The stack of the thread that a module runs on, in bytes: the module's own part, and what a native thread
/// has by default for the compiler and for the calls that a module makes.
const THREAD_STACK: usize = engine::STACK + (8 << 20);

/// What every binary module begins with: a magic number and version 1.
const MODULE: &[u8; 8] = b"\0asm\x01\0\0\0";

/// What every binary component begins with: the same with layer 1.
const COMPONENT: &[u8; 8] = b"\0asm\x0d\0\x01\0";

/// Why a module cannot run at all.
#[derive(Debug, thiserror::Error)]
enum Unusable {
    #[error(transparent)]
    Usage(#[from] Usage),
    #[error("it cannot be read: {0}")]
    Unreadable(#[from] io::Error),
    #[error("it is no WebAssembly module in binary form")]
    Foreign,
    #[error("it is a WebAssembly component: build a module for WASI preview 1 (wasip1) instead")]
    Component,
    #[error("this machine cannot run WebAssembly: {0:#}")]
    Engine(wasmtime::Error),
    #[error("its code is not valid or uses a feature that is not carried out here: {0:#}")]
    Invalid(wasmtime::Error),
    #[error("it exports no function `_start`: build it as a command, not as a library")]
    NoStart,
    #[error("it needs {name} of {module}, which is no part of WASI preview 1")]
    Import { module: String, name: String },
    #[error("it cannot be started: {0:#}")]
    Start(wasmtime::Error),
}

/// How a module ended.
enum Ended {
    /// With an exit status of its own.
    Exit(i32),
    /// It was refused memory, and gave up.
    OutOfMemory,
    /// It was ended.
    OutOfTime,
    /// By doing what no module may do, or what it does on purpose to abort.
    Trap(String),
}

impl Ended {
    fn of(error: &wasmtime::Error, world: &World) -> Self {
        match (error.downcast_ref::<wasi::Exit>(), error.downcast_ref::<Trap>()) {
            (Some(wasi::Exit(code)), _) => Self::Exit(*code),
            (None, Some(Trap::Interrupt)) => Self::OutOfTime,
            (None, _) if world.is_starved() => Self::OutOfMemory,
            (None, _) => {
                let why = error.to_string();
                Self::Trap(why.strip_prefix("wasm trap: ").unwrap_or(&why).to_owned())
            }
        }
    }
}

/// Compiles or runs a module, as the arguments after the first say. Its standard streams are this
/// process's.
pub(super) fn main(args: impl Iterator<Item = OsString>) -> ExitCode {
    let args: Vec<OsString> = args.collect();
    let work = move || carry_out(RunnerTask::parse(&args)?);
    let ended = match thread::Builder::new().stack_size(THREAD_STACK).spawn(work) {
        Ok(thread) => thread.join().unwrap_or_else(|_| Ok(Ended::Trap("the runner failed".into()))),
        Err(error) => Err(error.into()),
    };
    let (words, status) = match ended {
        // A process's exit status has eight bits.
        Ok(Ended::Exit(code)) => return ExitCode::from(code.to_le_bytes()[0]),
        Ok(Ended::OutOfMemory) => (OUT_OF_MEMORY.to_owned(), TRAPPED),
        Ok(Ended::OutOfTime) => (OUT_OF_TIME.to_owned(), TRAPPED),
        Ok(Ended::Trap(why)) => (format!("the WebAssembly module trapped: {why}"), TRAPPED),
        Err(error) => (format!("{COMPLAINT}{error}"), NOT_LAUNCHED),
    };
    eprintln!("{words}");
    ExitCode::from(status)
}

fn carry_out(task: RunnerTask) -> Result<Ended, Unusable> {
    match task {
        RunnerTask::Compile { code, module } => {
            load(&engine::caching(&code).map_err(Unusable::Engine)?, &module)?;
            Ok(Ended::Exit(0))
        }
        RunnerTask::Run { time, code, module } => {
            let engine = engine::caching(&code).map_err(Unusable::Engine)?;
            let loaded = load(&engine, &module)?;
            let name = module.file_name().unwrap_or_default().as_encoded_bytes();
            run(&engine, &loaded, World::new(name), time)
        }
    }
}

/// Takes a module's compiled form out of the engine's cache, or else compiles it.
fn load(engine: &Engine, path: &Path) -> Result<Module, Unusable> {
    let bytes = fs::read(path)?;
    match bytes.first_chunk() {
        Some(MODULE) => {}
        Some(COMPONENT) => return Err(Unusable::Component),
        Some(_) | None => return Err(Unusable::Foreign),
    }
    let module = Module::new(engine, &bytes).map_err(Unusable::Invalid)?;
    match module.get_export("_start") {
        Some(ExternType::Func(kind)) if kind.params().len() + kind.results().len() == 0 => {}
        Some(_) | None => return Err(Unusable::NoStart),
    }
    if let Some(import) = module.imports().find(|import| import.module() != wasi::MODULE) {
        let (module, name) = (import.module().to_owned(), import.name().to_owned());
        return Err(Unusable::Import { module, name });
    }
    Ok(module)
}

fn run(engine: &Engine, module: &Module, world: World, time: Duration) -> Result<Ended, Unusable> {
    let mut store = Store::new(engine, world);
    store.limiter(|world| world);
    store.set_epoch_deadline(1);
    let mut linker = Linker::new(engine);
    wasi::define(&mut linker, module).map_err(Unusable::Start)?;
    let clock = engine.clone();
    thread::spawn(move || {
        thread::sleep(time);
        clock.increment_epoch();
    });
    let start = |instance: Instance, store: &mut Store<World>| {
        instance.get_typed_func::<(), ()>(&mut *store, "_start")?.call(store, ())
    };
    // A module may have instructions of its own that come before `_start`.
    let instance = linker.instantiate(&mut store, module);
    let ended = match instance {
        Err(error) if !error.is::<Trap>() => return Err(Unusable::Start(error)),
        Err(error) => Err(error),
        Ok(instance) => start(instance, &mut store),
    };
    Ok(ended.map_or_else(|error| Ended::of(&error, store.data()), |()| Ended::Exit(0)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Instant;

    fn run_text(start: &str, time: Duration) -> Ended {
        let text = format!("(module (func (export \"_start\") {start}))");
        let engine = Engine::new(&engine::config()).unwrap();
        let module = Module::new(&engine, wat::parse_str(text).unwrap()).unwrap();
        run(&engine, &module, World::new(b"x"), time).unwrap()
    }

    #[test]
    fn a_module_without_end_ends_by_itself() {
        let start = Instant::now();
        let ended = run_text("(loop (br 0))", Duration::from_secs(1));
        assert!(matches!(ended, Ended::OutOfTime));
        assert!(start.elapsed() < Duration::from_secs(20), "{:?}", start.elapsed());
        assert!(matches!(run_text("nop", Duration::from_secs(20)), Ended::Exit(0)));
    }
}
