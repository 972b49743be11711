//! Messages of the buf CLI: what is decoded is the same after encoding and decoding it again, and no push
//! decodes to more parts than were counted before.
#![no_main]

use bytes::Bytes;
use libfuzzer_sys::fuzz_target;
use prost::Message;
use protoedge_bufapi::{
    connect::{count_parts, decode},
    proto::buf::{
        alpha::registry::v1alpha1 as alpha,
        registry::{module::v1, module::v1beta1, owner::v1 as owner},
    },
};
use std::fmt::Debug;

/// More than an input here can have.
const MOST_PARTS: usize = 1 << 20;

/// Decodes as each of the types.
macro_rules! survive {
    ($body:expr, $($message:path,)*) => {
        $(survives::<$message>($body);)*
    };
}

fuzz_target!(|body: &[u8]| {
    let body = Bytes::copy_from_slice(body);
    survive!(
        &body,
        alpha::GetCurrentUserRequest,
        alpha::GetGoVersionRequest,
        alpha::GetLatestCuratedPluginRequest,
        alpha::GetNpmVersionRequest,
        alpha::GetSdkInfoRequest,
        owner::CreateOrganizationsRequest,
        owner::GetCurrentUserRequest,
        owner::GetOrganizationsRequest,
        owner::GetOwnersRequest,
        v1::CreateModulesRequest,
        v1::CreateOrUpdateLabelsRequest,
        v1::DownloadRequest,
        v1::GetCommitsRequest,
        v1::GetGraphRequest,
        v1::GetLabelsRequest,
        v1::GetModulesRequest,
        v1::GetResourcesRequest,
        v1::ListCommitsRequest,
        v1::ListLabelHistoryRequest,
        v1::ListLabelsRequest,
        v1::ListModulesRequest,
        v1beta1::DownloadRequest,
        v1beta1::GetCommitsRequest,
        v1beta1::GetGraphRequest,
    );
    if let Some(push) = survives::<v1::UploadRequest>(&body) {
        let parts =
            |it: &v1::upload_request::Content| 1 + it.files.len() + it.scoped_label_refs.len();
        let count = push.contents.iter().map(parts).sum::<usize>() + push.dep_commit_ids.len();
        counted(&body, count);
    }
    if let Some(push) = survives::<v1beta1::UploadRequest>(&body) {
        let parts =
            |it: &v1beta1::upload_request::Content| 1 + it.files.len() + it.scoped_label_refs.len();
        let count = push.contents.iter().map(parts).sum::<usize>() + push.dep_refs.len();
        counted(&body, count);
    }
});

fn survives<M: Debug + Default + Message + PartialEq>(body: &Bytes) -> Option<M> {
    let message: M = decode(body.clone()).ok()?;
    let again = decode(message.encode_to_vec().into());
    assert!(again.as_ref() == Ok(&message), "{message:?} became {again:?}");
    Some(message)
}

/// The count is never less than what decoding makes, and the limit is kept whatever it is.
fn counted(body: &[u8], decoded: usize) {
    let count = count_parts(body, MOST_PARTS);
    assert!(count.is_some_and(|count| count >= decoded), "{count:?} counted, {decoded} decoded");
    if let Some(less) = decoded.checked_sub(1) {
        assert_eq!(count_parts(body, less), None, "more than {less} parts were let through");
    }
}
