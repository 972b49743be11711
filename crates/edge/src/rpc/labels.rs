use super::{
    call::{Call, field, known, page_size},
    convert,
    reference::Reference,
    upload::commit_id,
};
use crate::{
    context::Context,
    platform::Platform,
    reply::problem::{Kind, Problem},
    rpc::{commits, modules::module_by_name},
    webhooks,
};
use protoedge_bufapi::proto::buf::registry::module::v1::{self, label_ref, list_labels_request};
use protoedge_registry::{
    Archived, Credentials, Error, Grant, LabelHead, LabelPage, LabelRecord, accounts, modules,
    modules::Moved,
};
use protoedge_sdk::{Label, ModuleName};
use std::cmp::Reverse;

/// Cuts one page out of a list whose items are counted: the token is the number of items before it.
fn page<T>(items: Vec<T>, size: usize, token: &str) -> Result<(Vec<T>, String), Problem> {
    let before: usize = match token {
        "" => 0,
        token => token.parse().map_err(|_| not_ours())?,
    };
    let total = items.len();
    let page: Vec<T> = items.into_iter().skip(before).take(size).collect();
    let after = before + page.len();
    let next = if after < total { after.to_string() } else { String::new() };
    Ok((page, next))
}

pub(super) async fn get_labels<P: Platform>(
    context: &Context<P>,
    caller: &Credentials,
    request: v1::GetLabelsRequest,
) -> Call<v1::GetLabelsResponse> {
    let mut labels = Vec::new();
    for reference in request.label_refs {
        let (module, label) = label_of(context, caller, reference).await?;
        let record = modules::find_label(&context.store, &module, &label).await?;
        let head = record.as_ref().and_then(LabelRecord::shown);
        let missing = || Error::NoLabel { module: module.name.clone(), label: label.clone() };
        labels.push(convert::label(&module, &head.ok_or_else(missing)?));
    }
    Ok(v1::GetLabelsResponse { labels })
}

pub(super) async fn list_labels<P: Platform>(
    context: &Context<P>,
    caller: &Credentials,
    request: v1::ListLabelsRequest,
) -> Call<v1::ListLabelsResponse> {
    use list_labels_request::{ArchiveFilter, Order};
    let reference = field(request.resource_ref.clone(), "resource")?.try_into()?;
    let (module, of_commit) = match reference {
        Reference::Name { owner, module, reference } if reference.is_empty() => {
            (module_by_name(context, caller, &owner, &module).await?, None)
        }
        other => {
            let (module, commit) = commits::commit_of(context, caller, other).await?;
            (module, Some(commit.id))
        }
    };
    let archived = match request.archive_filter() {
        ArchiveFilter::ArchivedOnly => Archived::Yes,
        ArchiveFilter::Unspecified | ArchiveFilter::UnarchivedOnly => Archived::No,
        ArchiveFilter::All => Archived::Both,
    };
    let is_wanted = |head: &LabelHead| {
        let is_of = of_commit.as_ref().is_none_or(|id| head.commit == *id);
        is_of && head.label.as_str().contains(&request.name_query)
    };
    let wants_all = of_commit.is_none() && request.name_query.is_empty();
    let (size, token) = (page_size(request.page_size), request.page_token.as_str());
    let (heads, next_page_token) = match request.order() {
        Order::UpdateTimeDesc | Order::Unspecified => {
            let wanted: Option<&dyn Fn(&LabelHead) -> bool> =
                if wants_all { None } else { Some(&is_wanted) };
            let after = (!token.is_empty()).then(|| read_token(token)).transpose()?;
            let page =
                modules::newest_labels(&context.store, &module, archived, after, size, wanted);
            let LabelPage { heads, next } = page.await?;
            (heads, next.unwrap_or_default())
        }
        order @ (Order::UpdateTimeAsc | Order::CreateTimeAsc | Order::CreateTimeDesc) => {
            let mut heads = modules::labels(&context.store, &module, archived).await?;
            heads.retain(is_wanted);
            match order {
                Order::CreateTimeAsc => heads.sort_by_key(|head| head.created),
                Order::CreateTimeDesc => heads.sort_by_key(|head| Reverse(head.created)),
                _ => heads.reverse(),
            }
            page(heads, size, token)?
        }
    };
    let labels = heads.iter().map(|head| convert::label(&module, head)).collect();
    Ok(v1::ListLabelsResponse { next_page_token, labels })
}

/// The longest token: as long as the name that it is.
const LONGEST_TOKEN: usize = 1024;

/// A token that is handed on to the bucket.
fn read_token(token: &str) -> Result<&str, Problem> {
    let is_ours = token.len() <= LONGEST_TOKEN && token.bytes().all(|b| b.is_ascii_graphic());
    if is_ours && !token.contains('/') { Ok(token) } else { Err(not_ours()) }
}

fn not_ours() -> Problem {
    Problem::new(Kind::Malformed, "the page token is not one of ours")
}

/// Archives labels: all of them are looked at before the first one is.
pub(super) async fn archive_labels<P: Platform>(
    context: &Context<P>,
    caller: &Credentials,
    request: v1::ArchiveLabelsRequest,
) -> Call<v1::ArchiveLabelsResponse> {
    set_archived(context, caller, request.label_refs, true).await?;
    Ok(v1::ArchiveLabelsResponse {})
}

/// Brings archived labels back.
pub(super) async fn unarchive_labels<P: Platform>(
    context: &Context<P>,
    caller: &Credentials,
    request: v1::UnarchiveLabelsRequest,
) -> Call<v1::UnarchiveLabelsResponse> {
    set_archived(context, caller, request.label_refs, false).await?;
    Ok(v1::UnarchiveLabelsResponse {})
}

async fn set_archived<P: Platform>(
    context: &Context<P>,
    caller: &Credentials,
    references: Vec<v1::LabelRef>,
    is_archived: bool,
) -> Result<(), Problem> {
    let user = &known(context, caller).await?;
    let mut labels = Vec::new();
    for reference in references {
        let (module, label) = label_of(context, caller, reference).await?;
        if modules::find_label(&context.store, &module, &label).await?.is_none() {
            return Err(Error::NoLabel { module: module.name.clone(), label }.into());
        }
        labels.push((module, label));
    }
    for (module, label) in labels {
        modules::set_archived(&context.store, user, &module, &label, is_archived).await?;
    }
    Ok(())
}

/// Moves labels by hand, the default label back included.
pub(super) async fn create_or_update_labels<P: Platform>(
    context: &Context<P>,
    caller: &Credentials,
    request: v1::CreateOrUpdateLabelsRequest,
) -> Call<v1::CreateOrUpdateLabelsResponse> {
    let user = &known(context, caller).await?;
    let mut moves = Vec::new();
    for value in request.values {
        let (module, label) = label_of(context, caller, field(value.label_ref, "label")?).await?;
        let id = commit_id(&value.commit_id)?;
        let (of, commit) = modules::commit_by_id(&context.store, caller, &id).await?;
        if of.name != module.name {
            return Err(Error::NoCommit { id }.into());
        }
        moves.push((module, label, commit));
    }
    let mut labels = Vec::new();
    for (module, label, commit) in moves {
        let Moved { head, deliveries } =
            modules::move_by_hand(&context.store, user, &module, &label, &commit).await?;
        webhooks::deliver_later(context, deliveries);
        labels.push(convert::label(&module, &head));
    }
    Ok(v1::CreateOrUpdateLabelsResponse { labels })
}

pub(super) async fn label_of<P: Platform>(
    context: &Context<P>,
    caller: &Credentials,
    reference: v1::LabelRef,
) -> Result<(Grant, Label), Problem> {
    match field(reference.value, "label")? {
        label_ref::Value::Id(id) => Err(Error::NoId { id }.into()),
        label_ref::Value::Name(name) => {
            let module = ModuleName::new(&name.owner, &name.module)?;
            Ok((accounts::see(&context.store, caller, &module).await?, name.label.parse()?))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::page;

    #[test]
    fn pages_follow_each_other() {
        let items = || (0..25).collect::<Vec<_>>();
        let (first, token) = page(items(), 10, "").unwrap();
        assert_eq!((first.len(), token.as_str()), (10, "10"));
        let (last, token) = page(items(), 15, &token).unwrap();
        assert_eq!((last.len(), token.as_str()), (15, ""));
        assert_eq!(page(items(), 1, "99").unwrap(), (vec![], String::new()));
        assert!(page(items(), 1, "x").is_err());
    }
}
