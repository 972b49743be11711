use super::go_package::GoPackage;
use crate::descriptor::FileDescriptor;
use protoedge_gomod::GoFile;
use std::{collections::BTreeMap, convert::Infallible};

/// How the gateway plugin ends the names of its files.
const FILE_END: &str = ".pb.gw.go";

/// Where messages, stubs and gateways are published, as it stands in import paths.
const MESSAGES: &str = "/protocolbuffers/go";
const STUBS: &str = "/grpc/go";
const GATEWAYS: &str = "/grpc-ecosystem/gateway/v2";

/// Moves the stock gateway plugin's files into packages of their own, beside the messages and the gRPC
/// stubs, which are published apart from each other.
///
/// `schema/v1/a.pb.gw.go` becomes `schema/v1/schemav1gateway/a.pb.gw.go`, and its services' clients and
/// servers come from the package of the stubs. A second file keeps the place alive where such code was
/// once published: `schema/v1/a/schemav1gateway/a.pb.gw.go` names everything anew.
pub fn separate(
    files: BTreeMap<String, String>,
    descriptors: &[FileDescriptor],
) -> BTreeMap<String, String> {
    let mut separated = BTreeMap::new();
    for (name, text) in files {
        let stem = name.strip_suffix(FILE_END);
        let descriptor = stem.and_then(|stem| {
            let proto = format!("{stem}.proto");
            descriptors.iter().find(|file| file.name() == proto)
        });
        let (Some(stem), Some(descriptor)) = (stem, descriptor) else {
            separated.insert(name, text);
            continue;
        };
        let packages = SeparatedPackages::of(descriptor);
        let text = packages.lead_to_stubs(&text, &descriptor.service_names());
        let (folder, base) = stem.rsplit_once('/').unwrap_or(("", stem));
        let folder = if folder.is_empty() { String::new() } else { format!("{folder}/") };
        let own = &packages.gateway;
        separated.insert(format!("{stem}/{own}/{base}{FILE_END}"), packages.aliases(&text));
        separated.insert(format!("{folder}{own}/{base}{FILE_END}"), text);
    }
    separated
}

/// The packages that the code of one file is spread over.
struct SeparatedPackages {
    /// The messages' import path and package name.
    messages: String,
    name: String,
    /// The stubs' package name.
    stubs: String,
    /// The gateway's package name.
    gateway: String,
}

impl SeparatedPackages {
    fn of(file: &FileDescriptor) -> Self {
        let package: Result<GoPackage, Infallible> = file.go_package().unwrap_or_default().parse();
        let Ok(package) = package;
        let name = package.name();
        Self {
            stubs: format!("{name}grpc"),
            gateway: format!("{name}gateway"),
            messages: package.import,
            name,
        }
    }

    /// The file as it is in the gateway's own package.
    fn lead_to_stubs(&self, text: &str, services: &[String]) -> String {
        let stubs = format!("\t\"{}/{}\"", self.messages.replacen(MESSAGES, STUBS, 1), self.stubs);
        let own_import = format!(" \"{}\"", self.messages);
        let alias = text.lines().find_map(|line| line.trim().strip_suffix(&own_import));
        let mut lines: Vec<String> = Vec::new();
        for line in text.lines() {
            let line = match self.renamed(line) {
                Some(renamed) => renamed,
                None => match alias {
                    Some(alias) => self.stub_names(line, alias, services),
                    None => line.to_owned(),
                },
            };
            lines.push(line);
        }
        insert_import(&mut lines, &own_import, &stubs);
        let text = lines.join("\n") + "\n";
        match alias {
            Some(alias) if !uses(&text, alias) => {
                // Services whose messages are all elsewhere: Go builds nothing that imports what it does not use.
                text.replacen(&format!("\t{alias}{own_import}\n"), "", 1)
            }
            _ => text,
        }
    }

    /// Lines that name the package itself.
    fn renamed(&self, line: &str) -> Option<String> {
        let Self { name, gateway, .. } = self;
        if line == format!("package {name}") {
            return Some(format!("package {gateway}"));
        }
        let comment = format!("Package {name} is a reverse proxy.");
        (line == comment).then(|| format!("Package {gateway} is a reverse proxy."))
    }

    /// `{alias}.XClient`, `XServer`, `NewXClient` and the streams `X_MethodClient` of these services
    /// with the package of the stubs.
    fn stub_names(&self, line: &str, alias: &str, services: &[String]) -> String {
        let qualifier = format!("{alias}.");
        let mut parts = line.split(qualifier.as_str());
        let mut result = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            let end = part.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(part.len());
            let is_stub = services.iter().any(|service| is_stub(&part[..end], service));
            result.push_str(if is_stub { &self.stubs } else { alias });
            result.push('.');
            result.push_str(part);
        }
        result
    }

    /// A package that only says where its functions are now.
    fn aliases(&self, text: &str) -> String {
        let path = format!("{}/{}", self.messages.replacen(MESSAGES, GATEWAYS, 1), self.gateway);
        let head: Vec<&str> = text.lines().take_while(|line| *line != "*/").collect();
        let mut result = head.join("\n");
        result.push_str(&format!(
            "\n\nDeprecated: This package has moved to \"{path}\". Use that import path \
             instead.\n*/\npackage {gateway}\n\nimport gateway \"{path}\"\n\nvar (\n\n",
            gateway = self.gateway
        ));
        let lines: Vec<&str> = text.lines().collect();
        let mut is_first = true;
        for (place, line) in lines.iter().enumerate() {
            let Some(function) = line.strip_prefix("func Register") else { continue };
            let function = function.split('(').next().unwrap_or_default();
            let start = lines[..place].iter().rposition(|line| !line.starts_with("//"));
            if !is_first {
                result.push('\n');
            }
            is_first = false;
            for comment in &lines[start.map_or(0, |start| start + 1)..place] {
                result.push_str(&format!("\t{comment}\n"));
            }
            result.push_str(&format!("\tRegister{function} = gateway.Register{function}\n"));
        }
        result.push_str(")\n");
        result
    }
}

/// Whether Go code uses a package; what cannot be read is found out later.
fn uses(text: &str, package: &str) -> bool {
    GoFile::read(text).map_or(true, |file| file.qualifiers.contains(package))
}

fn is_stub(name: &str, service: &str) -> bool {
    let constructor = name.strip_prefix("New").and_then(|rest| rest.strip_prefix(service));
    constructor == Some("Client")
        || name.strip_prefix(service).is_some_and(|rest| {
            let is_end = |end: &str| matches!(end, "Client" | "Server");
            is_end(rest)
                || rest
                    .strip_prefix('_')
                    .is_some_and(|stream| stream.ends_with("Client") || stream.ends_with("Server"))
        })
}

/// Puts an import into the block that another one is in, where its path belongs.
fn insert_import(lines: &mut Vec<String>, beside: &str, import: &str) {
    let Some(own) = lines.iter().position(|line| line.ends_with(beside)) else { return };
    let is_import = |line: &String| line.starts_with('\t') && line.ends_with('"');
    let start = lines[..own].iter().rposition(|line| !is_import(line)).map_or(0, |at| at + 1);
    let end =
        lines[own..].iter().position(|line| !is_import(line)).map_or(lines.len(), |at| own + at);
    fn path(line: &str) -> &str {
        line.split('"').nth(1).unwrap_or_default()
    }
    let at = lines[start..end].iter().position(|line| path(line) > path(import));
    lines.insert(at.map_or(end, |at| start + at), import.to_owned());
}
