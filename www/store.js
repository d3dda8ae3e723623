// The last session in the browser's own database, and what the page's address says. Not in the page's program because
// these few lines would weigh ten times as much there.
const NAME = "retrieval-playground";
const TABLE = "sessions";
const LAST = "last";

function database() {
  return new Promise((resolve, reject) => {
    const asked = indexedDB.open(NAME, 1);
    asked.onupgradeneeded = () => asked.result.createObjectStore(TABLE);
    asked.onsuccess = () => resolve(asked.result);
    asked.onerror = () => reject(asked.error);
  });
}

async function within(mode, act) {
  const open = await database();
  try {
    return await new Promise((resolve, reject) => {
      const all = open.transaction(TABLE, mode);
      const asked = act(all.objectStore(TABLE));
      all.oncomplete = () => resolve(asked.result);
      all.onabort = all.onerror = () => reject(all.error);
    });
  } finally {
    open.close();
  }
}

// Whoever asks is called back once: with the value, or with nothing where the browser keeps nothing.
const tell = (promise, then) => promise.then(then, () => then());

export const keep = (session, then) => tell(within("readwrite", (table) => table.put(session, LAST)).then(() => true), then);
// A session that was being taken up when the page ended is passed over once: it may be what ended it.
const BEGUN = "taking-up";
// The page waits for this before it starts: a database that does not answer holds nothing.
const silence = () => new Promise((resolve) => setTimeout(resolve, 1000));

async function last() {
  const begun = localStorage.getItem(BEGUN);
  localStorage.removeItem(BEGUN);
  const session = begun ? undefined : await within("readonly", (table) => table.get(LAST));
  if (session) {
    localStorage.setItem(BEGUN, "1");
  }
  return session;
}

export const kept = (then) => tell(Promise.race([last(), silence()]), then);

// What was taken up stands, or was refused in words.
export const taken = () => localStorage.removeItem(BEGUN);
export const forget = (then) => tell(within("readwrite", (table) => table.delete(LAST)).then(() => true), then);
export const read = (blob, then) => tell(blob.arrayBuffer().then((bytes) => new Uint8Array(bytes)), then);
export const copy = (text, then) => tell(Promise.resolve().then(() => navigator.clipboard.writeText(text)).then(() => true), then);

export const address = () => location.hash.slice(1);

// Without a new entry in the history: one goes back from the page, not through its links.
export function setAddress(hash) {
  history.replaceState(null, "", hash ? `#${hash}` : location.pathname + location.search);
}

export const link = (hash) => `${location.href.split("#")[0]}#${hash}`;
