// Loads the benchmarks, measures for ?seconds=N and says what came out.
importScripts("bench.js");
const seconds = Number(new URLSearchParams(location.search).get("seconds"));
wasm_bindgen({ module_or_path: "bench_bg.wasm" })
  .then(() => postMessage({ isolated: crossOriginIsolated, timings: JSON.parse(wasm_bindgen.measure(seconds)) }))
  .catch((error) => postMessage({ error: String(error) }));
