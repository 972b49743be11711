// The measurements for people: a table for the terminal, and docs/performance.md.

/** As many digits as mean something. */
export function number(value) {
  if (Number.isInteger(value) || Math.abs(value) >= 100) return Math.round(value).toLocaleString("en-US");
  return value.toFixed(Math.abs(value) >= 10 ? 1 : 2);
}

function range({ least, most }) {
  return least === most ? "" : `${number(least)}–${number(most)}`;
}

function goal({ goal: most, isMet }) {
  if (most === null) return "";
  return `≤ ${number(most)} ${isMet ? "✓" : "✗"}`;
}

const REQUESTS = ["CPU of a request ÷ the plain Worker's", "bytes", "protoedge", "range", "goal", "nginx", "plain Worker, µs"];
const OTHERS = ["", "protoedge", "range", "goal", "plain Worker"];

function requestCells(row) {
  const { others, microseconds } = row;
  const nginx = others.nginx === undefined ? "–" : number(others.nginx);
  return [row.name, number(row.bytes), number(row.value), range(row), goal(row), nginx, number(microseconds.plain)];
}

function otherCells(row) {
  return [row.name, number(row.value), range(row), goal(row), row.plain === undefined ? "" : number(row.plain)];
}

/** The tables of a report: `[head, rows]` each. */
function tables({ requests, others }) {
  return [
    [REQUESTS, requests.map(requestCells)],
    [OTHERS, others.map(otherCells)],
  ];
}

function origin({ commit, date, machine, workerd, rounds, load }) {
  return (
    `Commit ${commit}, ${date}, ${machine.cpu}, ${machine.cores} cores, load average ${load.before.join(", ")} before and ` +
    `${load.after.join(", ")} after, workerd ${workerd}, medians of ${rounds} ${rounds === 1 ? "round" : "rounds"}.`
  );
}

/** For a terminal: columns that stand below each other. */
export function terminal(report) {
  const parts = tables(report).map(([head, rows]) => {
    const widths = head.map((_, column) => Math.max(...[head, ...rows].map((cells) => cells[column].length)));
    const line = (cells) => cells.map((cell, column) => (column ? cell.padStart(widths[column]) : cell.padEnd(widths[0]))).join("  ");
    return [head, ...rows].map(line).join("\n");
  });
  return [origin(report), ...parts].join("\n\n");
}

function markdown([head, rows]) {
  const line = (cells) => `| ${cells.join(" | ")} |`;
  return [line(head), `|${"---|".repeat(head.length)}`, ...rows.map(line)].join("\n");
}

/** The text of docs/performance.md. */
export function page(report) {
  const [requests, others] = tables(report).map(markdown);
  const missed = [...report.requests, ...report.others].filter(({ isMet }) => isMet === false).length;
  return `# Performance

\`scripts/bench edge --write\` has written this page: what protoedge costs beside what the platform costs by itself.
${origin(report)}
${missed === 0 ? "Every goal is met." : `Of the goals, ${missed} ${missed === 1 ? "is" : "are"} not met: ✗.`}

## Requests

${requests}

How to read it: our Worker, a Worker of some lines of JavaScript that hands out objects by their path, and nginx, which hands out
files, answer the same bytes, checked at every answer. The Workers run on the bare runtime (\`workerd serve\`), as Cloudflare runs it, each over a
stand-in for R2 in another process. What counts is the time that the server's process was on a processor, without the
stand-in's: 1.00 is what a request costs on this platform at the least. Time on the clock would measure what else the machine does. The
range is that of the rounds, in each of which all peers are measured, in turn. What Cloudflare's cache has, it answers without
the Worker, and costs none of this.

## The rest

${others}

- *A cold Worker's first zip* is one request for an SDK that is there, to a Worker that has been started and has done nothing yet, over a
  bucket that has the whole catalogue. Each bucket operation takes tens of milliseconds in production and next to nothing here.
- *First answer of a started Worker* is a text of some lines, from the start of the process: loading the code is what it measures. Its time
  on the clock is printed too, and grows with the load.
- *Clients that wait* ask for an SDK that nobody has asked for before, as go does, while a generator takes so long. All operations
  are counted, the generator's included.
- *Page of 10 labels* and *archiving* are calls of buf's, one after the other, for a module that has so many labels.
- *Cold go get* downloads an SDK that was never made, into an empty cache; *buf generate* generates the same code on the same machine with the same
  plugin. The generator is the optimized one; runtime libraries come from a folder, so that no network is measured.
- *pip install* and *uv sync* are the time on the clock of the whole command, without caches, for Python packages that are there, each of a module of its own; nginx has
  the same pages, wheels and metadata as files.

## Measuring it again

\`scripts/bench edge\` prints these tables, with \`--json\` all numbers; \`--quick\` shows in a minute that it works, and measures
nothing worth keeping. It fails when a peer answers with another status or size. It needs Linux and two processors, one for what is measured and one for
the load.
`;
}
