// Writes the files that all pages use, for wrangler to serve before the Worker: each under the name that crates/pages gives it, which
// says what is in it.
//
//   node scripts/assets.mjs FOLDER

import { createHash } from "node:crypto";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";

const SOURCES = path.join(import.meta.dirname, "..", "crates", "pages", "src");
const FILES = ["style.css", "icon.svg", "script.js"];

// As the Worker says it of them, where it is asked.
const HEADERS = `/-/assets/*
  Cache-Control: public, max-age=31536000, immutable
  X-Content-Type-Options: nosniff
`;

const [, , folder] = process.argv;
if (!folder) {
  console.error("usage: node scripts/assets.mjs FOLDER");
  process.exit(2);
}
const made = path.join(folder, "-", "assets");
await rm(folder, { recursive: true, force: true });
await mkdir(made, { recursive: true });
for (const file of FILES) {
  const content = await readFile(path.join(SOURCES, file));
  const hash = createHash("sha256").update(content).digest("hex").slice(0, 16);
  await writeFile(path.join(made, `${hash}${path.extname(file)}`), content);
}
await writeFile(path.join(folder, "_headers"), HEADERS);
