// How large files, functions and types of a crate are, without its tests.

import { readFileSync } from "node:fs";
import path from "node:path";
import { endOfItem } from "./rust.mjs";

export const LONG_FUNCTION = 60;
export const LONG_FILE = 600;

/** Functions of bare text with a body: `{name, lines}`. */
export function functions(text) {
  return [...text.matchAll(/(?<!\w)fn\s+(\w+)/g)].flatMap((found) => {
    const end = endOfItem(text, found.index);
    return text[end - 1] === "}" ? [{ name: found[1], lines: text.slice(found.index, end).split("\n").length }] : [];
  });
}

/** Methods in bare text: `[type, method]` for each function of an `impl` that is no trait's. */
export function methods(text) {
  return [...text.matchAll(/(?<!\w)impl\b([^{;]*)\{/g)].flatMap((found) => {
    const head = withoutParameters(found[1].trim());
    // What stands before `impl` here is the end of an item; in `-> impl Trait {` it is something else.
    const isItem = /(^|[}\];])\s*(unsafe\s+)?$/.test(text.slice(0, found.index));
    if (!isItem || /\sfor\s/.test(head)) return [];
    const type = /^[\w:]+/.exec(head)?.[0];
    const body = text.slice(found.index, endOfItem(text, found.index));
    return functionsAtTop(body).map((method) => [type, method]);
  });
}

/** What follows the parameters in `<…>` that an `impl` begins with. */
function withoutParameters(head) {
  if (!head.startsWith("<")) return head;
  let depth = 0;
  for (let at = 0; at < head.length; at += 1) {
    if (head[at] === "<") depth += 1;
    if (head[at] === ">" && head[at - 1] !== "-") depth -= 1;
    if (depth === 0) return head.slice(at + 1).trim();
  }
  return head;
}

/** Names of functions one brace deep. */
function functionsAtTop(body) {
  let depth = 0;
  const top = [...body].map((letter) => {
    if (letter === "}") depth -= 1;
    const kept = depth === 1 ? letter : " ";
    if (letter === "{") depth += 1;
    return kept;
  });
  return [...top.join("").matchAll(/(?<!\w)fn\s+(\w+)/g)].map(([, name]) => name);
}

/** What a crate's production is made of; `crates` are the roots of it that `readCrates` found. */
export function measure(crates) {
  const of = { files: 0, lines: 0, code: 0, longFiles: [], longFunctions: [], types: new Map() };
  for (const { folder, files } of crates) {
    for (const { file, text } of files.values()) {
      const whole = readFileSync(path.join(folder, file), "utf8").split("\n").length - 1;
      of.files += 1;
      of.lines += whole;
      of.code += text.split("\n").filter((line) => line.trim() !== "").length;
      if (whole > LONG_FILE) of.longFiles.push(`${file} (${whole})`);
      const long = functions(text).filter(({ lines }) => lines > LONG_FUNCTION);
      of.longFunctions.push(...long.map(({ name, lines }) => `${file} ${name} (${lines})`));
      for (const [type] of methods(text)) add(of.types, type, file);
    }
  }
  return of;
}

function add(types, type, file) {
  const found = types.get(type) ?? { methods: 0, files: new Set() };
  found.methods += 1;
  found.files.add(file);
  types.set(type, found);
}
