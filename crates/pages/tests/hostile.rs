//! Every text of every model is text in its page, whatever it says.

use protoedge_pages::{
    Account, AskedDevice, ChooseName, Device, DeviceState, Frame, ListedToken, Member, NewSecret,
    Organization, Organizations, PageProblem, Robot, RobotRow, SignIn, Tokens, Trust,
};

const HOSTILE: [&str; 5] = [
    "\"><script>alert(1)</script>",
    "' onfocus='alert(1)' autofocus='",
    "</textarea></title></option><img src=x onerror=alert(1)>",
    "<!--",
    "javascript:alert(1)",
];

fn pages(text: &str) -> Vec<String> {
    let it = || text.to_owned();
    let frame = Frame { user: Some(it()), error: Some(it()), search: it(), is_indexed: false };
    let token = || ListedToken {
        id: it(),
        name: it(),
        scope: it(),
        modules: vec![it()],
        created: it(),
        last_used: Some(it()),
        expires: it(),
    };
    let row = || RobotRow { name: it(), role: it(), is_disabled: true };
    let asked =
        AskedDevice { code: it(), client: it(), address: Some(it()), asked: it(), user: it() };
    let device = |state| protoedge_pages::device(&frame, &Device { state });
    let member = |until| Member { name: it(), role: it(), by_group_until: until };
    vec![
        protoedge_pages::problem(&frame, &PageProblem { status: 400, message: it() }),
        protoedge_pages::sign_in(
            &frame,
            &SignIn { provider: Some(it()), start: "/-/login/start".into(), next: it() },
        ),
        protoedge_pages::sign_in(&frame, &SignIn { provider: None, start: it(), next: it() }),
        protoedge_pages::choose_name(
            &frame,
            &ChooseName { provider: it(), wished: it(), next: it() },
        ),
        protoedge_pages::account(
            &frame,
            &Account { name: it(), signed_in_by: it(), since: it(), until: it() },
        ),
        device(DeviceState::Code { filled: it() }),
        device(DeviceState::Asked(asked)),
        device(DeviceState::LetIn { client: it() }),
        device(DeviceState::Refused),
        protoedge_pages::tokens(&frame, &Tokens { tokens: vec![token()] }),
        protoedge_pages::new_secret(
            &frame,
            &NewSecret {
                token: it(),
                user: it(),
                host: it(),
                npm_place: it(),
                npm_scope: it(),
                npm_registry: it(),
                expires: it(),
                back: "/-/tokens".into(),
            },
        ),
        protoedge_pages::organizations(
            &frame,
            &Organizations { organizations: vec![(it(), it())] },
        ),
        protoedge_pages::organization(
            &frame,
            &Organization {
                name: it(),
                description: it(),
                role: it(),
                may_change: true,
                members: vec![member(None), member(Some(it()))],
                robots: vec![row()],
            },
        ),
        protoedge_pages::robot(
            &frame,
            &Robot {
                organization: it(),
                robot: row(),
                tokens: vec![token()],
                trusts: vec![Trust {
                    id: it(),
                    issuer: it(),
                    claims: vec![(it(), it())],
                    created: it(),
                }],
                issuers: vec![it()],
                audience: it(),
            },
        ),
    ]
}

/// The tags and the names of attributes of a page, in their order: what a text must not change.
fn structure(page: &str) -> Vec<String> {
    let mut found = Vec::new();
    for tag in page.split('<').skip(1) {
        let (tag, _) = tag.split_once('>').expect("every tag ends");
        let mut is_value = false;
        let outside: String = tag
            .chars()
            .filter(|c| {
                is_value ^= *c == '"';
                !is_value && *c != '"'
            })
            .collect();
        found.push(outside);
    }
    found
}

#[test]
fn no_text_becomes_anything_else() {
    let harmless: Vec<Vec<String>> = pages("x").iter().map(|page| structure(page)).collect();
    for text in HOSTILE {
        for (page, wanted) in pages(text).iter().zip(&harmless) {
            assert_eq!(&structure(page), wanted, "{text}\n{page}");
        }
    }
}
