//! How modules are compiled: the same code for the same module, and no more than a cage allows.

use super::guest::MEMORY;
use std::{
    hash::{DefaultHasher, Hash, Hasher},
    path::Path,
};
use wasmtime::{Cache, CacheConfig, Config, Engine, Error};

/// How much stack a module may use, in bytes: half of what Go gives a native goroutine. A printer of Go
/// code calls itself once a line of a constant, and thousands of messages make 30,000 lines. Only what is
/// used takes memory.
pub(super) const STACK: usize = 512 << 20;

/// A number that is different wherever compiled modules do not fit: another compiler, other settings,
/// another processor. 0 where there is no compiler for this machine; compiling then says so.
pub fn fingerprint() -> u64 {
    let mut hasher = DefaultHasher::new();
    // Like those that run modules, but without their handlers of signals: the generator has its own.
    match Engine::new(config().signals_based_traps(false)) {
        Ok(engine) => engine.precompile_compatibility_hash().hash(&mut hasher),
        Err(_) => return 0,
    }
    hasher.finish()
}

/// An engine that keeps what it compiles in a folder (an absolute path), and takes it from there. A copy
/// that is not there or cannot be read is made anew; one that cannot be written is not kept.
pub(super) fn caching(folder: &Path) -> Result<Engine, Error> {
    let mut cache = CacheConfig::new();
    cache.with_directory(folder);
    // It would pack a file that is used often more tightly, and so replace it.
    cache.with_optimized_compression_usage_counter_threshold(u64::MAX);
    Engine::new(config().cache(Some(Cache::new(cache)?)))
}

/// How every engine compiles and runs.
pub(super) fn config() -> Config {
    let mut config = Config::new();
    // Numbers that processors are free to choose come out the same everywhere.
    config.cranelift_nan_canonicalization(true).relaxed_simd_deterministic(true);
    // Part of no compiler's default for WASI preview 1.
    config.wasm_memory64(false).wasm_multi_memory(false);
    // All the address space that a memory may ever need, and not the 4 GiB that would spare the checks of
    // addresses: the cage gives no more in all.
    config.memory_reservation(MEMORY as u64).memory_may_move(false);
    // The cage has no anonymous files, which would share a memory's first content.
    config.memory_init_cow(false);
    // The second is of no use here, and must not be less.
    config.max_wasm_stack(STACK).async_stack_size(STACK);
    config.epoch_interruption(true);
    // Where in the module a trap was is not reported.
    config.wasm_backtrace_max_frames(None).generate_address_map(false).native_unwind_info(false);
    config
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasmtime::Module;

    #[test]
    fn what_was_compiled_once_is_taken_from_the_folder() {
        let folder = tempfile::tempdir().unwrap();
        let bytes = wat::parse_str("(module (func (export \"_start\")))").unwrap();
        let count = || {
            let mut cache = CacheConfig::new();
            cache.with_directory(folder.path());
            let cache = Cache::new(cache).unwrap();
            let engine = Engine::new(config().cache(Some(cache.clone()))).unwrap();
            Module::new(&engine, &bytes).unwrap();
            (cache.cache_hits(), cache.cache_misses())
        };
        assert_eq!((count(), count()), ((0, 1), (1, 0)));
    }

    #[test]
    fn the_fingerprint_is_the_same_every_time() {
        assert_ne!(fingerprint(), 0);
        assert_eq!(fingerprint(), fingerprint());
    }
}
