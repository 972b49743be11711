use super::{
    call::{Caller, end, form, is_sent, needed, scope, time},
    reply::html,
};
use crate::{
    context::Answer,
    http::Request,
    platform::Platform,
    reply::problem::{Kind, Problem},
};
use protoedge_oauth::Form;
use protoedge_pages::{AskedDevice, Device, DeviceState, Frame};
use protoedge_registry::{
    Error,
    accounts::{self, Decision, UserCode, WaitingDevice},
};

/// `device`. The address of the page may fill the code in; what the device is called is shown after a form alone, so that its
/// address gives nothing away and nobody lets a device in by following a link.
pub(super) async fn device<P: Platform>(
    caller: &Caller<'_, P>,
    request: Request<P::Body>,
) -> Answer<P> {
    if !is_sent(&request) {
        let query = Form::parse(request.query.as_deref().unwrap_or_default()).unwrap_or_default();
        let filled = query.get("user_code").and_then(UserCode::parse);
        let filled = filled.map(|code| code.shown()).unwrap_or_default();
        return Ok(show(200, &caller.frame(), DeviceState::Code { filled }));
    }
    let form = form(caller.context, request).await?;
    let typed = needed(&form, "user_code", "the code")?;
    match asked(caller, typed).await {
        Ok(asked) => Ok(show(200, &caller.frame(), DeviceState::Asked(asked))),
        Err(error @ Error::Bucket(_)) => Err(error.into()),
        Err(error) => {
            let problem = Problem::from(error);
            let frame = Frame { error: Some(problem.message.clone()), ..caller.frame() };
            let filled = typed.chars().take(20).collect();
            Ok(show(problem.status(), &frame, DeviceState::Code { filled }))
        }
    }
}

fn show<D>(status: u16, frame: &Frame, state: DeviceState) -> crate::http::Reply<D> {
    html(status, protoedge_pages::device(frame, &Device { state }))
}

async fn asked<P: Platform>(caller: &Caller<'_, P>, typed: &str) -> Result<AskedDevice, Error> {
    let code = UserCode::parse(typed).ok_or_else(no_code)?;
    let device = accounts::waiting_device(&caller.context.store, caller.user(), &code).await?;
    let WaitingDevice { client, address, asked } = device;
    let user = caller.user().name.to_string();
    Ok(AskedDevice { code: code.shown(), client, address, asked: time(asked), user })
}

fn no_code() -> Error {
    Error::BadDevice { what: "this has not the form of a code: it is like BCDF-GHJK" }
}

/// `device/decision`.
pub(super) async fn decision<P: Platform>(
    caller: &Caller<'_, P>,
    request: Request<P::Body>,
) -> Answer<P> {
    let store = &caller.context.store;
    let form = form(caller.context, request).await?;
    let code = UserCode::parse(needed(&form, "user_code", "the code")?).ok_or_else(no_code)?;
    let decision = match needed(&form, "decision", "the decision")? {
        "let-in" => Decision::LetIn { scope: scope(&form)?, expires: end(&form, store.now())? },
        "refuse" => Decision::Refuse,
        _ => return Err(Problem::new(Kind::Malformed, "a device is let in or refused")),
    };
    let WaitingDevice { client, .. } =
        accounts::waiting_device(store, caller.user(), &code).await?;
    accounts::decide(store, &caller.signed_in, &code, &decision).await?;
    let state = match decision {
        Decision::LetIn { .. } => DeviceState::LetIn { client },
        Decision::Refuse => DeviceState::Refused,
    };
    Ok(show(200, &caller.frame(), state))
}
