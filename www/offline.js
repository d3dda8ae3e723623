// Keeps the page in the browser, so that it works without network. A service worker; start.js registers it.
//
// A page must never get files of two builds. Nothing here has to see to that: all files but those at lasting addresses
// lie in a folder named after the build's content (xtask/src/pack.rs), and the page, which says what folder, is one
// file. So what is in such a folder is taken from any cache that has it, and the page comes from the network first: a
// reload shows a new build at once, and a page that is open goes on with the folder it has begun with.
//
// For its sake a new service worker does not skip its waiting: it takes over, and deletes what older builds have left,
// when no page of an older one is open any more. Meanwhile the one before it serves both.

// These two lines are filled in by `cargo xtask dist`.
const VERSION = "";
const FILES = [];

// Copies of the page may be on one origin: each has its own caches.
const OURS = `retrieval-playground ${registration.scope} `;
const CACHE = OURS + VERSION;
const IN_FOLDER = /^[0-9a-f]{16}\//;
// How long the network may take to answer before the page that is stored is shown, in milliseconds.
const PATIENCE = 4000;

addEventListener("install", (event) => event.waitUntil(store()));
addEventListener("activate", (event) => event.waitUntil(takeOver()));

addEventListener("fetch", (event) => {
  const { origin, pathname } = new URL(event.request.url);
  const address = origin + pathname;
  if (event.request.method !== "GET" || !address.startsWith(registration.scope)) {
    return;
  }
  const path = address.slice(registration.scope.length);
  const file = path === "" || path === "index.html" ? "./" : path;
  if (IN_FOLDER.test(file)) {
    event.respondWith(kept(event.request));
  } else if (FILES.includes(file)) {
    event.respondWith(fresh(event.request, file));
  }
});

// The page comes last: a cache that holds it is whole. The server may have been given another build meanwhile: then this
// one is not stored, and the next visit has that one stored.
async function store() {
  const cache = await caches.open(CACHE);
  if (await cache.match("./")) {
    return;
  }
  await cache.addAll(FILES.filter((file) => file !== "./"));
  const page = await fetch("./", { cache: "no-cache" });
  if (!page.ok || VERSION === "" || !(await page.clone().text()).includes(VERSION)) {
    throw new Error("the page is of another build");
  }
  await cache.put("./", page);
}

// The page that has just registered its first service worker is taken on too: what it asks for later it finds kept.
async function takeOver() {
  const older = (await ours()).filter((name) => name !== CACHE);
  await Promise.all(older.map((name) => caches.delete(name)));
  await clients.claim();
}

// A file that never changes.
async function kept(request) {
  return (await caches.match(request, { ignoreVary: true })) ?? fetch(request);
}

// A file as the server has it now or, if it does not answer, as it was stored last.
async function fresh(request, file) {
  const stop = new AbortController();
  const patience = setTimeout(() => stop.abort(), PATIENCE);
  let answer = Response.error();
  try {
    answer = await fetch(request, { cache: "no-cache", signal: stop.signal });
  } catch {
    // Without network.
  }
  clearTimeout(patience);
  return answer.ok || answer.type === "opaqueredirect" ? answer : ((await newest(file)) ?? answer);
}

async function newest(file) {
  for (const cacheName of (await ours()).reverse()) {
    const found = await caches.match(file, { cacheName, ignoreVary: true });
    if (found) {
      return found;
    }
  }
}

// The names of our caches, the oldest first.
async function ours() {
  return (await caches.keys()).filter((name) => name.startsWith(OURS));
}
