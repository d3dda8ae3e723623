// hnswlib as its package for browsers calls it, one query at a time: M = 16, efConstruction = 100, 10 hits.
const K = 10, MILLISECONDS = 200;
let library, base, queries, index;
const rows = (numbers, d) => Array.from({ length: numbers.length / d }, (_, row) => numbers.slice(row * d, (row + 1) * d));
self.beside = {
  async load() { library = await (await import("./hnswlib.js")).default(); },
  take(vectors, others, d) {
    base = rows(vectors, d);
    queries = rows(others, d);
    index?.delete();
    index = new library.HierarchicalNSW("l2", d, "");
    index.initIndex(base.length, 16, 100, 100);
  },
  build() {
    const began = performance.now();
    for (let at = 0; at < base.length; at += 1000) {
      const some = base.slice(at, at + 1000);
      index.addPoints(some, some.map((_, row) => at + row), false);
    }
    return (performance.now() - began) / 1e3;
  },
  found(count, effort) {
    index.setEfSearch(Math.max(K, effort));
    return Uint32Array.from(queries.slice(0, count).flatMap((query) => index.searchKnn(query, K, undefined).neighbors));
  },
  seconds(effort) {
    index.setEfSearch(Math.max(K, effort));
    const began = performance.now();
    let runs = 0, spent = 0;
    while (spent < MILLISECONDS) {
      for (const query of queries) index.searchKnn(query, K, undefined);
      runs += queries.length;
      spent = performance.now() - began;
    }
    return spent / 1e3 / runs;
  },
};
