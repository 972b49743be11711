//! The calls of the buf CLI: one message in, one out.

mod call;
mod commits;
mod convert;
mod graph;
mod history;
mod items;
mod labels;
mod modules;
mod owners;
mod reference;
mod sdks;
mod upload;
mod v1beta1;

use crate::{
    auth,
    context::{Context, Download, PlatformReply},
    http::{BodyError, Draft, Request},
    platform::Platform,
    reply::{
        Cache, Reader, Source,
        problem::{Kind, Problem},
        refuse,
    },
};
use call::{LARGEST_PUSH, MOST_PARTS, known, known_now};
use items::Checked;
use protoedge_bufapi::connect::{self, Rpc};
use protoedge_registry::Credentials;

/// 250 references, the most that a call may have, with room to spare.
const LARGEST_CALL: usize = 1024 * 1024;

/// Answers a call whose head was checked.
pub(crate) async fn rpc<P: Platform>(
    context: &Context<P>,
    rpc: Rpc,
    request: Request<P::Body>,
) -> PlatformReply<P> {
    let answer = async {
        let mut caller = auth::credentials(context, &request)?;
        let rate_limit_key = auth::RateLimitKey::of(caller.clone(), &request);
        if writes(rpc) {
            // Before 32 MiB of a stranger's are read.
            caller = known_now(context, &caller).await?;
        } else if context.config.requires_sign_in {
            known(context, &caller).await?;
        }
        let is_push = matches!(rpc, Rpc::Upload | Rpc::BetaUpload);
        let limit = if is_push { LARGEST_PUSH } else { LARGEST_CALL };
        let body = context.platform.read(request.body, limit).await.map_err(|error| {
            let limit = limit / (1024 * 1024);
            match error {
                BodyError::TooLarge if is_push => Problem::new(
                    Kind::TooLarge,
                    format!("a push may have {limit} MiB; split the module or leave files out"),
                ),
                BodyError::TooLarge => {
                    Problem::new(Kind::TooLarge, format!("a call may have {limit} MiB"))
                }
                BodyError::Broken => Problem::new(Kind::Malformed, "the request broke off"),
            }
        })?;
        if is_push {
            check_parts(&body)?;
        }
        dispatch(context, rpc, &caller, &rate_limit_key, body).await
    };
    match answer.await {
        Ok(reply) => reply.cached(&Cache::NO_STORE, Source::Computed),
        Err(problem) => refuse(&problem, Reader::Buf),
    }
}

async fn dispatch<P: Platform>(
    context: &Context<P>,
    rpc: Rpc,
    caller: &Credentials,
    rate_limit_key: &auth::RateLimitKey,
    body: bytes::Bytes,
) -> Result<Draft<Download<P>>, Problem> {
    macro_rules! call {
        ($handler:path) => {
            encode($handler(context, caller, decode(body)?).await?)
        };
    }
    Ok(match rpc {
        Rpc::GetCurrentUser => call!(owners::current_user),
        Rpc::AlphaGetCurrentUser => call!(owners::alpha_current_user),
        Rpc::GetOwners => call!(owners::get_owners),
        Rpc::GetOrganizations => call!(owners::get_organizations),
        Rpc::CreateOrganizations => call!(owners::create_organizations),
        Rpc::GetModules => call!(modules::get_modules),
        Rpc::CreateModules => call!(modules::create_modules),
        Rpc::UpdateModules => call!(modules::update_modules),
        Rpc::GetCommits => call!(commits::get_commits),
        Rpc::ListCommits => call!(commits::list_commits),
        Rpc::GetResources => call!(commits::get_resources),
        Rpc::GetLabels => call!(labels::get_labels),
        Rpc::ListLabels => call!(labels::list_labels),
        Rpc::ListLabelHistory => call!(history::list_label_history),
        Rpc::CreateOrUpdateLabels => call!(labels::create_or_update_labels),
        Rpc::Download => call!(commits::download),
        Rpc::GetGraph => call!(graph::get_graph),
        Rpc::Upload => call!(upload::upload),
        Rpc::BetaGetCommits => call!(v1beta1::beta_get_commits),
        Rpc::BetaDownload => call!(v1beta1::beta_download),
        Rpc::BetaGetGraph => call!(v1beta1::beta_get_graph),
        Rpc::BetaUpload => call!(v1beta1::beta_upload),
        Rpc::GetLatestCuratedPlugin => call!(sdks::latest_plugin),
        Rpc::GetGoVersion => call!(sdks::go_version),
        Rpc::GetNpmVersion => {
            encode(sdks::npm_version(context, caller, rate_limit_key, decode(body)?).await?)
        }
        Rpc::GetSdkInfo => call!(sdks::sdk_info),
        Rpc::ArchiveLabels => call!(labels::archive_labels),
        Rpc::UnarchiveLabels => call!(labels::unarchive_labels),
        Rpc::DeleteModules
        | Rpc::UpdateOrganizations
        | Rpc::DeleteOrganizations
        | Rpc::GetSwiftVersion
        | Rpc::GetMavenVersion
        | Rpc::GetPythonVersion
        | Rpc::GetCargoVersion
        | Rpc::GetNugetVersion
        | Rpc::GetCmakeVersion => {
            let message = format!("this registry does not answer {rpc} yet");
            return Err(Problem::new(Kind::Unimplemented, message));
        }
    })
}

fn decode<M: Checked>(body: bytes::Bytes) -> Result<M, Problem> {
    let request: M =
        connect::decode(body).map_err(|error| Problem::new(Kind::Malformed, error.message))?;
    request.check()?;
    Ok(request)
}

fn encode<D>(message: impl prost::Message) -> Draft<D> {
    Draft::bytes(200, connect::MEDIA_TYPE, message.encode_to_vec())
}

/// Whether a call changes anything, and so needs a token.
fn writes(rpc: Rpc) -> bool {
    matches!(
        rpc,
        Rpc::Upload
            | Rpc::BetaUpload
            | Rpc::CreateModules
            | Rpc::UpdateModules
            | Rpc::CreateOrganizations
            | Rpc::CreateOrUpdateLabels
            | Rpc::ArchiveLabels
            | Rpc::UnarchiveLabels
    )
}

/// Counts the parts of a push before they are decoded.
fn check_parts(body: &[u8]) -> Result<(), Problem> {
    if connect::count_parts(body, MOST_PARTS).is_some() {
        return Ok(());
    }
    let message = format!("a push may have {MOST_PARTS} modules, files and labels together");
    Err(Problem::new(Kind::TooLarge, message))
}
