//! What was tried against signing in, and holds: two requests at once, makings that are cut off, and rights that change while a slow
//! request goes on.

mod common;

use common::{
    ADMIN, Seen, Sent, World, run,
    sign_in::{CI, PROVIDER, Scene, cookie},
    signing::Pair,
};
use futures::{FutureExt, future::join_all};
use protoedge_edge::{Asked, SignIn};
use protoedge_storage::{Fault, testing::random};
use serde_json::{Value, json};
use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    rc::Rc,
    time::Duration,
};

const MINUTE: Duration = Duration::from_secs(60);

/// How many orders of what two requests do are tried.
const ORDERS: u64 = 200;

/// Every operation of the bucket takes some time, which chance decides.
fn shuffle(world: &World, seed: u64) {
    let mut random = random(seed);
    let slow = move || Fault::Slow(Duration::from_millis(5 + random() % 100));
    let slow = RefCell::new(slow);
    world.bucket.fault_on(move |_, _| Some((slow.borrow_mut())()));
}

async fn names(world: &World, registration: &str, name: &str) -> u16 {
    let headers = [
        ("cookie", registration),
        ("sec-fetch-site", "same-origin"),
        ("content-type", "application/x-www-form-urlencoded"),
    ];
    world.send("POST", "/-/login/name", &headers, format!("name={name}").into()).await.status
}

async fn link(world: &World, user: &str, subject: &str) -> u16 {
    let identity = json!({ "issuer": PROVIDER, "subject": subject });
    world.api(ADMIN, "PUT", &format!("users/{user}/identity"), identity).await.status
}

/// Whether a person who signs in has a name.
async fn is_in(scene: &Scene, subject: &str) -> bool {
    scene.signs_in(subject, &json!({})).await.header("location") == Some("/-/tokens")
}

#[test]
fn one_identity_takes_one_name() {
    run(async {
        let scene = Scene::new().await;
        let registration = scene.registration("mallory").await;
        assert_eq!(names(&scene.world, &registration, "mallory").await, 303);
        for name in ["victim-one", "victim-two"] {
            // On to the provider: it has one.
            assert_eq!(names(&scene.world, &registration, name).await, 303);
        }
        let keys = scene.world.bucket.keys();
        assert!(!keys.iter().any(|key| key.contains("victim")), "{keys:?}");
        for seed in 0..ORDERS {
            let world = scene.world.restored(scene.world.bucket.snapshot());
            let registration = scene.registration("both").await;
            shuffle(&world, seed);
            let there = world.elsewhere();
            let (one, two) =
                (names(&world, &registration, "one"), names(&there, &registration, "two"));
            futures::join!(one, two);
            world.bucket.heal();
            let made = ["one", "two"]
                .iter()
                .filter(|it| world.bucket.peek(&format!("owners/{it}.json")).is_some());
            assert!(made.count() <= 1, "seed {seed}: two names of one identity");
        }
    });
}

/// A cookie of a sign-in that took a name lets nobody in later, nor twice at once.
#[test]
fn a_registration_begins_one_session() {
    run(async {
        let scene = Scene::new().await;
        let registration = scene.registration("bob").await;
        let begins =
            |seen: &Seen| seen.all("set-cookie").iter().any(|it| it.starts_with("__Host-session"));
        for seed in 0..ORDERS {
            let world = scene.world.restored(scene.world.bucket.snapshot());
            shuffle(&world, seed);
            let (one, two) = (scene.with_world(world.clone()), scene.with_world(world.elsewhere()));
            let (one, two) = futures::join!(
                one.ask("POST", "/-/login/name", &registration, "name=bob"),
                two.ask("POST", "/-/login/name", &registration, "name=bob"),
            );
            assert!(!(begins(&one) && begins(&two)), "seed {seed}");
            world.bucket.heal();
            let later = scene
                .with_world(world)
                .ask("POST", "/-/login/name", &registration, "name=bob")
                .await;
            assert_eq!(later.header("location"), Some("/-/login?next=%2F%2D%2Faccount"));
            assert!(!begins(&later), "seed {seed}");
        }
    });
}

/// Who reads the bucket has half of the key.
#[test]
fn what_is_sealed_needs_more_than_the_bucket() {
    run(async {
        let scene = Scene::new().await;
        let registration = scene.registration("mallory").await;
        let other = scene.world.configured(|config| {
            config.admin_tokens =
                protoedge_edge::AdminTokens::read("another".into(), None).unwrap();
        });
        assert_eq!(names(&other, &registration, "mallory").await, 400);
        assert_eq!(names(&scene.world, &registration, "mallory").await, 303);
    });
}

#[test]
fn guesses_at_once_are_counted() {
    run(async {
        let scene = Scene::new().await;
        let session = scene.signs_up("mallory", "mallory", &json!({})).await;
        shuffle(&scene.world, 1);
        let letters = b"BCDFGHJKLMNPQRSTVWXZ";
        let codes =
            letters.iter().flat_map(|a| letters.iter().map(move |b| (*a as char, *b as char)));
        let forms: Vec<String> = codes.map(|(a, b)| format!("user_code=BCDF-GH{a}{b}")).collect();
        let all = forms.iter().map(|form| scene.ask("POST", "/-/device", &session, form));
        let mut seen = BTreeMap::new();
        for it in join_all(all).await {
            *seen.entry(it.status).or_insert(0) += 1;
        }
        // Who is told that there is no such code was counted.
        assert!(seen.get(&400).is_none_or(|told| *told <= 30), "{seen:?}");
    });
}

#[test]
fn of_names_that_look_alike_one_is_made() {
    run(async {
        let scene = Scene::new().await;
        let (mallory, victim) =
            (scene.registration("mallory").await, scene.registration("victim").await);
        for seed in 0..ORDERS {
            let world = scene.world.restored(scene.world.bucket.snapshot());
            shuffle(&world, seed);
            let there = world.elsewhere();
            futures::join!(names(&world, &victim, "alice"), names(&there, &mallory, "al1ce"));
            world.bucket.heal();
            let made = ["alice", "al1ce"]
                .iter()
                .filter(|it| world.bucket.peek(&format!("owners/{it}.json")).is_some());
            assert!(made.count() <= 1, "seed {seed}: both names are there");
        }
        // A making that was cut off gives way to another one, and does not come back beside it.
        let cut = Rc::new(Cell::new(false));
        let is_cut = cut.clone();
        scene.world.bucket.fault_on(move |_, key| {
            is_cut.set(is_cut.get() || key.starts_with("looks/"));
            (is_cut.get() && key == "owners/al1ce.json").then_some(Fault::Before)
        });
        names(&scene.world, &mallory, "al1ce").await;
        scene.world.bucket.heal();
        assert!(cut.get());
        tokio::time::sleep(MINUTE).await;
        assert_eq!(names(&scene.world, &victim, "alice").await, 303);
        assert_eq!(names(&scene.world, &mallory, "al1ce").await, 409);
        // Nor does an organization look like another owner.
        let session = scene.session("victim", &json!({})).await;
        for name in ["a-cme", "al-ice"] {
            let seen =
                scene.ask("POST", "/-/organizations", &session, &format!("name={name}")).await;
            assert_eq!(seen.status, 409, "{name}: {}", seen.text());
        }
        for name in ["adm1n", "ad-min", "0auth2"] {
            assert_eq!(names(&scene.world, &mallory, name).await, 400, "{name}");
        }
    });
}

#[test]
fn denials_cost_the_same_whatever_a_robot_trusts() {
    run(async {
        let scene = Scene::new().await;
        scene.robot("write").await;
        let mut wrong = scene.job();
        wrong["repository_id"] = 999.into();
        let stranger =
            |job: &Value| Pair::p256().token(&json!({ "alg": "ES256", "kid": "k9" }), job);
        // The keys are asked for.
        scene.exchanges(&stranger(&wrong), "nobody").await;
        let mut costs = Vec::new();
        for (job, robot) in
            [(&wrong, "acme-ci"), (&scene.job(), "acme-ci"), (&scene.job(), "nobody")]
        {
            let (fetched, operations) =
                (scene.ci.asked.borrow().len(), scene.world.bucket.operations());
            let seen = scene.exchanges(&stranger(job), robot).await;
            costs.push((
                seen.status,
                scene.ci.asked.borrow().len() - fetched,
                scene.world.bucket.operations() - operations,
            ));
        }
        assert!(costs.windows(2).all(|pair| pair[0] == pair[1]), "{costs:?}");
        tokio::time::sleep(MINUTE * 10).await;
        scene.ci.is_away.set(true);
        for (job, robot) in
            [(&wrong, "acme-ci"), (&scene.job(), "acme-ci"), (&scene.job(), "nobody")]
        {
            let job = {
                let mut job = job.clone();
                job["iat"] = scene.now().into();
                job["exp"] = (scene.now() + 300).into();
                job
            };
            assert_eq!(scene.exchanges(&stranger(&job), robot).await.status, 503);
        }
    });
}

#[test]
fn what_groups_gave_is_over_when_a_slow_body_has_come() {
    run(async {
        let groups = r#"[{"group": "eng", "organization": "acme", "role": "owner"}]"#;
        let scene = Scene::with(&[(SignIn::GROUPS, groups)]).await;
        let session = scene.signs_up("bob", "bob", &json!({ "groups": ["eng"] })).await;
        scene.world.token("tom").await;
        let bearer = format!("Bearer {}", scene.token(&session, "admin").await);
        let headers = [("authorization", bearer.as_str()), ("content-length", "16")];
        let slow = Sent::Slow(MINUTE * 60, br#"{"role":"owner"}"#.to_vec());
        let path = "/-/api/organizations/acme/members/tom";
        let call = scene.world.send_just("PUT", path, &headers, slow);
        let meanwhile = async {
            tokio::time::sleep(MINUTE).await;
            scene.session("bob", &json!({ "groups": [] })).await;
        };
        let (seen, ()) = futures::join!(call, meanwhile);
        assert_eq!(seen.status, 409, "{}", seen.text());
    });
}

/// What a group gives for a day, nobody makes a role of one's own.
#[test]
fn a_groups_role_does_not_become_ones_own() {
    run(async {
        for role in ["admin", "owner"] {
            let groups =
                format!(r#"[{{"group": "eng", "organization": "acme", "role": "{role}"}}]"#);
            let scene = Scene::with(&[(SignIn::GROUPS, &groups)]).await;
            let session = scene.signs_up("bob", "bob", &json!({ "groups": ["eng"] })).await;
            let form = "user=bob&role=read";
            let seen = scene.ask("POST", "/-/organizations/acme/members", &session, form).await;
            assert_eq!(seen.status, 403, "{role}: {}", seen.text());
        }
    });
}

#[test]
fn only_the_address_that_is_vouched_for_counts() {
    run(async {
        let scene = Scene::with(&[(SignIn::MAIL_DOMAINS, "example.com")]).await;
        *scene.provider.user_info.borrow_mut() =
            json!({ "sub": "mallory", "email": "mallory@evil.example", "email_verified": true });
        let change = json!({ "email": "ceo@example.com", "email_verified": null });
        assert_eq!(scene.signs_in("mallory", &change).await.status, 403);
        *scene.provider.user_info.borrow_mut() =
            json!({ "sub": "mallory", "email": "mallory@example.com" });
        let change = json!({ "email": null, "email_verified": true });
        assert_eq!(scene.signs_in("mallory", &change).await.status, 403);
    });
}

#[test]
fn a_person_has_one_identity_and_an_identity_one_person() {
    run(async {
        let scene = Scene::new().await;
        for name in ["tom", "tim"] {
            scene.world.token(name).await;
        }
        let registration = scene.registration("x").await;
        for seed in 0..ORDERS {
            // Two identities of one person.
            let world = scene.world.restored(scene.world.bucket.snapshot());
            shuffle(&world, seed);
            let there = world.elsewhere();
            futures::join!(link(&world, "tom", "one"), link(&there, "tom", "two"));
            world.bucket.heal();
            let after = scene.with_world(world.elsewhere());
            assert!(!(is_in(&after, "one").await && is_in(&after, "two").await), "seed {seed}");
            // Three persons of one identity.
            let world = scene.world.restored(scene.world.bucket.snapshot());
            shuffle(&world, seed);
            let (there, third) = (world.elsewhere(), world.elsewhere());
            let (a, b, c) = futures::join!(
                names(&world, &registration, "bob"),
                link(&there, "tom", "x"),
                link(&third, "tim", "x"),
            );
            world.bucket.heal();
            let owned = ["bob", "tom", "tim"].iter().filter(|name| {
                let record = world.bucket.peek(&format!("owners/{name}.json"));
                record.is_some_and(|it| String::from_utf8(it).unwrap().contains(r#""identity""#))
            });
            assert!(owned.count() <= 1, "seed {seed}: {a} {b} {c}");
        }
    });
}

/// A link or a registration that was cut off is done again, or gives way after a while.
#[test]
fn what_was_cut_off_is_free_again() {
    run(async {
        let scene = Scene::new().await;
        scene.world.token("tom").await;
        // Behind so many operations on the identity.
        let cut_behind = |operations: u32, key: &'static str| {
            let seen = Cell::new(0);
            scene.world.bucket.fault_on(move |_, it| {
                seen.set(seen.get() + u32::from(it.starts_with("identities/")));
                (seen.get() >= operations && it == key).then_some(Fault::Before)
            });
        };
        cut_behind(2, "owners/tom.json");
        assert_eq!(link(&scene.world, "tom", "one").await, 503);
        scene.world.bucket.heal();
        assert!(!is_in(&scene, "one").await, "not linked yet");
        tokio::time::sleep(MINUTE).await;
        assert_eq!(link(&scene.world, "tom", "two").await, 200);
        assert!(is_in(&scene, "two").await && !is_in(&scene, "one").await);
        assert_eq!(link(&scene.world, "tom", "one").await, 409);

        let bob = scene.registration("bob").await;
        cut_behind(3, "owners/bob.json");
        assert_eq!(names(&scene.world, &bob, "bob").await, 503);
        scene.world.bucket.heal();
        assert_eq!(names(&scene.world, &bob, "bobby").await, 409, "a minute");
        tokio::time::sleep(MINUTE).await;
        assert_eq!(names(&scene.world, &bob, "bobby").await, 303);
        let other = scene.registration("other").await;
        assert_eq!(names(&scene.world, &other, "bob").await, 303, "the name is free");
    });
}

/// The sweep keeps up with as many as one address may ask for.
#[test]
fn devices_are_forgotten_while_many_wait() {
    run(async {
        let scene = Scene::new().await;
        let client = scene.client("x").await;
        for _ in 0..40 {
            for _ in 0..200 {
                scene.asks(&client).await;
            }
            tokio::time::sleep(MINUTE).await;
            scene.world.sweep().await;
        }
        let keys = scene.world.bucket.keys();
        let left = keys.iter().filter(|key| key.starts_with("devices/")).count();
        assert!(left <= 4200, "{left} devices, of which 4,000 are younger than twenty minutes");
    });
}

#[test]
fn a_device_gets_nothing_after_signing_out() {
    run(async {
        let scene = Scene::new().await;
        let session = scene.signs_up("alice", "alice", &json!({})).await;
        let client = scene.client("x").await;
        let device = scene.asks(&client).await;
        assert_eq!(scene.decides(&session, &device, "let-in").await.status, 200);
        scene.ask("POST", "/-/logout", &session, "everywhere=yes").await;
        assert_eq!(scene.polls(&client, &device).await.status, 400, "at once");
    });
}

#[test]
fn a_device_gets_one_token_of_two_polls_at_once() {
    run(async {
        let scene = Scene::new().await;
        let session = scene.signs_up("alice", "alice", &json!({})).await;
        let client = scene.client("x").await;
        for failing in 1..12 {
            let device = scene.asks(&client).await;
            assert_eq!(scene.decides(&session, &device, "let-in").await.status, 200);
            let seen = Cell::new(0);
            scene.world.bucket.fault_on(move |_, key| {
                seen.set(seen.get() + u32::from(key.starts_with("devices/")));
                let fails = key.starts_with("devices/") && seen.get() == failing;
                Some(if fails { Fault::Before } else { Fault::Slow(Duration::from_millis(20)) })
            });
            let there = scene.elsewhere();
            let (one, two) =
                futures::join!(scene.polls(&client, &device), there.polls(&client, &device));
            scene.world.bucket.heal();
            assert!(one.status != 200 || two.status != 200, "two tokens, fault {failing}");
        }
    });
}

#[test]
fn a_device_asks_again_after_trouble() {
    run(async {
        let scene = Scene::new().await;
        let session = scene.signs_up("alice", "alice", &json!({})).await;
        for _ in 0..100 {
            scene.token(&session, "read").await;
        }
        let client = scene.client("x").await;
        let device = scene.asks(&client).await;
        assert_eq!(scene.decides(&session, &device, "let-in").await.status, 200);
        assert_eq!(scene.polls(&client, &device).await.status, 400, "there is no room");
        let keys = scene.world.bucket.keys();
        let token = keys.iter().find_map(|key| key.strip_prefix("owners/alice/tokens/")).unwrap();
        let path = format!("/-/tokens/{}/revoke", token.trim_end_matches(".json"));
        assert_eq!(scene.ask("POST", &path, &session, "").await.status, 303);
        assert_eq!(scene.polls(&client, &device).await.status, 200);
    });
}

#[test]
fn signing_in_and_letting_in_leave_entries() {
    run(async {
        let scene = Scene::new().await;
        scene.signs_up("bob", "bob", &json!({ "groups": [] })).await;
        let session = scene.session("bob", &json!({ "groups": ["eng"] })).await;
        let client = scene.client("x").await;
        scene.decides(&session, &scene.asks(&client).await, "let-in").await;
        scene.decides(&session, &scene.asks(&client).await, "refuse").await;
        scene.ask("POST", "/-/logout", &session, "").await;
        let audit = scene.world.api(ADMIN, "GET", "owners/bob/audit", Value::Null).await.text();
        for action in [
            "user.create",
            "session.begin",
            "groups.set",
            "device.let-in",
            "device.refuse",
            "session.end",
        ] {
            assert!(audit.contains(&format!(r#""action":"{action}""#)), "{action}: {audit}");
        }
        assert!(audit.contains("acme=write"), "{audit}");
    });
}

#[test]
fn a_deleted_robot_trusts_nothing_when_it_is_made_again() {
    run(async {
        let scene = Scene::new().await;
        let (olga, _) = scene.robot("write").await;
        let robot = "organizations/acme/robots/acme-ci";
        scene.world.api(&olga, "DELETE", robot, Value::Null).await;
        scene.world.api(ADMIN, "PATCH", "users/acme-ci", json!({ "disabled": false })).await;
        let again = json!({ "name": "acme-ci", "role": "write" });
        let seen = scene.world.api(&olga, "POST", "organizations/acme/robots", again).await;
        assert_eq!(seen.status, 201, "{}", seen.text());
        assert_eq!(scene.exchanges(&scene.ci.token(&scene.job()), "acme-ci").await.status, 400);
        for value in ["a\u{202e}b", "x\ny"] {
            let trust = json!({ "issuer": CI, "claims": { "sub": value } });
            let seen = scene.world.api(&olga, "POST", &format!("{robot}/trusts"), trust).await;
            assert_eq!(seen.status, 400, "{value:?}");
        }
    });
}

/// Two sign-ins at once, one of which has a group: whoever is in is shown.
#[test]
fn nobody_is_in_an_organization_whose_list_does_not_show_it() {
    run(async {
        let scene = Scene::new().await;
        scene.signs_up("bob", "bob", &json!({ "groups": ["eng"] })).await;
        let mut hidden = 0;
        for seed in 0..ORDERS {
            let world = scene.world.restored(scene.world.bucket.snapshot());
            let (one, two) = (scene.with_world(world.clone()), scene.with_world(world.elsewhere()));
            let (first, second) = (one.set_off("x").await, one.set_off("x").await);
            let token = |nonce: &str, groups: Value| {
                let mut claims = one.claims("bob", nonce);
                claims["groups"] = groups;
                let token = one.provider.token(&claims);
                json!({ "id_token": token, "access_token": "access" }).to_string()
            };
            let tokens =
                [token(&first.1["nonce"], json!(["eng"])), token(&second.1["nonce"], json!([]))];
            world.set_upstream(Rc::new(move |_, body| {
                let is_first = String::from_utf8(body).unwrap().contains("code=c1");
                let body = tokens[usize::from(!is_first)].clone();
                async move { Ok(Asked { status: 200, body: body.into() }) }.boxed_local()
            }));
            shuffle(&world, seed);
            let come = async |scene: &Scene,
                              (cookie, query): &(String, BTreeMap<String, String>),
                              code: &str| {
                scene.come_back(cookie, &format!("code={code}&state={}", query["state"])).await
            };
            futures::join!(come(&one, &first, "c1"), come(&two, &second, "c2"));
            world.bucket.heal();
            let record = String::from_utf8(world.bucket.peek("owners/bob.json").unwrap()).unwrap();
            let is_shown = world.bucket.peek("owners/acme/group-members/bob").is_some();
            hidden += u32::from(record.contains("acme") && !is_shown);
        }
        assert_eq!(hidden, 0, "of {ORDERS} orders");
    });
}

/// A session is good for no more than the token that it began with.
#[test]
fn a_limited_token_gives_a_limited_session() {
    run(async {
        let scene = Scene::new().await;
        let scene = scene.with_world(scene.world.configured(|config| config.sign_in = None));
        let olga = scene.world.token("olga").await;
        let owner = json!({ "role": "owner" });
        scene.world.api(ADMIN, "PUT", "organizations/acme/members/olga", owner).await;
        let robot = json!({ "name": "acme-ci", "role": "write" });
        scene.world.api(&olga, "POST", "organizations/acme/robots", robot).await;
        for limits in [
            json!({ "scope": "read" }),
            json!({ "scope": "write" }),
            json!({ "scope": "admin", "modules": ["acme/units"] }),
        ] {
            let mut new = json!({ "name": "x", "expires": "2026-12-01T00:00:00Z" });
            for (name, value) in limits.as_object().unwrap() {
                new[name] = value.clone();
            }
            let made = scene.world.api(&olga, "POST", "users/olga/tokens", new).await.json();
            let form = format!("token={}", made["token"].as_str().unwrap());
            let session = cookie(&scene.ask("POST", "/-/login", "", &form).await, "__Host-session");
            let robot = "/-/organizations/acme/robots/acme-ci";
            for (url, form) in [
                ("/-/tokens".to_owned(), "name=a&scope=admin&days=300"),
                ("/-/organizations".into(), "name=newone"),
                ("/-/organizations/acme/members".into(), "user=olga&role=read"),
                ("/-/organizations/acme/leave".into(), ""),
                ("/-/organizations/acme/robots".into(), "name=acme-two&role=write"),
                (robot.into(), "role=admin"),
                (robot.into(), "change=delete"),
                (format!("{robot}/tokens"), "name=a&scope=admin&days=300"),
                (
                    format!("{robot}/trusts"),
                    "issuer=https%3A%2F%2Ftoken.example.com&claims=sub%3Dx",
                ),
                ("/-/logout".into(), "everywhere=yes"),
            ] {
                let seen = scene.ask("POST", &url, &session, form).await;
                assert_eq!(seen.status, 403, "{limits} {url}: {}", seen.text());
            }
            let device = scene.asks(&scene.client("x").await).await;
            assert_eq!(scene.decides(&session, &device, "let-in").await.status, 403);
        }
    });
}
