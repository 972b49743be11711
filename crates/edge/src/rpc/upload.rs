use super::{Call, convert, field, known};
use crate::{
    app::App,
    platform::Platform,
    problem::{Kind, Problem},
    pursue::Wish,
};
use futures::future::FutureExt;
use protoedge_bufapi::proto::buf::registry::module::v1::{
    self, module_ref, scoped_label_ref, upload_request,
};
use protoedge_registry::{Content, Upload, Viewer};
use protoedge_sdk::{CommitId, Label, ModuleName, Sdk};

impl<P: Platform> App<P> {
    /// A push: every module of the call, or none.
    pub(super) async fn upload(
        &self,
        caller: &Viewer,
        request: v1::UploadRequest,
    ) -> Call<v1::UploadResponse> {
        let user = known(caller)?;
        let mut contents = Vec::new();
        for content in request.contents {
            contents.push(self.content(caller, content).await?);
        }
        let deps = request.dep_commit_ids.iter().map(|id| commit_id(id));
        let upload = Upload { contents, deps: deps.collect::<Result<_, _>>()? };
        let pushed = self.store.push(user, &upload).await?;
        self.pursue_later(pushed.orders);
        let mut commits = Vec::new();
        for commit in &pushed.commits {
            let module = self.store.see(caller, &commit.module).await?;
            commits.push(convert::commit(&module, commit));
        }
        Ok(v1::UploadResponse { commits })
    }

    async fn content(
        &self,
        caller: &Viewer,
        content: upload_request::Content,
    ) -> Result<Content, Problem> {
        let module = match field(content.module_ref.and_then(|it| it.value), "module")? {
            module_ref::Value::Id(id) => self.module_by_id(caller, &id).await?.name.clone(),
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

    /// Starts on what a push or a new plugin ordered, after the reply is out.
    pub(crate) fn pursue_later(&self, orders: Vec<Sdk>) {
        if orders.is_empty() {
            return;
        }
        let app = self.clone();
        let task = async move {
            for sdk in orders {
                if let Err(problem) = app.pursue(&sdk, Wish::Ours).await {
                    // The order is kept: the sweep goes on with it.
                    let line = serde_json::json!({ "event": "order", "error": problem.message });
                    app.platform.log(&line);
                }
            }
        };
        self.platform.spawn(task.boxed_local());
    }
}

pub(super) fn commit_id(id: &str) -> Result<CommitId, Problem> {
    id.parse()
        .map_err(|error: protoedge_sdk::BadCommit| Problem::new(Kind::Malformed, error.to_string()))
}
