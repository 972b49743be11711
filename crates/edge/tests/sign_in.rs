//! Signing in: at an identity provider that means well or ill, in sessions, from devices, and by tokens of continuous integration.

mod common;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use common::{
    ADMIN, World, run,
    sign_in::{Client, EXCHANGE, ID_TOKEN, PROVIDER, REMEMBERED, Scene, URL, cookie, error},
    signing::Pair,
};
use protoedge_edge::{Asked, SignIn};
use serde_json::{Value, json};
use std::{rc::Rc, time::Duration};

#[test]
fn a_person_signs_in_and_is_the_same_one_for_ever() {
    run(async {
        let scene = Scene::new().await;
        let (cookie_of_attempt, query) = scene.set_off("/-/tokens").await;
        assert_eq!(query["response_type"], "code");
        assert_eq!(query["client_id"], "registry");
        assert_eq!(query["code_challenge_method"], "S256");
        assert_eq!(query["redirect_uri"], "https%3A%2F%2Fedge.example.com%2F-%2Flogin%2Fcallback");
        assert!(
            !cookie_of_attempt.contains(&query["state"]),
            "what is in the address is no secret"
        );

        let session = scene.signs_up("alice", "alice", &json!({})).await;
        assert!(scene.page("/-/account", &session).await.text().contains("<h1>alice</h1>"));
        // The name there changes hands; here it does not.
        let other = json!({ "preferred_username": "boss", "email": "boss@example.com" });
        let session = scene.session("alice", &other).await;
        assert!(scene.page("/-/account", &session).await.text().contains("<h1>alice</h1>"));
        // Neither of these is alice: another subject, and the same subject of a provider that is set instead.
        let seen = scene.signs_in("other", &json!({ "preferred_username": "alice" })).await;
        assert!(seen.header("location").unwrap().starts_with("/-/login/name"));
        let secret = scene.sent.borrow()[0].1.clone();
        assert!(secret.starts_with("grant_type=authorization_code&code=c1&redirect_uri=https%3A"));
        assert!(secret.contains("&code_verifier=") && !secret.contains("a secret"));
    });
}

/// All that a provider can say wrongly: nobody is in, and the page says so.
#[test]
fn tokens_that_are_not_to_be_believed_let_nobody_in() {
    run(async {
        let scene = Scene::new().await;
        scene.signs_up("alice", "alice", &json!({})).await;
        let now = scene.now();
        for (change, words) in [
            (json!({ "iss": "https://evil.example.com" }), "another issuer"),
            (json!({ "aud": "another" }), "another audience"),
            (json!({ "aud": ["registry", "another"] }), "another audience"),
            (json!({ "azp": "another" }), "another audience"),
            (json!({ "exp": now - 3600 }), "it is over"),
            (json!({ "iat": now + 3600, "exp": now + 7200 }), "not good yet"),
            (json!({ "nbf": now + 3600 }), "not good yet"),
            (json!({ "exp": null }), "for how long"),
            (json!({ "nonce": "another" }), "another request"),
            (json!({ "nonce": null }), "another request"),
            (json!({ "sub": null }), "whose it is"),
            (json!({ "sub": "x".repeat(256) }), "whose it is"),
        ] {
            let seen = scene.signs_in("alice", &change).await;
            assert_eq!(seen.status, 503, "{change}");
            assert!(seen.text().contains(words), "{change}: {}", seen.text());
            assert!(seen.all("set-cookie").is_empty(), "{change}");
        }
    });
}

#[test]
fn tokens_that_others_signed_let_nobody_in() {
    run(async {
        let scene = Scene::new().await;
        scene.signs_up("alice", "alice", &json!({})).await;
        let (name, own) = scene.provider.key();
        let stranger = Pair::p256();
        let (cookie_of_attempt, query) = scene.set_off("/-/tokens").await;
        let claims = scene.claims("alice", &query["nonce"]);
        let good = own.token(&json!({ "alg": "ES256", "kid": name }), &claims);
        let parts: Vec<&str> = good.split('.').collect();
        let none = URL_SAFE_NO_PAD.encode(r#"{"alg":"none"}"#);
        let mut other = claims.clone();
        other["sub"] = "bob".into();
        let other = URL_SAFE_NO_PAD.encode(other.to_string());
        let header = |header: Value| own.token(&header, &claims);
        let huge = json!({ "alg": "ES256", "kid": name });
        let mut huge_claims = claims.clone();
        huge_claims["groups"] = "x".repeat(40_000).into();
        for (what, token, words) in [
            (
                "a stranger's key",
                stranger.token(&json!({ "alg": "ES256", "kid": name }), &claims),
                "signature",
            ),
            (
                "a stranger's key without a name",
                stranger.token(&json!({ "alg": "ES256" }), &claims),
                "signature",
            ),
            ("a name of no key", header(json!({ "alg": "ES256", "kid": "k9" })), "has no key"),
            ("no algorithm", format!("{none}.{}.", parts[1]), "algorithm"),
            (
                "no algorithm and a signature",
                format!("{none}.{}.{}", parts[1], parts[2]),
                "algorithm",
            ),
            ("a secret for a key", header(json!({ "alg": "HS256", "kid": name })), "algorithm"),
            ("another algorithm", header(json!({ "alg": "EdDSA", "kid": name })), "has no key"),
            (
                "another algorithm of RSA",
                header(json!({ "alg": "RS256", "kid": name })),
                "has no key",
            ),
            (
                "an extension",
                header(json!({ "alg": "ES256", "kid": name, "crit": ["x"], "x": 1 })),
                "extension",
            ),
            ("other claims", format!("{}.{other}.{}", parts[0], parts[2]), "signature"),
            ("no signature", format!("{}.{}.", parts[0], parts[1]), "signature"),
            ("half a signature", good[..good.len() - 46].to_owned(), "signature"),
            ("no token", "what?".into(), "no signed token"),
            ("more than a token has", own.token(&huge, &huge_claims), "longer than"),
        ] {
            scene.gives(&token);
            let query = format!("code=c1&state={}", query["state"]);
            let seen = scene.come_back(&cookie_of_attempt, &query).await;
            assert_eq!(seen.status, 503, "{what}");
            assert!(seen.text().contains(words), "{what}: {}", seen.text());
            assert!(seen.all("set-cookie").is_empty(), "{what}");
        }
        scene.gives(&good);
        let seen =
            scene.come_back(&cookie_of_attempt, &format!("code=c1&state={}", query["state"])).await;
        assert_eq!(seen.header("location"), Some("/-/tokens"));
    });
}

/// What a browser brings back that was not sent for by it.
#[test]
fn answers_to_others_are_refused() {
    run(async {
        let scene = Scene::new().await;
        scene.signs_up("alice", "alice", &json!({})).await;
        let (own, query) = scene.set_off("/-/tokens").await;
        let (other, other_query) = scene.set_off("/-/tokens").await;
        let (state, nonce) = (&query["state"], &query["nonce"]);
        scene.gives(&scene.provider.token(&scene.claims("alice", nonce)));
        let asked = scene.sent.borrow().len();
        for (what, cookie, sent) in [
            ("no cookie", "", format!("code=c1&state={state}")),
            ("another browser's", other.as_str(), format!("code=c1&state={state}")),
            ("another's state", &own, format!("code=c1&state={}", other_query["state"])),
            ("no state", &own, "code=c1".into()),
            ("no code", &own, format!("state={state}")),
            ("two states", &own, format!("code=c1&state={state}&state={state}")),
            (
                "another provider's",
                &own,
                format!("code=c1&state={state}&iss=https%3A%2F%2Fevil.example.com"),
            ),
            (
                "a changed cookie",
                &own.replace("__Host-sign-in=", "__Host-sign-in=0"),
                format!("code=c1&state={state}"),
            ),
        ] {
            let seen = scene.come_back(cookie, &sent).await;
            assert_eq!(seen.status, 400, "{what}: {}", seen.text());
            assert!(seen.all("set-cookie").is_empty(), "{what}");
        }
        assert_eq!(scene.sent.borrow().len(), asked, "no code was shown to the provider");
        let seen = scene
            .come_back(
                &own,
                &format!("error=access_denied&error_description=%3Cb%3Eno%3C%2Fb%3E&state={state}"),
            )
            .await;
        assert_eq!(seen.status, 403);
        assert!(seen.text().contains("&lt;b&gt;no"), "{}", seen.text());
        // The token of another attempt, of the same person.
        let seen =
            scene.come_back(&other, &format!("code=c1&state={}", other_query["state"])).await;
        assert!(seen.text().contains("another request"), "{}", seen.text());
        // A code that was used: the provider says so.
        let refused = r#"{"error": "invalid_grant", "error_description": "<script>"}"#;
        *scene.answer.borrow_mut() = Ok(Asked { status: 400, body: refused.into() });
        let seen = scene.come_back(&own, &format!("code=c1&state={state}")).await;
        assert_eq!(seen.status, 400);
        assert!(seen.text().contains("invalid_grant") && !seen.text().contains("<script>"));
    });
}

#[test]
fn a_provider_that_cannot_be_used_is_said_to_be_so() {
    run(async {
        let scene = Scene::new().await;
        let start = "/-/login/start";
        for change in [
            json!({ "issuer": "https://evil.example.com" }),
            json!({ "token_endpoint": "http://id.example.com/token" }),
            json!({ "jwks_uri": "http://169.254.169.254/latest" }),
            json!({ "authorization_endpoint": "javascript:alert(1)" }),
        ] {
            *scene.provider.change.borrow_mut() = change.clone();
            let seen = scene.world.get(start).await;
            assert_eq!(seen.status, 503, "{change}");
            tokio::time::sleep(Duration::from_secs(6)).await;
        }
        *scene.provider.change.borrow_mut() = json!({});
        scene.provider.is_away.set(true);
        let asked = scene.provider.asked.borrow().len();
        for _ in 0..5 {
            assert_eq!(scene.world.get(start).await.status, 503);
        }
        assert_eq!(
            scene.provider.asked.borrow().len(),
            asked + 1,
            "it is asked once in five seconds"
        );
        scene.provider.is_away.set(false);
        tokio::time::sleep(Duration::from_secs(6)).await;
        assert_eq!(scene.world.get(start).await.status, 303);
    });
}

#[test]
fn keys_are_kept_and_new_ones_are_found() {
    run(async {
        let scene = Scene::new().await;
        *scene.provider.cache_control.borrow_mut() = Some("max-age=3600".into());
        scene.signs_up("alice", "alice", &json!({})).await;
        scene.session("alice", &json!({})).await;
        assert_eq!(scene.provider.times_asked_for_keys(), 1);
        // A new key is found after a minute, and a stranger's makes nobody ask more often.
        tokio::time::sleep(Duration::from_secs(61)).await;
        scene.provider.keys.borrow_mut().push(("k2".into(), Rc::new(Pair::ed25519())));
        scene.session("alice", &json!({})).await;
        assert_eq!(scene.provider.times_asked_for_keys(), 2);
        let (cookie_of_attempt, query) = scene.set_off("/-/tokens").await;
        for n in 0..20 {
            let header = json!({ "alg": "ES256", "kid": format!("stranger-{n}") });
            let claims = scene.claims("alice", &query["nonce"]);
            scene.gives(&Pair::p256().token(&header, &claims));
            let seen = scene
                .come_back(&cookie_of_attempt, &format!("code=c1&state={}", query["state"]))
                .await;
            assert_eq!(seen.status, 503);
        }
        assert_eq!(scene.provider.times_asked_for_keys(), 2);
        // A key that was taken away is good for nothing once what is kept is over.
        let removed = scene.provider.keys.borrow_mut().pop().unwrap().1;
        tokio::time::sleep(Duration::from_secs(3600)).await;
        let (cookie_of_attempt, query) = scene.set_off("/-/tokens").await;
        let claims = scene.claims("alice", &query["nonce"]);
        scene.gives(&removed.token(&json!({ "alg": "EdDSA", "kid": "k2" }), &claims));
        let seen =
            scene.come_back(&cookie_of_attempt, &format!("code=c1&state={}", query["state"])).await;
        assert_eq!(seen.status, 503, "{}", seen.text());
    });
}

#[test]
fn the_user_info_completes_the_token_and_is_about_the_same_person() {
    run(async {
        let scene = Scene::new().await;
        let thin = json!({ "preferred_username": null, "groups": null, "email": null });
        *scene.provider.user_info.borrow_mut() =
            json!({ "sub": "alice", "preferred_username": "alice", "groups": ["eng"] });
        let session = scene.signs_up("alice", "alice", &thin).await;
        assert!(scene.page("/-/organizations", &session).await.text().contains("acme"));
        *scene.provider.user_info.borrow_mut() = json!({ "sub": "boss", "groups": ["eng"] });
        let seen = scene.signs_in("alice", &thin).await;
        assert!(seen.text().contains("about two persons"), "{}", seen.text());
    });
}

#[test]
fn names_are_taken_once() {
    run(async {
        let scene = Scene::new().await;
        scene.signs_up("alice", "alice", &json!({})).await;
        scene.world.token("tom").await;
        let seen = scene.signs_in("second", &json!({ "preferred_username": "alice" })).await;
        let registration = cookie(&seen, "__Host-registration");
        let page = scene.page("/-/login/name", &registration).await;
        assert!(page.text().contains(r#"value="alice""#), "{}", page.text());
        let before = scene.world.bucket.keys();
        for (name, status, words) in [
            ("alice", 409, "exists already"),
            ("tom", 409, "exists already"),
            ("acme", 409, "exists already"),
            ("al1ce", 409, "looks like alice"),
            ("a-l-i-c-e", 409, "looks like alice"),
            ("t0m", 409, "looks like tom"),
            ("admin", 400, "own"),
            ("oauth2", 400, "own"),
            ("googleapis", 403, "reserved"),
            ("g00gle", 403, "reserved"),
            ("Alice", 400, "Not done"),
            ("%D0%B0lice", 400, "Not done"),
            ("gen", 400, "Not done"),
            ("%3Cb%3E", 400, "Not done"),
        ] {
            let seen =
                scene.ask("POST", "/-/login/name", &registration, &format!("name={name}")).await;
            assert_eq!(seen.status, status, "{name}: {}", seen.text());
            assert!(seen.text().contains(words), "{name}: {}", seen.text());
            assert!(seen.all("set-cookie").is_empty(), "{name}");
        }
        let changed: Vec<String> =
            scene.world.bucket.keys().into_iter().filter(|it| !before.contains(it)).collect();
        assert!(changed.is_empty(), "{changed:?}");
        let taken = scene.ask("POST", "/-/login/name", &registration, "name=second").await;
        assert_eq!(taken.status, 303);
        // Once more, perhaps from another tab: the person has a name, and is sent to the provider.
        for name in ["third", "second"] {
            let seen =
                scene.ask("POST", "/-/login/name", &registration, &format!("name={name}")).await;
            assert!(seen.header("location").is_some_and(|it| it.starts_with("/-/login?next=")));
        }
        assert!(!scene.world.bucket.keys().iter().any(|key| key.contains("third")));
    });
}

/// The browser keeps who has signed in and has no name yet. It cannot change it, and what is sealed for something else is nothing.
#[test]
fn what_is_sealed_cannot_be_changed() {
    run(async {
        let scene = Scene::new().await;
        let seen = scene.signs_in("mallory", &json!({})).await;
        let registration = cookie(&seen, "__Host-registration");
        let (body, code) = registration.split_once('=').unwrap().1.split_once('.').unwrap();
        let opened = String::from_utf8(URL_SAFE_NO_PAD.decode(body).unwrap()).unwrap();
        let forged = URL_SAFE_NO_PAD
            .encode(opened.replace(r#""subject":"mallory""#, r#""subject":"alice""#));
        assert_ne!(forged, body);
        let client = scene
            .world
            .send("POST", "/oauth2/device/registration", &[], br#"{"client_name":"x"}"#.to_vec())
            .await;
        let client = client.json()["client_id"].as_str().unwrap().to_owned();
        for value in
            [format!("{forged}.{code}"), format!("{body}."), body.to_owned(), client, String::new()]
        {
            let cookies = format!("__Host-registration={value}");
            let seen = scene.ask("POST", "/-/login/name", &cookies, "name=mallory").await;
            assert_eq!(seen.status, 400, "{value}: {}", seen.text());
        }
        tokio::time::sleep(Duration::from_secs(600)).await;
        let seen = scene.ask("POST", "/-/login/name", &registration, "name=mallory").await;
        assert_eq!(seen.status, 400, "ten minutes are over");
    });
}

#[test]
fn mail_domains_count_when_the_provider_vouches_for_them() {
    run(async {
        let scene = Scene::with(&[(SignIn::MAIL_DOMAINS, "example.com")]).await;
        *scene.provider.user_info.borrow_mut() = json!({ "sub": "alice" });
        for (change, status) in [
            (json!({}), 303),
            (json!({ "email": "a@EXAMPLE.com" }), 303),
            (json!({ "email_verified": "true" }), 303),
            (json!({ "email_verified": false }), 403),
            (json!({ "email_verified": null }), 403),
            (json!({ "email": "a@example.com.evil.example" }), 403),
            (json!({ "email": "a@evil.example@sub.example.com" }), 403),
            (json!({ "email": "example.com" }), 403),
            (json!({ "email": ["a@example.com"] }), 403),
        ] {
            assert_eq!(scene.signs_in("alice", &change).await.status, status, "{change}");
        }
    });
}

#[test]
fn what_groups_give_lapses_a_day_after_the_last_sign_in() {
    run(async {
        let scene = Scene::new().await;
        scene.world.push("acme/weather", &["main"], "message A {}", &[]).await;
        let private = json!({ "visibility": "private" });
        let seen = scene.world.api(ADMIN, "PATCH", "modules/acme/weather", private).await;
        assert_eq!(seen.status, 200, "{}", seen.text());
        let session = scene.signs_up("bob", "bob", &json!({ "groups": ["eng", "x"] })).await;
        let token = scene.token(&session, "admin").await;
        let reads = async || {
            scene.world.api(&token, "GET", "modules/acme/weather", Value::Null).await.status
        };
        assert_eq!(reads().await, 200);
        let members = scene.page("/-/organizations/acme", &session).await.text();
        assert!(members.contains("bob") && members.contains("by a group, until"), "{members}");
        // Less than an administrator there.
        let path = "organizations/acme/members/bob";
        let seen = scene.world.api(&token, "PUT", path, json!({ "role": "owner" })).await;
        assert_eq!(seen.status, 403);
        tokio::time::sleep(Duration::from_secs(24 * 60 * 60 - 60)).await;
        assert_eq!(reads().await, 200);
        tokio::time::sleep(Duration::from_secs(60) + REMEMBERED).await;
        assert_eq!(reads().await, 404, "a day is over");
        // A group that is gone takes its role at the next sign-in.
        scene.session("bob", &json!({ "groups": ["eng"] })).await;
        tokio::time::sleep(REMEMBERED).await;
        assert_eq!(reads().await, 200);
        scene.session("bob", &json!({ "groups": [] })).await;
        assert_eq!(reads().await, 404);
        // An organization that a group names and that is a person is nobody's to give.
        let members =
            scene.world.api(ADMIN, "GET", "organizations/acme/members", Value::Null).await;
        assert!(!members.text().contains("bob"), "{}", members.text());
    });
}

#[test]
fn sessions_open_pages_and_nothing_else() {
    run(async {
        let scene = Scene::new().await;
        let session = scene.signs_up("alice", "alice", &json!({})).await;
        let headers = [
            ("cookie", session.as_str()),
            ("sec-fetch-site", "same-origin"),
            ("content-type", "application/proto"),
        ];
        for (method, url, status) in [
            ("GET", "/-/api/user", 401),
            ("POST", "/-/api/users/alice/tokens", 401),
            ("GET", "/gen/npm/v1/-/whoami", 401),
            ("POST", "/buf.alpha.registry.v1alpha1.AuthnService/GetCurrentUser", 401),
            ("GET", "/-/admin/takedowns", 401),
            ("GET", "/-/account", 200),
        ] {
            assert_eq!(
                scene.world.send(method, url, &headers, Vec::new()).await.status,
                status,
                "{url}"
            );
        }
        // And tokens open no page.
        let token = format!("Bearer {}", scene.token(&session, "admin").await);
        let seen =
            scene.world.send("GET", "/-/account", &[("authorization", &token)], Vec::new()).await;
        assert_eq!(seen.header("location"), Some("/-/login?next=%2F%2D%2Faccount"));
    });
}

#[test]
fn forms_from_elsewhere_are_refused() {
    run(async {
        let scene = Scene::new().await;
        let session = scene.signs_up("alice", "alice", &json!({})).await;
        let form = "application/x-www-form-urlencoded";
        let body = "name=test&scope=admin&days=30";
        for (what, headers, status) in [
            ("a page of ours", vec![("sec-fetch-site", "same-origin")], 200),
            ("an older browser", vec![("origin", URL)], 200),
            ("another site", vec![("sec-fetch-site", "cross-site"), ("origin", URL)], 403),
            ("another host of ours", vec![("sec-fetch-site", "same-site")], 403),
            ("nowhere", vec![("sec-fetch-site", "none")], 403),
            ("another origin", vec![("origin", "https://evil.example.com")], 403),
            ("a hidden origin", vec![("origin", "null")], 403),
            ("without TLS", vec![("origin", "http://edge.example.com")], 403),
            ("nobody says", vec![], 403),
        ] {
            let all: Vec<(&str, &str)> =
                [vec![("cookie", session.as_str()), ("content-type", form)], headers].concat();
            let before = scene.world.bucket.keys().len();
            let seen = scene.world.send("POST", "/-/tokens", &all, body.into()).await;
            assert_eq!(seen.status, status, "{what}: {}", seen.text());
            assert_eq!(scene.world.bucket.keys().len() > before, status == 200, "{what}");
        }
        for (what, media_type, body, status) in [
            ("a field twice", form, "name=a&name=b&scope=read&days=1", 400),
            ("JSON", "application/json", "{}", 400),
            ("no text", form, "name=%ff&scope=read&days=1", 400),
            ("another scope", form, "name=a&scope=all&days=1", 400),
            ("no days", form, "name=a&scope=read&days=-1", 400),
            ("too many days", form, "name=a&scope=read&days=4000000000", 400),
            ("no name", form, "name=&scope=read&days=1", 400),
            ("a name with a line's end", form, "name=a%0Ab&scope=read&days=1", 400),
            ("a module that is none", form, "name=a&scope=read&days=1&modules=x", 400),
        ] {
            let headers = [
                ("cookie", session.as_str()),
                ("content-type", media_type),
                ("sec-fetch-site", "same-origin"),
            ];
            let seen = scene.world.send("POST", "/-/tokens", &headers, body.into()).await;
            assert_eq!(seen.status, status, "{what}: {}", seen.text());
            assert!(seen.header("content-type").unwrap().starts_with("text/html"), "{what}");
        }
    });
}

/// What ends a session within ten seconds, on other machines, too.
#[test]
fn sessions_end_within_ten_seconds() {
    run(async {
        let scene = Scene::new().await;
        scene.signs_up("alice", "alice", &json!({})).await;
        let is_in = async |world: &World, session: &str| {
            let headers = [("cookie", session)];
            world.send("GET", "/-/account", &headers, Vec::new()).await.status == 200
        };
        let there = scene.world.elsewhere();
        for what in ["out", "everywhere", "api", "disabled", "over"] {
            let session = scene.session("alice", &json!({})).await;
            let other = scene.session("alice", &json!({})).await;
            for session in [&session, &other] {
                assert!(is_in(&there, session).await, "{what}");
            }
            let logout =
                async |form: &str| scene.ask("POST", "/-/logout", &session, form).await.status;
            let api = async |method: &str, path: &str, body: Value| {
                scene.world.api(ADMIN, method, path, body).await.status
            };
            let disabled = |is: bool| json!({ "disabled": is });
            match what {
                "out" => assert_eq!(logout("").await, 303),
                "everywhere" => assert_eq!(logout("everywhere=yes").await, 303),
                "api" => assert_eq!(api("DELETE", "users/alice/sessions", Value::Null).await, 204),
                "disabled" => assert_eq!(api("PATCH", "users/alice", disabled(true)).await, 200),
                _ => tokio::time::sleep(Duration::from_secs(12 * 60 * 60)).await,
            }
            tokio::time::sleep(REMEMBERED).await;
            assert!(!is_in(&there, &session).await, "{what}");
            assert_eq!(is_in(&there, &other).await, what == "out", "{what}");
            if what == "disabled" {
                let seen = scene.signs_in("alice", &json!({})).await;
                assert!(seen.text().contains("alice is disabled"), "{}", seen.text());
                assert_eq!(api("PATCH", "users/alice", disabled(false)).await, 200);
            }
        }
    });
}

/// A session is as good as the token that it began with.
#[test]
fn people_sign_in_with_tokens_where_there_is_no_provider() {
    run(async {
        let scene = Scene::new().await;
        let world = scene.world.configured(|config| config.sign_in = None);
        let scene = Scene { world, ..scene };
        let token = scene.world.token("tom").await;
        let sign_in = async |token: &str| {
            scene.ask("POST", "/-/login", "", &format!("token={token}&next=%2F-%2Ftokens")).await
        };
        for bad in ["wrong", "protoedge_0123456789ABCDEFGHIJKLMNOPQRST3FkP5X", &token[..45]] {
            let seen = sign_in(bad).await;
            assert_eq!(seen.status, 401);
            assert!(seen.header("www-authenticate").is_none() && seen.all("set-cookie").is_empty());
        }
        let seen = sign_in(&token).await;
        assert_eq!(seen.header("location"), Some("/-/tokens"));
        let session = cookie(&seen, "__Host-session");
        let id = scene.world.api(&token, "GET", "user", Value::Null).await.json()["token"].clone();
        scene.token(&session, "admin").await;
        // One of less makes none of more.
        let body = json!({ "name": "r", "scope": "read", "expires": "2026-12-01T00:00:00Z" });
        let read = scene.world.api(&token, "POST", "users/tom/tokens", body).await.json();
        let limited = cookie(&sign_in(read["token"].as_str().unwrap()).await, "__Host-session");
        let form = "name=test&scope=read&days=30";
        assert_eq!(scene.ask("POST", "/-/tokens", &limited, form).await.status, 403);
        let path = format!("users/tom/tokens/{}", id.as_str().unwrap());
        assert_eq!(scene.world.api(&token, "DELETE", &path, Value::Null).await.status, 204);
        tokio::time::sleep(REMEMBERED).await;
        assert_eq!(scene.page("/-/account", &session).await.status, 303);
    });
}

#[test]
fn administrators_sign_in_with_their_token_until_it_is_another() {
    run(async {
        let scene = Scene::new().await;
        let seen = scene.ask("POST", "/-/login", "", &format!("token={ADMIN}")).await;
        let session = cookie(&seen, "__Host-session");
        assert!(scene.page("/-/account", &session).await.text().contains("administrators"));
        // They are no person.
        assert_eq!(scene.page("/-/tokens", &session).await.status, 400);
        assert_eq!(scene.page("/-/organizations/acme", &session).await.status, 200);
        // With a provider, persons do not sign in with tokens.
        let token = scene.world.token("tom").await;
        assert_eq!(scene.ask("POST", "/-/login", "", &format!("token={token}")).await.status, 401);
        let rotated = scene.world.configured(|config| {
            config.admin_tokens =
                protoedge_edge::AdminTokens::read("another".into(), None).unwrap();
        });
        let seen = rotated.send("GET", "/-/account", &[("cookie", &session)], Vec::new()).await;
        assert_eq!(seen.status, 303);
        // What is stored does not let anybody try out tokens.
        for key in scene.world.bucket.keys() {
            assert!(!key.contains(ADMIN), "{key}");
        }
    });
}

#[test]
fn a_device_is_let_in_once() {
    run(async {
        let scene = Scene::new().await;
        let session = scene.signs_up("alice", "alice", &json!({})).await;
        let before = scene.world.bucket.keys().len();
        let client = scene.client("alice's laptop").await;
        assert_eq!(scene.world.bucket.keys().len(), before, "a registration stores nothing");
        let device = scene.asks(&client).await;
        assert_eq!((&device["expires_in"], &device["interval"]), (&json!(600), &json!(2)));
        let code = device["user_code"].as_str().unwrap();
        assert_eq!(device["verification_uri"], format!("{URL}/-/device"));
        let complete = format!("/-/device?user_code={code}");
        assert_eq!(device["verification_uri_complete"], format!("{URL}{complete}"));
        assert_eq!(error(&scene.polls(&client, &device).await), "authorization_pending");
        // The address fills the code in, and shows and decides nothing.
        let filled = scene.page(&complete, &session).await.text();
        assert!(filled.contains(&format!(r#"value="{code}""#)) && !filled.contains("laptop"));
        assert_eq!(error(&scene.polls(&client, &device).await), "authorization_pending");
        let lower = code.to_lowercase().replace('-', "+");
        let shown =
            scene.ask("POST", "/-/device", &session, &format!("user_code={lower}")).await.text();
        assert!(
            shown.contains("alice&#39;s laptop") || shown.contains("alice's laptop"),
            "{shown}"
        );
        assert!(shown.contains(code));
        assert_eq!(scene.decides(&session, &device, "let-in").await.status, 200);
        assert_eq!(scene.decides(&session, &device, "refuse").await.status, 400, "once");
        let other = scene.client("alice's laptop").await;
        assert_eq!(
            error(&scene.polls(&other, &device).await),
            "expired_token",
            "another client's code"
        );
        let given = scene.polls(&client, &device).await;
        assert_eq!((given.status, &given.json()["token_type"]), (200, &json!("Bearer")));
        let token = given.json()["access_token"].as_str().unwrap().to_owned();
        assert_eq!(error(&scene.polls(&client, &device).await), "expired_token", "once");
        let user = scene.world.api(&token, "GET", "user", Value::Null).await.json();
        assert_eq!((&user["name"], &user["scope"]), (&json!("alice"), &json!("write")));
        let list = scene.page("/-/tokens", &session).await.text();
        assert!(list.contains("laptop"), "{list}");
        // All of it is forgotten after a while.
        tokio::time::sleep(Duration::from_secs(1200)).await;
        scene.world.sweep().await;
        assert!(!scene.world.bucket.keys().iter().any(|key| key.starts_with("devices/")));
    });
}

#[test]
fn devices_that_nobody_lets_in_get_nothing() {
    run(async {
        let scene = Scene::new().await;
        let session = scene.signs_up("alice", "alice", &json!({})).await;
        let client = scene.client("x").await;
        let device = scene.asks(&client).await;
        assert_eq!(scene.decides(&session, &device, "refuse").await.status, 200);
        assert_eq!(error(&scene.polls(&client, &device).await), "access_denied");
        // Ten minutes.
        let device = scene.asks(&client).await;
        tokio::time::sleep(Duration::from_secs(600)).await;
        assert_eq!(scene.decides(&session, &device, "let-in").await.status, 400);
        assert_eq!(error(&scene.polls(&client, &device).await), "expired_token");
        // A person who signs out everywhere, or is disabled, before the device has asked.
        for what in ["everywhere", "disabled"] {
            let session = scene.session("alice", &json!({})).await;
            let device = scene.asks(&client).await;
            assert_eq!(scene.decides(&session, &device, "let-in").await.status, 200);
            if what == "disabled" {
                scene.world.api(ADMIN, "PATCH", "users/alice", json!({ "disabled": true })).await;
            } else {
                scene.ask("POST", "/-/logout", &session, "everywhere=yes").await;
            }
            tokio::time::sleep(REMEMBERED).await;
            assert_eq!(error(&scene.polls(&client, &device).await), "access_denied", "{what}");
        }
        // What nobody registered.
        let Client { id, secret } = scene.client("y").await;
        for (id, secret) in
            [("x", "y"), (&client.id, &secret), (&id, &client.secret), (&secret, &id)]
        {
            let seen = scene
                .oauth("device/authorization", &format!("client_id={id}&client_secret={secret}"))
                .await;
            assert_eq!(error(&seen), "invalid_client");
        }
        for (body, wanted) in [
            ("", "invalid_request"),
            ("grant_type=password", "unsupported_grant_type"),
            ("grant_type=a&grant_type=b", "invalid_request"),
        ] {
            assert_eq!(error(&scene.oauth("device/token", body).await), wanted, "{body}");
        }
        // A name that would write something else into the page.
        let hidden = scene.client("evil\u{202e}\n<b>").await;
        let device = scene.asks(&hidden).await;
        let session = {
            scene.world.api(ADMIN, "PATCH", "users/alice", json!({ "disabled": false })).await;
            scene.session("alice", &json!({})).await
        };
        let form = format!("user_code={}", device["user_code"].as_str().unwrap());
        let shown = scene.ask("POST", "/-/device", &session, &form).await.text();
        assert!(shown.contains("a device without a name"), "{shown}");
    });
}

#[test]
fn codes_are_not_guessed() {
    run(async {
        let scene = Scene::new().await;
        let session = scene.signs_up("mallory", "mallory", &json!({})).await;
        let device = scene.asks(&scene.client("x").await).await;
        let tries = async |code: &str| {
            scene.ask("POST", "/-/device", &session, &format!("user_code={code}")).await
        };
        for n in 0..30 {
            let letters = b"BCDFGHJKLM";
            let (one, other) = (letters[n / 10] as char, letters[n % 10] as char);
            let seen = tries(&format!("BCDF-GH{one}{other}")).await;
            assert_eq!(seen.status, 400, "{}", seen.text());
        }
        let code = device["user_code"].as_str().unwrap();
        assert_eq!(tries(code).await.status, 429, "the right one, too");
        assert_eq!(scene.decides(&session, &device, "let-in").await.status, 429);
        tokio::time::sleep(Duration::from_secs(3600)).await;
        let device = scene.asks(&scene.client("x").await).await;
        assert_eq!(tries(device["user_code"].as_str().unwrap()).await.status, 200);
    });
}

#[test]
fn a_job_gets_a_token_for_some_minutes() {
    run(async {
        for (role, scope, minutes) in
            [("write", "write", 15), ("admin", "write", 15), ("read", "read", 60)]
        {
            let scene = Scene::new().await;
            let (olga, trust) = scene.robot(role).await;
            let seen = scene.exchanges(&scene.ci.token(&scene.job()), "acme-ci").await;
            assert_eq!(seen.status, 200, "{}", seen.text());
            assert_eq!(seen.json()["expires_in"], minutes * 60);
            assert_eq!(
                seen.json()["issued_token_type"],
                "urn:ietf:params:oauth:token-type:access_token"
            );
            let token = seen.json()["access_token"].as_str().unwrap().to_owned();
            let user = async || scene.world.api(&token, "GET", "user", Value::Null).await;
            assert_eq!(user().await.json()["scope"], scope);
            assert_eq!(user().await.json()["kind"], "robot");
            let audit =
                scene.world.api(&olga, "GET", "owners/acme/audit", Value::Null).await.text();
            assert!(audit.contains("token.exchange") && audit.contains(&trust), "{audit}");
            tokio::time::sleep(Duration::from_secs(minutes * 60 - 1)).await;
            assert_eq!(user().await.status, 200);
            tokio::time::sleep(Duration::from_secs(1)).await;
            assert_eq!(user().await.status, 401);
            // What is over is forgotten with the next one, and the day of its use is written nowhere.
            scene.exchanges(&scene.ci.token(&scene.job()), "acme-ci").await;
            let keys = scene.world.bucket.keys();
            assert_eq!(
                keys.iter().filter(|key| key.starts_with("owners/acme-ci/tokens/")).count(),
                1
            );
            assert!(!keys.iter().any(|key| key.starts_with("owners/acme-ci/used/")));
        }
    });
}

#[test]
fn what_a_robot_does_not_trust_gets_nothing_and_learns_nothing() {
    run(async {
        let scene = Scene::new().await;
        let (olga, _) = scene.robot("write").await;
        let now = scene.now();
        let mut denied = Vec::new();
        for change in [
            json!({ "iss": "https://evil.example.com" }),
            json!({ "iss": PROVIDER }),
            json!({ "aud": "https://other.example.com" }),
            json!({ "aud": [URL, "https://other.example.com"] }),
            json!({ "aud": format!("{URL}/") }),
            json!({ "repository_id": 1235 }),
            json!({ "repository_id": "01234" }),
            json!({ "repository_id": 1234.0 }),
            json!({ "repository_id": [1234] }),
            json!({ "repository_id": null }),
            json!({ "ref": "refs/heads/main2" }),
            json!({ "ref": "refs/heads/Main" }),
            json!({ "private": false }),
            json!({ "exp": now - 3600 }),
            json!({ "iat": now + 3600, "exp": now + 7200 }),
            json!({ "exp": now + 100_000 }),
        ] {
            let mut job = scene.job();
            for (name, value) in change.as_object().unwrap() {
                job[name] = value.clone();
            }
            denied.push((
                change.to_string(),
                scene.exchanges(&scene.ci.token(&job), "acme-ci").await,
            ));
        }
        let good = scene.ci.token(&scene.job());
        let stranger = Pair::p256().token(&json!({ "alg": "ES256", "kid": "k1" }), &scene.job());
        denied.push(("a stranger's key".into(), scene.exchanges(&stranger, "acme-ci").await));
        denied.push(("no token".into(), scene.exchanges("what", "acme-ci").await));
        for account in ["acme", "olga", "nobody", "admin", "A!", "others-ci"] {
            denied.push((account.into(), scene.exchanges(&good, account).await));
        }
        for (what, seen) in &denied {
            assert_eq!(seen.status, 400, "{what}: {}", seen.text());
            assert_eq!(seen.json(), json!({ "error": "invalid_grant" }), "{what}");
            assert_eq!(seen.headers(), denied[0].1.headers(), "{what}");
        }
        // A stranger's issuer is asked nothing, nor is one that the robot does not trust.
        assert!(scene.provider.asked.borrow().is_empty());
        for (body, wanted) in [
            (
                format!("grant_type=client_credentials&account=acme-ci&subject_token={good}"),
                "unsupported_grant_type",
            ),
            (
                format!("grant_type={EXCHANGE}&subject_token={good}&subject_token_type={ID_TOKEN}"),
                "invalid_request",
            ),
            (
                format!("grant_type={EXCHANGE}&account=acme-ci&subject_token_type={ID_TOKEN}"),
                "invalid_request",
            ),
            (
                format!(
                    "grant_type={EXCHANGE}&account=acme-ci&subject_token={good}&subject_token_type=x"
                ),
                "invalid_request",
            ),
            (
                format!(
                    "grant_type={EXCHANGE}&account=acme-ci&subject_token={good}&subject_token_type={ID_TOKEN}&scope=admin"
                ),
                "invalid_request",
            ),
        ] {
            assert_eq!(error(&scene.oauth("token", &body).await), wanted, "{body}");
        }
        // Disabled, and deleted.
        let path = "organizations/acme/robots/acme-ci";
        scene.world.api(&olga, "PATCH", path, json!({ "disabled": true })).await;
        assert_eq!(
            scene.exchanges(&good, "acme-ci").await.json(),
            json!({ "error": "invalid_grant" })
        );
        scene.world.api(&olga, "DELETE", path, Value::Null).await;
        assert_eq!(
            scene.exchanges(&good, "acme-ci").await.json(),
            json!({ "error": "invalid_grant" })
        );
    });
}

#[test]
fn ending_a_trust_or_disabling_the_robot_ends_its_tokens_within_ten_seconds() {
    run(async {
        for what in ["trust", "disabled", "deleted", "role"] {
            let scene = Scene::new().await;
            let (olga, trust) = scene.robot("write").await;
            let seen = scene.exchanges(&scene.ci.token(&scene.job()), "acme-ci").await;
            let token = seen.json()["access_token"].as_str().unwrap().to_owned();
            let there = scene.world.elsewhere();
            let user = async || there.api(&token, "GET", "user", Value::Null).await.status;
            assert_eq!(user().await, 200);
            let robot = "organizations/acme/robots/acme-ci";
            let (method, path, body) = match what {
                "trust" => ("DELETE", format!("{robot}/trusts/{trust}"), Value::Null),
                "disabled" => ("PATCH", robot.to_owned(), json!({ "disabled": true })),
                "deleted" => ("DELETE", robot.to_owned(), Value::Null),
                _ => ("PATCH", robot.to_owned(), json!({ "role": "read" })),
            };
            assert!(scene.world.api(&olga, method, &path, body).await.status < 300, "{what}");
            tokio::time::sleep(REMEMBERED).await;
            // With another role it is still a token, and pushes nothing.
            assert_eq!(user().await, if what == "role" { 200 } else { 401 }, "{what}");
        }
    });
}

#[test]
fn an_issuer_that_is_away_is_trouble_and_not_denial() {
    run(async {
        let scene = Scene::new().await;
        scene.robot("write").await;
        scene.ci.is_away.set(true);
        let seen = scene.exchanges(&scene.ci.token(&scene.job()), "acme-ci").await;
        assert_eq!((seen.status, &seen.json()["error"]), (503, &json!("server_error")));
        scene.ci.is_away.set(false);
        tokio::time::sleep(Duration::from_secs(6)).await;
        let seen = scene.exchanges(&scene.ci.token(&scene.job()), "acme-ci").await;
        assert_eq!(seen.status, 200);
    });
}

#[test]
fn an_administrator_links_a_person_who_was_there_before() {
    run(async {
        let scene = Scene::new().await;
        let token = scene.world.token("tom").await;
        let identity = json!({ "issuer": PROVIDER, "subject": "tom-there" });
        let link = async |token: &str, user: &str, identity: &Value| {
            scene
                .world
                .api(token, "PUT", &format!("users/{user}/identity"), identity.clone())
                .await
                .status
        };
        assert_eq!(link(&token, "tom", &identity).await, 403, "not even the person");
        assert_eq!(link(ADMIN, "acme", &identity).await, 404);
        assert_eq!(link(ADMIN, "tom", &identity).await, 200);
        assert_eq!(link(ADMIN, "tom", &identity).await, 200, "again");
        let session = scene.session("tom-there", &json!({})).await;
        assert!(scene.page("/-/account", &session).await.text().contains("<h1>tom</h1>"));
        let other = json!({ "issuer": PROVIDER, "subject": "other" });
        assert_eq!(link(ADMIN, "tom", &other).await, 409, "one for ever");
        scene.world.token("tim").await;
        assert_eq!(link(ADMIN, "tim", &identity).await, 409, "it is tom's");
    });
}

/// No reply, and no line of the log, has what it must not have.
#[test]
fn secrets_are_in_no_log() {
    run(async {
        let scene = Scene::new().await;
        scene.world.take_log();
        let session = scene.signs_up("alice", "alice", &json!({})).await;
        let token = scene.token(&session, "read").await;
        scene.robot("write").await;
        let job = scene.ci.token(&scene.job());
        scene.exchanges(&job, "acme-ci").await;
        scene.exchanges(&format!("{job}x"), "acme-ci").await;
        let log = scene.world.take_log().join("\n");
        for secret in [session.split_once('=').unwrap().1, &token, &job, "a secret", "code=c1"] {
            assert!(!log.contains(secret), "{secret}");
        }
        assert!(log.contains("invalid_grant: "), "{log}");
    });
}

/// What nobody has signed in for is counted by address, apart from what is generated.
#[test]
fn an_address_asks_only_so_often() {
    run(async {
        let scene = Scene::new().await;
        let client = scene.client("x").await;
        scene.world.set_budget(3);
        let form = ("content-type", "application/x-www-form-urlencoded");
        let send = async |address: &str, method: &str, url: &str, body: &str| {
            let headers = [("cf-connecting-ip", address), ("sec-fetch-site", "same-origin"), form];
            scene.world.send(method, url, &headers, body.into()).await
        };
        let Client { id, secret } = &client;
        let asks = format!("client_id={id}&client_secret={secret}");
        for _ in 0..3 {
            let seen = send("192.0.2.1", "POST", "/oauth2/device/authorization", &asks).await;
            assert_eq!(seen.status, 200, "{}", seen.text());
        }
        let before = scene.world.bucket.keys().len();
        let seen = send("192.0.2.1", "POST", "/oauth2/device/authorization", &asks).await;
        assert_eq!(error(&seen), "slow_down");
        let exchange = format!(
            "grant_type={EXCHANGE}&subject_token=x&subject_token_type={ID_TOKEN}&account=y"
        );
        assert_eq!(
            error(&send("192.0.2.1", "POST", "/oauth2/token", &exchange).await),
            "slow_down"
        );
        for (method, url, body) in [("GET", "/-/login/start", ""), ("POST", "/-/login", "token=x")]
        {
            let seen = send("192.0.2.1", method, url, body).await;
            assert_eq!(seen.status, 429, "{url}");
            assert!(seen.text().contains("try again in a minute"), "{url}");
        }
        assert_eq!(scene.world.bucket.keys().len(), before);
        assert_eq!(send("192.0.2.2", "GET", "/-/login/start", "").await.status, 303);
    });
}
