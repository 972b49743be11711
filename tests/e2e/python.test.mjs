// What users do with the pip command.

import assert from "node:assert/strict";
import { before, test } from "node:test";
import { Buf } from "./lib/buf.mjs";
import { UNITS, WEATHER } from "./lib/protos.mjs";
import { Python } from "./lib/python.mjs";
import { get, pythonPackage } from "./lib/registry.mjs";

const JSON_PAGE = { accept: "application/vnd.pypi.simple.v1+json" };

let buf;
let owner;
let module;
let commit;

before(async (t) => {
  buf = await Buf.create(t);
  owner = await buf.organization();
  await buf.publish(`${owner}/units`, UNITS);
  module = `${owner}/weather`;
  commit = await buf.publish(module, WEATHER, { deps: [`${owner}/units`] });
});

const MESSAGE = `
from acme.weather.v1 import weather_pb2

message = weather_pb2.GetWeatherResponse(temperature={"degrees": 12.5})
read = weather_pb2.GetWeatherResponse.FromString(message.SerializeToString())
print(read.DESCRIPTOR.full_name, read.temperature.degrees)
`;

async function page(name) {
  const reply = await get(`/gen/python/simple/${name}/`, JSON_PAGE);
  assert.equal(reply.status, 200, await reply.clone().text());
  return reply.json();
}

test("a program writes and reads a message", async (t) => {
  const python = await Python.create(t);
  await python.install(pythonPackage(module, "protocolbuffers/python"));
  assert.equal(await python.run(MESSAGE), "acme.weather.v1.GetWeatherResponse 12.5");
});

test("a service's code brings the messages that it needs", async (t) => {
  const python = await Python.create(t);
  await python.install(pythonPackage(module, "grpc/python"));
  const printed = await python.run(`
import grpc
from concurrent.futures import ThreadPoolExecutor
from acme.weather.v1 import weather_pb2, weather_pb2_grpc

class Weather(weather_pb2_grpc.WeatherServiceServicer):
    def GetWeather(self, request, context):
        return weather_pb2.GetWeatherResponse(temperature={"degrees": 12.5})

server = grpc.server(ThreadPoolExecutor(max_workers=1))
weather_pb2_grpc.add_WeatherServiceServicer_to_server(Weather(), server)
port = server.add_insecure_port("127.0.0.1:0")
server.start()
with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
    stub = weather_pb2_grpc.WeatherServiceStub(channel)
    print(stub.GetWeather(weather_pb2.GetWeatherRequest()).temperature.degrees)
server.stop(None)
`);
  assert.equal(printed, "12.5");
});

test("everything that is listed has its hash, and can be installed by it alone", async (t) => {
  const python = await Python.create(t);
  const names = ["weather", "units"].map((name) => pythonPackage(`${owner}/${name}`, "protocolbuffers/pyi"));
  await python.install(...names);
  const lines = [];
  for (const name of names) {
    const { files } = await page(name);
    assert.ok(files.length > 0);
    for (const { url, hashes, size, "core-metadata": metadata, "requires-python": requires } of files) {
      assert.ok(hashes.sha256 && size > 0 && metadata.sha256 && requires, url);
      const wheel = await get(`/gen/python/simple/${name}/${url}`);
      assert.equal((await wheel.arrayBuffer()).byteLength, size);
    }
    const newest = files.at(-1);
    lines.push(`${name}==${newest.filename.split("-")[1]} --hash=sha256:${newest.hashes.sha256}`);
  }
  await python.write({ "requirements.txt": `${lines.join("\n")}\n` });
  await python.ok("pip", "install", "--no-deps", "--require-hashes", "--force-reinstall", "--requirement", "requirements.txt");
  await python.write({ "requirements.txt": lines.join("\n").replaceAll(/sha256:\w+/g, `sha256:${"0".repeat(64)}`) });
  const refused = await python.fails("pip", "install", "--no-deps", "--require-hashes", "--force-reinstall", "--no-cache-dir", "--requirement", "requirements.txt");
  assert.match(refused, /HASH/);
});

test("the version that buf prints is installed, also of what is on no default label", async (t) => {
  const python = await Python.create(t);
  const plugin = "protocolbuffers/python";
  const name = pythonPackage(module, plugin);
  const latest = await buf.sdkVersion(module, plugin);
  assert.match(latest, new RegExp(`^\\d+\\.\\d+\\.\\d+\\.1\\.20\\d{12}\\+${commit.slice(0, 12)}$`));
  const folder = await buf.module(module, { "acme/weather/v1/weather.proto": `${Object.values(WEATHER)[0]}\nmessage Draft {}\n` }, [`${owner}/units`]);
  await buf.push(folder, "--label", "draft");
  const draft = await buf.sdkVersion(`${module}@draft`, plugin);
  assert.match(draft, /\.1\.dev0\+[0-9a-f]{12}$/);
  await python.install(`${name}==${draft}`);
  assert.equal(await python.run("from acme.weather.v1 import weather_pb2; print(weather_pb2.Draft.DESCRIPTOR.name)"), "Draft");
  await python.install("--upgrade", name);
  assert.equal(await python.run(`from importlib.metadata import version; print(version("${name}"))`), latest);
});

test("what cannot be generated is said where the wheel is", async (t) => {
  const python = await Python.create(t);
  const two = `${owner}/two`;
  const text = 'syntax = "proto3";\n\npackage two.v1;\n\nmessage A {}\n';
  await buf.publish(two, { "two/v1/a-b.proto": text, "two/v1/a_b.proto": text.replace("A", "B") });
  const name = pythonPackage(two, "protocolbuffers/python");
  const said = await python.fails("pip", "install", name);
  assert.match(said, /HTTP error 422/);
  const { files } = await page(name);
  const wheel = await get(`/gen/python/simple/${name}/${files[0].url}`);
  assert.equal(wheel.status, 422);
  assert.match(await wheel.text(), /would be the same Python module: give one of them another name/);
});
