//! Private modules: who reads them, and that they look like nothing to everyone else.

mod common;

use common::{ADMIN, Generator, UPLOAD, World, run, upload};
use prost::Message;
use protoedge_bufapi::proto::buf::registry::{
    module::v1::{
        CreateModulesRequest, GetCommitsRequest, GetLabelsRequest, GetModulesRequest, LabelRef,
        ListCommitsRequest, ListLabelsRequest, ModuleRef, ModuleVisibility, ResourceRef,
        UploadResponse, create_modules_request, label_ref, module_ref, resource_ref,
    },
    owner::v1::{CreateOrganizationsRequest, OwnerRef, create_organizations_request, owner_ref},
};
use std::time::Duration;

async fn create(world: &World, token: &str, name: &str, visibility: ModuleVisibility) {
    let value = create_modules_request::Value {
        owner_ref: Some(OwnerRef { value: Some(owner_ref::Value::Name("wonder".into())) }),
        name: name.into(),
        visibility: visibility.into(),
        default_label_name: "main".into(),
        ..Default::default()
    };
    let request = CreateModulesRequest { values: vec![value] };
    let path = "/buf.registry.module.v1.ModuleService/CreateModules";
    let seen = world.call_as(token, path, &request).await;
    assert_eq!(seen.status, 200, "{}", seen.text());
}

struct Scene {
    world: World,
    alice: String,
    mallory: String,
    /// The version of the private module's Go SDK, and of its npm package.
    go: String,
    npm: String,
}

/// Alice's organization with a private module, and a stranger.
async fn scene() -> Scene {
    let world = World::new(Generator::Makes(Duration::from_secs(1))).await;
    let (alice, mallory) = (world.token("alice").await, world.token("mallory").await);
    let value = create_organizations_request::Value { name: "wonder".into(), ..Default::default() };
    let request = CreateOrganizationsRequest { values: vec![value] };
    let path = "/buf.registry.owner.v1.OrganizationService/CreateOrganizations";
    assert_eq!(world.call_as(&alice, path, &request).await.status, 200);
    create(&world, &alice, "secret", ModuleVisibility::Private).await;
    let pushed =
        world.call_as(&alice, UPLOAD, &upload("wonder/secret", &[], "message S {}", &[])).await;
    assert_eq!(pushed.status, 200, "{}", pushed.text());
    let read = |url: &'static str| {
        let (world, bearer) = (world.clone(), format!("Bearer {alice}"));
        async move {
            let seen = world.follow_as(Some(&bearer), url).await.0;
            assert_eq!(seen.status, 200, "{url}: {}", seen.text());
            seen
        }
    };
    let latest =
        read("/gen/go/reg.example.com/gen/go/wonder/secret/protocolbuffers/go/@latest").await;
    let go = latest.json()["Version"].as_str().unwrap().to_owned();
    let packument = read("/gen/npm/v1/@protoedge%2Fwonder_secret.bufbuild_es").await;
    let npm = packument.json()["dist-tags"]["latest"].as_str().unwrap().to_owned();
    Scene { world, alice, mallory, go, npm }
}

/// What every client of the packages asks of a module; `{}` is its name.
fn urls(scene: &Scene) -> Vec<String> {
    let go = "/gen/go/reg.example.com/gen/go/wonder/{}/protocolbuffers/go";
    let npm = "/gen/npm/v1/@protoedge%2Fwonder_{}.bufbuild_es";
    let Scene { go: version, npm: package, .. } = scene;
    let mut urls = vec![
        format!("{go}/@v/list"),
        format!("{go}/@latest"),
        format!("{go}/@v/main.info"),
        npm.to_owned(),
        format!("{npm}/latest"),
        "/gen/npm/v1/-/package/@protoedge%2Fwonder_{}.bufbuild_es/dist-tags".into(),
        format!("{npm}/-/wonder_{{}}.bufbuild_es-{package}.tgz"),
    ];
    urls.extend([".info", ".mod", ".zip"].map(|end| format!("{go}/@v/{version}{end}")));
    urls
}

/// What the buf CLI asks of a module.
fn calls(module: &str) -> Vec<(&'static str, Vec<u8>)> {
    let (owner, module) = ("wonder".to_owned(), module.to_owned());
    let name = module_ref::Name { owner: owner.clone(), module: module.clone() };
    let module_ref = ModuleRef { value: Some(module_ref::Value::Name(name)) };
    let name = resource_ref::Name { owner: owner.clone(), module: module.clone(), child: None };
    let resource = ResourceRef { value: Some(resource_ref::Value::Name(name)) };
    let name = label_ref::Name { owner, module, label: "main".into() };
    let label = LabelRef { value: Some(label_ref::Value::Name(name)) };
    let modules = GetModulesRequest { module_refs: vec![module_ref] };
    let commits = GetCommitsRequest { resource_refs: vec![resource.clone()] };
    let list = ListCommitsRequest { resource_ref: Some(resource.clone()), ..Default::default() };
    let labels = ListLabelsRequest { resource_ref: Some(resource), ..Default::default() };
    let label = GetLabelsRequest { label_refs: vec![label] };
    vec![
        ("/buf.registry.module.v1.ModuleService/GetModules", modules.encode_to_vec()),
        ("/buf.registry.module.v1.CommitService/GetCommits", commits.encode_to_vec()),
        ("/buf.registry.module.v1.CommitService/ListCommits", list.encode_to_vec()),
        ("/buf.registry.module.v1.LabelService/ListLabels", labels.encode_to_vec()),
        ("/buf.registry.module.v1.LabelService/GetLabels", label.encode_to_vec()),
    ]
}

/// All that a caller sees of a reply, with the module's name taken out, and what it cost.
#[derive(Debug, PartialEq)]
struct Impression {
    status: u16,
    body: String,
    headers: Vec<Option<String>>,
    operations: u64,
}

const HEADERS: [&str; 6] =
    ["cache-control", "cache-status", "content-type", "etag", "www-authenticate", "retry-after"];

async fn impression(
    world: &World,
    module: &str,
    authorization: Option<&str>,
    (method, url, body): (&str, &str, Vec<u8>),
) -> Impression {
    let mut headers: Vec<(&str, &str)> =
        authorization.map(|value| ("authorization", value)).into_iter().collect();
    if method == "POST" {
        headers.push(("content-type", "application/proto"));
    }
    let before = world.bucket.operations();
    let seen = world.send(method, &url.replace("{}", module), &headers, body).await;
    Impression {
        status: seen.status,
        body: seen.text().replace(module, "{}"),
        headers: HEADERS.map(|name| seen.header(name).map(str::to_owned)).into(),
        operations: world.bucket.operations() - before,
    }
}

/// The private module and one that is missing, by every question, for a caller: cold and warm.
async fn looks_like_nothing(scene: &Scene, who: &str, authorization: Option<&str>, status: u16) {
    let get = urls(scene).into_iter().map(|url| ("GET", url, Vec::new(), Vec::new()));
    let calls = calls("secret").into_iter().zip(calls("absent"));
    let post = calls.map(|((url, of), (_, other))| ("POST", url.to_owned(), of, other));
    for (method, url, body, other) in get.chain(post).collect::<Vec<_>>() {
        // A machine of its own for each, so that neither remembers what the other asked.
        let (one, two) = (scene.world.elsewhere(), scene.world.elsewhere());
        for state in ["cold", "warm"] {
            let secret = impression(&one, "secret", authorization, (method, &url, body.clone()));
            let (secret, absent) = (
                secret.await,
                impression(&two, "absent", authorization, (method, &url, other.clone())).await,
            );
            assert_eq!(secret, absent, "{who}, {state}: {url}");
            assert_eq!(secret.status, status, "{who}, {state}: {url}: {}", secret.body);
        }
    }
}

#[test]
fn a_private_module_looks_like_one_that_is_missing() {
    run(async {
        let scene = scene().await;
        let mallory = format!("Bearer {}", scene.mallory);
        looks_like_nothing(&scene, "nobody", None, 404).await;
        looks_like_nothing(&scene, "a stranger", Some(&mallory), 404).await;
        looks_like_nothing(&scene, "a wrong token", Some("Bearer wrong"), 401).await;
        looks_like_nothing(&scene, "no token at all", Some("Digest x"), 401).await;
        // A push of a stranger's, too.
        let push = |module: &'static str| {
            let request = upload(&format!("wonder/{module}"), &[], "message X {}", &[]);
            impression(
                &scene.world,
                module,
                Some(&mallory),
                ("POST", UPLOAD, request.encode_to_vec()),
            )
        };
        // The token is remembered from here on.
        push("other").await;
        let (secret, absent) = (push("secret").await, push("absent").await);
        assert_eq!(secret, absent);
        assert_eq!(secret.status, 404, "{}", secret.body);
    });
}

#[test]
fn members_and_administrators_read_it_and_no_cache_keeps_it() {
    run(async {
        let scene = scene().await;
        for (who, token) in [("a member", &scene.alice), ("an administrator", &ADMIN.to_owned())] {
            let bearer = format!("Bearer {token}");
            for url in urls(&scene) {
                let seen =
                    scene.world.follow_as(Some(&bearer), &url.replace("{}", "secret")).await.0;
                assert_eq!(seen.status, 200, "{who}: {url}: {}", seen.text());
                assert_eq!(seen.header("cache-control"), Some("private, no-store"), "{who}: {url}");
            }
            for (path, body) in calls("secret") {
                let headers =
                    [("authorization", bearer.as_str()), ("content-type", "application/proto")];
                let seen = scene.world.send("POST", path, &headers, body).await;
                assert_eq!(seen.status, 200, "{who}: {path}: {}", seen.text());
            }
        }
    });
}

#[test]
fn reading_what_is_public_ignores_credentials() {
    run(async {
        let world = World::new(Generator::Makes(Duration::from_secs(1))).await;
        world.push("acme/units", &[], "message Unit {}", &[]).await;
        let url = "/gen/go/reg.example.com/gen/go/acme/units/protocolbuffers/go/@latest";
        let plain = world.get(url).await;
        assert_eq!(plain.status, 200);
        let operations = world.bucket.operations();
        world.get(url).await;
        let cost = world.bucket.operations() - operations;
        for credentials in
            ["Bearer wrong", "Basic dXNlcjpzdGFsZQ==", "Digest x", "Bearer admintoken"]
        {
            let operations = world.bucket.operations();
            let seen = world.send("GET", url, &[("authorization", credentials)], Vec::new()).await;
            assert_eq!((seen.status, &seen.body), (200, &plain.body), "{credentials}");
            assert_eq!(seen.header("cache-control"), plain.header("cache-control"));
            assert_eq!(world.bucket.operations() - operations, cost, "{credentials}");
        }
    });
}

#[test]
fn a_public_module_cannot_depend_on_a_private_one() {
    run(async {
        let Scene { world, alice, .. } = scene().await;
        create(&world, &alice, "base", ModuleVisibility::Private).await;
        create(&world, &alice, "open", ModuleVisibility::Public).await;
        create(&world, &alice, "closed", ModuleVisibility::Private).await;
        let pushed =
            world.call_as(&alice, UPLOAD, &upload("wonder/base", &[], "message B {}", &[])).await;
        let base = UploadResponse::decode(pushed.body.as_slice()).unwrap().commits[0].id.clone();
        let text = "import \"base.proto\";\nmessage M { B b = 1; }";
        let push = |module: &'static str| {
            let (world, alice, base) = (world.clone(), alice.clone(), base.clone());
            async move { world.call_as(&alice, UPLOAD, &upload(module, &[], text, &[base])).await }
        };
        let refused = push("wonder/open").await;
        assert_eq!(refused.status, 400, "{}", refused.text());
        let words =
            "module wonder/open is public and cannot depend on wonder/base, which is private";
        assert!(refused.text().contains(words), "{}", refused.text());
        let taken = push("wonder/closed").await;
        assert_eq!(taken.status, 200, "{}", taken.text());
        // In one push, too: only the public module that uses it is refused.
        let mut both = upload("wonder/base", &[], "message B { int32 a = 1; }", &[]);
        both.contents.extend(upload("wonder/open", &[], text, &[]).contents);
        let refused = world.call_as(&alice, UPLOAD, &both).await;
        assert!(refused.text().contains(words), "{}", refused.text());
        let mut both = upload("wonder/base", &[], "message B { int32 a = 1; }", &[]);
        both.contents.extend(upload("wonder/open", &[], "message O {}", &[]).contents);
        let taken = world.call_as(&alice, UPLOAD, &both).await;
        assert_eq!(taken.status, 200, "{}", taken.text());
    });
}
