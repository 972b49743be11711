// What is measured in the words of a row, and what it is meant to be.

/** By the rows' names: a value at most. What has none is printed to be watched. */
export const GOALS = {
  "zip, 14 KB": 1.35,
  "zip, 313 KB": 1.15,
  "zip, 50 MB": 1.0,
  ".info": 1.4,
  ".mod": 1.4,
  "HEAD of 14 KB": 1.4,
  "304 of 14 KB": 1.3,
  "304 of 313 KB": 1.3,
  "a cold Worker's first zip, bucket operations": 3,
  "a cold Worker's first zip, ms of CPU": 10,
  "first answer of a started Worker − the plain one's, ms of CPU": 45,
  "100 clients that wait 11 s for one SDK, bucket operations": 1200,
  "packument of a module with 1,000 labels, ms of CPU": 3,
  "cold go get ÷ buf generate, 1 file": 2,
  "cold go get ÷ buf generate, 300 files": 1.2,
  "pip install of 30 packages ÷ from nginx": 1.1,
  "uv sync of 30 packages ÷ from nginx": 1.1,
  "page of an SDK, bucket operations": 3,
  "page of a module, bucket operations": 3,
  "page of a file, bucket operations": 3,
  "page of dependencies, bucket operations": 3,
  "home page, bucket operations": 3,
  // 1 MiB: the Worker's own goal. Cloudflare takes 64 MiB unpacked.
  "wasm, KB gzipped": 1049,
};

export function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  return sorted.length % 2 ? sorted[Math.floor(middle)] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** A row: the median of a value with its range, `{name, value, least, most, goal, isMet, …}`. */
export function row(name, values, more = {}) {
  const value = median(values);
  const goal = GOALS[name] ?? null;
  return { name, value, least: Math.min(...values), most: Math.max(...values), goal, isMet: goal === null ? null : value <= goal, ...more };
}

/** Of one target: CPU of our Worker ÷ the plain one's, round by round, and what each peer used. */
export function requestRow({ name, bytes, costs }) {
  const { protoedge, plain, ...others } = costs;
  const over = (values) => values.map((value, round) => value / plain[round]);
  const used = { "protoedge": median(protoedge), plain: median(plain) };
  const ratios = {};
  for (const [peer, values] of Object.entries(others)) {
    used[peer] = median(values);
    ratios[peer] = median(over(values));
  }
  return row(name, over(protoedge), { bytes, microseconds: used, others: ratios });
}

/** Of Workers that were just started. */
export function coldRows({ protoedge, plain }) {
  const each = (peer, kind, what) => peer[kind].map((found) => found[what]);
  const beyond = (what) => each(protoedge, "first", what).map((value, round) => value - plain.first[round][what]);
  return [
    row("a cold Worker's first zip, bucket operations", each(protoedge, "zip", "operations"), { trace: protoedge.zip[0].trace }),
    row("a cold Worker's first zip, ms of CPU", each(protoedge, "zip", "cpu"), { plain: median(each(plain, "zip", "cpu")) }),
    row("first answer of a started Worker − the plain one's, ms of CPU", beyond("cpu"), { plain: median(each(plain, "first", "cpu")) }),
    row("first answer of a started Worker − the plain one's, ms of time", beyond("ms"), { plain: median(each(plain, "first", "ms")) }),
  ];
}

/** Of one size: `go get` ÷ `buf generate`, round by round. */
export function generatingRow(files, { get, generate }) {
  const name = `cold go get ÷ buf generate, ${files === 1 ? "1 file" : `${files} files`}`;
  const ratios = get.map((seconds, round) => seconds / generate[round]);
  return row(name, ratios, { seconds: { get: median(get), generate: median(generate) } });
}

/** Of so many Python packages: from the registry ÷ from nginx, round by round. */
export function pythonRows(packages, { pip, uv }) {
  const of = (name, { protoedge, nginx }) => {
    const ratios = protoedge.map((seconds, round) => seconds / nginx[round]);
    return row(`${name} of ${packages} packages ÷ from nginx`, ratios, { seconds: { protoedge: median(protoedge), nginx: median(nginx) } });
  };
  return [of("pip install", pip), of("uv sync", uv)];
}

export function waitingRow({ clients, seconds }, { operations, by }) {
  return row(`${clients} clients that wait ${seconds} s for one SDK, bucket operations`, [operations], { by });
}

/** The packument of a module with so many labels, by itself: what it costs is in its labels. */
export function packumentRow(requests, labels) {
  const name = `packument of a module with ${counted(labels)}`;
  const { protoedge, plain } = requests.find((it) => it.name === name).costs;
  return row(`${name}, ms of CPU`, protoedge.map((spent) => spent / 1000), { plain: median(plain) / 1000 });
}

/** Of a module with so many labels. */
export function labelRows(labels, { page, archive }) {
  const two = (name, found) => [
    row(`${name}, bucket operations`, found.map(({ operations }) => operations)),
    row(`${name}, ms of CPU`, found.map(({ cpu }) => cpu)),
  ];
  return [...two(`page of 10 of ${counted(labels)}`, page), ...two(`archiving one of ${counted(labels)}`, archive)];
}

/** Of pages, by name. */
export function pageRows(operations) {
  return Object.entries(operations).map(([name, count]) => row(`${name}, bucket operations`, [count]));
}

/** Labels in the words of a row. */
export function counted(labels) {
  return `${labels.toLocaleString("en")} labels`;
}

export function sizeRows(raw, gzipped) {
  return [row("wasm, KB", [raw / 1000]), row("wasm, KB gzipped", [gzipped / 1000])];
}
