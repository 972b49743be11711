// Modules that new users pushed and that failed where their SDKs were used: each is refused with words that say what to do, or
// builds.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Buf } from "./lib/buf.mjs";
import { Go } from "./lib/go.mjs";
import { Npm } from "./lib/npm.mjs";
import { single } from "./lib/protos.mjs";
import { bufHost, get, goPackage, host, npmPackage } from "./lib/registry.mjs";
import { UPLOAD, call, upload } from "./lib/rpc.mjs";
import { run } from "./lib/run.mjs";

const GO = "protocolbuffers/go";
const ES = "bufbuild/es";

function proto(package_, ...rest) {
  return `syntax = "proto3";\npackage ${package_};\n${rest.join("\n")}\n`;
}

/** Says every one of the words, whatever lines the client breaks them into. */
function says(text, ...words) {
  const one = text.replaceAll(/\s+/g, " ");
  for (const word of words) assert.ok(one.includes(word), `${word} is not said: ${text}`);
}

/** Behind our proxy there is none: go shows what the last one says. */
function alone(go) {
  go.env.GOPROXY = go.env.GOPROXY.split(/[,|]/)[0];
  return go;
}

test("files whose names Go reads as a system, a processor or nothing are built everywhere", async (t) => {
  const buf = await Buf.create(t);
  const module = `${await buf.organization()}/fleet`;
  const service = (message) => `message ${message} {}\nservice ${message}Service { rpc Get(${message}) returns (${message}); }`;
  await buf.publish(module, {
    "fleet/v1/device.proto": proto("fleet.v1", 'import "fleet/v1/agent_windows.proto";', "message Device { AgentSettings agent = 1; }"),
    "fleet/v1/agent_windows.proto": proto("fleet.v1", service("AgentSettings")),
    "fleet/v1/push_ios.proto": proto("fleet.v1", service("PushTarget")),
    "fleet/v1/_hidden.proto": proto("fleet.v1", service("Hidden")),
    "fleet/v1/smoke_test.proto": proto("fleet.v1", service("SmokeCheck")),
    "fleet/wasm/v1/mod_wasm.proto": proto("fleet.wasm.v1", service("Blob")),
  });
  const go = await Go.create(t);
  const messages = goPackage(module, GO);
  const [connect, grpc] = [goPackage(module, "connectrpc/go"), goPackage(module, "grpc/go")];
  await go.write({
    "main.go": `package main

import (
	"${connect}/fleet/v1/fleetv1connect"
	"${grpc}/fleet/v1/fleetv1grpc"
	fleetv1 "${messages}/fleet/v1"
	wasmv1 "${messages}/fleet/wasm/v1"
)

func main() {
	println((&fleetv1.Device{Agent: &fleetv1.AgentSettings{}}).String(), (&fleetv1.PushTarget{}).String(),
		(&fleetv1.Hidden{}).String(), (&fleetv1.SmokeCheck{}).String(), (&wasmv1.Blob{}).String())
	println(fleetv1connect.AgentSettingsServiceName, fleetv1connect.HiddenServiceName, fleetv1connect.SmokeCheckServiceName)
	println(fleetv1grpc.PushTargetService_ServiceDesc.ServiceName)
}
`,
  });
  for (const name of [messages, connect, grpc]) await go.ok("get", name);
  await go.ok("get", ".");
  await go.ok("run", ".");
  const packages = [`${messages}/fleet/v1`, `${messages}/fleet/wasm/v1`, `${connect}/fleet/v1/fleetv1connect`];
  const files = () => go.ok("list", "-f", "{{.GoFiles}} {{.IgnoredGoFiles}}", ...packages);
  const here = await files();
  assert.ok(here.includes("push_ios_.pb.go"), here);
  Object.assign(go.env, { GOOS: "windows", GOARCH: "arm64" });
  assert.equal(await files(), here);
});

test("folders that no program can import from are refused, and name the file", async (t) => {
  const buf = await Buf.create(t);
  const module = `${await buf.organization()}/folders`;
  const message = (name) => proto(`shop.${name}.v1`, "message M {}");
  await buf.publish(module, {
    "shop/internal/v1/audit.proto": message("internal"),
    "shop/testdata/v1/fixture.proto": message("testdata"),
    "shop/vendor/v1/vendor.proto": message("vendor"),
    "shop/_drafts/v1/draft.proto": message("drafts"),
  });
  const said = await alone(await Go.create(t)).fails("get", goPackage(module, GO));
  says(said, "shop/internal/v1/audit.proto", "another folder");
});

test("names below which Go imports nothing are nobody's", async (t) => {
  const buf = await Buf.create(t);
  const owner = await buf.organization();
  for (const name of ["internal", "vendor"]) {
    says(await buf.fails(["registry", "module", "create", `${bufHost}/${owner}/${name}`]), name, "reserved");
    says(await buf.fails(["registry", "organization", "create", `${bufHost}/${name}`]), name, "reserved");
  }
});

test("Go packages that import each other, or declare a name twice, are refused with a way out", async (t) => {
  const buf = await Buf.create(t);
  const owner = await buf.organization();
  const refused = async (name, files, ...words) => {
    await buf.publish(`${owner}/${name}`, files);
    says(await alone(await Go.create(t)).fails("get", goPackage(`${owner}/${name}`, GO)), ...words);
  };
  await refused(
    "circle",
    {
      "hr/person/person.proto": proto("hr.person", "message Person {}"),
      "hr/person/assignment.proto": proto("hr.person", 'import "hr/team/team.proto";', "message Assignment { hr.team.Team team = 1; }"),
      "hr/team/team.proto": proto("hr.team", 'import "hr/person/person.proto";', "message Team { hr.person.Person lead = 1; }"),
    },
    "hr/person/assignment.pb.go",
    "hr/team/team.pb.go",
    "into one folder",
  );
  await refused(
    "twice",
    { "a/v1/a.proto": proto("a.v1", "message Foo { message Bar {} }"), "a/v1/b.proto": proto("a.v1", "message Foo_Bar {}") },
    "Foo_Bar is declared twice",
    "rename",
  );
  await refused(
    "root",
    { "a.proto": proto("acme.a.v1", "message A {}"), "b.proto": proto("acme.b.v1", "message B {}") },
    "av1 and bv1",
    "a folder of its own",
  );
});

test("a gateway for messages of another package is built", async (t) => {
  const buf = await Buf.create(t);
  const owner = await buf.organization();
  await buf.publish(`${owner}/adopt`, {
    "adopt/gwmsg/v1/m.proto": proto("adopt.gwmsg.v1", "message Ping { string name = 1; }"),
    "adopt/gwsvc/v1/s.proto": proto(
      "adopt.gwsvc.v1",
      'import "adopt/gwmsg/v1/m.proto";\nimport "google/api/annotations.proto";',
      'service PingService { rpc Ping(adopt.gwmsg.v1.Ping) returns (adopt.gwmsg.v1.Ping) { option (google.api.http) = {get: "/v1/ping/{name}"}; } }',
    ),
  }, { deps: [await annotations(buf)] });
  const go = await Go.create(t);
  const gateway = goPackage(`${owner}/adopt`, "grpc-ecosystem/gateway/v2");
  await go.write({
    "main.go": `package main\n\nimport "${gateway}/adopt/gwsvc/v1/gwsvcv1gateway"\n\nfunc main() { println(gwsvcv1gateway.RegisterPingServiceHandler != nil) }\n`,
  });
  await go.ok("get", gateway);
  await go.ok("get", ".");
  await go.ok("build", ".");
});

/** The annotations of HTTP, as far as they are needed here; gives the module's name. */
async function annotations(buf) {
  // Of no consequence if it is there; if it could not be made, the push says so.
  await run("buf", ["registry", "organization", "create", `${bufHost}/googleapis`], { env: buf.env });
  const option = 'option go_package = "google.golang.org/genproto/googleapis/api/annotations;annotations";';
  await buf.publish("googleapis/googleapis", {
    "google/api/annotations.proto": proto(
      "google.api", 'import "google/api/http.proto";\nimport "google/protobuf/descriptor.proto";', option,
      "extend google.protobuf.MethodOptions { HttpRule http = 72295728; }",
    ),
    "google/api/http.proto": proto("google.api", option, "message HttpRule { oneof pattern { string get = 2; } }"),
  });
  return "googleapis/googleapis";
}

test("a plugin's words about a comment that is no UTF-8 are not lost", async (t) => {
  const buf = await Buf.create(t);
  const module = `${await buf.organization()}/cafe`;
  await buf.ok(["registry", "module", "create", `${bufHost}/${module}`, "--visibility", "public"]);
  const text = Buffer.from(proto("cafe.v1", "// The men\xe9.", "message Menu {}"), "latin1");
  assert.equal((await call(UPLOAD, upload(module, { "cafe/v1/cafe.proto": text }))).status, 200);
  const said = await alone(await Go.create(t)).fails("get", goPackage(module, GO));
  says(said, "UTF-8");
  assert.ok(!said.includes("cannot be read"), said);
});

test("what npm packages cannot import or parse is refused with its place", async (t) => {
  const buf = await Buf.create(t);
  const owner = await buf.organization();
  await buf.publish(`${owner}/ledger`, {
    "ledger/v1/ledger.proto":
      'edition = "2023";\npackage ledger.v1;\nimport "google/protobuf/cpp_features.proto";\noption features.(pb.cpp).string_type = VIEW;\nmessage Entry { string id = 1; }\n',
  });
  const latest = await npmVersion(buf, `${owner}/ledger`, `${ES}:v2.5.2`);
  const old = latest.replace("2.5.2", "2.2.0");
  const refused = await get(`/gen/npm/v1/${npmPackage(`${owner}/ledger`, ES).replace("/", "%2f")}/${old}`);
  assert.equal(refused.status, 422);
  says(await refused.text(), "ledger/v1/ledger_pb.js", "cpp_features_pb.js");

  await buf.publish(`${owner}/under`, { "v/v1/v.proto": 'syntax = "proto2";\npackage v.v1;\nmessage M { optional string _ = 8; }\n' });
  const npm = await Npm.create(t);
  says(await npm.fails("install", npmPackage(`${owner}/under`, ES)), "v/v1/v_pb", "line ");
});

test("copies of protobuf's own files are refused when they are pushed", async (t) => {
  const buf = await Buf.create(t);
  const module = `${await buf.organization()}/log`;
  const folder = await buf.module(module, {
    "google/protobuf/timestamp.proto": proto("google.protobuf", "message Timestamp { int64 seconds = 1; int32 nanos = 2; }"),
    "log/v1/log.proto": proto("log.v1", 'import "google/protobuf/timestamp.proto";', "message Line { google.protobuf.Timestamp at = 1; }"),
  });
  const said = await buf.fails(["push", folder, "--create", "--create-visibility", "public"]);
  says(said, "google/protobuf/timestamp.proto", "belongs to protobuf itself", "delete it");
});

async function npmVersion(buf, module, plugin) {
  return (await buf.sdkVersion(module, plugin)).trim();
}

test("a version that the registry printed installs at once", async (t) => {
  const buf = await Buf.create(t);
  const module = `${await buf.organization()}/printed`;
  await buf.publish(module, single("Printed"));
  // Something is listed, so that a packument need not wait for anything.
  const npm = await Npm.create(t);
  await npm.ok("install", npmPackage(module, ES));
  const version = await npmVersion(buf, module, `${ES}:v2.5.2`);
  const other = await Npm.create(t);
  await other.ok("install", `${npmPackage(module, ES)}@${version}`);
  assert.ok(version.startsWith("2.5.2-"), version);
  // One that nobody has printed, as a lock file of another registry may have it.
  const unknown = version.replace("2.5.2-", "2.4.0-");
  says(await other.fails("install", `${npmPackage(module, ES)}@${unknown}`), unknown);
  assert.equal((await get(`/gen/npm/v1/${npmPackage(module, ES).replace("/", "%2f")}/${unknown}`)).status, 200);
  await other.ok("install", `${npmPackage(module, ES)}@${unknown}`);
});

test("labels that clients read as something else are refused with a way out, or have a tag", async (t) => {
  const buf = await Buf.create(t);
  const module = `${await buf.organization()}/labels`;
  await buf.publish(module, single("Main"));
  const released = await buf.publish(module, single("Released"), { flags: ["--label", "v1.0.0"] });
  const go = alone(await Go.create(t));
  says(await go.fails("get", `${goPackage(module, GO)}@v1.0.0`), "go takes it for a version", `@${released.slice(0, 12)}`);
  const again = await Go.create(t);
  await again.ok("get", `${goPackage(module, GO)}@${released.slice(0, 12)}`);

  const branch = await buf.publish(module, single("Branch"), { flags: ["--label", "feature/x"] });
  const npm = await Npm.create(t);
  await npm.ok("install", `${npmPackage(module, ES)}@label-feature-x`);
  assert.ok((await npm.view(`${npmPackage(module, ES)}@label-feature-x`, "version")).includes(branch.slice(0, 12)));
  const tags = Object.keys(await npm.view(npmPackage(module, ES), "dist-tags"));
  assert.ok(tags.every((tag) => /^[A-Za-z0-9._-]+$/.test(tag)), tags.join(" "));
});

test("a program links a runtime and an SDK that depends on a copy of the runtime's module", async (t) => {
  const buf = await Buf.create(t);
  await run("buf", ["registry", "organization", "create", `${bufHost}/bufbuild`], { env: buf.env });
  const copy =
    'syntax = "proto2";\npackage buf.validate;\nimport "google/protobuf/descriptor.proto";\n' +
    "extend google.protobuf.FieldOptions { optional FieldRules field = 1159; }\n" +
    "message FieldRules { optional bool required = 25; }\n";
  await buf.publish("bufbuild/protovalidate", { "buf/validate/validate.proto": copy });
  const module = `${await buf.organization()}/checked`;
  const files = {
    "checked/v1/checked.proto": proto(
      "checked.v1", 'import "buf/validate/validate.proto";',
      "message Checked { string name = 1 [(buf.validate.field).required = true]; }",
    ),
  };
  await buf.publish(module, files, { deps: ["bufbuild/protovalidate"] });
  const go = await Go.create(t);
  const messages = goPackage(module, GO);
  await go.write({
    "main.go": `package main

import (
	"fmt"

	"buf.build/go/protovalidate"
	checkedv1 "${messages}/checked/v1"
)

func main() { fmt.Println(protovalidate.Validate(&checkedv1.Checked{}) != nil) }
`,
  });
  await go.ok("get", messages);
  await go.ok("get", ".");
  assert.equal((await go.ok("run", ".")).trim(), "true");
  assert.ok(!(await go.ok("list", "-m", "all")).includes(`${host}/gen/go/bufbuild/protovalidate`));
});
