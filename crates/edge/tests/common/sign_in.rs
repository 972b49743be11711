//! A registry with an identity provider and a system of continuous integration, and browsers and devices that ask it.

use super::{ADMIN, Generator, Seen, World, signing::Issuer};
use futures::FutureExt;
use protoedge_edge::{Asked, SignIn, TrustedIssuers};
use serde_json::{Value, json};
use std::{cell::RefCell, collections::BTreeMap, rc::Rc, time::Duration};

pub const PROVIDER: &str = "https://id.example.com";
pub const CI: &str = "https://token.example.com";
pub const URL: &str = "https://edge.example.com";

/// How long a machine may remember who may do what.
pub const REMEMBERED: Duration = Duration::from_secs(10);

/// A registry with an identity provider and a system of continuous integration.
pub struct Scene {
    pub world: World,
    pub provider: Rc<Issuer>,
    pub ci: Rc<Issuer>,
    /// What the provider gives for a code, and what it was sent.
    pub answer: Rc<RefCell<Result<Asked, String>>>,
    pub sent: Rc<RefCell<Vec<(String, String)>>>,
}

impl Scene {
    pub async fn new() -> Self {
        Self::with(&[]).await
    }

    pub async fn with(settings: &[(&str, &str)]) -> Self {
        let world = World::new(Generator::Away).await;
        let good = [
            (SignIn::ISSUER, PROVIDER),
            (SignIn::CLIENT_ID, "registry"),
            (SignIn::CLIENT_SECRET, "a secret"),
            (SignIn::GROUPS, r#"[{"group": "eng", "organization": "acme", "role": "write"}]"#),
        ];
        let all: BTreeMap<&str, &str> = good.into_iter().chain(settings.iter().copied()).collect();
        let sign_in = SignIn::read(|name| all.get(name).map(|it| (*it).to_owned())).unwrap();
        let trusted_issuers = TrustedIssuers::read(Some(CI)).unwrap();
        let world = world.configured(|config| {
            config.sign_in = sign_in;
            config.trusted_issuers = trusted_issuers;
        });
        let (provider, ci) = (Issuer::new(PROVIDER), Issuer::new(CI));
        let issuers = [provider.clone(), ci.clone()];
        world.set_documents(Rc::new(move |url, headers| {
            let found = issuers.iter().find_map(|issuer| issuer.answer(url, headers));
            found.unwrap_or_else(|| panic!("nobody is at {url}"))
        }));
        let answer = Rc::new(RefCell::new(Err("nothing yet".to_owned())));
        let sent = Rc::new(RefCell::new(Vec::new()));
        let (given, noted) = (answer.clone(), sent.clone());
        world.set_upstream(Rc::new(move |url, body| {
            noted.borrow_mut().push((url, String::from_utf8(body).unwrap()));
            let answer = given.borrow().clone();
            async move { answer }.boxed_local()
        }));
        Self { world, provider, ci, answer, sent }
    }

    pub fn now(&self) -> i64 {
        self.world.now()
    }

    /// Sets off for the provider: the cookie, and what stands in the address there.
    pub async fn set_off(&self, next: &str) -> (String, BTreeMap<String, String>) {
        let seen = self.world.get(&format!("/-/login/start?next={next}")).await;
        assert_eq!(seen.status, 303, "{}", seen.text());
        let to = seen.header("location").unwrap();
        let (at, query) = to.split_once('?').unwrap();
        assert_eq!(at, format!("{PROVIDER}/authorize"));
        let pairs = query.split('&').map(|pair| pair.split_once('=').unwrap());
        let query = pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        (cookie(&seen, "__Host-sign-in"), query)
    }

    /// What an ID token of a person says that answers a request with this nonce.
    pub fn claims(&self, subject: &str, nonce: &str) -> Value {
        json!({
            "iss": PROVIDER, "aud": "registry", "sub": subject, "nonce": nonce,
            "iat": self.now(), "exp": self.now() + 300,
            "preferred_username": subject, "groups": [], "email": format!("{subject}@example.com"),
            "email_verified": true,
        })
    }

    pub fn gives(&self, id_token: &str) {
        let body = json!({ "id_token": id_token, "access_token": "access" }).to_string();
        *self.answer.borrow_mut() = Ok(Asked { status: 200, body: body.into() });
    }

    pub async fn come_back(&self, cookie: &str, query: &str) -> Seen {
        self.ask("GET", &format!("/-/login/callback?{query}"), cookie, "").await
    }

    /// A request of a browser's, with cookies and from a page of ours.
    pub async fn ask(&self, method: &str, url: &str, cookies: &str, form: &str) -> Seen {
        let headers = [
            ("cookie", cookies),
            ("sec-fetch-site", "same-origin"),
            ("content-type", "application/x-www-form-urlencoded"),
        ];
        self.world.send(method, url, &headers, form.into()).await
    }

    /// Signs a person in, with these claims changed: what the browser sees at the end.
    pub async fn signs_in(&self, subject: &str, change: &Value) -> Seen {
        let (cookie, query) = self.set_off("/-/tokens").await;
        let mut claims = self.claims(subject, &query["nonce"]);
        for (name, value) in change.as_object().unwrap() {
            claims[name] = value.clone();
        }
        claims.as_object_mut().unwrap().retain(|_, value| !value.is_null());
        self.gives(&self.provider.token(&claims));
        self.come_back(&cookie, &format!("code=c1&state={}", query["state"])).await
    }

    /// Signs a person up under this name; gives the session's cookie.
    pub async fn signs_up(&self, subject: &str, name: &str, change: &Value) -> String {
        let seen = self.signs_in(subject, change).await;
        assert_eq!(seen.status, 303, "{}", seen.text());
        let registration = cookie(&seen, "__Host-registration");
        let seen = self.ask("POST", "/-/login/name", &registration, &format!("name={name}")).await;
        assert_eq!(seen.status, 303, "{}", seen.text());
        cookie(&seen, "__Host-session")
    }

    /// A browser that is about to take a name.
    pub async fn registration(&self, subject: &str) -> String {
        cookie(&self.signs_in(subject, &json!({})).await, "__Host-registration")
    }

    /// The same registry on another machine.
    pub fn elsewhere(&self) -> Self {
        self.with_world(self.world.elsewhere())
    }

    pub fn with_world(&self, world: World) -> Self {
        let (provider, ci) = (self.provider.clone(), self.ci.clone());
        Self { world, provider, ci, answer: self.answer.clone(), sent: self.sent.clone() }
    }

    /// Signs a person in who has a name here; gives the session's cookie.
    pub async fn session(&self, subject: &str, change: &Value) -> String {
        cookie(&self.signs_in(subject, change).await, "__Host-session")
    }

    pub async fn page(&self, url: &str, session: &str) -> Seen {
        self.ask("GET", url, session, "").await
    }

    /// A token of somebody's who is signed in.
    pub async fn token(&self, session: &str, scope: &str) -> String {
        let form = format!("name=test&scope={scope}&days=30");
        let seen = self.ask("POST", "/-/tokens", session, &form).await;
        assert_eq!(seen.status, 200, "{}", seen.text());
        let text = seen.text();
        let at = text.find("protoedge_").unwrap();
        text[at..at + 46].to_owned()
    }
}

/// The cookie of this name that a reply sets, as the browser sends it again.
pub fn cookie(seen: &Seen, name: &str) -> String {
    let set = seen.all("set-cookie");
    let set = set.iter().find(|it| it.starts_with(&format!("{name}=")));
    let set = set.unwrap_or_else(|| panic!("no {name} of {}: {}", seen.status, seen.text()));
    assert!(
        set.ends_with("; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=43200")
            || set.ends_with("; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=600"),
        "{set}"
    );
    set.split(';').next().unwrap().to_owned()
}

/// What a client says that asks to be let in.
pub struct Client {
    pub id: String,
    pub secret: String,
}

impl Scene {
    pub async fn oauth(&self, path: &str, body: &str) -> Seen {
        let form = [("content-type", "application/x-www-form-urlencoded")];
        self.world.send("POST", &format!("/oauth2/{path}"), &form, body.into()).await
    }

    pub async fn client(&self, name: &str) -> Client {
        let body = json!({ "client_name": name }).to_string();
        let seen = self.world.send("POST", "/oauth2/device/registration", &[], body.into()).await;
        assert_eq!((seen.status, seen.header("content-type")), (200, Some("application/json")));
        let text = |name: &str| seen.json()[name].as_str().unwrap().to_owned();
        Client { id: text("client_id"), secret: text("client_secret") }
    }

    pub async fn asks(&self, client: &Client) -> Value {
        let body = format!("client_id={}&client_secret={}", client.id, client.secret);
        let seen = self.oauth("device/authorization", &body).await;
        assert_eq!(seen.status, 200, "{}", seen.text());
        seen.json()
    }

    pub async fn polls(&self, client: &Client, device: &Value) -> Seen {
        let code = device["device_code"].as_str().unwrap();
        let grant = "urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Adevice_code";
        let Client { id, secret } = client;
        let body =
            format!("client_id={id}&client_secret={secret}&device_code={code}&grant_type={grant}");
        self.oauth("device/token", &body).await
    }

    pub async fn decides(&self, session: &str, device: &Value, decision: &str) -> Seen {
        let code = device["user_code"].as_str().unwrap();
        let form = format!("user_code={code}&decision={decision}&scope=write&days=30");
        self.ask("POST", "/-/device/decision", session, &form).await
    }
}

pub fn error(seen: &Seen) -> String {
    assert!((400..=401).contains(&seen.status), "{}: {}", seen.status, seen.text());
    assert_eq!(seen.header("content-type"), Some("application/json"));
    // The buf CLI shows the description, and nothing else.
    assert!(seen.json()["error_description"].as_str().is_some_and(|it| !it.is_empty()));
    seen.json()["error"].as_str().unwrap().to_owned()
}

pub const EXCHANGE: &str = "urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Atoken-exchange";
pub const ID_TOKEN: &str = "urn%3Aietf%3Aparams%3Aoauth%3Atoken-type%3Aid_token";

impl Scene {
    /// The robot `acme-ci` of a person's, who owns `acme`, with a trust.
    pub async fn robot(&self, role: &str) -> (String, String) {
        let token = self.world.token("olga").await;
        self.world
            .api(ADMIN, "PUT", "organizations/acme/members/olga", json!({ "role": "owner" }))
            .await;
        let robot = json!({ "name": "acme-ci", "role": role });
        let seen = self.world.api(&token, "POST", "organizations/acme/robots", robot).await;
        assert_eq!(seen.status, 201, "{}", seen.text());
        let claims =
            json!({ "repository_id": "1234", "ref": "refs/heads/main", "private": "true" });
        let trust = json!({ "issuer": CI, "claims": claims });
        let path = "organizations/acme/robots/acme-ci/trusts";
        let seen = self.world.api(&token, "POST", path, trust).await;
        assert_eq!(seen.status, 201, "{}", seen.text());
        (token, seen.json()["id"].as_str().unwrap().to_owned())
    }

    /// What a job's token says.
    pub fn job(&self) -> Value {
        json!({
            "iss": CI, "aud": URL, "sub": "repo:acme/weather:ref:refs/heads/main", "iat": self.now(),
            "exp": self.now() + 300, "repository_id": 1234, "ref": "refs/heads/main", "private": true,
        })
    }

    pub async fn exchanges(&self, token: &str, account: &str) -> Seen {
        let body = format!(
            "grant_type={EXCHANGE}&subject_token={token}&subject_token_type={ID_TOKEN}&account={account}"
        );
        self.oauth("token", &body).await
    }
}
