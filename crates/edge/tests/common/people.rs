//! People with roles, and what they do below `/-/api/`.

use super::{ADMIN, Generator, Seen, UPLOAD, World, upload};
use prost::Message;
use protoedge_bufapi::{
    connect::Rpc,
    proto::buf::registry::{
        module::v1::{
            CreateModulesRequest, ModuleRef, ModuleVisibility, ResourceRef, UpdateModulesRequest,
            UploadResponse, create_modules_request, module_ref, resource_ref,
            update_modules_request,
        },
        owner::v1::{
            CreateOrganizationsRequest, OwnerRef, create_organizations_request, owner_ref,
        },
    },
};
use serde_json::{Value, json};
use std::{collections::BTreeMap, time::Duration};

/// How long a machine may remember who may do what.
pub const REMEMBERED: Duration = Duration::from_secs(10);

pub const LATER: &str = "2026-12-01T00:00:00Z";

/// The organization `wonder` of olga's, with an administrator, a writer and a reader; and `others`, which is otto's.
pub struct Scene {
    pub world: World,
    pub tokens: BTreeMap<&'static str, String>,
}

/// A reference to a module.
pub fn named(module: &str) -> ResourceRef {
    let (owner, module) = module.split_once('/').unwrap();
    let name = resource_ref::Name { owner: owner.into(), module: module.into(), child: None };
    ResourceRef { value: Some(resource_ref::Value::Name(name)) }
}

pub async fn scene() -> Scene {
    scene_with(Generator::Away).await
}

pub async fn scene_with(generator: Generator) -> Scene {
    let world = World::new(generator).await;
    let mut tokens = BTreeMap::from([("admin", ADMIN.to_owned())]);
    for name in ["olga", "otto", "anna", "adam", "walt", "rita", "mallory"] {
        tokens.insert(name, world.token(name).await);
    }
    let scene = Scene { world, tokens };
    for (owner, name) in [("olga", "wonder"), ("otto", "others")] {
        assert_eq!(scene.make_organization(owner, name).await, 200);
    }
    for (name, role) in [("anna", "admin"), ("adam", "admin"), ("walt", "write"), ("rita", "read")]
    {
        scene.set_role("wonder", name, role).await;
    }
    scene
}

impl Scene {
    /// The same registry as it is now, apart from this one, on a machine that knows everybody's token.
    pub async fn apart(&self) -> Self {
        let world = self.world.restored(self.world.bucket.snapshot());
        let apart = Self { world, tokens: self.tokens.clone() };
        for who in apart.tokens.keys() {
            apart.get(who, "user").await;
        }
        // The days of these uses are written down.
        tokio::time::sleep(Duration::from_millis(1)).await;
        apart
    }

    pub fn elsewhere(&self) -> Self {
        Self { world: self.world.elsewhere(), tokens: self.tokens.clone() }
    }

    pub fn token(&self, who: &str) -> &str {
        &self.tokens[who]
    }

    pub async fn api(&self, who: &str, method: &str, path: &str, body: Value) -> Seen {
        self.world.api(self.token(who), method, path, body).await
    }

    /// A call of the buf CLI, by somebody with a token, with this text for a token, or by nobody.
    pub async fn rpc(&self, who: Option<&str>, rpc: Rpc, message: &impl Message) -> Seen {
        let bearer = who.map(|who| {
            let known = self.tokens.get(who).map_or(who, String::as_str);
            format!("Bearer {known}")
        });
        let mut headers = vec![("content-type", "application/proto")];
        headers.extend(bearer.as_deref().map(|it| ("authorization", it)));
        self.world.send("POST", rpc.path(), &headers, message.encode_to_vec()).await
    }

    pub async fn get(&self, who: &str, path: &str) -> Seen {
        self.api(who, "GET", path, Value::Null).await
    }

    pub async fn delete(&self, who: &str, path: &str) -> u16 {
        self.api(who, "DELETE", path, Value::Null).await.status
    }

    /// What must succeed.
    pub async fn done(&self, who: &str, method: &str, path: &str, body: Value) -> Value {
        let seen = self.api(who, method, path, body).await;
        assert!(seen.status < 300, "{method} {path} by {who}: {}", seen.text());
        if seen.body.is_empty() { Value::Null } else { seen.json() }
    }

    pub async fn set_role(&self, organization: &str, user: &str, role: &str) {
        let path = format!("organizations/{organization}/members/{user}");
        self.done("admin", "PUT", &path, json!({ "role": role })).await;
    }

    pub async fn members(&self) -> Value {
        self.get("admin", "organizations/wonder/members").await.json()
    }

    pub async fn make_organization(&self, who: &str, name: &str) -> u16 {
        let value = create_organizations_request::Value { name: name.into(), ..Default::default() };
        let request = CreateOrganizationsRequest { values: vec![value] };
        let path = Rpc::CreateOrganizations.path();
        self.world.call_as(self.token(who), path, &request).await.status
    }

    pub async fn make_module(&self, who: &str, name: &str, visibility: ModuleVisibility) -> u16 {
        let (owner, name) = name.split_once('/').unwrap();
        let value = create_modules_request::Value {
            owner_ref: Some(OwnerRef { value: Some(owner_ref::Value::Name(owner.into())) }),
            name: name.into(),
            visibility: visibility.into(),
            default_label_name: "main".into(),
            ..Default::default()
        };
        let request = CreateModulesRequest { values: vec![value] };
        self.world.call_as(self.token(who), Rpc::CreateModules.path(), &request).await.status
    }

    pub async fn push(&self, who: &str, module: &str, text: &str, deps: &[String]) -> Seen {
        let request = upload(module, &[], text, deps);
        self.world.call_as(self.token(who), UPLOAD, &request).await
    }

    /// A push that must succeed; gives the commit.
    pub async fn pushed(&self, module: &str, text: &str, deps: &[String]) -> String {
        let seen = self.push("admin", module, text, deps).await;
        assert_eq!(seen.status, 200, "{}", seen.text());
        UploadResponse::decode(seen.body.as_slice()).unwrap().commits[0].id.clone()
    }

    pub async fn make_robot(&self, who: &str, name: &str, role: &str) -> u16 {
        let body = json!({ "name": name, "role": role });
        self.api(who, "POST", "organizations/wonder/robots", body).await.status
    }

    /// A new token of a person's or a robot's, under a name of its own.
    pub async fn new_token(
        &mut self,
        name: &'static str,
        by: &str,
        user: &str,
        body: Value,
    ) -> String {
        let mut wanted = json!({ "name": name, "scope": "admin", "expires": LATER });
        wanted.as_object_mut().unwrap().extend(body.as_object().unwrap().clone());
        let made = self.done(by, "POST", &format!("users/{user}/tokens"), wanted).await;
        self.tokens.insert(name, made["token"].as_str().unwrap().to_owned());
        made["id"].as_str().unwrap().to_owned()
    }

    pub async fn is_known(&self, who: &str) -> u16 {
        self.get(who, "user").await.status
    }

    /// What a client of Go packages hears of a module.
    pub async fn list(&self, who: Option<&str>, module: &str) -> Seen {
        let bearer = who.map(|who| format!("Bearer {}", self.token(who)));
        let headers: Vec<_> =
            bearer.as_deref().map(|bearer| ("authorization", bearer)).into_iter().collect();
        self.world.send("GET", &format!("{}/@v/list", go(module)), &headers, Vec::new()).await
    }

    pub async fn set_visibility(&self, who: &str, module: &str, visibility: &str) -> Seen {
        let body = json!({ "visibility": visibility });
        self.api(who, "PATCH", &format!("modules/{module}"), body).await
    }

    /// The same by the call of the buf CLI.
    pub async fn update(&self, who: &str, module: &str, visibility: ModuleVisibility) -> Seen {
        self.update_all(who, &[module], visibility).await
    }

    pub async fn update_all(
        &self,
        who: &str,
        modules: &[&str],
        visibility: ModuleVisibility,
    ) -> Seen {
        let value = |module: &&str| {
            let (owner, name) = module.split_once('/').unwrap();
            let name = module_ref::Name { owner: owner.into(), module: name.into() };
            let mut value = update_modules_request::Value {
                module_ref: Some(ModuleRef { value: Some(module_ref::Value::Name(name)) }),
                ..Default::default()
            };
            value.set_visibility(visibility);
            value
        };
        let request = UpdateModulesRequest { values: modules.iter().map(value).collect() };
        self.world.call_as(self.token(who), Rpc::UpdateModules.path(), &request).await
    }
}

pub fn go(module: &str) -> String {
    format!("/gen/go/reg.example.com/gen/go/{module}/protocolbuffers/go")
}

pub fn npm(module: &str) -> String {
    format!("/gen/npm/v1/@protoedge%2F{}.bufbuild_es", module.replace('/', "_"))
}
