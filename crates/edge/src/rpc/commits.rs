use super::{
    call::{Call, LARGEST_PUSH, MOST_PARTS, field, page_size},
    convert,
    reference::Reference,
};
use crate::{
    context::Context,
    platform::Platform,
    reply::problem::{Kind, Problem},
    rpc::modules::{module_by_id, module_by_name},
    upstreams::demand::{Wanted, fetch_wanted},
};
use protoedge_bufapi::proto::buf::registry::module::v1::{
    self, download_request, download_response,
};
use protoedge_registry::{
    COMMIT_COST, Commit, Credentials, Error, FILE_COST, File, Grant, Named, modules,
};
use protoedge_sdk::{CommitId, ModuleName};

/// What the contents of one reply may count for, in bytes ([`modules::files`]):
/// all that was pushed can be downloaded, however many files it has. The reply holds it twice for a moment.
const LARGEST_DOWNLOAD: u64 = LARGEST_PUSH as u64 + MOST_PARTS as u64 * FILE_COST + COMMIT_COST;

/// A commit with its module and its files.
pub(super) type Downloaded = (Grant, Commit, Vec<File>);

pub(super) async fn get_commits<P: Platform>(
    context: &Context<P>,
    caller: &Credentials,
    request: v1::GetCommitsRequest,
) -> Call<v1::GetCommitsResponse> {
    let mut commits = Vec::new();
    for reference in request.resource_refs {
        let (module, commit) = commit_of(context, caller, reference.try_into()?).await?;
        commits.push(convert::commit(&module, &commit));
    }
    Ok(v1::GetCommitsResponse { commits })
}

pub(super) async fn download<P: Platform>(
    context: &Context<P>,
    caller: &Credentials,
    request: v1::DownloadRequest,
) -> Call<v1::DownloadResponse> {
    let reference = |value: download_request::Value| {
        Reference::try_from(field(value.resource_ref, "resource")?)
    };
    let references = request.values.into_iter().map(reference);
    let downloaded = files_of(context, caller, references.collect::<Result<_, _>>()?).await?;
    let contents = downloaded.into_iter().map(|(module, commit, files)| {
        let file = |it: File| v1::File { path: it.path, content: it.content.into() };
        download_response::Content {
            commit: Some(convert::commit(&module, &commit)),
            files: files.into_iter().map(file).collect(),
        }
    });
    Ok(v1::DownloadResponse { contents: contents.collect() })
}

/// The commits that references name, with their files. All of it counts before more is read: two
/// references to one commit count twice.
pub(super) async fn files_of<P: Platform>(
    context: &Context<P>,
    caller: &Credentials,
    references: Vec<Reference>,
) -> Result<Vec<Downloaded>, Problem> {
    let mut downloaded = Vec::new();
    let mut left = LARGEST_DOWNLOAD;
    for reference in references {
        let (module, commit) = commit_of(context, caller, reference).await?;
        let (files, rest) = modules::files(&context.store, &module, &commit, left).await?;
        left = rest;
        downloaded.push((module, commit, files));
    }
    Ok(downloaded)
}

/// The commits of a module, newest first unless asked otherwise.
pub(super) async fn list_commits<P: Platform>(
    context: &Context<P>,
    caller: &Credentials,
    request: v1::ListCommitsRequest,
) -> Call<v1::ListCommitsResponse> {
    use v1::list_commits_request::Order;
    let order = request.order();
    let module = match field(request.resource_ref, "resource")?.try_into()? {
        Reference::Id(id) => module_by_id(context, caller, &id).await?,
        Reference::Name { owner, module, .. } | Reference::Label { owner, module, .. } => {
            module_by_name(context, caller, &owner, &module).await?
        }
    };
    let wrong = |_| Problem::new(Kind::Malformed, "the page token is not one of ours");
    let token = request.page_token.as_str();
    let from = (!token.is_empty()).then(|| token.parse()).transpose().map_err(wrong)?;
    let is_newest_first = match order {
        Order::CreateTimeAsc => false,
        Order::CreateTimeDesc | Order::Unspecified => true,
    };
    let size = page_size(request.page_size);
    let (found, next) =
        modules::list_commits(&context.store, &module, from, size, is_newest_first).await?;
    let commits = found
        .iter()
        .filter(|commit| commit.id.as_str().contains(&request.id_query))
        .map(|commit| convert::commit(&module, commit));
    Ok(v1::ListCommitsResponse {
        next_page_token: next.map(|next| next.to_string()).unwrap_or_default(),
        commits: commits.collect(),
    })
}

/// What references name: a module where there is no reference, else a commit, else a label.
pub(super) async fn get_resources<P: Platform>(
    context: &Context<P>,
    caller: &Credentials,
    request: v1::GetResourcesRequest,
) -> Call<v1::GetResourcesResponse> {
    use v1::resource::Value;
    let mut resources = Vec::new();
    for reference in request.resource_refs {
        let value = match Reference::try_from(reference)? {
            Reference::Name { owner, module, reference } if reference.is_empty() => {
                let module = module_by_name(context, caller, &owner, &module).await?;
                Value::Module(convert::module(&module))
            }
            other => {
                let (module, named) = named_by(context, caller, other).await?;
                match named {
                    Named::Commit(commit) => Value::Commit(convert::commit(&module, &commit)),
                    Named::Label(label, _) => Value::Label(convert::label(&module, &label)),
                }
            }
        };
        resources.push(v1::Resource { value: Some(value) });
    }
    Ok(v1::GetResourcesResponse { resources })
}

/// The commit that a reference names, with its module.
pub(super) async fn commit_of<P: Platform>(
    context: &Context<P>,
    caller: &Credentials,
    reference: Reference,
) -> Result<(Grant, Commit), Problem> {
    let (module, named) = named_by(context, caller, reference).await?;
    Ok((module, named.into_commit()))
}

/// What a reference names, with its module.
async fn named_by<P: Platform>(
    context: &Context<P>,
    caller: &Credentials,
    reference: Reference,
) -> Result<(Grant, Named), Problem> {
    match reference {
        Reference::Id(id) => {
            let id: CommitId = id.parse().map_err(|_| Error::NoId { id: id.clone() })?;
            let (module, commit) = modules::commit_by_id(&context.store, caller, &id).await?;
            Ok((module, Named::Commit(commit)))
        }
        Reference::Name { owner, module, reference } => {
            let wanted = Wanted::Reference(&reference);
            fetch_wanted(context, caller, &ModuleName::new(&owner, &module)?, wanted).await?;
            let module = module_by_name(context, caller, &owner, &module).await?;
            let named = modules::named(&context.store, &module, &reference).await?;
            Ok((module, named))
        }
        Reference::Label { owner, module, label } => {
            let wanted = Wanted::Label(&label);
            fetch_wanted(context, caller, &ModuleName::new(&owner, &module)?, wanted).await?;
            let module = module_by_name(context, caller, &owner, &module).await?;
            let named = modules::labelled(&context.store, &module, &label.parse()?).await?;
            Ok((module, named))
        }
    }
}
