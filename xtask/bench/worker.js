// Loads the benchmarks, measures training for ?seconds=N, or indexes for ?indexes (with &beside, hnswlib beside them), and
// says what came out.
importScripts("bench.js", "beside.js");
self.vectors = {
  file(name) {
    const request = new XMLHttpRequest();
    request.open("GET", "vectors/" + name, false);
    request.responseType = "arraybuffer";
    request.send();
    return request.status === 200 ? new Uint8Array(request.response) : undefined;
  },
};
const asked = new URLSearchParams(location.search);
const measured = () => asked.has("indexes")
  ? { lines: wasm_bindgen.indexes(asked.has("beside")) }
  : { timings: JSON.parse(wasm_bindgen.measure(Number(asked.get("seconds")))) };
Promise.resolve(asked.has("beside") && beside.load())
  .then(() => wasm_bindgen({ module_or_path: "bench_bg.wasm" }))
  .then(() => postMessage({ isolated: crossOriginIsolated, ...measured() }))
  .catch((error) => postMessage({ error: String(error) }));
