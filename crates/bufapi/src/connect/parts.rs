use prost::encoding::{DecodeContext, WireType, decode_key, decode_varint, skip_field};

/// Counts the length-delimited fields of a message and of each of those, before anything is decoded: a
/// decoded part takes a hundred times more memory than the two bytes that it may have on the wire.
/// `None` for more than `most`. What is no message has none: decoding says what is wrong.
pub fn count_parts(body: &[u8], most: usize) -> Option<usize> {
    let mut count: usize = 0;
    for part in Parts(body) {
        count += 1;
        // One more than there may be is enough to know.
        let room = most.checked_sub(count)?;
        count += Parts(part).take(room + 1).count();
        most.checked_sub(count)?;
    }
    Some(count)
}

/// The length-delimited fields of a message, as far as it is one.
struct Parts<'a>(&'a [u8]);

impl<'a> Iterator for Parts<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        while !self.0.is_empty() {
            let (tag, wire) = decode_key(&mut self.0).ok()?;
            if wire == WireType::LengthDelimited {
                let length = usize::try_from(decode_varint(&mut self.0).ok()?).ok()?;
                let (part, rest) = self.0.split_at_checked(length)?;
                self.0 = rest;
                return Some(part);
            }
            skip_field(wire, tag, &mut self.0, DecodeContext::default()).ok()?;
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proto::buf::registry::module::v1::{File, UploadRequest, upload_request::Content};
    use prost::Message;

    fn push(contents: usize, files: usize) -> Vec<u8> {
        let files = vec![File::default(); files];
        let content = Content { files, ..Content::default() };
        UploadRequest { contents: vec![content; contents], ..UploadRequest::default() }
            .encode_to_vec()
    }

    #[test]
    fn counts_modules_and_what_is_in_them() {
        for (name, body, count) in [
            ("nothing", vec![], 0),
            ("empty modules", push(3, 0), 3),
            ("files", push(2, 5), 12),
            ("a number before a part", vec![0x08, 0x01, 0x0a, 0x00], 1),
            ("cut short", vec![0x0a, 0x00, 0x0a, 0x05, 0x00], 1),
            ("no message", vec![0xff; 12], 0),
        ] {
            assert_eq!(count_parts(&body, 100), Some(count), "{name}");
            assert_eq!(count_parts(&body, count), Some(count), "{name}");
            if let Some(less) = count.checked_sub(1) {
                assert_eq!(count_parts(&body, less), None, "{name}");
            }
        }
    }
}
