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
mod webhooks;

use crate::{
    auth,
    context::{Context, PlatformReply},
    http::{BodyError, Draft, Reply, Request},
    platform::Platform,
    reply::{
        Cache, Reader, Source,
        problem::{Kind, Problem},
        refuse,
    },
};
use bytes::Bytes;
use call::{LARGEST_PUSH, MOST_ITEMS, MOST_PARTS, known, known_now};
use futures::future::{Either, select};
use items::Checked;
use protoedge_bufapi::connect::{
    self, BadGzip, BadRequest, Code, Codec, ConnectError, Envelope, Rpc,
};
use protoedge_registry::Credentials;
use std::{pin::pin, time::Duration};

/// 250 references, the most that a call may have, with room to spare.
const LARGEST_CALL: usize = 1024 * 1024;

/// The largest message that is answered in JSON: half as much again is its text, and both are there for a moment.
const LARGEST_JSON: usize = 16 * 1024 * 1024;

/// Below this many bytes a reply is not compressed: it fits one packet.
const SMALLEST_GZIP: usize = 1024;

/// Answers a call.
pub(crate) async fn rpc<P: Platform>(
    context: &Context<P>,
    rpc: Rpc,
    request: Request<P::Body>,
) -> PlatformReply<P> {
    let envelope = match head(&request).read(rpc) {
        Ok(envelope) => envelope,
        Err(error) => return refuse_head(&error),
    };
    let Envelope { codec, takes_gzip, timeout, .. } = envelope;
    // It holds the largest handler of all, and is moved about no more.
    let answer = Box::pin(answer(context, rpc, envelope, request));
    let answer = match timeout {
        None => answer.await,
        Some(timeout) => within(context, timeout, answer).await,
    };
    match answer {
        Ok(message) => reply(message, codec, takes_gzip),
        Err(problem) => refuse(&problem, Reader::Buf),
    }
}

/// Gives up when the caller does. A change that is cut off so is finished or forgotten like one whose caller has left.
async fn within<P: Platform>(
    context: &Context<P>,
    timeout: Duration,
    answer: impl Future<Output = Result<Bytes, Problem>> + Unpin,
) -> Result<Bytes, Problem> {
    let over = pin!(context.store.sleep(timeout));
    match select(answer, over).await {
        Either::Left((answer, _)) => answer,
        Either::Right(((), _)) => {
            let message = format!("the call was not answered in {} ms", timeout.as_millis());
            Err(Problem::new(Kind::TimedOut, message))
        }
    }
}

/// Compressing is the platform's, which does it by the header.
fn reply<D>(message: Bytes, codec: Codec, takes_gzip: bool) -> Reply<D> {
    let is_large = message.len() >= SMALLEST_GZIP;
    let draft = Draft::bytes(200, codec.media_type(), message);
    let draft = if takes_gzip && is_large { draft.with("content-encoding", "gzip") } else { draft };
    draft.cached(&Cache::NO_STORE, Source::Computed)
}

/// The reply's message, as the caller's codec writes it.
async fn answer<P: Platform>(
    context: &Context<P>,
    rpc: Rpc,
    envelope: Envelope,
    request: Request<P::Body>,
) -> Result<Bytes, Problem> {
    let mut caller = auth::credentials(context, &request)?;
    let rate_limit_key = auth::RateLimitKey::of(caller.clone(), &request);
    if rpc.has_side_effects() {
        // Before 32 MiB of a stranger's are read.
        caller = known_now(context, &caller).await?;
    } else if context.config.requires_sign_in {
        known(context, &caller).await?;
    }
    let codec = envelope.codec;
    let size = Size::of(rpc);
    let message = size.read(context, envelope, request.body).await?;
    let message = match codec {
        Codec::Proto => message,
        Codec::Json => {
            size.check_elements(&message)?;
            connect::request_from_json(rpc, &message).map_err(malformed)?
        }
    };
    size.check_parts(&message)?;
    let reply = dispatch(context, rpc, &caller, &rate_limit_key, message).await?;
    match codec {
        Codec::Proto => Ok(reply),
        Codec::Json if reply.len() > LARGEST_JSON => {
            let limit = LARGEST_JSON / (1024 * 1024);
            let message = format!(
                "a reply in JSON may have {limit} MiB; ask for less, or with content-type {}",
                Codec::Proto.media_type()
            );
            Err(Problem::new(Kind::TooLarge, message))
        }
        Codec::Json => {
            let json = connect::reply_to_json(rpc, reply);
            json.map(Bytes::from).map_err(|error| Problem::new(Kind::Trouble, error.message))
        }
    }
}

/// How large a call may be.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Size {
    /// As a push.
    Push,
    /// As every other call.
    Call,
}

impl Size {
    fn of(rpc: Rpc) -> Self {
        match rpc {
            Rpc::Upload | Rpc::BetaUpload => Self::Push,
            _ => Self::Call,
        }
    }

    /// In bytes.
    fn limit(self) -> usize {
        match self {
            Self::Push => LARGEST_PUSH,
            Self::Call => LARGEST_CALL,
        }
    }

    fn too_large(self) -> Problem {
        let limit = self.limit() / (1024 * 1024);
        let message = match self {
            Self::Push => {
                format!("a push may have {limit} MiB; split the module or leave files out")
            }
            Self::Call => format!("a call may have {limit} MiB"),
        };
        Problem::new(Kind::TooLarge, message)
    }

    /// The request's message, uncompressed.
    async fn read<P: Platform>(
        self,
        context: &Context<P>,
        envelope: Envelope,
        body: P::Body,
    ) -> Result<Bytes, Problem> {
        let sent = match envelope.message {
            Some(message) => message,
            None => {
                context.platform.read(body, self.limit()).await.map_err(|error| match error {
                    BodyError::TooLarge => self.too_large(),
                    BodyError::Broken => Problem::new(Kind::Malformed, "the request broke off"),
                })?
            }
        };
        if !envelope.is_gzipped {
            return Ok(sent);
        }
        connect::gunzip(&sent, self.limit()).map(Bytes::from).map_err(|error| match error {
            BadGzip::TooLarge => self.too_large(),
            BadGzip::Broken(error) => malformed(error),
        })
    }

    /// Counts the elements of a message in JSON before it is decoded.
    fn check_elements(self, json: &[u8]) -> Result<(), Problem> {
        let most = match self {
            Self::Push => MOST_PARTS * ELEMENTS_OF_PART,
            Self::Call => MOST_ITEMS * ELEMENTS_OF_ITEM,
        };
        if connect::count_elements(json, most).is_some() {
            return Ok(());
        }
        let message = format!("a call may have {most} objects, lists and elements of them in JSON");
        Err(Problem::new(Kind::TooLarge, message))
    }

    /// Counts the parts of a push before they are decoded.
    fn check_parts(self, message: &[u8]) -> Result<(), Problem> {
        if self == Self::Call || connect::count_parts(message, MOST_PARTS).is_some() {
            return Ok(());
        }
        let message = format!("a push may have {MOST_PARTS} modules, files and labels together");
        Err(Problem::new(Kind::TooLarge, message))
    }
}

/// What a part of a push is in JSON: an object of two fields in a list.
const ELEMENTS_OF_PART: usize = 3;

/// What an item of another call is, at most: a value with a reference with a name of three fields, and some options.
const ELEMENTS_OF_ITEM: usize = 40;

fn malformed(error: ConnectError) -> Problem {
    Problem::new(Kind::Malformed, error.message)
}

fn head<B>(request: &Request<B>) -> connect::Request<'_> {
    connect::Request {
        method: &request.method,
        query: request.query.as_deref(),
        content_type: request.header("content-type"),
        content_encoding: request.header("content-encoding"),
        accept_encoding: request.header("accept-encoding"),
        protocol_version: request.header("connect-protocol-version"),
        timeout: request.header("connect-timeout-ms"),
    }
}

fn refuse_head<D>(error: &BadRequest) -> Reply<D> {
    let status = error.status();
    let body = |error: &ConnectError| Draft::bytes(status, ConnectError::MEDIA_TYPE, error.body());
    let draft = match error {
        BadRequest::Method { allowed, .. } => Draft::empty(status).with("allow", *allowed),
        BadRequest::MediaType { .. } => {
            Draft::empty(status).with("accept-post", Codec::MEDIA_TYPES)
        }
        BadRequest::Encoding { .. } => {
            let error = ConnectError::new(Code::Unimplemented, error.to_string());
            body(&error).with("accept-encoding", "gzip")
        }
        BadRequest::Connect(error) => body(error),
    };
    let reply = draft.cached(&Cache::NO_STORE, Source::Failed);
    Reply { reason: Some(error.to_string()), ..reply }
}

async fn dispatch<P: Platform>(
    context: &Context<P>,
    rpc: Rpc,
    caller: &Credentials,
    rate_limit_key: &auth::RateLimitKey,
    message: Bytes,
) -> Result<Bytes, Problem> {
    macro_rules! call {
        ($handler:path) => {
            encode(Box::pin($handler(context, caller, decode(message)?)).await?)
        };
    }
    Ok(match rpc {
        Rpc::GetCurrentUser => call!(owners::current_user),
        Rpc::AlphaGetCurrentUser => call!(owners::alpha_current_user),
        Rpc::GetOwners => call!(owners::get_owners),
        Rpc::GetOrganizations => call!(owners::get_organizations),
        Rpc::CreateOrganizations => call!(owners::create_organizations),
        Rpc::GetModules => call!(modules::get_modules),
        Rpc::ListModules => call!(modules::list_modules),
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
            encode(sdks::npm_version(context, caller, rate_limit_key, decode(message)?).await?)
        }
        Rpc::GetPythonVersion => {
            encode(sdks::python_version(context, caller, rate_limit_key, decode(message)?).await?)
        }
        Rpc::GetSdkInfo => call!(sdks::sdk_info),
        Rpc::ArchiveLabels => call!(labels::archive_labels),
        Rpc::UnarchiveLabels => call!(labels::unarchive_labels),
        Rpc::DeleteModules => call!(modules::delete_modules),
        Rpc::UpdateOrganizations => call!(owners::update_organizations),
        Rpc::DeleteOrganizations => call!(owners::delete_organizations),
        Rpc::CreateWebhook => call!(webhooks::create_webhook),
        Rpc::DeleteWebhook => call!(webhooks::delete_webhook),
        Rpc::ListWebhooks => call!(webhooks::list_webhooks),
        Rpc::GetSwiftVersion
        | Rpc::GetMavenVersion
        | Rpc::GetCargoVersion
        | Rpc::GetNugetVersion
        | Rpc::GetCmakeVersion => {
            let message = format!("this registry does not answer {rpc} yet");
            return Err(Problem::new(Kind::Unimplemented, message));
        }
    })
}

fn decode<M: Checked>(message: Bytes) -> Result<M, Problem> {
    let request: M = connect::decode(message).map_err(malformed)?;
    request.check()?;
    Ok(request)
}

fn encode(message: impl prost::Message) -> Bytes {
    message.encode_to_vec().into()
}
