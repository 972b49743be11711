use super::{Code, ConnectError};
use flate2::bufread::MultiGzDecoder;
use std::io::Read;

/// Why compressed bytes were not read.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum BadGzip {
    /// There is more in them than there may be.
    TooLarge,
    /// They are not gzip.
    Broken(ConnectError),
}

/// Reads what gzip made, of at most `most` bytes: a thousandth of them may be sent.
///
/// # Errors
/// [`BadGzip`]; what is too large is not unpacked beyond the bound.
pub fn gunzip(compressed: &[u8], most: usize) -> Result<Vec<u8>, BadGzip> {
    let bound = most.saturating_add(1) as u64;
    let mut bytes = Vec::new();
    match MultiGzDecoder::new(compressed).take(bound).read_to_end(&mut bytes) {
        Ok(length) if length > most => Err(BadGzip::TooLarge),
        Ok(_) => Ok(bytes),
        Err(error) => {
            let message = format!("the message is said to be gzip and is not: {error}");
            Err(BadGzip::Broken(ConnectError::new(Code::InvalidArgument, message)))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::{Compression, write::GzEncoder};
    use std::io::Write;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn unpacks_up_to_the_bound() {
        for length in [0, 1, 999, 1000] {
            let bytes = vec![7; length];
            assert_eq!(gunzip(&gzip(&bytes), 1000), Ok(bytes), "{length}");
        }
        assert_eq!(gunzip(&gzip(&[7; 1001]), 1000), Err(BadGzip::TooLarge));
        // A hundred megabytes in a hundred kilobytes.
        assert_eq!(gunzip(&gzip(&vec![0; 100_000_000]), 1000), Err(BadGzip::TooLarge));
    }

    #[test]
    fn members_follow_each_other() {
        let members = [gzip(b"a"), gzip(b"b")].concat();
        assert_eq!(gunzip(&members, 10), Ok(b"ab".to_vec()));
    }

    #[test]
    fn what_is_no_gzip_is_the_callers_fault() {
        let whole = gzip(b"some text");
        for (name, bytes) in
            [("nothing", &b""[..]), ("text", b"{}"), ("cut short", &whole[..whole.len() - 4])]
        {
            match gunzip(bytes, 1000) {
                Err(BadGzip::Broken(error)) => {
                    assert_eq!(error.code, Code::InvalidArgument, "{name}");
                }
                other => panic!("{name}: {other:?}"),
            }
        }
    }
}
