use axum::body::{Body, Bytes, HttpBody};
use bytes::BytesMut;
use futures::StreamExt;
use std::time::Duration;

/// How long a body may take: the registry gives up after 5 s, so nobody waits for the answer any more.
const BODY_TIME: Duration = Duration::from_secs(10);

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
    /// The sender went away, or broke the rules of HTTP.
    #[error("the body broke off")]
    Broken,
}

/// Reads a body of at most `most` bytes. As much again is read and forgotten, since whoever is answered
/// while it sends sees its connection end and not the answer; nothing is read where more is announced.
pub(super) async fn read(body: Body, most: usize) -> Result<Bytes, BadBody> {
    let too_large = BadBody::TooLarge { most };
    let bearable = most.saturating_mul(2);
    if body.size_hint().lower() > bearable as u64 {
        return Err(too_large);
    }
    let read = async {
        let mut chunks = body.into_data_stream();
        let (mut bytes, mut size) = (BytesMut::new(), 0_usize);
        while let Some(chunk) = chunks.next().await {
            let chunk = chunk.map_err(|_| BadBody::Broken)?;
            size = size.saturating_add(chunk.len());
            if size > bearable {
                break;
            }
            if size <= most {
                bytes.extend_from_slice(&chunk);
            }
        }
        if size > most { Err(too_large) } else { Ok(bytes.freeze()) }
    };
    tokio::time::timeout(BODY_TIME, read).await.unwrap_or(Err(BadBody::Slow))
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::stream;
    use std::io;

    fn chunks(chunks: Vec<Result<&'static str, io::Error>>) -> Body {
        Body::from_stream(stream::iter(chunks))
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
            let got = read(body, 8).await;
            assert_eq!(got, wanted.map(Bytes::from), "{name}");
        }
    }
}
