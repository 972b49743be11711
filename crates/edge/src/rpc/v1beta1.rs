//! The older version of the wire: modules with a buf.yaml of version v1 read through it.

use super::{
    call::{self, Call, field, known},
    convert,
    graph::graph_of,
    reference::Reference,
};
use crate::{
    context::Context,
    platform::Platform,
    reply::problem::{Kind, Problem},
    rpc::{commits, upload},
    upstreams::{
        Upstream,
        client::{Asker, Client},
        fetch::fetch_commits,
    },
};
use protoedge_bufapi::proto::buf::registry::module::{
    v1,
    v1beta1::{
        self, download_request, download_response, get_graph_request, graph, module_ref,
        resource_ref, resource_ref::name::Child, scoped_label_ref, upload_request,
    },
};
use protoedge_registry::{Credentials, File};
use protoedge_sdk::CommitId;
use std::collections::{BTreeMap, BTreeSet};

impl TryFrom<v1beta1::ResourceRef> for Reference {
    type Error = Problem;

    fn try_from(reference: v1beta1::ResourceRef) -> Result<Self, Problem> {
        Ok(match field(reference.value, "resource")? {
            resource_ref::Value::Id(id) => Self::Id(id),
            resource_ref::Value::Name(name) => {
                let (owner, module) = (name.owner, name.module);
                match name.child {
                    Some(Child::LabelName(label)) => Self::labelled(owner, module, label),
                    Some(Child::Ref(reference)) => Self::Name { owner, module, reference },
                    None => Self::Name { owner, module, reference: String::new() },
                }
            }
        })
    }
}

pub(super) async fn beta_get_commits<P: Platform>(
    context: &Context<P>,
    caller: &Credentials,
    request: v1beta1::GetCommitsRequest,
) -> Call<v1beta1::GetCommitsResponse> {
    let digest_type = request.digest_type();
    let mut commits = Vec::new();
    for reference in request.resource_refs {
        let (module, commit) = commits::commit_of(context, caller, reference.try_into()?).await?;
        commits.push(convert::beta_commit(&module, &commit, digest_type));
    }
    Ok(v1beta1::GetCommitsResponse { commits })
}

pub(super) async fn beta_download<P: Platform>(
    context: &Context<P>,
    caller: &Credentials,
    request: v1beta1::DownloadRequest,
) -> Call<v1beta1::DownloadResponse> {
    let digest_type = request.digest_type();
    let reference = |value: download_request::Value| {
        Reference::try_from(field(value.resource_ref, "resource")?)
    };
    let references = request.values.into_iter().map(reference);
    let downloaded =
        commits::files_of(context, caller, references.collect::<Result<_, _>>()?).await?;
    let contents = downloaded.into_iter().map(|(module, commit, files)| {
        let file = |it: File| v1beta1::File { path: it.path, content: it.content.into() };
        download_response::Content {
            commit: Some(convert::beta_commit(&module, &commit, digest_type)),
            files: files.into_iter().map(file).collect(),
            ..download_response::Content::default()
        }
    });
    Ok(v1beta1::DownloadResponse { contents: contents.collect() })
}

pub(super) async fn beta_get_graph<P: Platform>(
    context: &Context<P>,
    caller: &Credentials,
    request: v1beta1::GetGraphRequest,
) -> Call<v1beta1::GetGraphResponse> {
    let digest_type = request.digest_type();
    let reference = |it: get_graph_request::ResourceRef| {
        registry(context, &it.registry)?;
        Reference::try_from(field(it.resource_ref, "resource")?)
    };
    let references = request.resource_refs.into_iter().map(reference);
    let answer = graph_of(context, caller, references.collect::<Result<_, _>>()?).await?;
    let registry = |id: &CommitId| {
        let upstream = answer.commits.get(id).and_then(|(_, commit)| commit.upstream.as_ref());
        upstream.map_or(call::host(context), |upstream| &upstream.registry_host).to_owned()
    };
    let node =
        |id: &CommitId| Some(graph::Node { commit_id: id.to_string(), registry: registry(id) });
    let commits = answer.resolved.nodes.iter().filter_map(|id| answer.commits.get(id));
    let commits = commits.map(|(module, commit)| graph::Commit {
        commit: Some(convert::beta_commit(module, commit, digest_type)),
        registry: registry(&commit.id),
    });
    let edges = answer.resolved.edges.iter();
    let edges = edges.map(|(from, to)| graph::Edge { from_node: node(from), to_node: node(to) });
    let graph = v1beta1::Graph { commits: commits.collect(), edges: edges.collect() };
    Ok(v1beta1::GetGraphResponse { graph: Some(graph) })
}

/// The CLI uses this call for pushes that depend on another registry.
pub(super) async fn beta_upload<P: Platform>(
    context: &Context<P>,
    caller: &Credentials,
    request: v1beta1::UploadRequest,
) -> Call<v1beta1::UploadResponse> {
    known(context, caller).await?;
    fetch_deps(context, &request.dep_refs).await?;
    let contents = request.contents.into_iter().map(content);
    let request = v1::UploadRequest {
        contents: contents.collect(),
        dep_commit_ids: request.dep_refs.into_iter().map(|dep| dep.commit_id).collect(),
    };
    let pushed = upload::upload(context, caller, request).await?;
    let commits = pushed.commits.into_iter().map(|commit| v1beta1::Commit {
        id: commit.id,
        create_time: commit.create_time,
        owner_id: commit.owner_id,
        module_id: commit.module_id,
        digest: commit.digest.map(|digest| v1beta1::Digest {
            r#type: v1beta1::DigestType::B5.into(),
            value: digest.value,
        }),
        created_by_user_id: commit.created_by_user_id,
        source_control_url: commit.source_control_url,
    });
    Ok(v1beta1::UploadResponse { commits: commits.collect() })
}

/// Sees to it that the commits of other registries are here that a push depends on.
async fn fetch_deps<P: Platform>(
    context: &Context<P>,
    deps: &[upload_request::DepRef],
) -> Result<(), Problem> {
    let mut of_upstreams: BTreeMap<&str, Vec<CommitId>> = BTreeMap::new();
    for dep in deps {
        if let Some(upstream) = registry(context, &dep.registry)? {
            let ids = of_upstreams.entry(&upstream.hosts.registry_host).or_default();
            ids.push(upload::commit_id(&dep.commit_id)?);
        }
    }
    for (host, ids) in of_upstreams {
        if let Some(upstream) = context.config.upstreams.of_host(host) {
            let client = Client::new(context, upstream, Asker::Anybody);
            let fetched = fetch_commits(&client, &ids, &BTreeSet::new()).await;
            // What is missing is not what is pushed to.
            fetched.map_err(|problem| Problem { kind: Kind::Precondition, ..problem })?;
        }
    }
    Ok(())
}

/// The registry that a reference names: none for this one.
fn registry<'a, P: Platform>(
    context: &'a Context<P>,
    registry: &str,
) -> Result<Option<&'a Upstream>, Problem> {
    let host = call::host(context);
    if registry.is_empty() || registry == host {
        return Ok(None);
    }
    let upstream = context.config.upstreams.of_host(registry);
    upstream.map(Some).ok_or_else(|| {
        let message = format!(
            "a module here cannot depend on a module of {registry}: an administrator of {host} adds {registry} to its upstreams, or you push a copy of {registry}/X/Y to {host}/X/Y and depend on that"
        );
        Problem::new(Kind::Precondition, message)
    })
}

fn content(content: upload_request::Content) -> v1::upload_request::Content {
    let module_ref = content.module_ref.and_then(|it| it.value).map(|value| match value {
        module_ref::Value::Id(id) => v1::module_ref::Value::Id(id),
        module_ref::Value::Name(name) => v1::module_ref::Value::Name(v1::module_ref::Name {
            owner: name.owner,
            module: name.module,
        }),
    });
    let labels = content.scoped_label_refs.into_iter().map(|label| v1::ScopedLabelRef {
        value: label.value.map(|value| match value {
            scoped_label_ref::Value::Id(id) => v1::scoped_label_ref::Value::Id(id),
            scoped_label_ref::Value::Name(name) => v1::scoped_label_ref::Value::Name(name),
        }),
    });
    let files = content.files.into_iter();
    v1::upload_request::Content {
        module_ref: Some(v1::ModuleRef { value: module_ref }),
        files: files.map(|it| v1::File { path: it.path, content: it.content }).collect(),
        scoped_label_refs: labels.collect(),
        source_control_url: content.source_control_url,
    }
}
