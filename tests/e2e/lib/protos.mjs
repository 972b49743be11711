// The modules that most tests push.

/** Types that others import. */
export const UNITS = {
  "acme/units/v1/units.proto": `syntax = "proto3";

package acme.units.v1;

message Temperature {
  double degrees = 1;
}
`,
  LICENSE: "Apache-2.0\n",
};

/** A service; its messages use UNITS. */
export const WEATHER = {
  "acme/weather/v1/weather.proto": `syntax = "proto3";

package acme.weather.v1;

import "acme/units/v1/units.proto";

service WeatherService {
  rpc GetWeather(GetWeatherRequest) returns (GetWeatherResponse);
}

message GetWeatherRequest {
  string place = 1;
}

message GetWeatherResponse {
  acme.units.v1.Temperature temperature = 1;
}
`,
};

/** A module of one message, so that its content is as different as its name. */
export function single(message) {
  return {
    "e2e/v1/e2e.proto": `syntax = "proto3";

package e2e.v1;

message ${message} {
  string text = 1;
}
`,
  };
}

/** A file in a package and folder of its own, with imports. */
export function file(name, { imports = [], message = "M" } = {}) {
  const lines = imports.map((other) => `import "${other}/v1/${other}.proto";\n`).join("");
  const fields = imports.map((other, at) => `  ${other}.v1.M ${other} = ${at + 1};\n`).join("");
  return {
    [`${name}/v1/${name}.proto`]: `syntax = "proto3";\n\npackage ${name}.v1;\n\n${lines}\nmessage ${message} {\n${fields}}\n`,
  };
}
