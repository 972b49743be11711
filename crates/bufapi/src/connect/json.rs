//! Messages in protobuf's JSON form, by the descriptors of the `.proto` files (<https://protobuf.dev/programming-guides/json/>).

use super::{Code, ConnectError, Rpc};
use bytes::Bytes;
use prost::Message;
use prost_reflect::{DescriptorPool, DeserializeOptions, DynamicMessage, MethodDescriptor};
use std::sync::LazyLock;

/// The descriptors of all calls. Read when the first call comes in JSON.
static POOL: LazyLock<Result<DescriptorPool, String>> = LazyLock::new(|| {
    let descriptors = include_bytes!(concat!(env!("OUT_DIR"), "/descriptors.binpb"));
    DescriptorPool::decode(&descriptors[..]).map_err(|error| error.to_string())
});

fn method(rpc: Rpc) -> Result<MethodDescriptor, ConnectError> {
    let internal = |message: &str| ConnectError::new(Code::Internal, message);
    let pool = POOL.as_ref().map_err(|error| internal(error))?;
    let missing = || internal("the call has no descriptor");
    let path = rpc.path().strip_prefix('/').and_then(|path| path.split_once('/'));
    let (service, name) = path.ok_or_else(missing)?;
    let service = pool.get_service_by_name(service).ok_or_else(missing)?;
    let method = service.methods().find(|method| method.name() == name);
    method.ok_or_else(missing)
}

/// The request of a call in protobuf's binary form. Fields that it does not know are left out, as other servers do.
///
/// # Errors
/// `invalid_argument` for what is no such message.
pub fn request_from_json(rpc: Rpc, json: &[u8]) -> Result<Bytes, ConnectError> {
    let input = method(rpc)?.input();
    let options = DeserializeOptions::new().deny_unknown_fields(false);
    let mut json = serde_json::Deserializer::from_slice(json);
    let read = DynamicMessage::deserialize_with_options(input, &mut json, &options);
    let read = read.and_then(|message| json.end().map(|()| message));
    let message = read.map_err(|error| {
        let message = format!("the request is not the message that this RPC takes: {error}");
        ConnectError::new(Code::InvalidArgument, message)
    })?;
    Ok(message.encode_to_vec().into())
}

/// The reply to a call in JSON, made of its binary form.
///
/// # Errors
/// `internal` for what is no such message.
pub fn reply_to_json(rpc: Rpc, reply: Bytes) -> Result<Vec<u8>, ConnectError> {
    let internal = |error: String| ConnectError::new(Code::Internal, error);
    let output = method(rpc)?.output();
    let message =
        DynamicMessage::decode(output, reply).map_err(|error| internal(error.to_string()))?;
    serde_json::to_vec(&message).map_err(|error| internal(error.to_string()))
}

/// Counts what makes a JSON text large once it is read, before it is: its objects, lists and their elements. `None` for more than
/// `most`.
pub fn count_elements(json: &[u8], most: usize) -> Option<usize> {
    let (mut count, mut in_string, mut is_escaped) = (0, false, false);
    for &byte in json {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' if in_string => is_escaped = true,
            b'"' => in_string = !in_string,
            b'{' | b'[' | b',' if !in_string => {
                count += 1;
                if count > most {
                    return None;
                }
            }
            _ => {}
        }
    }
    Some(count)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proto::buf::registry::module::v1::{
        Label, ListLabelsRequest, ListLabelsResponse, UploadRequest,
        list_labels_request::ArchiveFilter,
    };

    #[test]
    fn every_call_has_descriptors() {
        for &rpc in Rpc::ALL {
            assert_eq!(request_from_json(rpc, b"{}"), Ok(Bytes::new()), "{rpc}");
            assert_eq!(reply_to_json(rpc, Bytes::new()).as_deref(), Ok(&b"{}"[..]), "{rpc}");
        }
    }

    #[test]
    fn requests_are_the_same_in_both_forms() {
        let json = br#"{"pageSize": 5, "name_query": "x", "archiveFilter": "ARCHIVE_FILTER_ALL",
            "resourceRef": {"name": {"owner": "acme", "module": "units", "labelName": "main"}}, "new": [1]}"#;
        let bytes = request_from_json(Rpc::ListLabels, json).unwrap();
        let read = ListLabelsRequest::decode(bytes).unwrap();
        assert_eq!((read.page_size, read.name_query.as_str()), (5, "x"));
        assert_eq!(read.archive_filter(), ArchiveFilter::All);
        assert!(read.resource_ref.is_some());
        let files = br#"{"contents": [{"files": [{"path": "a.proto", "content": "c3ludGF4"}]}]}"#;
        let upload = UploadRequest::decode(request_from_json(Rpc::Upload, files).unwrap()).unwrap();
        assert_eq!(upload.contents[0].files[0].content, "syntax");
    }

    #[test]
    fn replies_are_as_protobuf_spells_them() {
        let created = prost_types::Timestamp { seconds: 1_767_225_600, nanos: 5_000_000 };
        let label = Label { name: "main".into(), create_time: Some(created), ..Label::default() };
        let reply = ListLabelsResponse { next_page_token: "10".into(), labels: vec![label] };
        let json = reply_to_json(Rpc::ListLabels, reply.encode_to_vec().into()).unwrap();
        let expected = r#"{"nextPageToken":"10","labels":[{"createTime":"2026-01-01T00:00:00.005Z","name":"main"}]}"#;
        assert_eq!(String::from_utf8(json).unwrap(), expected);
    }

    #[test]
    fn what_is_no_message_is_the_callers_fault() {
        for bad in ["", "[]", "{", "{}{}", r#"{"pageSize": "x"}"#, "{\"pageSize\": 1}x", "\u{0}"] {
            let error = request_from_json(Rpc::ListLabels, bad.as_bytes()).unwrap_err();
            assert_eq!(error.code, Code::InvalidArgument, "{bad:?}");
        }
        let deep = format!("{}{}", r#"{"a":"#.repeat(10_000), "}".repeat(10_000));
        assert!(request_from_json(Rpc::ListLabels, deep.as_bytes()).is_err());
    }

    #[test]
    fn elements_are_counted_outside_of_texts() {
        for (json, count) in
            [("", 0), ("{}", 1), (r#"{"a": [1, 2], "b": "{[,\"{[,"}"#, 4), (r#"{"a\\": {}}"#, 2)]
        {
            assert_eq!(count_elements(json.as_bytes(), count), Some(count), "{json}");
            if let Some(less) = count.checked_sub(1) {
                assert_eq!(count_elements(json.as_bytes(), less), None, "{json}");
            }
        }
    }
}
