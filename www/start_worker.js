// Loads the worker's program. A failure is thrown where the page hears of it: a rejected promise would be silent.
importScripts("./worker.js");
wasm_bindgen({ module_or_path: "./worker_bg.wasm" }).catch((error) => {
  setTimeout(() => {
    throw error;
  });
});
