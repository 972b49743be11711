// Modules that are the same but for their texts: hostile ones in one, innocent ones in the other.

import { hostile, hostileName, random } from "./texts.mjs";

const SCALARS = ["string", "bytes", "int32", "uint64", "bool", "double"];

/** The module of a seed, twice: `{ isNamed, names, hostile, innocent }`. `isNamed` says whether names of files differ,
 * `names` are the stems of files, hostile to innocent, and each module is an object of path to text. */
export function twins(seed) {
  const build = (isHostile) => new Writer(seed, isHostile).module();
  const [one, other] = [build(true), build(false)];
  return { isNamed: one.isNamed, names: one.names, hostile: one.files, innocent: other.files };
}

class Writer {
  constructor(seed, isHostile) {
    // Structure and texts come from numbers of their own, so that both twins have the same structure.
    this.structure = random(seed);
    this.texts = random(seed ^ 0x5eed);
    this.isHostile = isHostile;
    this.count = 0;
  }

  /** A text, or its innocent counterpart. */
  text(options) {
    const text = hostile(this.texts, options);
    return this.isHostile ? text : "text";
  }

  module() {
    const isNamed = this.structure.chance(0.2);
    const names = {};
    const files = {};
    const count = 1 + this.structure.below(3);
    for (let n = 0; n < count; n++) {
      let stem = `file${n}`;
      if (isNamed && n === 0) {
        const name = hostileName(this.texts);
        stem = this.isHostile ? name.hostile : name.innocent;
        names[name.hostile] = name.innocent;
      }
      files[`acme/v1/${stem}.proto`] = this.file(n, Object.keys(files));
    }
    return { isNamed, names, files };
  }

  file(n, others) {
    const isProto2 = this.structure.chance(0.5);
    const imports = others.filter(() => this.structure.chance(0.5));
    const lines = [
      this.comment(), this.comment("\n"), `${this.comment("")}syntax = "proto${isProto2 ? 2 : 3}";${this.behind()}`,
      `${this.comment("")}package acme.v1;${this.behind()}`,
      ...imports.map((path) => `import ${this.quote(path)};`),
      `import "google/protobuf/descriptor.proto";`,
      `import "google/api/annotations.proto";`,
      `option java_package = ${this.string()};`,
      `option php_namespace = ${this.string()};`,
    ];
    if (n === 0) {
      for (const of of ["File", "Message", "Field", "Oneof", "Enum", "EnumValue", "Service", "Method"]) {
        lines.push(`extend google.protobuf.${of}Options { ${isProto2 ? "optional " : ""}string ${of.toLowerCase()}_text = 50001; }`);
      }
    }
    const hasOptions = n === 0 || imports.some((path) => path === others[0]);
    this.option = (of) => (hasOptions ? `(acme.v1.${of}_text) = ${this.string()}` : undefined);
    lines.push(this.statement("file"));
    for (let left = 1 + this.structure.below(2); left > 0; left--) lines.push(this.message(isProto2, 0));
    lines.push(this.enumeration());
    if (n === 0 || this.structure.chance(0.5)) lines.push(this.service());
    lines.push(this.comment(""));
    return lines.join("\n");
  }

  message(isProto2, depth) {
    const name = this.name("Message");
    if (depth === 0) this.last = name;
    const lines = [`${this.comment()}message ${name} {${this.behind()}`, this.statement("message")];
    const count = 1 + this.structure.below(4);
    for (let n = 1; n <= count; n++) lines.push(this.field(isProto2, n));
    lines.push(`${this.comment()}map<string, ${name}> ${this.name("map")} = ${count + 1};${this.behind()}`);
    lines.push(`${this.comment()}oneof ${this.name("one")} {`, this.statement("oneof"));
    lines.push(`${this.comment()}string ${this.name("of")} = ${count + 2};${this.behind()}`, "}");
    if (depth < 2 && this.structure.chance(0.4)) lines.push(this.message(isProto2, depth + 1));
    if (this.structure.chance(0.3)) lines.push(this.enumeration());
    lines.push(this.comment(""), "}");
    return lines.join("\n");
  }

  field(isProto2, number) {
    const type = this.structure.pick(SCALARS);
    const options = [];
    if (this.structure.chance(0.3)) options.push(`json_name = ${this.jsonName(number)}`);
    if (isProto2 && ["string", "bytes"].includes(type) && this.structure.chance(0.4)) options.push(`default = ${this.string()}`);
    if (this.structure.chance(0.3)) options.push(this.option("field"));
    const shown = options.filter((it) => it !== undefined);
    const brackets = shown.length > 0 ? ` [${shown.join(", ")}]` : "";
    return `${this.comment()}${isProto2 ? "optional " : ""}${type} ${this.name("field")} = ${number}${brackets};${this.behind()}`;
  }

  enumeration() {
    const name = this.name("Enum");
    const option = this.option("enumvalue");
    return [
      `${this.comment()}enum ${name} {${this.behind()}`, this.statement("enum"),
      `${this.comment()}${name.toUpperCase()}_A = 0${option && this.structure.chance(0.5) ? ` [${option}]` : ""};${this.behind()}`,
      `${this.comment()}${name.toUpperCase()}_B = 1;${this.behind()}`, this.comment(""), "}",
    ].join("\n");
  }

  service() {
    const lines = [`${this.comment()}service ${this.name("Service")} {${this.behind()}`, this.statement("service")];
    for (let n = this.structure.below(3); n >= 0; n--) {
      const stream = () => (this.structure.chance(0.3) ? "stream " : "");
      const rpc = this.name("Rpc");
      lines.push(`${this.comment()}rpc ${rpc}(${stream()}${this.last}) returns (${stream()}${this.last}) {`, this.statement("method"));
      if (this.structure.chance(0.5)) lines.push(`option (google.api.http) = { get: ${this.path(rpc)} };`);
      lines.push(`}${this.behind()}`);
    }
    lines.push("}");
    return lines.join("\n");
  }

  /** A path for a gateway; what is behind the colon is the author's own word. */
  path(rpc) {
    const verb = this.text().replaceAll(/[/{}:\0]/g, "");
    const isNamed = this.structure.chance(0.3);
    return this.quote(`/v1/${rpc.toLowerCase()}${isNamed ? `:v${verb}` : ""}`);
  }

  statement(of) {
    const option = this.option(of);
    return option && this.structure.chance(0.5) ? `option ${option};` : "";
  }

  name(prefix) {
    return `${prefix}${this.count++}`;
  }

  /** Of all characters, only this one cannot be in a comment. */
  commentText() {
    return this.text({ directives: true }).replaceAll("\0", "");
  }

  /** Comments before something; with an empty line behind them they are detached. */
  comment(end = "") {
    if (this.structure.chance(0.3)) return "";
    const isBlock = this.structure.chance(0.3);
    const text = this.commentText();
    return `\n${isBlock ? block(text) : lines(text)}\n${end}`;
  }

  /** A comment behind something, on its line. */
  behind() {
    if (this.structure.chance(0.6)) return "";
    return ` //${this.commentText().replaceAll("\n", " ")}\n`;
  }

  string() {
    return this.quote(this.text());
  }

  /** Different from field to field, as the language demands. */
  jsonName(number) {
    const text = this.text().replaceAll("\0", "");
    return this.quote(`${this.isHostile ? text : "json"}${number}x${this.count}`);
  }

  quote(text) {
    const bytes = [...Buffer.from(text)].map((byte) =>
      byte >= 32 && byte < 127 && ![34, 92].includes(byte) ? String.fromCharCode(byte) : `\\${byte.toString(8).padStart(3, "0")}`,
    );
    return `"${bytes.join("")}"`;
  }
}

function lines(text) {
  return text.split("\n").map((line) => `//${line}`).join("\n");
}

/** Blocks neither nest nor hold their own end. */
function block(text) {
  return `/*${text.replaceAll(/\*(?=\/)|\/(?=\*)/g, "$& ")} */`;
}
