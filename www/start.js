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

// Has everything stored for use without network, once the page has what it needs itself. Where the browser cannot, as on
// http beyond this machine, the page needs the network like any other. The name of this build's folder in the address
// has a new build stored at once: of itself Chrome looks for one when the page is at rest, and a page that trains is not.
async function keep() {
  const [version] = import.meta.url.split("/").slice(-2);
  try {
    await window.playground.ready;
    await navigator.serviceWorker.register(`offline.js?${version}`);
  } catch {}
}

// That this runs shows that the page was not opened as a file.
document.getElementById("shell-file")?.remove();
try {
  const [{ default: init, show }, words] = await Promise.all([import(at(js)), text("en.txt")]);
  await init({ module_or_path: at(wasm) });
  show(words, beside("start_worker.js"));
  // The page is drawn after this turn.
  setTimeout(keep);
} catch (error) {
  const shell = document.getElementById("shell-state");
  if (shell) {
    shell.textContent = `This browser could not start the page: ${error}. It needs WebAssembly with SIMD, which Chrome and Edge 91, Firefox 89 and Safari 16.4 have.`;
  }
  throw error;
}
