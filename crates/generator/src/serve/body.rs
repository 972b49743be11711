//! Bodies of requests, before their signature is checked.

use axum::body::{Body, Bytes, HttpBody};
use futures::StreamExt;
use std::{ops::Deref, sync::Arc, time::Duration};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{Instant, timeout_at},
};

/// How long a body may take: the registry gives up after 5 s, and does not wait for the answer any more.
const BODY_TIME: Duration = Duration::from_secs(10);

/// What every body may hold of memory, in bytes, without waiting for other bodies: a job has some 500 for each
/// module of a closure, so that those of a hundred modules fit. 256 connections hold 16 MiB of it together.
const SMALL: usize = 64 << 10;

/// What all bodies hold together beyond that, in bytes: four jobs of the greatest size.
const SHARED: usize = 16 << 20;

/// By how much a body grows that is not small, in bytes.
const STEP: usize = 256 << 10;

/// Why a body was not read.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub(super) enum BadBody {
    /// It was announced with more bytes than it may have, or has them.
    #[error("the body has more than {most} bytes")]
    TooLarge {
        /// How many it may have.
        most: usize,
    },
    /// It did not come to its end in time.
    #[error("the body took more than {} s", BODY_TIME.as_secs())]
    Slow,
    /// The others had all the memory there is for bodies.
    #[error("too many large bodies come in at once; send it again later")]
    Crowded,
    /// The sender went away, or broke the rules of HTTP.
    #[error("the body broke off")]
    Broken,
}

/// The memory for bodies whose signature is not checked yet: every sender that reaches the port can send them. Cheap to
/// clone; every clone speaks of the same memory.
#[derive(Clone, Debug)]
pub(super) struct Memory(Arc<Semaphore>);

impl Default for Memory {
    fn default() -> Self {
        Self::of(SHARED)
    }
}

impl Memory {
    /// So many bytes for what is not small.
    fn of(shared: usize) -> Self {
        Self(Arc::new(Semaphore::new(shared)))
    }

    fn body(&self) -> Unverified {
        Unverified { bytes: Vec::new(), memory: self.clone(), held: None }
    }
}

/// A body that was read. Its memory is others' again when this is dropped.
#[derive(Debug)]
pub(super) struct Unverified {
    bytes: Vec<u8>,
    memory: Memory,
    held: Option<OwnedSemaphorePermit>,
}

impl Deref for Unverified {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.bytes
    }
}

impl Unverified {
    /// Adds what came in, as soon as there is memory for it.
    async fn add(&mut self, chunk: &[u8], most: usize, until: Instant) -> Result<(), BadBody> {
        let needed = self.bytes.len() + chunk.len();
        if needed > self.bytes.capacity() {
            let size = capacity(needed, self.bytes.capacity(), most);
            self.hold(size.saturating_sub(SMALL), until).await?;
            self.bytes.reserve_exact(size - self.bytes.len());
        }
        self.bytes.extend_from_slice(chunk);
        Ok(())
    }

    /// Holds so much of the shared memory, more than before.
    async fn hold(&mut self, size: usize, until: Instant) -> Result<(), BadBody> {
        let held = self.held.as_ref().map_or(0, OwnedSemaphorePermit::num_permits);
        let more = u32::try_from(size.saturating_sub(held)).unwrap_or(u32::MAX);
        if more == 0 {
            return Ok(());
        }
        let permit = timeout_at(until, self.memory.0.clone().acquire_many_owned(more)).await;
        // It is never closed.
        let permit = permit.ok().and_then(Result::ok).ok_or(BadBody::Crowded)?;
        match &mut self.held {
            Some(held) => held.merge(permit),
            None => self.held = Some(permit),
        }
        Ok(())
    }
}

/// How much memory a body of so many bytes takes that may get more: what is small is doubled.
fn capacity(needed: usize, before: usize, most: usize) -> usize {
    if needed <= SMALL {
        return needed.max(before * 2).min(SMALL);
    }
    let steps = (needed - SMALL).div_ceil(STEP);
    (SMALL + steps * STEP).min(most).max(needed)
}

/// Reads a body of at most `most` bytes, as far as there is memory for it; what comes counts, not what is
/// announced. As much again is read and forgotten, since a sender that is answered while it sends sees its
/// connection end and not the answer; nothing is read where more is announced.
pub(super) async fn read(body: Body, most: usize, memory: &Memory) -> Result<Unverified, BadBody> {
    let too_large = BadBody::TooLarge { most };
    let bearable = most.saturating_mul(2);
    let announced = body.size_hint().lower();
    if announced > bearable as u64 {
        return Err(too_large);
    }
    let until = Instant::now() + BODY_TIME;
    let mut chunks = body.into_data_stream();
    let (mut read, mut size) = (memory.body(), 0_usize);
    while let Some(chunk) = timeout_at(until, chunks.next()).await.map_err(|_| BadBody::Slow)? {
        let chunk: Bytes = chunk.map_err(|_| BadBody::Broken)?;
        size = size.saturating_add(chunk.len());
        if size > bearable {
            break;
        }
        if size > most || announced > most as u64 {
            read = memory.body();
        } else {
            read.add(&chunk, most, until).await?;
        }
    }
    if size > most { Err(too_large) } else { Ok(read) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::stream;
    use std::io;

    const MOST: usize = 4 << 20;

    fn chunks(chunks: Vec<Result<&'static str, io::Error>>) -> Body {
        Body::from_stream(stream::iter(chunks))
    }

    /// So many bytes in pieces of 16 KiB, and then silence.
    fn unfinished(size: usize) -> Body {
        let piece = || Ok::<_, io::Error>(Bytes::from(vec![b'x'; 16 << 10]));
        let pieces = stream::repeat_with(piece).take(size / (16 << 10));
        Body::from_stream(pieces.chain(stream::pending()))
    }

    /// A body that comes to its end.
    fn whole(size: usize) -> Body {
        let piece = || Ok::<_, io::Error>(Bytes::from(vec![b'x'; 16 << 10]));
        Body::from_stream(stream::repeat_with(piece).take(size / (16 << 10)))
    }

    fn free(memory: &Memory) -> usize {
        memory.0.available_permits()
    }

    #[tokio::test(start_paused = true)]
    async fn bodies_end_in_time_and_within_their_limit() {
        let endless = Body::from_stream(stream::repeat_with(|| Ok::<_, io::Error>("xxxx")));
        let silent = chunks(vec![Ok("x")]).into_data_stream().chain(stream::pending());
        let broken = chunks(vec![Ok("x"), Err(io::ErrorKind::ConnectionReset.into())]);
        let too_large = Err(BadBody::TooLarge { most: 8 });
        for (name, body, wanted) in [
            ("none", Body::empty(), Ok("")),
            ("as much as may be", Body::from("12345678"), Ok("12345678")),
            ("in pieces", chunks(vec![Ok("1234"), Ok("5678")]), Ok("12345678")),
            ("announced", Body::from("123456789"), too_large),
            ("announced with far more", Body::from("x".repeat(17)), too_large),
            ("in too many pieces", chunks(vec![Ok("12345678"), Ok("9")]), too_large),
            ("in one too many", chunks(vec![Ok("1234"), Ok("567890"), Ok("1")]), too_large),
            ("without an end", endless, too_large),
            ("without an end, and silent", Body::from_stream(silent), Err(BadBody::Slow)),
            ("cut off", broken, Err(BadBody::Broken)),
        ] {
            let got = read(body, 8, &Memory::default()).await;
            let got = got.map(|body| String::from_utf8(body.to_vec()).unwrap());
            assert_eq!(got, wanted.map(str::to_owned), "{name}");
        }
    }

    #[test]
    fn what_a_body_takes_of_memory() {
        for (needed, before, wanted) in [
            (1, 0, 1),
            (10, 8, 16),
            (SMALL - 1, SMALL / 2 + 1, SMALL),
            (SMALL, SMALL / 2, SMALL),
            (SMALL + 1, SMALL, SMALL + STEP),
            (SMALL + STEP, SMALL + 1, SMALL + STEP),
            (SMALL + STEP + 1, SMALL + STEP, SMALL + 2 * STEP),
            (MOST - 1, MOST - STEP, MOST),
            (MOST, 0, MOST),
        ] {
            assert_eq!(capacity(needed, before, MOST), wanted, "{needed} after {before}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_holds_what_came_until_it_is_verified() {
        let memory = Memory::default();
        let body = read(whole(SMALL), MOST, &memory).await.unwrap();
        assert_eq!((body.len(), free(&memory)), (SMALL, SHARED), "small ones need nothing of it");
        let body = read(whole(2 * SMALL), MOST, &memory).await.unwrap();
        assert_eq!((body.len(), free(&memory)), (2 * SMALL, SHARED - STEP));
        assert_eq!(body.bytes.capacity(), SMALL + STEP, "no more than it holds");
        drop(body);
        let body = read(whole(MOST), MOST, &memory).await.unwrap();
        assert_eq!((body.bytes.capacity(), free(&memory)), (MOST, SHARED - (MOST - SMALL)));
        drop(body);
        assert_eq!(free(&memory), SHARED);
    }

    #[tokio::test(start_paused = true)]
    async fn strangers_share_a_bounded_memory_for_a_bounded_time() {
        let memory = Memory::default();
        let from = Instant::now();
        let strangers: Vec<_> = (0..60)
            .map(|_| {
                let memory = memory.clone();
                tokio::spawn(async move { read(unfinished(MOST), MOST, &memory).await.map(drop) })
            })
            .collect();
        tokio::time::sleep(Duration::from_secs(1)).await;
        assert!(free(&memory) < STEP, "they have all of it: {}", free(&memory));
        for size in [0, 16 << 10, SMALL] {
            let before = Instant::now();
            assert_eq!(read(whole(size), MOST, &memory).await.unwrap().len(), size);
            assert_eq!(before.elapsed(), Duration::ZERO, "what is small does not wait");
        }
        let large = read(whole(MOST), MOST, &memory).await.unwrap();
        assert_eq!(from.elapsed(), BODY_TIME, "when the strangers' time was over");
        drop(large);
        for stranger in strangers {
            let ended = stranger.await.unwrap().unwrap_err();
            assert!([BadBody::Slow, BadBody::Crowded].contains(&ended), "{ended}");
        }
        assert_eq!(from.elapsed(), BODY_TIME);
        assert_eq!(free(&memory), SHARED);
    }

    #[tokio::test(start_paused = true)]
    async fn who_waits_too_long_for_memory_is_told_so() {
        let memory = Memory::of(STEP);
        let all = read(whole(SMALL + STEP), MOST, &memory).await.unwrap();
        let from = Instant::now();
        let ended = read(whole(2 * SMALL), MOST, &memory).await.unwrap_err();
        assert_eq!((ended, from.elapsed()), (BadBody::Crowded, BODY_TIME));
        drop(all);
        assert!(read(whole(2 * SMALL), MOST, &memory).await.is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_too_large_holds_nothing() {
        let memory = Memory::default();
        let reading = tokio::spawn({
            let memory = memory.clone();
            async move { read(unfinished(MOST + STEP), MOST, &memory).await.map(drop) }
        });
        tokio::time::sleep(Duration::from_secs(1)).await;
        assert_eq!(free(&memory), SHARED, "it is only forgotten");
        assert_eq!(reading.await.unwrap(), Err(BadBody::Slow));
    }
}
