use super::{call::Call, convert, reference::Reference};
use crate::{
    context::Context,
    platform::Platform,
    reply::problem::{Kind, Problem},
    rpc::commits,
};
use protoedge_bufapi::{
    graph::{Graph, Member, Resolved},
    proto::buf::registry::module::v1::{self, graph},
};
use protoedge_registry::{Commit, Credentials, Grant, modules};
use protoedge_sdk::{CommitId, ModuleName};
use std::collections::BTreeMap;

/// One commit a module, with what each depends on.
pub(super) struct ResolvedGraph {
    pub(super) resolved: Resolved<CommitId>,
    pub(super) commits: BTreeMap<CommitId, (Grant, Commit)>,
    /// Whether the caller names a module of another registry through this one: then all of the graph is named so, since the buf CLI
    /// takes no buf.yaml that has modules of two registries.
    pub(super) names_upstreams: bool,
}

pub(super) async fn get_graph<P: Platform>(
    context: &Context<P>,
    caller: &Credentials,
    request: v1::GetGraphRequest,
) -> Call<v1::GetGraphResponse> {
    let references = request.resource_refs.into_iter().map(Reference::try_from);
    let answer = graph_of(context, caller, references.collect::<Result<_, _>>()?).await?;
    let node = |id: CommitId| Some(graph::Node { commit_id: id.to_string() });
    let commits = answer.resolved.nodes.iter().filter_map(|id| answer.commits.get(id));
    let of_upstreams = commits.clone().filter_map(|(_, commit)| {
        let registry = commit.upstream.as_ref()?.registry_host.clone();
        let named = graph::RegistryCommitId { commit_id: commit.id.to_string(), registry };
        (!answer.names_upstreams).then_some(named)
    });
    Ok(v1::GetGraphResponse {
        graph: Some(v1::Graph {
            registry_commit_ids: of_upstreams.collect(),
            commits: commits.map(|(module, commit)| convert::commit(module, commit)).collect(),
            edges: answer
                .resolved
                .edges
                .into_iter()
                .map(|(from, to)| graph::Edge { from_node: node(from), to_node: node(to) })
                .collect(),
        }),
    })
}

pub(super) async fn graph_of<P: Platform>(
    context: &Context<P>,
    caller: &Credentials,
    references: Vec<Reference>,
) -> Result<ResolvedGraph, Problem> {
    let mut commits = BTreeMap::new();
    let (mut roots, mut names_upstreams) = (Vec::new(), false);
    for reference in references {
        let (module, commit) = commits::commit_of(context, caller, reference).await?;
        modules::check_deps(&context.store, &module, &commit).await?;
        names_upstreams |= commit.upstream.is_some();
        roots.push(member(&commit));
        commits.insert(commit.id.clone(), (module, commit));
    }
    let mut graph =
        Graph::new(roots).map_err(|error| Problem::new(Kind::Malformed, error.to_string()))?;
    loop {
        let missing = graph.missing();
        if missing.is_empty() {
            break;
        }
        for id in missing {
            let (module, commit) = modules::commit_by_id(&context.store, caller, &id).await?;
            graph.insert(member(&commit));
            commits.insert(id, (module, commit));
        }
    }
    Ok(ResolvedGraph { resolved: graph.finish(), commits, names_upstreams })
}

fn member(commit: &Commit) -> Member<ModuleName, CommitId> {
    let deps = commit.deps.iter();
    Member {
        commit: commit.id.clone(),
        module: commit.module.clone(),
        created: commit.created.seconds(),
        closure: deps.map(|locked| (locked.module.clone(), locked.commit.clone())).collect(),
    }
}
