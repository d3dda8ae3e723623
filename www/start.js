// Loads the page's program. A file of its own because the page's policy allows no script inside the HTML.
const { js, wasm } = document.querySelector("script[data-js]").dataset;
const at = (path) => new URL(path, document.baseURI).href;
// Files of the same build as this one.
const beside = (path) => new URL(path, import.meta.url).href;

async function text(path) {
  const answer = await fetch(beside(path));
  if (!answer.ok) {
    throw new Error(`${path}: ${answer.status}`);
  }
  return answer.text();
}

// That this runs shows that the page was not opened as a file.
document.getElementById("shell-file")?.remove();
try {
  const [{ default: init, show }, words] = await Promise.all([import(at(js)), text("en.txt")]);
  await init({ module_or_path: at(wasm) });
  show(words, beside("start_worker.js"));
} catch (error) {
  const shell = document.getElementById("shell-state");
  if (shell) {
    shell.textContent = `This browser could not start the page: ${error}. It needs WebAssembly with SIMD, which Chrome and Edge 91, Firefox 89 and Safari 16.4 have.`;
  }
  throw error;
}
