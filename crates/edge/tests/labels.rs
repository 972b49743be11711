//! What labels mean, and what is told of them.

mod common;

use common::{Generator, World, run};
use prost::Message;
use protoedge_bufapi::proto::buf::registry::module::v1::{
    CreateOrUpdateLabelsRequest, GetCommitsRequest, GetCommitsResponse, GetResourcesRequest,
    GetResourcesResponse, LabelRef, ListLabelHistoryRequest, ListLabelHistoryResponse,
    ListLabelsRequest, ListLabelsResponse, ResourceRef, create_or_update_labels_request, label_ref,
    list_label_history_request::Order as HistoryOrder, list_labels_request::Order, resource,
    resource_ref, resource_ref::name::Child,
};
use std::collections::BTreeSet;

const GET_RESOURCES: &str = "/buf.registry.module.v1.ResourceService/GetResources";
const GET_COMMITS: &str = "/buf.registry.module.v1.CommitService/GetCommits";
const LIST_HISTORY: &str = "/buf.registry.module.v1.LabelService/ListLabelHistory";
const LIST_LABELS: &str = "/buf.registry.module.v1.LabelService/ListLabels";
const NPM: &str = "/gen/npm/v1/@protoedge%2facme_units.bufbuild_es";

fn makes() -> Generator {
    Generator::Makes(std::time::Duration::from_secs(1))
}

fn units(child: Option<Child>) -> ResourceRef {
    let name = resource_ref::Name { owner: "acme".into(), module: "units".into(), child };
    ResourceRef { value: Some(resource_ref::Value::Name(name)) }
}

async fn resource(world: &World, child: Child) -> resource::Value {
    let request = GetResourcesRequest { resource_refs: vec![units(Some(child))] };
    let seen = world.call(GET_RESOURCES, &request).await;
    let response = GetResourcesResponse::decode(seen.body.as_slice()).unwrap();
    response.resources[0].value.clone().unwrap()
}

async fn commit(world: &World, child: Child) -> String {
    let request = GetCommitsRequest { resource_refs: vec![units(Some(child))] };
    let seen = world.call(GET_COMMITS, &request).await;
    GetCommitsResponse::decode(seen.body.as_slice()).unwrap().commits[0].id.clone()
}

/// A label may be called like the beginning of the commit that it names.
#[test]
fn a_label_is_no_commit_whatever_it_is_called() {
    run(async {
        let world = World::new(makes()).await;
        let id = world.push("acme/units", &[], "message A {}", &[]).await;
        for length in [1, 7, 11, 13, 31] {
            let label = &id[..length];
            assert_eq!(world.push("acme/units", &[label], "message A {}", &[]).await, id);
            for child in [Child::Ref(label.into()), Child::LabelName(label.into())] {
                match resource(&world, child).await {
                    resource::Value::Label(found) => assert_eq!(found.name, label),
                    other => panic!("{label}: {other:?}"),
                }
            }
        }
        for id in [&id[..], &id[..12]] {
            let found = resource(&world, Child::Ref(id.into())).await;
            assert!(matches!(found, resource::Value::Commit(_)), "{id}: {found:?}");
        }
    });
}

/// A label may be called like another commit: whoever says that it is a label means the label.
#[test]
fn a_label_that_is_called_like_another_commit_is_reached_as_a_label() {
    run(async {
        let world = World::new(makes()).await;
        let old = world.push("acme/units", &[], "message A {}", &[]).await;
        let label = &old[..12];
        let new = world.push("acme/units", &[label, "main"], "message B {}", &[]).await;
        assert_eq!(commit(&world, Child::Ref(label.into())).await, old);
        assert_eq!(commit(&world, Child::LabelName(label.into())).await, new);
        let found = resource(&world, Child::LabelName(label.into())).await;
        assert!(matches!(found, resource::Value::Label(_)), "{found:?}");
        for (tag, commit) in [(format!("label-{label}"), &new), (format!("commit-{label}"), &old)] {
            let document = world.follow(&format!("{NPM}/{tag}")).await.0;
            assert_eq!(document.status, 200, "{tag}: {}", document.text());
            let version = document.json()["version"].as_str().unwrap().to_owned();
            assert!(version.contains(&commit[..12]), "{tag}: {version}");
        }
        for tag in ["commit-main", "label-", "commit-"] {
            assert_eq!(world.get(&format!("{NPM}/{tag}")).await.status, 404, "{tag}");
        }
    });
}

fn history_of(label: &str) -> ListLabelHistoryRequest {
    let name =
        label_ref::Name { owner: "acme".into(), module: "units".into(), label: label.into() };
    let label_ref = Some(LabelRef { value: Some(label_ref::Value::Name(name)) });
    ListLabelHistoryRequest { label_ref, ..Default::default() }
}

/// All pages of a history: the commits' ids, and how many operations the dearest page took.
async fn history(world: &World, mut request: ListLabelHistoryRequest) -> (Vec<String>, u64) {
    let (mut found, mut dearest) = (Vec::new(), 0);
    loop {
        let before = world.bucket.operations();
        let seen = world.call(LIST_HISTORY, &request).await;
        dearest = dearest.max(world.bucket.operations() - before);
        let page = ListLabelHistoryResponse::decode(seen.body.as_slice()).unwrap();
        assert!(page.values.len() <= request.page_size as usize);
        found.extend(page.values.into_iter().map(|value| value.commit.unwrap().id));
        if page.next_page_token.is_empty() {
            return (found, dearest);
        }
        request.page_token = page.next_page_token;
    }
}

/// However often a label moved: all of it is told, and a page costs what a page costs.
#[test]
fn a_history_is_told_to_its_beginning() {
    run(async {
        let world = World::new(makes()).await;
        let mut pushed = Vec::new();
        for n in 0..450 {
            // Every other push repeats what the one before had.
            let text = format!("message M{} {{}}", n % 3);
            pushed.push(world.push("acme/units", &[], &text, &[]).await);
        }
        let newest_first: Vec<String> = pushed.iter().rev().cloned().collect();
        for size in [10, 33, 250] {
            let request = ListLabelHistoryRequest { page_size: size, ..history_of("main") };
            let (found, dearest) = history(&world, request.clone()).await;
            assert_eq!(found, newest_first, "{size} a page");
            // The module, the label, some hundreds of moves, and the commits.
            assert!(dearest <= u64::from(size) + 5, "{size} a page: {dearest} operations");
            let order = HistoryOrder::Asc.into();
            let (found, _) = history(&world, ListLabelHistoryRequest { order, ..request }).await;
            assert_eq!(found, pushed, "{size} a page");
        }
        let start_commit_id = pushed[70].clone();
        let request =
            ListLabelHistoryRequest { start_commit_id, page_size: 50, ..history_of("main") };
        let (found, _) = history(&world, request.clone()).await;
        assert_eq!(found, newest_first[450 - 71..]);
        let start_commit_id = "f".repeat(32);
        let (found, _) =
            history(&world, ListLabelHistoryRequest { start_commit_id, ..request }).await;
        assert_eq!(found, Vec::<String>::new());
    });
}

async fn move_by_hand(world: &World, label: &str, commit: &str) {
    let name =
        label_ref::Name { owner: "acme".into(), module: "units".into(), label: label.into() };
    let value = create_or_update_labels_request::Value {
        label_ref: Some(LabelRef { value: Some(label_ref::Value::Name(name)) }),
        commit_id: commit.into(),
    };
    let request = CreateOrUpdateLabelsRequest { values: vec![value] };
    world.call("/buf.registry.module.v1.LabelService/CreateOrUpdateLabels", &request).await;
}

/// Commits of the same content, one after the other, changed nothing.
#[test]
fn a_history_of_changes_leaves_out_what_changed_nothing() {
    run(async {
        let world = World::new(makes()).await;
        let mut contents = [Vec::new(), Vec::new()];
        for n in 0..8 {
            let text = format!("message M{} {{}}", n % 2);
            contents[n % 2].push(world.push("acme/units", &[], &text, &[]).await);
        }
        let mut changes = Vec::new();
        for n in 0..250 {
            let commits = &contents[n % 2];
            for commit in commits.iter().take(n % 5) {
                move_by_hand(&world, "x", commit).await;
                if changes.last().is_none_or(|last| !commits.contains(last)) {
                    changes.push(commit.clone());
                }
            }
        }
        for order in [HistoryOrder::Asc, HistoryOrder::Desc] {
            let request = ListLabelHistoryRequest {
                order: order.into(),
                page_size: 10,
                only_commits_with_changed_digests: true,
                ..history_of("x")
            };
            let (mut found, _) = history(&world, request).await;
            if order == HistoryOrder::Desc {
                found.reverse();
            }
            assert_eq!(found, changes, "{order:?}");
        }
    });
}

/// How many of many labels move later.
const MOVED: usize = 40;

/// Some labels of units, the oldest first, of which some have moved since.
async fn many_labels(world: &World, many: usize) -> (Vec<String>, Vec<String>) {
    let first = world.push("acme/units", &[], "message A {}", &[]).await;
    let mut created: Vec<String> = vec!["main".into()];
    for n in 1..many {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        // In no order of their names.
        let label = format!("l{:04}", n * 7919 % 10_000);
        move_by_hand(world, &label, &first).await;
        created.push(label);
    }
    let mut updated = created.clone();
    tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    let second = world.push("acme/units", &["other"], "message B {}", &[]).await;
    created.push("other".into());
    updated.push("other".into());
    for n in (0..MOVED).map(|n| n * 17 % (many - 3) + 3) {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        let label = created[n].clone();
        move_by_hand(world, &label, &second).await;
        updated.retain(|other| *other != label);
        updated.push(label);
    }
    (created, updated)
}

/// The newest moved, as buf asks for them: a page costs what is on it, however many labels there are. In another order all are listed.
#[test]
fn a_page_of_labels_costs_what_is_on_it() {
    run(async {
        let world = World::new(makes()).await;
        let (created, updated) = many_labels(&world, 1_100).await;
        let reversed = |list: &[String]| list.iter().rev().cloned().collect::<Vec<_>>();
        for (order, expected) in [
            (Order::Unspecified, reversed(&updated)),
            (Order::UpdateTimeDesc, reversed(&updated)),
            (Order::UpdateTimeAsc, updated.clone()),
            (Order::CreateTimeDesc, reversed(&created)),
            (Order::CreateTimeAsc, created.clone()),
        ] {
            let mut request = ListLabelsRequest {
                resource_ref: Some(units(None)),
                order: order.into(),
                page_size: 100,
                ..Default::default()
            };
            let mut found = Vec::new();
            loop {
                let before = world.bucket.operations();
                let seen = world.call(LIST_LABELS, &request).await;
                let cost = world.bucket.operations() - before;
                // The module, unless it is remembered.
                let most = match order {
                    Order::Unspecified | Order::UpdateTimeDesc => 1 + 1 + 100,
                    _ => 1 + 2,
                };
                assert!(cost <= most, "{order:?}: {cost} operations");
                let page = ListLabelsResponse::decode(seen.body.as_slice()).unwrap();
                found.extend(page.labels.into_iter().map(|label| label.name));
                if page.next_page_token.is_empty() {
                    break;
                }
                request.page_token = page.next_page_token;
            }
            assert_eq!(found, expected, "{order:?}");
        }
    });
}

/// Neither filter hides a label, and a page that looked at many says where the next one goes on.
#[test]
fn labels_are_found_by_name_and_by_commit() {
    run(async {
        let world = World::new(makes()).await;
        let (created, _) = many_labels(&world, 300).await;
        let by_name: BTreeSet<&String> = created.iter().filter(|name| name.contains('7')).collect();
        let listed = async |request: ListLabelsRequest| {
            let (mut request, mut found) = (request, Vec::new());
            loop {
                let seen = world.call(LIST_LABELS, &request).await;
                let page = ListLabelsResponse::decode(seen.body.as_slice()).unwrap();
                found.extend(page.labels.into_iter().map(|label| label.name));
                if page.next_page_token.is_empty() {
                    return found;
                }
                request.page_token = page.next_page_token;
            }
        };
        let resource_ref = Some(units(None));
        let of_module = ListLabelsRequest { resource_ref, page_size: 30, ..Default::default() };
        let found = listed(ListLabelsRequest { name_query: "7".into(), ..of_module.clone() }).await;
        assert_eq!(found.iter().collect::<BTreeSet<_>>(), by_name);
        let of_label = Some(units(Some(Child::Ref("other".into()))));
        let found = listed(ListLabelsRequest { resource_ref: of_label, ..of_module }).await;
        // Those that have moved to the second commit, and the one that was pushed with it.
        assert_eq!(found.len(), MOVED + 1);
        for token in ["x/y", "\u{1}", &"x".repeat(2000)] {
            let resource_ref = Some(units(None));
            let page_token = token.into();
            let request = ListLabelsRequest { resource_ref, page_token, ..Default::default() };
            let seen = world.call_as(common::ADMIN, LIST_LABELS, &request).await;
            assert_eq!(seen.status, 400, "{token}");
        }
    });
}
