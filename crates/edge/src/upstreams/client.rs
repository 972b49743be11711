use super::{Upstream, UpstreamToken};
use crate::{
    context::Context,
    platform::{Asked, Platform},
    reply::problem::{Kind, Problem},
};
use prost::Message;
use protoedge_bufapi::{
    connect::{Codec, Rpc},
    text::is_hidden,
};
use protoedge_registry::UpstreamModule;
use serde::Deserialize;
use std::{
    cell::RefCell,
    collections::BTreeMap,
    fmt::{self, Display},
    str::FromStr,
};

/// Who has another registry asked.
#[derive(Clone, Copy)]
pub(crate) enum Asker<'a> {
    /// Somebody who pushes or reads: without a token, so that only what is public there is seen, and of owners alone that are listed.
    Anybody,
    /// An administrator, whose token of the other registry it may be.
    Administrator(Option<&'a str>),
}

impl<'a> Asker<'a> {
    /// Who keeps mirrors.
    pub(super) fn mirror(upstream: &'a Upstream) -> Self {
        Self::Administrator(upstream.token.as_ref().map(UpstreamToken::expose))
    }
}

/// The calls of another registry, as the buf CLI makes them.
pub(crate) struct Client<'a, P: Platform> {
    pub(super) context: &'a Context<P>,
    pub(super) upstream: &'a Upstream,
    pub(super) asker: Asker<'a>,
    /// The modules that it was asked for, by their ids: of many commits most are of one.
    pub(super) modules: RefCell<BTreeMap<String, UpstreamModule>>,
}

/// As long as words about another registry are, which may be its own, in characters.
const LONGEST_WORDS: usize = 300;

/// What an RPC answers where it fails (Connect, "Error End-Stream").
#[derive(Default, Deserialize)]
#[serde(default)]
struct Failure {
    code: String,
    message: String,
}

impl<'a, P: Platform> Client<'a, P> {
    pub(crate) fn new(context: &'a Context<P>, upstream: &'a Upstream, asker: Asker<'a>) -> Self {
        Self { context, upstream, asker, modules: RefCell::default() }
    }
}

impl<P: Platform> Client<'_, P> {
    /// Calls an RPC. An answer may have `limit` bytes.
    ///
    /// # Errors
    /// [`Kind::Absent`] for what it does not have; else [`Kind::Precondition`] with what the other registry says, or that it says nothing
    /// that can be understood.
    pub(super) async fn call<R: Message + Default>(
        &self,
        rpc: Rpc,
        message: &impl Message,
        limit: usize,
    ) -> Result<R, Problem> {
        let mut headers = vec![
            ("content-type", Codec::Proto.media_type().to_owned()),
            ("connect-protocol-version", "1".to_owned()),
            ("user-agent", "protoedge".to_owned()),
        ];
        if let Asker::Administrator(Some(token)) = self.asker {
            headers.push(("authorization", format!("Bearer {token}")));
        }
        let url = format!("{}{}", self.upstream.url, rpc.path());
        let asked = self.context.platform.ask(&url, &headers, message.encode_to_vec(), limit).await;
        match asked.map_err(|error| self.problem(format!("cannot be reached: {error}")))? {
            Asked { status: 200, body } => R::decode(body)
                .map_err(|error| self.problem(format!("answered what cannot be read: {error}"))),
            Asked { status: 429, .. } => {
                Err(self.problem("takes no more calls just now; try again in a minute"))
            }
            Asked { status, body } => {
                let failure: Failure = serde_json::from_slice(&body).unwrap_or_default();
                let problem = self.problem(format!("answered {status}{failure}"));
                let kind = if failure.code == "not_found" { Kind::Absent } else { problem.kind };
                Err(Problem { kind, ..problem })
            }
        }
    }

    /// A part of an answer.
    ///
    /// # Errors
    /// [`Kind::Precondition`] for one that cannot be had here.
    pub(super) fn read<T: FromStr<Err: Display>>(&self, text: &str) -> Result<T, Problem> {
        text.parse().map_err(|error| self.problem(format!("answered what cannot be read: {error}")))
    }

    /// That the other registry is the reason: in words of which none can look like something else.
    pub(super) fn problem(&self, what: impl Display) -> Problem {
        let words = format!("{} {what}", self.upstream.hosts.registry_host);
        let words =
            words.chars().filter(|c| !is_hidden(*c)).take(LONGEST_WORDS).collect::<String>();
        Problem::new(Kind::Precondition, words)
    }
}

impl Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.code.as_str() {
            "" => Ok(()),
            code => write!(f, ": {code}: {}", self.message),
        }
    }
}
