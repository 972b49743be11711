//! Who gets what: every route of the router for every kind of caller, on a public module, a private one and one that is
//! missing. To those who may not read it, the private one is the missing one.

mod common;

use common::{ADMIN, Generator, World, run, upload};
use prost::Message;
use protoedge_bufapi::{
    connect::Rpc,
    proto::buf::{
        alpha::registry::v1alpha1 as alpha,
        registry::{
            module::v1::{
                self, ModuleVisibility, create_modules_request, create_or_update_labels_request,
                download_request, label_ref, module_ref, resource_ref, update_modules_request,
            },
            module::v1beta1,
            owner::v1::{
                self as owner, create_organizations_request, organization_ref, owner_ref,
                update_organizations_request,
            },
        },
    },
};
use protoedge_edge::{Endpoint, JobCall, ModulePage, OAuthCall, Page, RegistryPage, Route};
use protoedge_gomod::ProxyRequest;
use protoedge_npm::RegistryRequest;
use protoedge_pypi::IndexRequest;
#[cfg(feature = "test-ecosystem")]
use protoedge_sdk::TestRequest;
use protoedge_storage::Snapshot;
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

/// Who asks. All but the administrators' token are tokens of persons and robots.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
enum Who {
    Nobody,
    WrongToken,
    Expired,
    Revoked,
    Disabled,
    Stranger,
    /// A robot that administers another organization.
    ForeignRobot,
    /// An owner's token that is good for another module alone.
    OtherModule,
    CollaboratorWhoReads,
    CollaboratorWhoWrites,
    Reader,
    /// An owner's token of scope read.
    ReadScope,
    Writer,
    Admin,
    Owner,
    Administrator,
}

impl Who {
    const ALL: [Self; 16] = [
        Self::Nobody,
        Self::WrongToken,
        Self::Expired,
        Self::Revoked,
        Self::Disabled,
        Self::Stranger,
        Self::ForeignRobot,
        Self::OtherModule,
        Self::CollaboratorWhoReads,
        Self::CollaboratorWhoWrites,
        Self::Reader,
        Self::ReadScope,
        Self::Writer,
        Self::Admin,
        Self::Owner,
        Self::Administrator,
    ];

    /// What the caller is to the modules and to their organization, and whether it may make another one.
    fn standings(self) -> (Standing, Standing, bool) {
        use Standing as To;
        match self {
            Self::Nobody => (To::Nobody, To::Nobody, false),
            Self::WrongToken | Self::Expired | Self::Revoked | Self::Disabled => {
                (To::Refused, To::Refused, false)
            }
            Self::Stranger => (To::Stranger, To::Stranger, true),
            Self::ForeignRobot | Self::OtherModule => (To::Stranger, To::Stranger, false),
            Self::CollaboratorWhoReads => (To::Read, To::Stranger, true),
            Self::CollaboratorWhoWrites => (To::Write, To::Stranger, true),
            Self::Reader => (To::Read, To::Read, true),
            Self::ReadScope => (To::Read, To::Read, false),
            Self::Writer => (To::Write, To::Write, true),
            Self::Admin => (To::Admin, To::Admin, true),
            Self::Owner => (To::Owner, To::Owner, true),
            Self::Administrator => (To::Administrator, To::Administrator, true),
        }
    }
}

/// What a caller is to a module or an organization: each may do what those before it may.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
enum Standing {
    /// Shows nothing.
    Nobody,
    /// Shows what is no token, or no longer.
    Refused,
    Stranger,
    Read,
    Write,
    Admin,
    Owner,
    Administrator,
}

/// What is asked of. The names are as long as each other, so that lengths can be compared.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Of {
    Public,
    Private,
    Missing,
}

impl Of {
    const ALL: [Self; 3] = [Self::Public, Self::Private, Self::Missing];

    fn name(self) -> &'static str {
        match self {
            Self::Public => "opened",
            Self::Private => "secret",
            Self::Missing => "absent",
        }
    }

    /// Whether a known caller may read it.
    fn is_seen(self, standing: Standing) -> bool {
        match self {
            Self::Public => standing >= Standing::Stranger,
            Self::Private => standing >= Standing::Read,
            Self::Missing => false,
        }
    }
}

/// Who may do what a row asks.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Rule {
    /// Whoever may read the module; credentials decide where it is not public. A client of packages.
    Reads,
    /// The same, a call of the buf CLI.
    ReadsByCall,
    /// Whoever shows a token and stands so in the module.
    InModule(Standing),
    /// Whoever shows a token and stands so in the organization.
    InOrganization(Standing),
    /// Whoever administers the organization, if the module is not there.
    MakesModule,
    /// A person with a token that is good for everything.
    MakesOrganization,
    /// Whoever shows a token.
    Known,
    /// An administrator, and nobody else who is known.
    Administers,
    /// The administrators' token alone: here all others are none.
    AdminToken,
    /// A job's token alone.
    JobToken,
    /// Everybody hears the same.
    Everybody,
    /// A page of a module: whoever may read it; who shows nothing is led to the sign-in where the registry requires one.
    Page,
    /// The same of a page that is of no module: it shows what everybody may see.
    OpenPage,
    /// The same of a call of the buf CLI: whoever shows a token, where the registry requires one.
    EverybodyByCall,
    /// The same, but for those who show a token that is none.
    AnybodyByCall,
}

/// What is asked.
struct Row<'a> {
    method: &'static str,
    /// `{}` is the name of the module, `{go}` and `{npm}` are its versions.
    url: String,
    body: Box<dyn Fn(Of) -> Vec<u8> + 'a>,
    rule: Rule,
    /// The status for those who may.
    done: u16,
}

impl Row<'_> {
    /// The status for a caller: what each role may do.
    fn expected(&self, who: Who, of: Of, requires_sign_in: bool) -> u16 {
        let (in_module, in_organization, may_found) = who.standings();
        let is_known = in_module > Standing::Refused;
        let granted = |may: bool| if may { self.done } else { 403 };
        match self.rule {
            Rule::Everybody => self.done,
            Rule::JobToken => 401,
            Rule::AdminToken if in_module < Standing::Administrator => 401,
            Rule::AdminToken if of == Of::Missing => 404,
            Rule::AdminToken => self.done,
            Rule::Page | Rule::OpenPage if who == Who::Nobody && requires_sign_in => 303,
            Rule::Page if of == Of::Public && !requires_sign_in => self.done,
            Rule::Page if who == Who::Nobody => 404,
            Rule::OpenPage if is_known || !requires_sign_in => self.done,
            Rule::EverybodyByCall if is_known || !requires_sign_in => self.done,
            Rule::AnybodyByCall if who == Who::Nobody && !requires_sign_in => self.done,
            Rule::Reads | Rule::ReadsByCall if of == Of::Public && !requires_sign_in => self.done,
            Rule::Reads if in_module == Standing::Nobody => 404,
            Rule::ReadsByCall if in_module == Standing::Nobody && !requires_sign_in => 404,
            _ if !is_known => 401,
            Rule::EverybodyByCall | Rule::AnybodyByCall | Rule::Known => self.done,
            Rule::Administers => granted(in_module == Standing::Administrator),
            Rule::MakesOrganization => granted(may_found),
            Rule::InOrganization(least) => granted(in_organization >= least),
            Rule::MakesModule if in_organization < Standing::Admin => 403,
            Rule::MakesModule if of == Of::Missing => self.done,
            Rule::MakesModule => 409,
            Rule::Reads | Rule::ReadsByCall | Rule::Page | Rule::InModule(_)
                if !of.is_seen(in_module) =>
            {
                404
            }
            Rule::Reads | Rule::ReadsByCall | Rule::Page | Rule::OpenPage => self.done,
            Rule::InModule(least) => granted(in_module >= least),
        }
    }

    /// What it can be asked of.
    fn all_of(&self) -> &'static [Of] {
        let is_of_module =
            self.url.contains("{}") || (self.body)(Of::Public) != (self.body)(Of::Private);
        if is_of_module { &Of::ALL } else { &Of::ALL[..1] }
    }
}

/// The names of the routes of [`Route`], from the one list that the compiler holds complete.
macro_rules! kinds {
    ($($(#[$meta:meta])* $pattern:pat => $name:literal,)*) => {
        const KINDS: &[&str] = &[$($(#[$meta])* $name),*];

        fn kind(route: &Route) -> &'static str {
            match route {
                $($(#[$meta])* $pattern => $name,)*
            }
        }
    };
}

kinds! {
    Route::Go(ProxyRequest::List { .. }) => "go list",
    Route::Go(ProxyRequest::Latest { .. }) => "go latest",
    Route::Go(ProxyRequest::Info { .. }) => "go info",
    Route::Go(ProxyRequest::Mod { .. }) => "go mod",
    Route::Go(ProxyRequest::Zip { .. }) => "go zip",
    Route::GoGet(_) => "go get",
    Route::GoForeign => "go foreign",
    Route::GoHome => "go home",
    Route::Npm(RegistryRequest::Ping) => "npm ping",
    Route::Npm(RegistryRequest::Whoami) => "npm whoami",
    Route::Npm(RegistryRequest::Packument { .. }) => "npm packument",
    Route::Npm(RegistryRequest::Version { .. }) => "npm version",
    Route::Npm(RegistryRequest::Tarball { .. }) => "npm tarball",
    Route::Npm(RegistryRequest::Tags { .. }) => "npm tags",
    Route::Npm(RegistryRequest::Tag { .. }) => "npm tag",
    Route::NpmHome => "npm home",
    Route::NpmForeign => "npm foreign",
    Route::Python(IndexRequest::Projects) => "python projects",
    Route::Python(IndexRequest::Project { .. }) => "python project",
    Route::Python(IndexRequest::Wheel { .. }) => "python wheel",
    Route::Python(IndexRequest::Metadata { .. }) => "python metadata",
    Route::PythonForeign => "python foreign",
    Route::Archive(_) => "archive",
    Route::ArchiveForeign => "archive foreign",
    #[cfg(feature = "test-ecosystem")]
    Route::Test(Some(TestRequest::Index { .. })) => "test index",
    #[cfg(feature = "test-ecosystem")]
    Route::Test(Some(TestRequest::File { .. })) => "test file",
    #[cfg(feature = "test-ecosystem")]
    Route::Test(None) => "test foreign",
    Route::Rpc(_) => "rpc",
    Route::UnknownRpc => "unknown rpc",
    Route::Job { call: JobCall::Sources(_), .. } => "job sources",
    Route::Job { call: JobCall::Dep(_), .. } => "job dep",
    Route::Job { call: JobCall::Alive, .. } => "job alive",
    Route::Job { call: JobCall::Failure, .. } => "job failure",
    Route::Job { call: JobCall::Contents, .. } => "job contents",
    Route::Job { call: JobCall::Artifact(_), .. } => "job artifact",
    Route::OAuth(OAuthCall::Registration) => "device registration",
    Route::OAuth(OAuthCall::Authorization) => "device authorization",
    Route::OAuth(OAuthCall::DeviceToken) => "device token",
    Route::OAuth(OAuthCall::Token) => "token exchange",
    Route::OAuthForeign => "oauth foreign",
    Route::Page(_) => "page",
    Route::Api(_) => "api",
    Route::Tokens => "tokens",
    Route::Catalogue => "catalogue",
    Route::Attempts => "attempts",
    Route::Purges => "purges",
    Route::Takedowns => "takedowns",
    Route::Mirrors => "mirrors",
    Route::MoveIns => "move-ins",
    Route::Renovate => "renovate",
    Route::RegistryPage(RegistryPage::Home) => "home",
    Route::RegistryPage(RegistryPage::Search) => "search",
    Route::RegistryPage(RegistryPage::Owner(_)) => "owner page",
    Route::RegistryPage(RegistryPage::Plugins) => "plugins page",
    Route::RegistryPage(RegistryPage::Plugin(_)) => "plugin page",
    Route::RegistryPage(RegistryPage::Guide(_)) => "guide page",
    Route::RegistryPage(RegistryPage::Robots) => "robots page",
    Route::RegistryPage(RegistryPage::Moved(_)) => "moved page",
    Route::RegistryPage(RegistryPage::Module(_, ModulePage::OfDefault(_))) => "default page",
    Route::RegistryPage(RegistryPage::Module(_, ModulePage::Readme)) => "readme page",
    Route::RegistryPage(RegistryPage::Module(_, ModulePage::ChooseSdk)) => "choose page",
    Route::RegistryPage(RegistryPage::Module(_, ModulePage::Sdk(..))) => "sdk page",
    Route::RegistryPage(RegistryPage::Module(_, ModulePage::Tree(_))) => "tree page",
    Route::RegistryPage(RegistryPage::Module(_, ModulePage::File(..))) => "file page",
    Route::RegistryPage(RegistryPage::Module(_, ModulePage::Raw(..))) => "raw page",
    Route::RegistryPage(RegistryPage::Module(_, ModulePage::Definition(..))) => "definition page",
    Route::RegistryPage(RegistryPage::Module(_, ModulePage::Commits(_))) => "commits page",
    Route::RegistryPage(RegistryPage::Module(_, ModulePage::Commit(_))) => "commit page",
    Route::RegistryPage(RegistryPage::Module(_, ModulePage::Labels)) => "labels page",
    Route::RegistryPage(RegistryPage::Module(_, ModulePage::Dependencies(_))) => "dependencies page",
    Route::Foreign => "foreign",
}

/// A registry with the organization `wonder` and everybody of [`Who`].
struct Scene {
    world: World,
    then: Snapshot,
    tokens: BTreeMap<Who, String>,
    /// The id of the token of a person who does not ask.
    other_token: String,
    /// The commits and versions of the public and the private module.
    made: [Made; 2],
}

struct Made {
    commit: String,
    go: String,
    npm: String,
    python: String,
    archive: String,
    webhook: String,
}

impl Scene {
    /// Of a module that is missing the private one's is asked.
    fn made(&self, of: Of) -> &Made {
        match of {
            Of::Public => &self.made[0],
            Of::Private | Of::Missing => &self.made[1],
        }
    }
}

async fn scene() -> Scene {
    let world = World::new(Generator::Makes(Duration::from_secs(1))).await;
    let olga = world.token("olga").await;
    make_organization(&world, &olga, "wonder").await;
    let made = [
        make_module(&world, &olga, Of::Public).await,
        make_module(&world, &olga, Of::Private).await,
    ];
    let mut tokens = members(&world, &olga).await;
    tokens.extend(limited(&world, &olga).await);
    tokens.extend([(Who::ForeignRobot, robots(&world, &olga).await), (Who::Owner, olga)]);
    let victor = world.token("victor").await;
    let other_token = world.api(&victor, "GET", "user", Value::Null).await.json();
    // Nothing is generated from here on, and what has expired is over everywhere.
    world.set_generator(Generator::Away);
    tokio::time::sleep(Duration::from_secs(120)).await;
    let other_token = other_token["token"].as_str().unwrap().to_owned();
    Scene { then: world.bucket.snapshot(), world, tokens, other_token, made }
}

async fn done(world: &World, token: &str, (method, path): (&str, &str), body: Value) -> Value {
    let seen = world.api(token, method, path, body).await;
    assert!(seen.status < 300, "{method} {path}: {}", seen.text());
    if seen.body.is_empty() { Value::Null } else { seen.json() }
}

async fn make_organization(world: &World, token: &str, name: &str) {
    let path = Rpc::CreateOrganizations.path();
    assert_eq!(world.call_as(token, path, &organization(name)).await.status, 200);
}

/// A module of which everything is made that clients ask for here.
async fn make_module(world: &World, token: &str, of: Of) -> Made {
    let path = Rpc::CreateModules.path();
    assert_eq!(world.call_as(token, path, &new_module(of)).await.status, 200);
    let name = format!("wonder/{}", of.name());
    let commit = world.push(&name, &["main", "feature"], "message M {}", &[]).await;
    let bearer = format!("Bearer {token}");
    let read = async |url: &str| {
        let seen = world.follow_as(Some(&bearer), &url.replace("{}", of.name())).await.0;
        assert_eq!(seen.status, 200, "{url}: {}", seen.text());
        seen
    };
    let go = read(&format!("{GO}/@latest")).await.json()["Version"].as_str().unwrap().to_owned();
    read(&format!("{GO}/@v/{go}.zip")).await;
    let npm = read(NPM).await.json()["dist-tags"]["latest"].as_str().unwrap().to_owned();
    let page = read(PYTHON).await.text();
    let python = page.rsplit("protocolbuffers_python-").next().unwrap();
    let python = python.split("-py3").next().unwrap().to_owned();
    let archive = format!("{ARCHIVE}/v1.36.0-{}.1", &commit[..12]);
    read(&format!("{archive}.zip")).await;
    let archive = archive.rsplit('/').next().unwrap().to_owned();
    let path = format!("modules/{name}/webhooks");
    let body = json!({ "url": "https://hooks.wonder.io/" });
    let made = done(world, token, ("POST", &path), body).await;
    let webhook = made["id"].as_str().unwrap().to_owned();
    Made { commit, go, npm, python, archive, webhook }
}

/// A token for each who has a role in the organization or in its modules, for a stranger, and for an owner who is disabled.
async fn members(world: &World, olga: &str) -> BTreeMap<Who, String> {
    let mut tokens = BTreeMap::new();
    for (who, name) in [
        (Who::Stranger, "mallory"),
        (Who::CollaboratorWhoReads, "carl"),
        (Who::CollaboratorWhoWrites, "cora"),
        (Who::Reader, "rita"),
        (Who::Writer, "walt"),
        (Who::Admin, "anna"),
        (Who::Disabled, "dora"),
    ] {
        tokens.insert(who, world.token(name).await);
    }
    // Those of whom rows speak.
    for name in ["mia", "cleo"] {
        world.token(name).await;
    }
    for (name, role) in
        [("rita", "read"), ("walt", "write"), ("anna", "admin"), ("dora", "owner"), ("mia", "read")]
    {
        let path = format!("organizations/wonder/members/{name}");
        done(world, olga, ("PUT", &path), json!({ "role": role })).await;
    }
    for module in [Of::Public, Of::Private] {
        for (name, role) in [("carl", "read"), ("cora", "write"), ("cleo", "read")] {
            let path = format!("modules/wonder/{}/collaborators/{name}", module.name());
            done(world, olga, ("PUT", &path), json!({ "role": role })).await;
        }
    }
    done(world, ADMIN, ("PATCH", "users/dora"), json!({ "disabled": true })).await;
    tokens.insert(Who::WrongToken, "wrong".into());
    tokens.insert(Who::Administrator, ADMIN.into());
    tokens
}

/// Tokens of the owner's that are good for less than the owner may do.
async fn limited(world: &World, olga: &str) -> Vec<(Who, String)> {
    let mut tokens = Vec::new();
    let later = "2026-12-01T00:00:00Z";
    for (who, scope, modules, expires) in [
        (Who::Expired, "admin", Value::Null, "2026-01-01T00:01:00Z"),
        (Who::Revoked, "admin", Value::Null, later),
        (Who::OtherModule, "admin", json!(["wonder/another"]), later),
        (Who::ReadScope, "read", Value::Null, later),
    ] {
        let body =
            json!({ "name": "test", "scope": scope, "modules": modules, "expires": expires });
        let made = done(world, olga, ("POST", "users/olga/tokens"), body).await;
        if who == Who::Revoked {
            let path = format!("users/olga/tokens/{}", made["id"].as_str().unwrap());
            done(world, olga, ("DELETE", &path), Value::Null).await;
        }
        tokens.push((who, made["token"].as_str().unwrap().to_owned()));
    }
    tokens
}

/// A robot of the organization, and a token of another organization's.
async fn robots(world: &World, olga: &str) -> String {
    let robot = json!({ "name": "wonder-ci", "role": "write" });
    done(world, olga, ("POST", "organizations/wonder/robots"), robot).await;
    let otto = world.token("otto").await;
    make_organization(world, &otto, "others").await;
    let robot = json!({ "name": "others-ci", "role": "admin" });
    done(world, &otto, ("POST", "organizations/others/robots"), robot).await;
    let made = done(world, &otto, ("POST", "users/others-ci/tokens"), new_token()).await;
    made["token"].as_str().unwrap().to_owned()
}

const GO: &str = "/gen/go/reg.example.com/gen/go/wonder/{}/protocolbuffers/go";
const WHEEL: &str = "wonder_{}_protocolbuffers_python-{python}-py3-none-any.whl";
const ARCHIVE: &str = "/gen/archive/wonder/{}/protocolbuffers/go";
const PYTHON: &str = "/gen/python/wonder-{}-protocolbuffers-python/";
const NPM: &str = "/gen/npm/v1/@protoedge%2Fwonder_{}.bufbuild_es";

fn new_token() -> Value {
    json!({ "name": "test", "scope": "admin", "expires": "2026-12-01T00:00:00Z" })
}

fn organization(name: &str) -> owner::CreateOrganizationsRequest {
    let value = create_organizations_request::Value { name: name.into(), ..Default::default() };
    owner::CreateOrganizationsRequest { values: vec![value] }
}

fn new_module(of: Of) -> v1::CreateModulesRequest {
    let visibility = match of {
        Of::Public => ModuleVisibility::Public,
        Of::Private | Of::Missing => ModuleVisibility::Private,
    };
    let value = create_modules_request::Value {
        owner_ref: Some(wonder()),
        name: of.name().into(),
        visibility: visibility.into(),
        default_label_name: "main".into(),
        ..Default::default()
    };
    v1::CreateModulesRequest { values: vec![value] }
}

fn wonder() -> owner::OwnerRef {
    owner::OwnerRef { value: Some(owner_ref::Value::Name("wonder".into())) }
}

fn module_ref(of: Of) -> v1::ModuleRef {
    let name = module_ref::Name { owner: "wonder".into(), module: of.name().into() };
    v1::ModuleRef { value: Some(module_ref::Value::Name(name)) }
}

fn resource_ref(of: Of) -> v1::ResourceRef {
    let (owner, module) = ("wonder".into(), of.name().into());
    let name = resource_ref::Name { owner, module, child: None };
    v1::ResourceRef { value: Some(resource_ref::Value::Name(name)) }
}

fn beta_ref(of: Of) -> v1beta1::ResourceRef {
    v1beta1::ResourceRef::decode(resource_ref(of).encode_to_vec().as_slice()).unwrap()
}

fn label_ref(of: Of, label: &str) -> v1::LabelRef {
    let (owner, module) = ("wonder".into(), of.name().into());
    let name = label_ref::Name { owner, module, label: label.into() };
    v1::LabelRef { value: Some(label_ref::Value::Name(name)) }
}

fn plugin(name: &str) -> alpha::GetRemotePackageVersionPlugin {
    let (owner, name) = name.split_once('/').unwrap();
    alpha::GetRemotePackageVersionPlugin {
        owner: owner.into(),
        name: name.into(),
        ..Default::default()
    }
}

fn sdk_module(of: Of) -> alpha::LocalModuleReference {
    let (owner, repository) = ("wonder".into(), of.name().into());
    alpha::LocalModuleReference { owner, repository, reference: String::new() }
}

/// What clients of packages ask, by GET and by HEAD.
fn packages() -> Vec<Row<'static>> {
    let rows = [
        (format!("{GO}/@v/list"), Rule::Reads, 200),
        (format!("{GO}/@latest"), Rule::Reads, 200),
        (format!("{GO}/@v/main.info"), Rule::Reads, 200),
        (format!("{GO}/@v/{{go}}.info"), Rule::Reads, 200),
        (format!("{GO}/@v/{{go}}.mod"), Rule::Reads, 200),
        (format!("{GO}/@v/{{go}}.zip"), Rule::Reads, 200),
        ("/gen/go/wonder/{}/protocolbuffers/go?go-get=1".into(), Rule::Everybody, 200),
        ("/gen/go/wonder/{}".into(), Rule::Everybody, 404),
        ("/gen/go/".into(), Rule::Everybody, 200),
        ("/gen/npm/v1/-/ping".into(), Rule::Everybody, 200),
        ("/gen/npm/v1/-/whoami".into(), Rule::Known, 200),
        (NPM.into(), Rule::Reads, 200),
        (format!("{NPM}/latest"), Rule::Reads, 200),
        (format!("{NPM}/{{npm}}"), Rule::Reads, 200),
        (format!("{NPM}/-/wonder_{{}}.bufbuild_es-{{npm}}.tgz"), Rule::Reads, 200),
        (
            "/gen/npm/v1/-/package/@protoedge%2Fwonder_{}.bufbuild_es/dist-tags".into(),
            Rule::Reads,
            200,
        ),
        ("/gen/npm/v1/".into(), Rule::Everybody, 200),
        ("/gen/npm/v1/{}".into(), Rule::Everybody, 404),
        ("/gen/python/simple/".into(), Rule::Everybody, 200),
        (PYTHON.into(), Rule::Reads, 200),
        (format!("{PYTHON}{WHEEL}"), Rule::Reads, 200),
        (format!("{PYTHON}{WHEEL}.metadata"), Rule::Reads, 200),
        ("/gen/python/{}/x.tar.gz".into(), Rule::Everybody, 404),
        (format!("{ARCHIVE}/latest.tar.gz"), Rule::Reads, 302),
        (format!("{ARCHIVE}/main.zip"), Rule::Reads, 302),
        (format!("{ARCHIVE}/{{archive}}.tar.gz"), Rule::Reads, 200),
        (format!("{ARCHIVE}/{{archive}}.zip"), Rule::Reads, 200),
        ("/gen/archive/wonder/{}".into(), Rule::Everybody, 404),
        #[cfg(feature = "test-ecosystem")]
        ("/gen/test/wonder.{}.a1.base/index.json".into(), Rule::Everybody, 404),
        #[cfg(feature = "test-ecosystem")]
        ("/gen/test/wonder.{}.a1.base/1/one".into(), Rule::Everybody, 404),
        #[cfg(feature = "test-ecosystem")]
        ("/gen/test/{}".into(), Rule::Everybody, 404),
        ("/-/renovate.json".into(), Rule::Everybody, 200),
        ("/x".into(), Rule::Everybody, 404),
    ];
    let both = |(url, rule, done): (String, Rule, u16)| {
        let heads = !matches!(rule, Rule::Everybody) || done == 200;
        let methods: &[&'static str] = if heads { &["GET", "HEAD"] } else { &["GET"] };
        methods
            .iter()
            .map(move |method| row(method, url.clone(), rule, done, |_| Vec::new()))
            .collect::<Vec<_>>()
    };
    rows.into_iter().flat_map(both).collect()
}

fn row<'a>(
    method: &'static str,
    url: impl Into<String>,
    rule: Rule,
    done: u16,
    body: impl Fn(Of) -> Vec<u8> + 'a,
) -> Row<'a> {
    Row { method, url: url.into(), body: Box::new(body), rule, done }
}

/// Pages about what is in the registry.
fn registry_pages() -> Vec<Row<'static>> {
    let of_module = [
        ("", 200),
        ("/sdks", 303),
        ("/sdks/main", 200),
        ("/sdks/main:protocolbuffers/go", 200),
        ("/sdks/main:bufbuild/es?format=json", 200),
        ("/sdks/main:nobody/nothing", 404),
        ("/tree", 303),
        ("/commits", 303),
        ("/deps", 303),
        ("/tree/main", 200),
        ("/tree/nowhere", 404),
        ("/file/main:{{}}.proto", 200),
        ("/raw/main:{{}}.proto", 200),
        ("/definition/main:{{}}.proto?type=x.Y", 404),
        ("/commits/main", 200),
        ("/commit/{commit}", 200),
        ("/labels", 200),
        ("/deps/main", 200),
    ];
    let of_module = of_module.map(|(path, done)| {
        (format!("/wonder/{{}}{}", path.replace("{{}}", "{}")), Rule::Page, done)
    });
    let open = [
        ("/", 200),
        ("/-/search?q=wonder", 200),
        ("/-/search?q=opened", 200),
        ("/wonder", 200),
        ("/wonder/", 303),
        ("/nobody", 404),
        ("/-/plugins", 200),
        ("/-/plugins/protocolbuffers/go", 200),
        ("/-/guide", 200),
        ("/robots.txt", 200),
        ("/-/guide/go?format=json", 200),
    ];
    let open = open.map(|(path, done)| (path.to_owned(), Rule::OpenPage, done));
    let read = |(url, rule, done): (String, Rule, u16)| {
        ["GET", "HEAD"].map(|method| row(method, url.clone(), rule, done, |_| Vec::new()))
    };
    let forms = ["protocolbuffers/go", "bufbuild/es"].map(|plugin| {
        let url = format!("/wonder/{{}}/sdks/main:{plugin}");
        row("POST", url, Rule::Everybody, 403, |_| Vec::new())
    });
    of_module.into_iter().chain(open).flat_map(read).chain(forms).collect()
}

/// What generators, administrators and others ask.
fn others(scene: &Scene) -> Vec<Row<'_>> {
    let json = |value: Value| move |_: Of| value.to_string().into_bytes();
    let token = json!({ "user": "bob", "expires": "2026-12-01T00:00:00Z" });
    let attempt = |of: Of| {
        json!({
            "ecosystem": "go", "module": format!("wonder/{}", of.name()),
            "plugin": "protocolbuffers/go", "version": scene.made(of).go,
        })
        .to_string()
        .into_bytes()
    };
    let named = |of: Of| json!({ "module": format!("wonder/{}", of.name()) });
    let takedown = move |of: Of| {
        let mut takedown = named(of);
        takedown["reason"] = "a secret".into();
        takedown.to_string().into_bytes()
    };
    let release = move |of: Of| named(of).to_string().into_bytes();
    let mirrored = json!({ "module": "buf.build/wonder/public" });
    let moved_in = json!({ "owner": "buf.build/wonder" });
    let tag = "/gen/npm/v1/-/package/@protoedge%2Fwonder_{}.bufbuild_es/dist-tags/latest";
    vec![
        row("PUT", tag, Rule::Everybody, 405, json(json!("1.0.0"))),
        row("POST", "/buf.wonder.v1.WonderService/Ask", Rule::Everybody, 400, |_| Vec::new()),
        row("GET", "/-/jobs/j1/sources/0", Rule::JobToken, 200, |_| Vec::new()),
        row("GET", "/-/jobs/j1/deps/0", Rule::JobToken, 200, |_| Vec::new()),
        row("POST", "/-/jobs/j1/alive", Rule::JobToken, 200, |_| Vec::new()),
        row("POST", "/-/jobs/j1/failure", Rule::JobToken, 200, json(json!({}))),
        row("PUT", "/-/jobs/j1/contents", Rule::JobToken, 200, json(json!({}))),
        row("PUT", "/-/jobs/j1/artifact/module.zip", Rule::JobToken, 200, |_| vec![1]),
        // Each wants something in its body, whoever asks.
        row("POST", "/oauth2/device/registration", Rule::Everybody, 400, |_| Vec::new()),
        row("POST", "/oauth2/device/authorization", Rule::Everybody, 400, |_| Vec::new()),
        row("POST", "/oauth2/device/token", Rule::Everybody, 400, |_| Vec::new()),
        row("POST", "/oauth2/token", Rule::Everybody, 400, |_| Vec::new()),
        row("POST", "/oauth2/other", Rule::Everybody, 404, |_| Vec::new()),
        row("POST", "/-/admin/tokens", Rule::AdminToken, 201, json(token)),
        row(
            "PUT",
            "/-/admin/catalogue",
            Rule::AdminToken,
            200,
            json(json!({ "generator": "1", "entries": [] })),
        ),
        row("POST", "/-/admin/attempts", Rule::AdminToken, 200, attempt),
        row("POST", "/-/admin/purges", Rule::AdminToken, 200, json(json!({ "everything": true }))),
        row("GET", "/-/admin/takedowns", Rule::AdminToken, 200, |_| Vec::new()),
        row("POST", "/-/admin/takedowns", Rule::AdminToken, 200, takedown),
        row("GET", "/-/admin/mirrors", Rule::AdminToken, 200, |_| Vec::new()),
        // No other registry is named.
        row("PUT", "/-/admin/mirrors", Rule::AdminToken, 400, json(mirrored.clone())),
        row("POST", "/-/admin/mirrors", Rule::AdminToken, 400, json(mirrored.clone())),
        row("DELETE", "/-/admin/mirrors", Rule::AdminToken, 400, json(mirrored)),
        row("POST", "/-/admin/move-ins", Rule::AdminToken, 400, json(moved_in)),
        // Nothing is withheld.
        row("DELETE", "/-/admin/takedowns", Rule::AdminToken, 404, release),
    ]
}

/// What is asked below `/-/api/`: the path as [`Endpoint::all`] has it.
fn endpoints() -> Vec<(&'static str, &'static str, Rule, u16, Value)> {
    use Standing::{Admin, Owner, Read, Stranger};
    let (role, robot) =
        (json!({ "role": "write" }), json!({ "name": "wonder-bot", "role": "read" }));
    let private = json!({ "visibility": "private" });
    let collaborator = "modules/{owner}/{module}/collaborators/{user}";
    let administer = Rule::InOrganization(Admin);
    let in_module = Rule::InModule(Admin);
    let none = Value::Null;
    vec![
        ("GET", "user", Rule::Known, 200, none.clone()),
        ("PATCH", "users/{user}", Rule::Administers, 200, json!({ "disabled": true })),
        ("GET", "users/{user}/tokens", Rule::Administers, 200, none.clone()),
        ("POST", "users/{user}/tokens", Rule::Administers, 201, new_token()),
        ("DELETE", "users/{user}/tokens/{id}", Rule::Administers, 204, none.clone()),
        (
            "GET",
            "organizations/{organization}/members",
            Rule::InOrganization(Read),
            200,
            none.clone(),
        ),
        ("PUT", "organizations/{organization}/members/{user}", administer, 200, role.clone()),
        ("DELETE", "organizations/{organization}/members/{user}", administer, 204, none.clone()),
        ("GET", "organizations/{organization}/robots", administer, 200, none.clone()),
        ("POST", "organizations/{organization}/robots", administer, 201, robot),
        (
            "PATCH",
            "organizations/{organization}/robots/{robot}",
            administer,
            200,
            json!({ "role": "read" }),
        ),
        ("DELETE", "organizations/{organization}/robots/{robot}", administer, 204, none.clone()),
        (
            "GET",
            "organizations/{organization}/robots/{robot}/trusts",
            administer,
            200,
            none.clone(),
        ),
        // No issuer is allowed.
        (
            "POST",
            "organizations/{organization}/robots/{robot}/trusts",
            administer,
            400,
            json!({ "issuer": "https://token.example.com", "claims": { "sub": "1" } }),
        ),
        (
            "DELETE",
            "organizations/{organization}/robots/{robot}/trusts/{id}",
            administer,
            404,
            none.clone(),
        ),
        (
            "PUT",
            "users/{user}/identity",
            Rule::Administers,
            200,
            json!({ "issuer": "https://id.example.com", "subject": "1" }),
        ),
        ("DELETE", "users/{user}/sessions", Rule::Administers, 204, none.clone()),
        ("GET", "modules/{owner}/{module}", Rule::InModule(Stranger), 200, none.clone()),
        ("PATCH", "modules/{owner}/{module}", Rule::InModule(Owner), 200, private),
        // Its packages are in use, and it is not forced.
        ("DELETE", "modules/{owner}/{module}", Rule::InModule(Owner), 400, none.clone()),
        ("GET", "modules/{owner}/{module}/collaborators", Rule::InModule(Admin), 200, none.clone()),
        ("PUT", collaborator, Rule::InModule(Admin), 200, role),
        ("DELETE", collaborator, Rule::InModule(Admin), 204, none.clone()),
        ("GET", "modules/{owner}/{module}/webhooks", in_module, 200, none.clone()),
        (
            "POST",
            "modules/{owner}/{module}/webhooks",
            in_module,
            201,
            json!({ "url": "https://hooks.wonder.io/" }),
        ),
        ("DELETE", "modules/{owner}/{module}/webhooks/{webhook}", in_module, 204, none.clone()),
        (
            "POST",
            "modules/{owner}/{module}/webhooks/{webhook}/secret",
            in_module,
            200,
            none.clone(),
        ),
        (
            "GET",
            "modules/{owner}/{module}/webhooks/{webhook}/attempts",
            in_module,
            200,
            none.clone(),
        ),
        ("GET", "owners/{owner}/audit", administer, 200, none.clone()),
        ("GET", "audit", Rule::Administers, 200, none),
    ]
}

/// Pages: no token opens any, and without a session all lead to the sign-in. No form is taken that says not where it is from.
fn pages() -> Vec<Row<'static>> {
    let asked = Page::all().flat_map(|(path, methods)| {
        let url =
            format!("/-/{}", path.replace("{organization}", "wonder").replace(['{', '}'], ""));
        methods.iter().map(move |method| {
            let status = match (*method, path) {
                ("POST", _) => 403,
                (_, "login") => 200,
                // There is no identity provider.
                (_, "login/start" | "login/callback" | "login/name") => 404,
                _ => 303,
            };
            row(method, url.clone(), Rule::Everybody, status, |_| Vec::new())
        })
    });
    asked.collect()
}

/// The endpoints of names: of a person, a member, a collaborator, a robot or a token who does not ask.
fn endpoint_rows(scene: &Scene) -> Vec<Row<'_>> {
    let rows = endpoints().into_iter().map(|(method, path, rule, done, body)| {
        let url = path
            .replace("{owner}/{module}", "wonder/{}")
            .replace("members/{user}", "members/mia")
            .replace("collaborators/{user}", "collaborators/cleo")
            .replace("{user}", "victor")
            .replace("{robot}", "wonder-ci")
            .replace("{id}", &scene.other_token)
            .replace("{webhook}", "{hook}")
            .replace("{organization}", "wonder")
            .replace("{owner}", "wonder");
        let body = if body.is_null() { Vec::new() } else { body.to_string().into_bytes() };
        row(method, format!("/-/api/{url}"), rule, done, move |_| body.clone())
    });
    // The tokens of a robot are its organization's administrators'.
    let administer = Rule::InOrganization(Standing::Admin);
    let body = |_| new_token().to_string().into_bytes();
    let url = "/-/api/users/wonder-ci/tokens";
    let of_robot =
        [row("GET", url, administer, 200, |_| Vec::new()), row("POST", url, administer, 201, body)];
    rows.chain(of_robot).collect()
}

/// A call of the buf CLI: who may, and what is sent.
fn call(rpc: Rpc, scene: &Scene, of: Of) -> (Rule, u16, Vec<u8>) {
    let reads = |body: Vec<u8>| (Rule::ReadsByCall, 200, body);
    let open = |body: Vec<u8>| (Rule::EverybodyByCall, 200, body);
    let writes = |body: Vec<u8>| (Rule::InModule(Standing::Write), 200, body);
    let (resource, beta) = (resource_ref(of), beta_ref(of));
    match rpc {
        Rpc::GetCommits => {
            reads(v1::GetCommitsRequest { resource_refs: vec![resource] }.encode_to_vec())
        }
        Rpc::ListCommits => reads(
            v1::ListCommitsRequest { resource_ref: Some(resource), ..Default::default() }
                .encode_to_vec(),
        ),
        Rpc::Download => {
            let value =
                download_request::Value { resource_ref: Some(resource), ..Default::default() };
            reads(v1::DownloadRequest { values: vec![value] }.encode_to_vec())
        }
        Rpc::GetGraph => {
            reads(v1::GetGraphRequest { resource_refs: vec![resource] }.encode_to_vec())
        }
        Rpc::GetLabels => {
            reads(v1::GetLabelsRequest { label_refs: vec![label_ref(of, "main")] }.encode_to_vec())
        }
        Rpc::ListLabels => reads(
            v1::ListLabelsRequest { resource_ref: Some(resource), ..Default::default() }
                .encode_to_vec(),
        ),
        Rpc::ListLabelHistory => reads(
            v1::ListLabelHistoryRequest {
                label_ref: Some(label_ref(of, "main")),
                ..Default::default()
            }
            .encode_to_vec(),
        ),
        Rpc::GetModules => {
            reads(v1::GetModulesRequest { module_refs: vec![module_ref(of)] }.encode_to_vec())
        }
        Rpc::GetResources => {
            reads(v1::GetResourcesRequest { resource_refs: vec![resource] }.encode_to_vec())
        }
        Rpc::BetaGetCommits => reads(
            v1beta1::GetCommitsRequest { resource_refs: vec![beta], ..Default::default() }
                .encode_to_vec(),
        ),
        Rpc::BetaDownload => {
            let value =
                v1beta1::download_request::Value { resource_ref: Some(beta), ..Default::default() };
            let request = v1beta1::DownloadRequest { values: vec![value], ..Default::default() };
            reads(request.encode_to_vec())
        }
        Rpc::BetaGetGraph => {
            let reference = v1beta1::get_graph_request::ResourceRef {
                resource_ref: Some(beta),
                registry: String::new(),
            };
            let resource_refs = vec![reference];
            reads(v1beta1::GetGraphRequest { resource_refs, ..Default::default() }.encode_to_vec())
        }
        Rpc::GetSdkInfo => reads(
            alpha::GetSdkInfoRequest {
                module_reference: Some(sdk_module(of)),
                plugin_reference: Some(plugin("bufbuild/es")),
                ..Default::default()
            }
            .encode_to_vec(),
        ),
        Rpc::GetGoVersion => reads(
            alpha::GetGoVersionRequest {
                module_reference: Some(sdk_module(of)),
                plugin_reference: Some(plugin("protocolbuffers/go")),
            }
            .encode_to_vec(),
        ),
        Rpc::GetNpmVersion => reads(
            alpha::GetNpmVersionRequest {
                module_reference: Some(sdk_module(of)),
                plugin_reference: Some(plugin("bufbuild/es")),
            }
            .encode_to_vec(),
        ),
        Rpc::GetPythonVersion => reads(
            alpha::GetPythonVersionRequest {
                module_reference: Some(sdk_module(of)),
                plugin_reference: Some(plugin("protocolbuffers/python")),
            }
            .encode_to_vec(),
        ),
        // The bytes are the same on the older wire.
        Rpc::Upload | Rpc::BetaUpload => {
            let name = format!("wonder/{}", of.name());
            writes(upload(&name, &[], "message New {}", &[]).encode_to_vec())
        }
        Rpc::CreateOrUpdateLabels => {
            let commit_id = scene.made(of).commit.clone();
            let label_ref = Some(label_ref(of, "main"));
            let value = create_or_update_labels_request::Value { label_ref, commit_id };
            writes(v1::CreateOrUpdateLabelsRequest { values: vec![value] }.encode_to_vec())
        }
        Rpc::ArchiveLabels => {
            let label_refs = vec![label_ref(of, "feature")];
            writes(v1::ArchiveLabelsRequest { label_refs }.encode_to_vec())
        }
        Rpc::UnarchiveLabels => {
            let label_refs = vec![label_ref(of, "feature")];
            writes(v1::UnarchiveLabelsRequest { label_refs }.encode_to_vec())
        }
        Rpc::CreateModules => (Rule::MakesModule, 200, new_module(of).encode_to_vec()),
        Rpc::UpdateModules => {
            let mut value = update_modules_request::Value {
                module_ref: Some(module_ref(of)),
                ..Default::default()
            };
            value.set_visibility(ModuleVisibility::Private);
            let request = v1::UpdateModulesRequest { values: vec![value] };
            (Rule::InModule(Standing::Owner), 200, request.encode_to_vec())
        }
        // Its packages are in use.
        Rpc::DeleteModules => {
            let request = v1::DeleteModulesRequest { module_refs: vec![module_ref(of)] };
            (Rule::InModule(Standing::Owner), 400, request.encode_to_vec())
        }
        Rpc::UpdateOrganizations => {
            let name = organization_ref::Value::Name("wonder".into());
            let value = update_organizations_request::Value {
                organization_ref: Some(owner::OrganizationRef { value: Some(name) }),
                description: Some("Wonders.".into()),
                ..Default::default()
            };
            let request = owner::UpdateOrganizationsRequest { values: vec![value] };
            (Rule::InOrganization(Standing::Admin), 200, request.encode_to_vec())
        }
        // It has modules.
        Rpc::DeleteOrganizations => {
            let name = organization_ref::Value::Name("wonder".into());
            let organization_refs = vec![owner::OrganizationRef { value: Some(name) }];
            let request = owner::DeleteOrganizationsRequest { organization_refs };
            (Rule::InOrganization(Standing::Owner), 400, request.encode_to_vec())
        }
        Rpc::GetOwners => {
            open(owner::GetOwnersRequest { owner_refs: vec![wonder()] }.encode_to_vec())
        }
        Rpc::ListModules => {
            let owner_refs = vec![wonder()];
            let request = v1::ListModulesRequest { owner_refs, ..Default::default() };
            (Rule::AnybodyByCall, 200, request.encode_to_vec())
        }
        Rpc::GetOrganizations => {
            let name = organization_ref::Value::Name("wonder".into());
            let organization_refs = vec![owner::OrganizationRef { value: Some(name) }];
            open(owner::GetOrganizationsRequest { organization_refs }.encode_to_vec())
        }
        Rpc::GetLatestCuratedPlugin => {
            let request = alpha::GetLatestCuratedPluginRequest {
                owner: "bufbuild".into(),
                name: "es".into(),
                ..Default::default()
            };
            open(request.encode_to_vec())
        }
        Rpc::CreateOrganizations => {
            (Rule::MakesOrganization, 200, organization("wonderland").encode_to_vec())
        }
        Rpc::GetCurrentUser | Rpc::AlphaGetCurrentUser => (Rule::Known, 200, Vec::new()),
        // These are not answered yet, whoever asks.
        Rpc::CreateWebhook => {
            let mut request = alpha::CreateWebhookRequest {
                owner_name: "wonder".into(),
                repository_name: of.name().into(),
                callback_url: "https://hooks.wonder.io/".into(),
                ..Default::default()
            };
            request.set_webhook_event(alpha::WebhookEvent::RepositoryPush);
            (Rule::InModule(Standing::Admin), 200, request.encode_to_vec())
        }
        Rpc::DeleteWebhook => {
            let webhook_id = match of {
                Of::Missing => "0123456789ab4def8123456789abcdef".into(),
                Of::Public | Of::Private => scene.made(of).webhook.clone(),
            };
            let request = alpha::DeleteWebhookRequest { webhook_id };
            (Rule::InModule(Standing::Admin), 200, request.encode_to_vec())
        }
        Rpc::ListWebhooks => {
            let request = alpha::ListWebhooksRequest {
                owner_name: "wonder".into(),
                repository_name: of.name().into(),
                ..Default::default()
            };
            (Rule::InModule(Standing::Admin), 200, request.encode_to_vec())
        }
        Rpc::GetSwiftVersion
        | Rpc::GetMavenVersion
        | Rpc::GetCargoVersion
        | Rpc::GetNugetVersion
        | Rpc::GetCmakeVersion => (Rule::EverybodyByCall, 400, Vec::new()),
    }
}

fn call_rows(scene: &Scene) -> Vec<Row<'_>> {
    let of_call = |rpc: &'static Rpc| {
        let (rule, done, _) = call(*rpc, scene, Of::Public);
        row("POST", rpc.path(), rule, done, move |of| call(*rpc, scene, of).2)
    };
    Rpc::ALL.iter().map(of_call).collect()
}

fn table(scene: &Scene) -> Vec<Row<'_>> {
    let mut rows = packages();
    rows.extend(pages());
    rows.extend(registry_pages());
    rows.extend(others(scene));
    rows.extend(endpoint_rows(scene));
    rows.extend(call_rows(scene));
    rows
}

/// All that a caller sees of a reply, with the names of the modules taken out, and what it cost.
#[derive(Debug, PartialEq)]
struct Impression {
    status: u16,
    headers: BTreeMap<&'static str, String>,
    body: String,
    operations: u64,
}

impl Scene {
    /// Asks a registry that is as it was, on a machine that remembers nothing.
    async fn ask(&self, row: &Row<'_>, who: Who, of: Of, requires_sign_in: bool) -> Impression {
        let machine = self.world.configured(|config| config.requires_sign_in = requires_sign_in);
        let world = machine.restored(self.then.clone());
        let Made { go, npm, python, archive, webhook, commit } = self.made(of);
        let url = row.url.replace("{}", of.name()).replace("{go}", go).replace("{npm}", npm);
        let url = url.replace("{python}", python).replace("{archive}", archive);
        let url = url.replace("{commit}", commit);
        let url = url.replace("{hook}", webhook);
        let bearer = self.tokens.get(&who).map(|token| format!("Bearer {token}"));
        let mut headers = vec![("content-type", media_type(&url))];
        headers.extend(bearer.as_deref().map(|bearer| ("authorization", bearer)));
        let seen = world.send(row.method, &url, &headers, (row.body)(of)).await;
        // What goes on behind the reply costs, too.
        tokio::time::sleep(Duration::from_millis(1)).await;
        let mut headers = seen.headers();
        if let Some(location) = headers.get_mut("location") {
            *location = location.replace(of.name(), "{}");
        }
        if row.rule == Rule::Everybody {
            // That of a text with the name in it.
            headers.remove("etag");
        }
        Impression {
            status: seen.status,
            headers,
            body: seen.text().replace(of.name(), "{}"),
            operations: world.bucket.operations(),
        }
    }

    /// Asks everything for everybody, and compares with the table: what is wrong.
    async fn try_all(&self, requires_sign_in: bool) -> Vec<String> {
        let mut wrong = Vec::new();
        for row in table(self) {
            for who in Who::ALL {
                let what = format!("{} {} by {who:?}", row.method, row.url);
                let mut seen = Vec::new();
                for &of in row.all_of() {
                    let impression = self.ask(&row, who, of, requires_sign_in).await;
                    let wanted = row.expected(who, of, requires_sign_in);
                    let class = row.class(of, wanted, requires_sign_in);
                    let is_kept_as_it_may = impression.is_of(class, of, &row.url);
                    if impression.status != wanted || !is_kept_as_it_may {
                        wrong.push(format!(
                            "{what} of {of:?}: {wanted} {class:?}, not {impression:?}"
                        ));
                    }
                    seen.push(impression);
                }
                if let [_, private, missing] = &seen[..]
                    && who.standings().0 < Standing::Read
                    && private != missing
                {
                    wrong.push(format!("{what}: {private:?} is not {missing:?}"));
                }
            }
        }
        wrong
    }
}

/// What a reply says to caches.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Class {
    Immutable,
    Revalidated,
    /// It has two forms, of which the client says one.
    Negotiated,
    Foreign,
    Viewer,
    Uncached,
}

impl Row<'_> {
    fn kind(&self) -> &'static str {
        let url = self.url.replace("{}", Of::Public.name());
        let (path, query) = url.split_once('?').map_or((url.as_str(), None), |(p, q)| (p, Some(q)));
        kind(&Route::parse(path, query))
    }

    /// What a reply of this status says to caches: only what everybody may read is kept.
    fn class(&self, of: Of, status: u16, requires_sign_in: bool) -> Class {
        let is_of_accounts = self.url.starts_with("/-/api/") || self.kind() == "page";
        let is_read = matches!(self.rule, Rule::Reads | Rule::Page)
            && of == Of::Private
            && matches!(status, 200 | 302);
        if requires_sign_in || is_of_accounts || is_read || status == 303 {
            return Class::Viewer;
        }
        let is_exact =
            ["{go}", "{npm}", "{python}", "{archive}"].iter().any(|it| self.url.contains(it));
        match (self.kind(), status) {
            (
                "go info" | "go mod" | "go zip" | "npm tarball" | "python wheel"
                | "python metadata" | "archive",
                200,
            ) if is_exact => Class::Immutable,
            ("go list" | "go latest" | "go info" | "go get" | "go home", 200) => Class::Revalidated,
            (
                "npm packument" | "npm version" | "npm tags" | "npm home" | "home" | "renovate",
                200,
            ) => Class::Revalidated,
            ("archive", 302) => Class::Revalidated,
            ("python projects" | "python project", 200) => Class::Negotiated,
            (kind, 200) if kind.ends_with(" page") || kind == "search" => Class::Revalidated,
            (
                "go foreign" | "npm foreign" | "python foreign" | "archive foreign" | "foreign"
                | "oauth foreign",
                404,
            ) => Class::Foreign,
            _ => Class::Uncached,
        }
    }
}

impl Impression {
    /// Whether its headers are those of a class.
    fn is_of(&self, class: Class, of: Of, url: &str) -> bool {
        let plugin = if url.contains("npm") {
            "bufbuild/es"
        } else if url.contains("archive") {
            "protocolbuffers/go+archive"
        } else if url.contains("python") {
            "protocolbuffers/python"
        } else {
            "protocolbuffers/go"
        };
        let tags = format!("all,o:wonder,m:wonder/{},p:{plugin}", of.name());
        let (control, edge, tag, vary) = match class {
            Class::Immutable => (
                "public, max-age=31536000, immutable",
                Some("public, max-age=2592000"),
                Some(tags.as_str()),
                None,
            ),
            Class::Revalidated => ("public, no-cache", Some("no-store"), None, None),
            Class::Negotiated => ("public, no-cache", Some("no-store"), None, Some("Accept")),
            Class::Foreign => ("public, max-age=300", None, None, None),
            Class::Viewer => {
                ("private, no-store", Some("no-store"), None, Some("Authorization, Cookie"))
            }
            Class::Uncached => ("no-store", Some("no-store"), None, None),
        };
        [
            ("cache-control", Some(control)),
            ("cloudflare-cdn-cache-control", edge),
            ("cache-tag", tag),
            ("vary", vary),
        ]
        .iter()
        .all(|(name, wanted)| self.headers.get(name).map(String::as_str) == *wanted)
    }
}

fn media_type(url: &str) -> &'static str {
    if url.starts_with("/buf.") { "application/proto" } else { "application/json" }
}

#[test]
fn every_route_answers_every_caller_as_the_table_says() {
    run(async {
        let wrong = scene().await.try_all(false).await;
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    });
}

/// Nobody reads a public module without a token, whoever has one does, and no cache keeps anything.
#[test]
fn where_callers_must_sign_in_everything_is_for_those_with_a_token() {
    run(async {
        let wrong = scene().await.try_all(true).await;
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    });
}

/// What the router knows and the table does not fails here, or does not compile.
#[test]
fn every_route_is_in_the_table() {
    run(async {
        let scene = scene().await;
        let asked: BTreeSet<&str> = table(&scene).iter().map(Row::kind).collect();
        assert_eq!(asked, KINDS.iter().copied().collect());
        let asked: BTreeSet<_> = endpoints().iter().map(|row| (row.1, row.0)).collect();
        let methods = |(path, methods): (&'static str, &'static [&'static str])| {
            methods.iter().map(move |method| (path, *method))
        };
        assert_eq!(asked, Endpoint::all().flat_map(methods).collect());
    });
}
