// What users do with the go command.

import assert from "node:assert/strict";
import { before, test } from "node:test";
import { Buf } from "./lib/buf.mjs";
import { Go } from "./lib/go.mjs";
import { UNITS, WEATHER } from "./lib/protos.mjs";
import { get, goPackage, host, url } from "./lib/registry.mjs";

let module;
let commit;

before(async (t) => {
  const buf = await Buf.create(t);
  const owner = await buf.organization();
  await buf.publish(`${owner}/units`, UNITS);
  module = `${owner}/weather`;
  commit = await buf.publish(module, WEATHER, { deps: [`${owner}/units`] });
});

test("a program calls a service through a generated client", async (t) => {
  const go = await Go.create(t);
  await go.write({ "main.go": connectProgram(module) });
  await go.ok("get", goPackage(module, "connectrpc/go"));
  await go.ok("get", ".");
  assert.equal(await go.ok("run", "."), "Oslo 12.5");
  assert.equal(await go.ok("mod", "verify"), "all modules verified");
});

test("grpc code compiles with the messages that it needs", async (t) => {
  const go = await Go.create(t);
  await go.write({ "main.go": grpcProgram(module) });
  await go.ok("get", goPackage(module, "grpc/go"));
  await go.ok("get", ".");
  assert.equal(await go.ok("run", "."), "acme.weather.v1.WeatherService");
});

test("latest, a label and a commit name the same version", async (t) => {
  const go = await Go.create(t);
  const packageName = goPackage(module, "protocolbuffers/go");
  const latest = await go.version(packageName, "latest");
  assert.match(latest, new RegExp(`^v1\\.36\\.\\d+-20\\d{12}-${commit.slice(0, 12)}\\.\\d+$`));
  for (const query of ["main", commit, commit.slice(0, 12), latest]) {
    assert.equal(await go.version(packageName, query), latest, query);
  }
  const versions = (await go.ok("list", "-m", "-versions", packageName)).split(" ").slice(1);
  assert.ok(versions.includes(latest), versions.join(" "));
});

test("the same download gives the same sum", async (t) => {
  const sums = [];
  for (let round = 0; round < 2; round++) {
    const go = await Go.create(t);
    const json = await go.ok("mod", "download", "-json", `${goPackage(module, "connectrpc/go")}@latest`);
    sums.push(JSON.parse(json).Sum);
  }
  assert.match(sums[0], /^h1:/);
  assert.equal(sums[0], sums[1]);
});

test("an import path leads to this registry without a proxy setting", async () => {
  const packageName = goPackage(module, "connectrpc/go");
  const reply = await get(`${packageName.slice(host.length)}?go-get=1`);
  assert.equal(reply.status, 200);
  const tag = `<meta name="go-import" content="${packageName} mod ${url}/gen/go">`;
  assert.ok((await reply.text()).includes(tag));
});

test("an artifact has ranges, ETag and 304, and is cached for ever", async () => {
  const packageName = goPackage(module, "protocolbuffers/go");
  const info = await (await get(`/gen/go/${packageName}/@latest`)).json();
  const target = `/gen/go/${packageName}/@v/${info.Version}.zip`;
  const whole = await get(target);
  assert.equal(whole.status, 200);
  assert.match(whole.headers.get("cache-control"), /immutable/);
  const bytes = Buffer.from(await whole.arrayBuffer());
  assert.equal(Number(whole.headers.get("content-length")), bytes.length);
  const part = await get(target, { range: "bytes=0-3" });
  assert.equal(part.status, 206);
  assert.deepEqual(Buffer.from(await part.arrayBuffer()), bytes.subarray(0, 4));
  const known = await get(target, { "if-none-match": whole.headers.get("etag") });
  assert.equal(known.status, 304);
});

function connectProgram(module) {
  return `package main

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"

	"connectrpc.com/connect"
	"${goPackage(module, "connectrpc/go")}/acme/weather/v1/weatherv1connect"
	weatherv1 "${goPackage(module, "protocolbuffers/go")}/acme/weather/v1"
	unitsv1 "${goPackage(module.replace("/weather", "/units"), "protocolbuffers/go")}/acme/units/v1"
)

type service struct{}

func (service) GetWeather(
	_ context.Context, request *connect.Request[weatherv1.GetWeatherRequest],
) (*connect.Response[weatherv1.GetWeatherResponse], error) {
	if request.Msg.GetPlace() != "Oslo" {
		return nil, connect.NewError(connect.CodeNotFound, nil)
	}
	return connect.NewResponse(&weatherv1.GetWeatherResponse{
		Temperature: &unitsv1.Temperature{Degrees: 12.5},
	}), nil
}

func main() {
	mux := http.NewServeMux()
	mux.Handle(weatherv1connect.NewWeatherServiceHandler(service{}))
	server := httptest.NewServer(mux)
	defer server.Close()
	client := weatherv1connect.NewWeatherServiceClient(http.DefaultClient, server.URL)
	request := connect.NewRequest(&weatherv1.GetWeatherRequest{Place: "Oslo"})
	response, err := client.GetWeather(context.Background(), request)
	if err != nil {
		panic(err)
	}
	fmt.Println(request.Msg.GetPlace(), response.Msg.GetTemperature().GetDegrees())
}
`;
}

function grpcProgram(module) {
  return `package main

import (
	"fmt"

	"${goPackage(module, "grpc/go")}/acme/weather/v1/weatherv1grpc"
)

func main() {
	fmt.Println(weatherv1grpc.WeatherService_ServiceDesc.ServiceName)
}
`;
}
