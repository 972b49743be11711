//! What is written down of each change, and who reads it.

mod common;

use common::{
    people::{LATER, Scene, scene},
    run,
};
use protoedge_bufapi::{
    connect::Rpc,
    proto::buf::registry::module::v1::{
        CreateOrUpdateLabelsRequest, LabelRef, ModuleVisibility, create_or_update_labels_request,
        label_ref,
    },
};
use serde_json::{Value, json};
use std::{collections::BTreeSet, time::Duration};

/// The entries that somebody reads, the youngest first.
async fn read(scene: &Scene, who: &str, path: &str) -> Vec<Value> {
    let seen = scene.get(who, path).await;
    assert_eq!(seen.status, 200, "{path} by {who}: {}", seen.text());
    assert_eq!(seen.header("content-type"), Some("application/jsonl"));
    seen.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The entries that a change leaves, the oldest first; of those within one moment the order is open.
async fn left_by<R>(scene: &Scene, change: impl AsyncFnOnce() -> R) -> Vec<Value> {
    let ids = |entries: &[Value]| -> BTreeSet<String> {
        entries.iter().map(|entry| entry["id"].to_string()).collect()
    };
    let before = ids(&read(scene, "admin", "audit").await);
    change().await;
    let mut entries = read(scene, "admin", "audit").await;
    entries.retain(|entry| !before.contains(&entry["id"].to_string()));
    entries.reverse();
    entries
}

/// The action, the object and the details of entries.
fn summary(entries: &[Value]) -> BTreeSet<String> {
    let summary = |it: &Value| {
        let details = it["details"].as_object().cloned().unwrap_or_default();
        let details =
            details.iter().map(|(name, value)| format!(" {name}={}", value.as_str().unwrap()));
        let words = [it["action"].as_str().unwrap(), it["object"].as_str().unwrap()];
        words.join(" ") + &details.collect::<String>()
    };
    entries.iter().map(summary).collect()
}

/// Each change leaves what it consists of once, with who made it and by which token.
#[test]
fn each_change_leaves_its_entry() {
    run(async {
        let scene = scene().await;
        scene.make_module("olga", "wonder/one", ModuleVisibility::Private).await;
        let (member, robots) =
            ("organizations/wonder/members/mallory", "organizations/wonder/robots");
        let robot = "organizations/wonder/robots/wonder-ci";
        let collaborator = "modules/wonder/one/collaborators/mallory";
        let none = Value::Null;
        let changes: Vec<(&str, &str, &str, Value, &[&str])> = vec![
            (
                "anna",
                "PUT",
                member,
                json!({ "role": "write" }),
                &["member.set wonder role=write user=mallory"],
            ),
            ("anna", "DELETE", member, none.clone(), &["member.remove wonder user=mallory"]),
            (
                "olga",
                "POST",
                robots,
                json!({ "name": "wonder-ci", "role": "write" }),
                &[
                    "robot.create wonder-ci role=write",
                    "member.set wonder role=write user=wonder-ci",
                ],
            ),
            (
                "anna",
                "PATCH",
                robot,
                json!({ "role": "read", "disabled": true }),
                &["user.disable wonder-ci", "member.set wonder role=read user=wonder-ci"],
            ),
            ("anna", "PATCH", robot, json!({ "disabled": false }), &["user.enable wonder-ci"]),
            ("anna", "PATCH", robot, json!({}), &[]),
            (
                "anna",
                "DELETE",
                robot,
                none.clone(),
                &[
                    "user.disable wonder-ci",
                    "member.remove wonder user=wonder-ci",
                    "robot.delete wonder-ci",
                ],
            ),
            (
                "anna",
                "PUT",
                collaborator,
                json!({ "role": "read" }),
                &["collaborator.set wonder/one role=read user=mallory"],
            ),
            (
                "mallory",
                "DELETE",
                collaborator,
                none,
                &["collaborator.remove wonder/one user=mallory"],
            ),
            (
                "olga",
                "PATCH",
                "modules/wonder/one",
                json!({ "visibility": "public" }),
                &["module.visibility wonder/one visibility=public"],
            ),
            ("admin", "PATCH", "users/rita", json!({ "disabled": true }), &["user.disable rita"]),
            ("admin", "PATCH", "users/rita", json!({ "disabled": false }), &["user.enable rita"]),
        ];
        for (by, method, path, body, wanted) in changes {
            let entries = left_by(&scene, async || scene.done(by, method, path, body).await).await;
            let what = format!("{method} {path} by {by}");
            assert_eq!(
                summary(&entries),
                wanted.iter().map(|it| (*it).to_owned()).collect(),
                "{what}"
            );
            assert_eq!(entries.len(), wanted.len(), "{what}");
            is_by(&scene, by, &entries).await;
        }
    });
}

/// Who did it, by which token, and when.
async fn is_by(scene: &Scene, by: &str, entries: &[Value]) {
    let known = scene.get(by, "user").await.json();
    for entry in entries {
        assert_eq!(entry["actor"], known["name"], "{entry}");
        assert_eq!(entry.get("token").unwrap_or(&Value::Null), &known["token"], "{entry}");
        assert!(entry["time"].to_string().contains("2026-01-01T"), "{entry}");
    }
}

#[test]
fn tokens_organizations_and_modules_leave_their_entries() {
    run(async {
        let scene = scene().await;
        let token = json!({ "name": "laptop", "scope": "write", "expires": LATER });
        let path = "users/olga/tokens";
        let made = left_by(&scene, async || scene.done("olga", "POST", path, token).await).await;
        let id = made[0]["details"]["id"].as_str().unwrap();
        let path = format!("{path}/{id}");
        let revoked = left_by(&scene, async || scene.delete("olga", &path).await).await;
        let make_organization = async || scene.make_organization("walt", "waltland").await;
        let founded = left_by(&scene, make_organization).await;
        let public = ModuleVisibility::Public;
        let make_module = async || scene.make_module("olga", "wonder/one", public).await;
        let begun = left_by(&scene, make_module).await;
        for (entries, wanted) in [
            (made.clone(), format!("token.create olga id={id}")),
            (revoked, format!("token.revoke olga id={id}")),
            (founded, "organization.create waltland".into()),
            (begun, "module.create wonder/one visibility=public".into()),
        ] {
            assert_eq!((entries.len(), summary(&entries)), (1, [wanted].into()));
        }
    });
}

/// One entry for each module with its commit and the labels that moved to it; none where nothing moved.
#[test]
fn a_push_leaves_its_commit_and_its_labels() {
    run(async {
        let scene = scene().await;
        scene.make_module("olga", "wonder/one", ModuleVisibility::Private).await;
        let push = async |labels: &[&str]| {
            let request = common::upload("wonder/one", labels, "message A {}", &[]);
            let seen = scene.world.call_as(scene.token("walt"), common::UPLOAD, &request).await;
            assert_eq!(seen.status, 200, "{}", seen.text());
        };
        let entries = left_by(&scene, async || push(&["main", "v1"]).await).await;
        let commit = entries[0]["details"]["commit"].as_str().unwrap().to_owned();
        let wanted = format!("push wonder/one commit={commit} labels=main,v1");
        assert_eq!((summary(&entries), entries.len()), ([wanted].into(), 1));
        is_by(&scene, "walt", &entries).await;
        assert!(left_by(&scene, async || push(&["main"]).await).await.is_empty());
        let entries = left_by(&scene, async || push(&["v2", "v1"]).await).await;
        assert_eq!(
            summary(&entries),
            [format!("push wonder/one commit={commit} labels=v2")].into()
        );
        let name =
            label_ref::Name { owner: "wonder".into(), module: "one".into(), label: "v3".into() };
        let value = create_or_update_labels_request::Value {
            label_ref: Some(LabelRef { value: Some(label_ref::Value::Name(name)) }),
            commit_id: commit.clone(),
        };
        let request = CreateOrUpdateLabelsRequest { values: vec![value] };
        let path = Rpc::CreateOrUpdateLabels.path();
        let entries = left_by(&scene, async || {
            assert_eq!(scene.world.call_as(scene.token("walt"), path, &request).await.status, 200);
        });
        let wanted = format!("label.move wonder/one commit={commit} label=v3");
        assert_eq!(summary(&entries.await), [wanted].into());
    });
}

/// What is refused leaves nothing, whatever it is refused for.
#[test]
fn what_is_refused_leaves_no_entry() {
    run(async {
        let scene = scene().await;
        scene.make_module("olga", "wonder/base", ModuleVisibility::Private).await;
        scene.make_module("olga", "wonder/one", ModuleVisibility::Private).await;
        let base = scene.pushed("wonder/base", "message B {}", &[]).await;
        let text = "import \"base.proto\";\nmessage M { B b = 1; }";
        scene.pushed("wonder/one", text, &[base]).await;
        let role = |role: &str| json!({ "role": role });
        let token = json!({ "name": "", "scope": "read", "expires": LATER });
        let robot = |name: &str| json!({ "name": name, "role": "read" });
        let public = json!({ "visibility": "public" });
        let entries = left_by(&scene, async || {
            for (by, method, path, body, status) in [
                ("olga", "DELETE", "organizations/wonder/members/olga", Value::Null, 400),
                ("olga", "PUT", "organizations/wonder/members/olga", role("read"), 400),
                ("anna", "PUT", "organizations/wonder/members/adam", role("read"), 403),
                ("anna", "PUT", "organizations/wonder/members/mallory", role("admin"), 403),
                ("walt", "PUT", "organizations/wonder/members/mallory", role("read"), 403),
                ("olga", "DELETE", "organizations/wonder/members/mallory", Value::Null, 404),
                ("olga", "POST", "organizations/wonder/robots", robot("mallory"), 409),
                ("olga", "POST", "organizations/wonder/robots", robot("others"), 409),
                ("olga", "DELETE", "organizations/wonder/robots/mallory", Value::Null, 404),
                ("olga", "POST", "users/olga/tokens", token, 400),
                ("olga", "DELETE", "users/olga/tokens/0123456789ab", Value::Null, 404),
                ("olga", "PATCH", "modules/wonder/one", public.clone(), 400),
                ("anna", "PATCH", "modules/wonder/base", public.clone(), 403),
                ("mallory", "PATCH", "modules/wonder/base", public, 404),
                ("olga", "PUT", "modules/wonder/one/collaborators/mallory", role("admin"), 400),
                ("olga", "DELETE", "modules/wonder/one/collaborators/mallory", Value::Null, 404),
                ("olga", "PATCH", "users/rita", json!({ "disabled": true }), 403),
            ] {
                let seen = scene.api(by, method, path, body).await;
                assert_eq!(seen.status, status, "{method} {path} by {by}: {}", seen.text());
            }
            assert_eq!(scene.make_organization("olga", "others").await, 409);
            assert_eq!(
                scene.make_module("olga", "wonder/one", ModuleVisibility::Public).await,
                409
            );
            assert_eq!(
                scene.make_module("walt", "wonder/new", ModuleVisibility::Public).await,
                403
            );
            assert_eq!(scene.push("rita", "wonder/one", "message A {}", &[]).await.status, 403);
            assert_eq!(
                scene.push("walt", "wonder/one", "import \"x.proto\";", &[]).await.status,
                400
            );
        });
        assert_eq!(summary(&entries.await), BTreeSet::new());
    });
}

/// An organization's administrators read what was changed of theirs, a person what was changed of the person's own, the
/// registry's administrators everything.
#[test]
fn each_reads_what_is_theirs() {
    run(async {
        let mut scene = scene().await;
        scene.make_module("olga", "wonder/one", ModuleVisibility::Private).await;
        scene.pushed("wonder/one", "message A {}", &[]).await;
        scene.make_robot("olga", "wonder-ci", "write").await;
        scene.new_token("robot", "olga", "wonder-ci", json!({})).await;
        scene.new_token("limited", "olga", "olga", json!({ "modules": ["wonder/one"] })).await;
        scene.make_module("otto", "others/one", ModuleVisibility::Private).await;
        let of_wonder = read(&scene, "anna", "owners/wonder/audit").await;
        assert_eq!(of_wonder, read(&scene, "olga", "owners/wonder/audit").await);
        assert_eq!(of_wonder, read(&scene, "admin", "owners/wonder/audit").await);
        let words = summary(&of_wonder);
        let tells = |start: &str| words.iter().any(|it| it.starts_with(start));
        for told in [
            "organization.create wonder",
            "member.set wonder role=admin user=anna",
            "module.create wonder/one",
            "push wonder/one",
            "robot.create wonder-ci",
            "token.create wonder-ci",
        ] {
            assert!(tells(told), "{told}: {words:?}");
        }
        assert!(!words.iter().any(|it| it.contains("others")), "{words:?}");
        let all = read(&scene, "admin", "audit").await;
        assert!(of_wonder.iter().all(|entry| all.contains(entry)) && all.len() > of_wonder.len());
        let own = summary(&read(&scene, "olga", "owners/olga/audit").await);
        let is_own = |it: &String| it.starts_with("token.create olga") || it == "user.create olga";
        assert!(own.iter().all(is_own) && own.contains("user.create olga"), "{own:?}");
        for (who, path, status) in [
            ("walt", "owners/wonder/audit", 403),
            ("rita", "owners/wonder/audit", 403),
            ("robot", "owners/wonder/audit", 403),
            ("limited", "owners/wonder/audit", 403),
            ("mallory", "owners/wonder/audit", 403),
            ("mallory", "owners/olga/audit", 403),
            ("robot", "owners/wonder-ci/audit", 403),
            ("olga", "owners/nobody/audit", 404),
            ("olga", "audit", 403),
            ("olga", "audit?after=x", 403),
            ("admin", "audit?after=x", 400),
            ("admin", "audit?before=", 400),
            ("admin", "audit?before=../x", 400),
            ("admin", "audit?before=a&before=b", 400),
        ] {
            assert_eq!(scene.get(who, path).await.status, status, "{path} by {who}");
        }
        // Neither the text of a token nor a description or file is written down.
        let text = scene.get("admin", "audit").await.text();
        for secret in scene.tokens.values().map(String::as_str).chain(["protoedge_", "message"]) {
            assert!(!text.contains(secret), "{secret}");
        }
    });
}

/// A page has a thousand entries, and the next one those before the last of them.
#[test]
fn the_audit_is_read_a_page_at_a_time() {
    run(async {
        let scene = scene().await;
        // An entry sorts by its moment.
        tokio::time::sleep(Duration::from_secs(1)).await;
        for _ in 0..1003 {
            scene.set_role("wonder", "rita", "read").await;
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        let mut all: Vec<Value> = Vec::new();
        let mut pages = Vec::new();
        loop {
            let path = match all.last() {
                Some(last) => {
                    format!("owners/wonder/audit?before={}", last["id"].as_str().unwrap())
                }
                None => "owners/wonder/audit".into(),
            };
            let page = read(&scene, "anna", &path).await;
            pages.push(page.len());
            if page.is_empty() {
                break;
            }
            all.extend(page);
        }
        assert_eq!(pages, [1000, all.len() - 1000, 0]);
        let ids: Vec<&str> = all.iter().map(|entry| entry["id"].as_str().unwrap()).collect();
        assert!(ids.is_sorted() && ids.iter().collect::<BTreeSet<_>>().len() == ids.len());
        assert_eq!(all.iter().filter(|it| it["details"]["user"] == "rita").count(), 1004);
    });
}
