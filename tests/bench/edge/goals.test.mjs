// Medians, goals and what is made of them for readers.

import assert from "node:assert/strict";
import { test } from "node:test";
import { GOALS, coldRows, generatingRow, labelRows, median, packumentRow, pageRows, pythonRows, requestRow, row, sizeRows, waitingRow } from "./lib/goals.mjs";
import { number, page, terminal } from "./lib/page.mjs";
import { pagesOf } from "./lib/pages.mjs";

test("a median is the middle, or between the two", () => {
  assert.equal(median([5, 1, 3]), 3);
  assert.equal(median([4, 1, 3, 2]), 2.5);
});

test("a goal is met by what is as much, and by nothing more", () => {
  assert.equal(row(".mod", [1.4, 1.4, 9]).isMet, true);
  assert.equal(row(".mod", [1.41, 1, 9]).isMet, false);
  assert.equal(row("what has no goal", [1]).isMet, null);
});

test("a request is compared with the plain Worker's of the same round", () => {
  const costs = { protoedge: [200, 300, 1000], plain: [100, 100, 1000], nginx: [10, 10, 10] };
  const found = requestRow({ name: "zip, 14 KB", bytes: 14_000, costs });
  assert.deepEqual([found.value, found.least, found.most, found.goal, found.isMet], [2, 1, 3, 1.35, false]);
  assert.deepEqual(found.microseconds, { protoedge: 300, plain: 100, nginx: 10 });
  assert.deepEqual(found.others, { nginx: 0.1 });
});

test("what labels cost is told of one call, and of a packument by itself", () => {
  const name = "packument of a module with 1,000 labels";
  const costs = [{ name, bytes: 9, costs: { protoedge: [2000, 3000, 4000], plain: [200, 300, 250] } }];
  const { value, plain, goal, isMet } = packumentRow(costs, 1000);
  assert.deepEqual([value, plain, goal, isMet], [3, 0.25, 3, true]);
  const found = [{ cpu: 2, operations: 11 }, { cpu: 4, operations: 11 }];
  const rows = labelRows(10_000, { page: found, archive: found });
  assert.deepEqual(rows.map(({ name, value }) => [name, value]), [
    ["page of 10 of 10,000 labels, bucket operations", 11],
    ["page of 10 of 10,000 labels, ms of CPU", 3],
    ["archiving one of 10,000 labels, bucket operations", 11],
    ["archiving one of 10,000 labels, ms of CPU", 3],
  ]);
});

test("every goal belongs to a row of a whole run", () => {
  const cold = { first: [{ ms: 9, cpu: 8 }], zip: [{ operations: 3, cpu: 7, trace: [] }] };
  const generating = { get: [1], generate: [1] };
  const labelled = { name: "packument of a module with 1,000 labels", costs: { protoedge: [1], plain: [1] } };
  const rows = [
    ...coldRows({ protoedge: cold, plain: cold }),
    packumentRow([labelled], 1000),
    ...[1, 300].map((files) => generatingRow(files, generating)),
    ...[waitingRow({ clients: 100, seconds: 11 }, { operations: 7, by: {} }), ...sizeRows(2_000_000, 600_000)],
  ];
  rows.push(...pageRows(Object.fromEntries(pagesOf("bench/small", "x/y", "z.proto").map(({ name }) => [name, 3]))));
  const both = { protoedge: [1], nginx: [1] };
  rows.push(...pythonRows(30, { pip: both, uv: both }));
  const requests = ["zip, 14 KB", "zip, 313 KB", "zip, 50 MB", ".info", ".mod", "HEAD of 14 KB", "304 of 14 KB", "304 of 313 KB"];
  const found = [...requests, ...rows.filter(({ goal }) => goal !== null).map(({ name }) => name)];
  assert.deepEqual(found.toSorted(), Object.keys(GOALS).toSorted());
});

test("numbers have as many digits as mean something", () => {
  assert.deepEqual([3, 1.234, 12.34, 1234.5, 52_428_800].map(number), ["3", "1.23", "12.3", "1,235", "52,428,800"]);
});

const REPORT = {
  commit: "0123456789ab",
  date: "2026-01-02",
  machine: { cpu: "a processor", cores: 2 },
  workerd: "1.2",
  rounds: 8,
  load: { before: ["0.1", "0.2", "0.3"], after: ["1.1", "1.2", "1.3"] },
  requests: [requestRow({ name: ".mod", bytes: 70, costs: { protoedge: [150], plain: [100] } })],
  others: sizeRows(2_000_000, 599_000),
};

test("a page tells where its numbers come from, and what is not met", () => {
  const text = page(REPORT);
  assert.match(text, /Commit 0123456789ab, 2026-01-02, a processor, 2 cores, load average 0\.1, 0\.2, 0\.3 before/);
  assert.match(text, /Of the goals, 1 is not met: ✗\./);
  assert.match(text, /^\| \.mod \| 70 \| 1\.50 \|  \| ≤ 1\.40 ✗ \| – \| 100 \|$/m);
  assert.match(text, /^\| wasm, KB gzipped \| 599 \|  \| ≤ 1,049 ✓ \|  \|$/m);
  assert.match(page({ ...REPORT, requests: [] }), /Every goal is met\./);
});

test("a terminal is shown the same", () => {
  assert.match(terminal(REPORT), /^\.mod +70 +1\.50 +≤ 1\.40 ✗ +– +100$/m);
});
