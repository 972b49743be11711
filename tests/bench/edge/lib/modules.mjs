// Modules whose SDKs have the sizes that are measured.

import { randomBytes } from "node:crypto";

// Of protocolbuffers/go these give packages of some 14 and 313 KB.
const SMALL_MESSAGES = 11;
const MEDIUM = { files: 6, messages: 52 };
// A push has 32 MiB at most. The service's comments are in what grpc/go makes twice, and base64 has six bits a letter: that
// gives some 50 MB.
const LARGE_METHODS = 128;
const LARGE_COMMENT = 258_000;
const LINE = 2000;

/** Files of one folder, each with messages of ten fields. */
export function messages(name, files, each) {
  const all = Array.from({ length: files }, (_, place) => {
    const declared = Array.from({ length: each }, (_, number) => message(`Item${place}X${number}`));
    return [`${name}/v1/part${place}.proto`, `syntax = "proto3";\n\npackage ${name}.v1;\n\n${declared.join("\n")}`];
  });
  return Object.fromEntries(all);
}

function message(name) {
  const kinds = ["string", "int64", "bool", "double", "bytes", "repeated string", "uint32", "float", "sint64", "repeated int32"];
  const fields = kinds.map((kind, number) => `  ${kind} value_${name.toLowerCase()}_${number} = ${number + 1};\n`);
  return `// ${name} is one of many.\nmessage ${name} {\n${fields.join("")}}\n`;
}

export const small = (name) => messages(name, 1, SMALL_MESSAGES);
export const medium = (name) => messages(name, MEDIUM.files, MEDIUM.messages);

/** A service that is nearly all comments, which nothing compresses. */
export function large(name) {
  const methods = Array.from({ length: LARGE_METHODS }, (_, number) => {
    const text = randomBytes((LARGE_COMMENT * 3) / 4).toString("base64url");
    const lines = text.match(new RegExp(`.{1,${LINE}}`, "g")).map((line) => `  // ${line}\n`);
    return `${lines.join("")}  rpc Call${number}(Call) returns (Call);\n`;
  });
  const service = `service Calls {\n${methods.join("")}}\n`;
  return { [`${name}/v1/calls.proto`]: `syntax = "proto3";\n\npackage ${name}.v1;\n\n${service}\nmessage Call {}\n` };
}
