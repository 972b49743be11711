//! What people and administrators see of their own.

use protoedge_pages::{
    Account, AskedDevice, ChooseName, Device, DeviceState, Frame, ListedToken, Member, NewSecret,
    Organization, Organizations, PageProblem, Robot, RobotRow, SignIn, Tokens, Trust,
};

pub fn pages(text: &str) -> Vec<String> {
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
