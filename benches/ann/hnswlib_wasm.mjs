// What hnswlib compiled to wasm does on the vectors of `cargo bench --bench indexes -- --write DIR`, one query at a time.
//
//   npm install --prefix OTHER hnswlib-wasm
//   node benches/ann/hnswlib_wasm.mjs OTHER DIR 20000 32
//
// The package refuses to run outside a browser: it is told that it is in one. It runs the same bytes.

import { readFileSync, readdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

const [other, folder, n, d] = process.argv.slice(2);
const K = 10, ROUNDS = 5, TARGETS = [0.9, 0.95, 0.99];
globalThis.window = globalThis;
globalThis.self = globalThis;
globalThis.document = { currentScript: null };
globalThis.location = { href: "http://localhost/" };
const nothing = { open: () => ({}) };
globalThis.indexedDB = nothing;
const dist = resolve(join(other, "node_modules/hnswlib-wasm/dist"));
const file = readdirSync(dist).find((name) => /^hnswlib-[0-9a-f]+\.js$/.test(name));
// Node is what it looks for; a browser has no such thing.
const ours = globalThis.process;
const source = readFileSync(join(dist, file), "utf8").replaceAll("import.meta.url", '"http://localhost/"');
const make = (await import("data:text/javascript;base64," + Buffer.from(
  "const process = undefined;" + source).toString("base64"))).default;
const library = await make();

function fvecs(what) {
  const bytes = readFileSync(join(folder, `${n}x${d}.${what}.fvecs`));
  const words = new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
  const width = Number(d) + 1;
  return Array.from({ length: words.length / width }, (_, row) => words.slice(row * width + 1, (row + 1) * width));
}

const base = fvecs("base"), queries = fvecs("query");
function distance(a, b) {
  let sum = 0;
  for (let at = 0; at < a.length; at++) sum += (a[at] - b[at]) ** 2;
  return sum;
}
const few = queries.slice(0, 300);
const worst = few.map((query) => {
  const all = Float64Array.from(base, (row) => distance(query, row)).sort();
  return all[K - 1] * (1 + 1e-6);
});

console.log(`${n} x ${d}, L2, recall@${K}: hnswlib-wasm`);
const index = new library.HierarchicalNSW("l2", Number(d), "");
index.initIndex(base.length, 16, 100, 100);
let began = ours.cpuUsage();
const spent = (since) => { const used = ours.cpuUsage(since); return (used.user + used.system) / 1e6; };
for (let at = 0; at < base.length; at += 1000) {
  const rows = base.slice(at, at + 1000);
  index.addPoints(rows, rows.map((_, row) => at + row), false);
}
console.log(`  built in ${spent(began).toFixed(1)} s`);
const recall = () => {
  let right = 0;
  few.forEach((query, at) => {
    for (const id of index.searchKnn(query, K, undefined).neighbors) right += distance(query, base[id]) <= worst[at];
  });
  return right / few.length / K;
};
let ef = K;
for (const target of TARGETS) {
  index.setEfSearch(ef);
  let reached = recall();
  while (reached < target && ef < 2000) {
    ef = Math.max(ef + 1, Math.floor(ef * 9 / 8));
    index.setEfSearch(ef);
    reached = recall();
  }
  const times = [];
  for (let round = 0; round < ROUNDS; round++) {
    began = ours.cpuUsage();
    for (const query of queries) index.searchKnn(query, K, undefined);
    times.push(spent(began));
  }
  times.sort((a, b) => a - b);
  console.log(`  ${target.toFixed(2)}: ef ${ef}, recall ${reached.toFixed(3)}: `
    + `${Math.round(queries.length / times[ROUNDS >> 1])} queries/s`);
}
