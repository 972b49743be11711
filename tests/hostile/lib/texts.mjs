// Texts that would be code, or an order to a tool, where somebody copies them carelessly.

/** Numbers that are the same for the same seed (mulberry32): from 0 up to 1. */
export function random(seed) {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let it = Math.imul(state ^ (state >>> 15), 1 | state);
    it = (it + Math.imul(it ^ (it >>> 7), 61 | it)) ^ it;
    return ((it ^ (it >>> 14)) >>> 0) / 2 ** 32;
  };
  return {
    /** Whether something with this chance happens. */
    chance: (share) => next() < share,
    /** A whole number below another. */
    below: (end) => Math.floor(next() * end),
    /** One of a list. */
    pick: (list) => list[Math.floor(next() * list.length)],
  };
}

/** Every character at which some language ends a line. */
export const LINE_ENDS = { LF: "\n", CR: "\r", CRLF: "\r\n", LS: "\u2028", PS: "\u2029", VT: "\v", FF: "\f", NEL: "\u0085" };

const PIECES = [
  ..."\"'`\\;,(){}[]<>/*#@!$%&|=:?~^",
  "*/", "/*", "//", "///", "${", "\\\"", "\\u0022", "\\'", "<!--", "-->", "</script>", "\n", "\n\n", "\t",
  "\r", "\u2028", "\u2029", "\v", "\f", "\u0085", "\u0000", "\u001b[31m", "\u202e", "\u200b", "é", "日", "🎉",
  "eval(\"1\")", "(await import(\"node:fs\"))", "process.exit(7)", "new Function(\"1\")()", "; throw 1; //", "})();//",
  "\", a: (() => { throw 1 })(), b: \"", "'); throw 1; ('", "`); panic(1) //", "*/ throw 1; /*", "\"\nvar X = 1\n\"",
  "\"\"\"", "'''", "\"\"\"\nraise SystemExit(7)\n\"\"\"", "\\N{x}", "\\x", "-*- coding: utf-7 -*-", "type: ignore", "\"\"", "\\\"",
  "@ts-ignore", "@ts-expect-error", "/ <reference types=\"node\"/>", "# sourceMappingURL=data:x", "@ sourceURL=x",
  "use strict", "constructor", "__proto__", "import \"C\"", "%s%d%n", "@@protoc_insertion_point(imports)",
];

// What Go refuses in comments: seldom, or all is refused.
const DIRECTIVES = [
  "\ufeff", "/\ufeff<reference types=\"node\"/>", "#\ufeffsourceMappingURL=data:x",
  "go:linkname File_x example.com/app.X", "go:build ignore", "go:embed x", "go:generate false", "go:noescape",
  "line x.go:1", "export X", "extern x", "+build ignore", " +build ignore", "#cgo LDFLAGS: -lx",
];

/** A text of some pieces and words. */
export function hostile(random, { directives = false } = {}) {
  if (directives && random.chance(0.002)) return random.pick(DIRECTIVES);
  let text = "";
  for (let left = 1 + random.below(6); left > 0; left--) {
    text += random.chance(0.3) ? random.pick(["a", " b ", "C1", "_d", "0"]) : random.pick(PIECES);
  }
  return text;
}

/** What a file may be called, and what its twin is called. */
export function hostileName(random) {
  const mark = random.pick([..."'\"`$#%;,():é-.&=+@!~[]{}^ ", "${x}", "%2e", "\u2028", "\u202e", "日"]);
  return { hostile: `na${mark}me`, innocent: "name" };
}
