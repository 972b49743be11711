use crate::{
    context::{Answer, Context},
    delivery::{
        long_poll::{self, LongPoll, Next},
        resolve::{self, Found, NamedPackage},
        stored,
        wait_policy::Awaited,
    },
    http::Request,
    platform::Platform,
    reply::{Source, problem::Problem},
};
use protoedge_registry::{Commit, Grant, modules, packages};
use protoedge_sdk::{ArtifactFile, Sdk, SdkVersion};

/// Serves a file of an SDK: what is stored, or what is generated while the client waits.
pub(crate) async fn artifact<P: Platform>(
    context: &Context<P>,
    named: NamedPackage,
    version: SdkVersion,
    file: &'static ArtifactFile,
    request: &Request<P::Body>,
) -> Answer<P> {
    let package = &named.package;
    let mut long_poll = long_poll::start(context, request, Awaited::Artifact, package.ecosystem)?;
    let module = resolve::see(context, &named, request).await?;
    let sdk = package.sdk(version);
    if !package.holds(sdk.version.plugin.major()) {
        return Err(resolve::lacks(package, &sdk.version));
    }
    check_served(context, &module, &sdk).await?;
    if module.moved_in.is_some() {
        resolve::check_name(context, &module, &named, &sdk.version.commit).await?;
    }
    if resolve::is_known_to_lack(context, package) {
        resolve::found_in(context, named.clone(), module.clone()).await?;
    }
    // What is stored was in the catalogue when it was generated, and nothing leaves that: a machine that has not read it yet need
    // not.
    if let Some(answer) = stored::stored(context, &module, &sdk, file, request, Source::Hit).await?
    {
        resolve::note_use(context, &sdk);
        return answer;
    }
    let mut found = resolve::found_in(context, named, module).await?;
    let (sdk, commit) = resolve::sdk_at(context, &mut found, &sdk.version).await?;
    wait_for(context, found, (&sdk, &commit), file, &mut long_poll, request).await
}

/// Makes sure that what may be stored of an SDK is to be had: not what is withheld, nor what an earlier module of the same name had.
async fn check_served<P: Platform>(
    context: &Context<P>,
    module: &Grant,
    sdk: &Sdk,
) -> Result<(), Problem> {
    let commit = &sdk.version.commit;
    module.check_commit(commit)?;
    if module.is_remade && modules::find_commit(&context.store, module, commit).await?.is_none() {
        return Err(resolve::lacks(&sdk.package(), &sdk.version));
    }
    Ok(())
}

/// Waits for an artifact as long as this request may, then redirects the client.
async fn wait_for<P: Platform>(
    context: &Context<P>,
    mut found: Found,
    (sdk, commit): (&Sdk, &Commit),
    file: &'static ArtifactFile,
    long_poll: &mut LongPoll,
    request: &Request<P::Body>,
) -> Answer<P> {
    let mut was_heard = false;
    loop {
        let is_stored = long_poll.poll(context, &found.module, sdk).await?;
        let module = &found.module;
        if (is_stored || was_heard)
            && let Some(answer) =
                stored::stored(context, module, sdk, file, request, Source::Generated).await?
        {
            return answer;
        }
        was_heard = match long_poll.pause(context).await {
            Next::Look => false,
            Next::Heard => true,
            Next::Over => return long_poll.redirect(context, request),
        };
        // Also where it is not there: a rejection quotes the module, and a redirect says that there is one.
        resolve::look_again(context, &mut found, request).await?;
        found.module.check_commit(&commit.id.short())?;
        // What it depends on may have become private, too: then nothing is generated any more.
        if let Err(error) = modules::check_deps(&context.store, &found.module, commit).await
            && !packages::is_stored(&context.store, sdk).await?
        {
            return Err(error.into());
        }
    }
}
