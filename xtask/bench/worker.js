// Loads the benchmarks, measures training for ?seconds=N, or indexes for ?indexes, and says what came out.
importScripts("bench.js");
const asked = new URLSearchParams(location.search);
const measured = () => asked.has("indexes")
  ? { lines: wasm_bindgen.indexes() }
  : { timings: JSON.parse(wasm_bindgen.measure(Number(asked.get("seconds")))) };
wasm_bindgen({ module_or_path: "bench_bg.wasm" })
  .then(() => postMessage({ isolated: crossOriginIsolated, ...measured() }))
  .catch((error) => postMessage({ error: String(error) }));
