// As much of Rust as tells which file uses which: comments and texts blanked out, items of tests left out, modules, `use`
// declarations and paths. What it is given has been compiled, so that it needs to understand nothing that is wrong.

/** The text with comments, strings and character literals blanked out; lines stay where they are. */
export function bare(text) {
  const blank = (found) => found.replace(/[^\n]/g, " ");
  let out = "";
  let at = 0;
  while (at < text.length) {
    const found = token(text, at);
    out += found ? blank(found) : text[at];
    at += found ? found.length : 1;
  }
  return out;
}

const STRING = /b?c?"(?:[^"\\]|\\[^])*"/y;
const CHARACTER = /b?'(?:[^'\\\n]|\\(?:u\{[^}]*\}|x..|.))'/y;
const LINE_COMMENT = /\/\/[^\n]*/y;

/** What is to be blanked out at a place, if anything is. */
function token(text, at) {
  if (text.startsWith("/*", at)) return blockComment(text, at);
  const raw = matchAt(/(?:b|c)?r(#*)"/y, text, at);
  const isWord = /\w/.test(text[at - 1] ?? "");
  if (raw && !isWord) {
    const end = text.indexOf(`"${raw[1]}`, at + raw[0].length);
    return text.slice(at, end + 1 + raw[1].length);
  }
  for (const pattern of isWord ? [LINE_COMMENT] : [LINE_COMMENT, STRING, CHARACTER]) {
    const found = matchAt(pattern, text, at);
    if (found) return found[0];
  }
  // A quote behind a word can only begin a text: `x"` is no Rust.
  return isWord && text[at] === '"' ? matchAt(STRING, text, at)?.[0] : undefined;
}

function blockComment(text, from) {
  let depth = 0;
  let at = from;
  do {
    if (text.startsWith("/*", at)) depth += 1;
    if (text.startsWith("*/", at)) depth -= 1;
    at += text.startsWith("/*", at) || text.startsWith("*/", at) ? 2 : 1;
  } while (depth > 0 && at < text.length);
  return text.slice(from, at);
}

function matchAt(pattern, text, at) {
  pattern.lastIndex = at;
  return pattern.exec(text);
}

/** Bare text without what only tests have: items below `#[cfg(test)]` or `#[cfg(all(test, …))]`. */
export function withoutTests(text) {
  let out = text;
  for (;;) {
    const found = /#\[cfg\((?:test|all\(test,[^\]]*)\)\]/.exec(out);
    if (!found) return out;
    const end = endOfItem(out, found.index + found[0].length);
    out = out.slice(0, found.index) + out.slice(found.index, end).replace(/[^\n]/g, " ") + out.slice(end);
  }
}

const ITEM = /^(\s*#\[[^\]]*\])*\s*(pub\b|use\b|mod\b|(const |async |unsafe )*fn\b|struct\b|enum\b|trait\b|impl\b|type\b|const\b|static\b)/;

/**
 * Where the item ends that begins at a place: behind its `;`, or behind its braces. A field, a variant and an arm of a `match`
 * end behind their comma, too.
 */
export function endOfItem(text, from) {
  const ends = ITEM.test(text.slice(from, from + 400)) ? ";" : ";,";
  let depth = 0;
  for (let at = from; at < text.length; at += 1) {
    if ("([{".includes(text[at])) depth += 1;
    if (")]}".includes(text[at])) depth -= 1;
    if (depth === 0 && (text[at] === "}" || ends.includes(text[at]))) return at + 1;
  }
  return text.length;
}

const USE = /(?<![\w#])(pub(?:\s*\([^)]*\))?\s+)?use\s+([^;]+);/g;

/** The `use` declarations of bare text: `{isPublic, name, path, isGlob}` for each name that they bring in. */
export function uses(text) {
  return [...text.matchAll(USE)].flatMap(([, visibility, tree]) =>
    branches(tree.replace(/\s+/g, " ").trim(), []).map((branch) => ({ isPublic: visibility !== undefined, ...branch })),
  );
}

/** A use tree as paths: `a::{b, c as d, e::*}` is three. */
function branches(tree, before) {
  const brace = tree.indexOf("{");
  if (brace >= 0) {
    const head = [...before, ...segments(tree.slice(0, brace))];
    return split(tree.slice(brace + 1, tree.lastIndexOf("}"))).flatMap((branch) => branches(branch, head));
  }
  const [target, alias] = tree.split(/ as /).map((part) => part.trim());
  const path = [...before, ...segments(target)];
  if (path.at(-1) === "*") return [{ path: path.slice(0, -1), name: "*", isGlob: true }];
  if (path.at(-1) === "self" && path.length > 1) path.pop();
  return [{ path, name: alias ?? path.at(-1), isGlob: false }];
}

function segments(path) {
  return path.split("::").map((segment) => segment.trim()).filter((segment) => segment !== "");
}

/** Parts between commas that are in no braces. */
function split(list) {
  const parts = [""];
  let depth = 0;
  for (const letter of list) {
    if (letter === "{") depth += 1;
    if (letter === "}") depth -= 1;
    if (letter === "," && depth === 0) parts.push("");
    else parts[parts.length - 1] += letter;
  }
  return parts.map((part) => part.trim()).filter((part) => part !== "");
}

/** Bare text without its `use` declarations. */
export function withoutUses(text) {
  return text.replace(USE, (found) => found.replace(/[^\n]/g, " "));
}

/** Paths in bare text that lead somewhere by name: `crate::a::B`, `super::b`, `a::b`. */
export function paths(text) {
  return [...text.matchAll(/(?<![\w:])[A-Za-z_]\w*(?:\s*::\s*[A-Za-z_]\w*)+/g)].map(([path]) => segments(path));
}

/** Modules that bare text declares in files of their own. */
export function modules(text) {
  return [...text.matchAll(/(?<!\w)mod\s+(\w+)\s*;/g)].map(([, name]) => name);
}

/** Names of the items that bare text defines at any depth. */
export function items(text) {
  const found = text.matchAll(/(?<!\w)(?:fn|struct|enum|trait|type|const|static|mod|union|macro_rules!)\s+(\w+)/g);
  return new Set([...found].map(([, name]) => name));
}
