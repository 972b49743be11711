//! Which commits answer a request for a dependency graph.
//!
//! The `buf` command writes one commit a module into its lock file, so that a graph names each
//! module once, even where commits that were pushed at different times depend on different commits
//! of one module (a diamond). And what it computes a digest over is the commits that it reaches
//! from a root, so that the graph of one root holds the root and its own closure, nothing else.
//!
//! The rule: a module's commit is the root of that module; else the newest of those in the roots'
//! closures. Edges go where the closures say, moved to the commit chosen for the module. No deeper
//! level is looked at: all that the chosen commit of a closure imports lies in that same closure,
//! as each closure was complete for its root when it was pushed.

use std::collections::{BTreeMap, BTreeSet};

/// A commit as far as graphs are concerned. `M` names modules, `C` commits.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Member<M, C> {
    /// The commit.
    pub commit: C,
    /// Its module.
    pub module: M,
    /// When it was made, in seconds since 1970; labels play no part in it.
    pub created: i64,
    /// All that it depends on, directly or not, one commit a module, as it was pushed.
    pub closure: Vec<(M, C)>,
}

/// Two roots of one module: no lock file could hold both.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("two commits of the module {module} are asked for; ask for one a module")]
pub struct TwoRoots<M: std::fmt::Display> {
    /// The module.
    pub module: M,
}

/// A graph in the making: [`insert`](Self::insert) what is [`missing`](Self::missing), then
/// [`finish`](Self::finish).
#[derive(Clone, Debug)]
pub struct Graph<M, C> {
    roots: Vec<C>,
    members: BTreeMap<C, Member<M, C>>,
}

/// The answer.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Resolved<C> {
    /// One commit a module: the roots in the order of the request, then the rest by module.
    pub nodes: Vec<C>,
    /// From a commit to one that it depends on, directly or not.
    pub edges: Vec<(C, C)>,
}

impl<M: Clone + Ord + std::fmt::Display, C: Clone + Ord> Graph<M, C> {
    /// Starts with the commits that were asked for. One that is named twice counts once.
    ///
    /// # Errors
    /// Two commits of one module.
    pub fn new(roots: impl IntoIterator<Item = Member<M, C>>) -> Result<Self, TwoRoots<M>> {
        let mut graph = Self { roots: Vec::new(), members: BTreeMap::new() };
        let mut modules = BTreeSet::new();
        for root in roots {
            if graph.members.contains_key(&root.commit) {
                continue;
            }
            if !modules.insert(root.module.clone()) {
                return Err(TwoRoots { module: root.module });
            }
            graph.roots.push(root.commit.clone());
            graph.insert(root);
        }
        Ok(graph)
    }

    /// The commits that have to be looked up before the answer is known.
    pub fn missing(&self) -> Vec<C> {
        let wanted: BTreeSet<&C> = self.candidates().map(|(_, commit)| commit).collect();
        wanted.into_iter().filter(|commit| !self.members.contains_key(commit)).cloned().collect()
    }

    /// Adds a commit that was missing.
    pub fn insert(&mut self, member: Member<M, C>) {
        self.members.insert(member.commit.clone(), member);
    }

    /// The answer. Commits that are still missing are left out.
    pub fn finish(self) -> Resolved<C> {
        let chosen = self.chosen();
        let of_roots: BTreeSet<&C> = self.roots.iter().collect();
        let rest = chosen.values().filter(|member| !of_roots.contains(&member.commit));
        let nodes: Vec<C> =
            self.roots.iter().chain(rest.map(|member| &member.commit)).cloned().collect();
        let targets = |from: &C| {
            let closure = self.members[from].closure.iter();
            closure.filter_map(|(module, _)| chosen.get(module)).map(|to| to.commit.clone())
        };
        let edges = nodes
            .iter()
            .flat_map(|from| targets(from).map(move |to| (from.clone(), to)))
            .filter(|(from, to)| from != to)
            .collect();
        Resolved { nodes, edges }
    }

    /// Every module with a commit that may stand for it, besides the roots.
    fn candidates(&self) -> impl Iterator<Item = &(M, C)> {
        let roots = self.roots.iter().map(|root| &self.members[root]);
        let modules: BTreeSet<&M> = roots.clone().map(|root| &root.module).collect();
        roots.flat_map(|root| &root.closure).filter(move |(module, _)| !modules.contains(module))
    }

    fn chosen(&self) -> BTreeMap<&M, &Member<M, C>> {
        let roots = self.roots.iter().map(|root| &self.members[root]);
        let mut chosen: BTreeMap<&M, &Member<M, C>> =
            roots.map(|root| (&root.module, root)).collect();
        for (module, commit) in self.candidates() {
            let Some(member) = self.members.get(commit) else { continue };
            let best = chosen.entry(module).or_insert(member);
            // Commits of one second differ by their ids, so that the answer is always the same.
            if (member.created, &member.commit) > (best.created, &best.commit) {
                *best = member;
            }
        }
        chosen
    }
}

#[cfg(test)]
mod tests;
