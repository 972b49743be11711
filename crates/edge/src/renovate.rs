use crate::{
    config::Config,
    context::{Answer, Context},
    http::Request,
    platform::Platform,
    reply::{Cache, Lifetime, method::reading, text::text},
};
use protoedge_sdk::Hosts;
use serde_json::{Value, json};

/// Answers with a preset for Renovate (<https://docs.renovatebot.com/config-presets/>) that fits this registry: docs/bots.md.
pub(crate) fn renovate<P: Platform>(context: &Context<P>, request: &Request<P::Body>) -> Answer<P> {
    reading(request)?;
    let preset = preset(&context.config).to_string();
    Ok(text(request, preset, &Cache::without_module(Lifetime::Revalidated), "application/json"))
}

/// - `ignoreUnstable`: all versions are prereleases to semver, and Renovate offers a prerelease only to those who have one of the
///   same x.y.z: it would never offer a new version of a plugin.
/// - `groupName`: one push makes new versions of all of a module's packages. `groupSlug` names the branch: an owner and a module
///   with `_` between them, which no other two come to, since neither has one.
/// - `minimumReleaseAge`: a version is as old as its push, and what it pins came with the same push. Whoever waits for some days
///   is always shown an older push, or nothing where modules are pushed daily.
/// - `registryUrls`: a repository needs no `.npmrc` for it. For Go there is no such setting.
fn preset(Config { public_url, hosts, .. }: &Config) -> Value {
    let Hosts { registry_host, npm_scope } = hosts;
    let [owner, module] = [3, 4].map(|at| format!("{{{{lookup (split packageName '/') {at}}}}}"));
    let npm = "lookup (split (lookup (split packageName '/') 1) '.') 0";
    json!({
        "$schema": "https://docs.renovatebot.com/renovate-schema.json",
        "description": format!("Offers every push and every plugin version of {public_url}, one group a module"),
        "packageRules": [
            {
                "matchDatasources": ["go"],
                "matchPackageNames": [format!("{registry_host}/gen/go/**")],
                "groupName": format!("{owner}/{module}"),
                "groupSlug": format!("{owner}_{module}"),
                "ignoreUnstable": false,
                "minimumReleaseAge": null,
            },
            {
                "matchDatasources": ["npm"],
                "matchPackageNames": [format!("{npm_scope}/**")],
                "registryUrls": [format!("{public_url}/gen/npm/v1/")],
                "groupName": format!("{{{{replace '_' '/' ({npm})}}}}"),
                "groupSlug": format!("{{{{{npm}}}}}"),
                "ignoreUnstable": false,
                "minimumReleaseAge": null,
            },
        ],
    })
}
