use super::{
    call::{Call, field, known},
    convert,
};
use crate::{
    context::Context,
    delivery::dispatch,
    platform::Platform,
    reply::problem::{Kind, Problem},
    rpc::modules,
    webhooks,
};
use protoedge_bufapi::proto::buf::registry::module::v1::{
    self, module_ref, scoped_label_ref, upload_request,
};
use protoedge_registry::{Content, Credentials, Upload, accounts, push};
use protoedge_sdk::{CommitId, Label, ModuleName};

/// A push: every module of the call, or none.
pub(super) async fn upload<P: Platform>(
    context: &Context<P>,
    caller: &Credentials,
    request: v1::UploadRequest,
) -> Call<v1::UploadResponse> {
    let user = &known(context, caller).await?;
    let mut contents = Vec::new();
    for content in request.contents {
        contents.push(read_content(context, caller, content).await?);
    }
    let deps = request.dep_commit_ids.iter().map(|id| commit_id(id));
    let upload = Upload { contents, deps: deps.collect::<Result<_, _>>()? };
    let pushed = push::push(&context.store, user, &upload).await?;
    webhooks::deliver_later(context, pushed.deliveries);
    dispatch::dispatch_later(context, pushed.orders);
    let mut commits = Vec::new();
    for commit in &pushed.commits {
        let module = accounts::see(&context.store, caller, &commit.module).await?;
        commits.push(convert::commit(&module, commit));
    }
    Ok(v1::UploadResponse { commits })
}

async fn read_content<P: Platform>(
    context: &Context<P>,
    caller: &Credentials,
    content: upload_request::Content,
) -> Result<Content, Problem> {
    let module = match field(content.module_ref.and_then(|it| it.value), "module")? {
        module_ref::Value::Id(id) => {
            modules::module_by_id(context, caller, &id).await?.name.clone()
        }
        module_ref::Value::Name(name) => ModuleName::new(&name.owner, &name.module)?,
    };
    let mut labels: Vec<Label> = Vec::new();
    for reference in content.scoped_label_refs {
        match field(reference.value, "label")? {
            scoped_label_ref::Value::Name(name) => labels.push(name.parse()?),
            scoped_label_ref::Value::Id(_) => {
                let message = "labels are named, not given by id";
                return Err(Problem::new(Kind::Malformed, message));
            }
        }
    }
    Ok(Content {
        module,
        files: content.files.into_iter().map(|file| (file.path, file.content)).collect(),
        labels,
        source_control_url: content.source_control_url,
    })
}

pub(super) fn commit_id(id: &str) -> Result<CommitId, Problem> {
    id.parse()
        .map_err(|error: protoedge_sdk::BadCommit| Problem::new(Kind::Malformed, error.to_string()))
}
