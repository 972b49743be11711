//! Where a label has been.

use super::{
    call::{Call, field, page_size},
    convert,
    upload::commit_id,
};
use crate::{
    context::Context,
    platform::Platform,
    reply::problem::{Kind, Problem},
    rpc::labels,
};
use protoedge_bufapi::proto::buf::registry::module::v1::{
    self, list_label_history_request::Order, list_label_history_response,
};
use protoedge_registry::{Commit, Credentials, Error, Grant, History, Store, modules};
use protoedge_sdk::CommitId;
use protoedge_storage::{Bucket, BucketError};
use std::{collections::BTreeMap, fmt, str::FromStr};

/// How many commits one page looks at where it leaves out those that changed nothing: half of the bucket
/// operations that a request has. A page may be shorter for it, and says where the next one begins.
const LOOKED_AT: usize = 500;

/// How many moves one page looks through for the one to begin at: they are read a hundred at a time.
const SEARCHED: usize = 5_000;

/// Where a page begins: at a move by its number, or where the search for the first one goes on.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Token {
    At(u32),
    Searching(u32),
}

impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::At(number) => write!(f, "{number}"),
            Self::Searching(number) => write!(f, "~{number}"),
        }
    }
}

impl FromStr for Token {
    type Err = Problem;

    fn from_str(text: &str) -> Result<Self, Problem> {
        let wrong = |_| Problem::new(Kind::Malformed, "the page token is not one of ours");
        match text.strip_prefix('~') {
            Some(number) => number.parse().map(Self::Searching).map_err(wrong),
            None => text.parse().map(Self::At).map_err(wrong),
        }
    }
}

/// A page of all moves of a label, the newest first unless asked otherwise.
pub(super) async fn list_label_history<P: Platform>(
    context: &Context<P>,
    caller: &Credentials,
    request: v1::ListLabelHistoryRequest,
) -> Call<v1::ListLabelHistoryResponse> {
    let is_newest_first = match request.order() {
        Order::Asc => false,
        Order::Desc | Order::Unspecified => true,
    };
    let (module, label) =
        labels::label_of(context, caller, field(request.label_ref, "label")?).await?;
    let record = modules::find_label(&context.store, &module, &label).await?;
    let missing = || Error::NoLabel { module: module.name.clone(), label: label.clone() };
    let record = record.ok_or_else(missing)?;
    let mut walk = Walk {
        history: modules::history(&context.store, &module, record),
        store: context.store.clone(),
        module,
        is_newest_first,
        commits: BTreeMap::new(),
    };

    let token = match (request.page_token.as_str(), request.start_commit_id.as_str()) {
        ("", "") => walk.first().map(Token::At),
        ("", _) => walk.first().map(Token::Searching),
        (token, _) => Some(token.parse()?),
    };
    let from = match token {
        Some(Token::Searching(number)) => {
            match walk.search(number, &commit_id(&request.start_commit_id)?).await? {
                Some(Token::Searching(next)) => {
                    let next_page_token = Token::Searching(next).to_string();
                    return Ok(v1::ListLabelHistoryResponse { next_page_token, values: vec![] });
                }
                Some(Token::At(found)) => Some(found),
                None => None,
            }
        }
        Some(Token::At(number)) => Some(number),
        None => None,
    };
    let size = page_size(request.page_size);
    let (commits, next) = walk.page(from, size, request.only_commits_with_changed_digests).await?;
    let values = commits.iter().map(|commit| list_label_history_response::Value {
        commit: Some(convert::commit(&walk.module, commit)),
        commit_check_state: None,
    });
    Ok(v1::ListLabelHistoryResponse {
        next_page_token: next.map(|next| Token::At(next).to_string()).unwrap_or_default(),
        values: values.collect(),
    })
}

/// A way through a label's history.
struct Walk<B> {
    history: History<B>,
    store: Store<B>,
    module: Grant,
    is_newest_first: bool,
    /// Those that were read, by their move.
    commits: BTreeMap<u32, Option<Commit>>,
}

impl<B: Bucket> Walk<B> {
    fn first(&self) -> Option<u32> {
        let last = self.history.moves().checked_sub(1)?;
        Some(if self.is_newest_first { last } else { 0 })
    }

    fn after(&self, number: u32) -> Option<u32> {
        if self.is_newest_first {
            number.checked_sub(1)
        } else {
            Some(number + 1).filter(|next| *next < self.history.moves())
        }
    }

    /// Looks for the first move to a commit; says where it is, or where to go on looking.
    async fn search(&mut self, from: u32, start: &CommitId) -> Result<Option<Token>, BucketError> {
        let mut at = Some(from);
        for _ in 0..SEARCHED {
            let Some(number) = at else { return Ok(None) };
            if self.history.get(number).await?.is_some_and(|it| it.commit == *start) {
                return Ok(Some(Token::At(number)));
            }
            at = self.after(number);
        }
        Ok(at.map(Token::Searching))
    }

    /// The commits of one page, and the move at which the next one begins.
    async fn page(
        &mut self,
        from: Option<u32>,
        size: usize,
        only_changes: bool,
    ) -> Result<(Vec<Commit>, Option<u32>), BucketError> {
        let mut page = Vec::new();
        let mut at = from.filter(|number| *number < self.history.moves());
        while let Some(number) = at {
            if page.len() == size || self.commits.len() >= LOOKED_AT {
                break;
            }
            let commit = self.commit(number).await?;
            let is_shown = match number.checked_sub(1) {
                Some(before) if only_changes => {
                    let digest =
                        |commit: &Option<Commit>| commit.as_ref().map(|it| it.digest.clone());
                    digest(&self.commit(before).await?) != digest(&commit)
                }
                Some(_) | None => true,
            };
            page.extend(commit.filter(|_| is_shown));
            at = self.after(number);
        }
        Ok((page, at))
    }

    /// The commit that a move led to.
    async fn commit(&mut self, number: u32) -> Result<Option<Commit>, BucketError> {
        if let Some(known) = self.commits.get(&number) {
            return Ok(known.clone());
        }
        let commit = match self.history.get(number).await? {
            Some(it) => {
                modules::shown_commit(&self.store, &self.module, &it.commit.short()).await?
            }
            None => None,
        };
        self.commits.insert(number, commit.clone());
        Ok(commit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_print_as_they_are_read() {
        for text in ["0", "250", "~0", "~4999"] {
            assert_eq!(text.parse::<Token>().unwrap().to_string(), text);
        }
        for text in ["", "~", "x", "-1", "~~1", "4294967296"] {
            assert!(text.parse::<Token>().is_err(), "{text}");
        }
    }
}
