// Files that are on their way, kept by the browser until they have arrived: a reload, a dead battery or an hour without
// a connection loses none. By person, as drafts are: two who share a browser never see each other's files.
const NAME = "tierdesk-files";
const STORE = "underway";
const WEEKS = 14 * 24 * 3600 * 1000;

let opened = null;

/** Answers null where the browser keeps nothing (private windows of some): then a file lives as long as its page. */
function open() {
  opened ??= new Promise((done) => {
    try {
      const request = indexedDB.open(NAME, 1);
      request.onupgradeneeded = () => request.result.createObjectStore(STORE, { keyPath: "key" }).createIndex("place", "place");
      request.onsuccess = () => done(request.result);
      request.onerror = () => done(null);
      request.onblocked = () => done(null);
    } catch {
      done(null);
    }
  });
  return opened;
}

async function inStore(mode, act) {
  const base = await open();
  if (!base) return null;
  return new Promise((done) => {
    try {
      const transaction = base.transaction(STORE, mode);
      const request = act(transaction.objectStore(STORE));
      transaction.oncomplete = () => done(request?.result ?? null);
      transaction.onerror = transaction.onabort = () => done(null);
    } catch {
      done(null);
    }
  });
}

/** Keeps {key, place, file, name, upload}: whose form it belongs to, and how the server calls what it has of it. */
export const keepFile = (row) => inStore("readwrite", (store) => store.put({ ...row, at: Date.now() }));

export const forgetFile = (key) => inStore("readwrite", (store) => store.delete(key));

/** What is on its way for this form, the oldest first. What nobody asked for in two weeks is dropped. */
export async function filesOf(place) {
  const rows = (await inStore("readonly", (store) => store.index("place").getAll(place))) ?? [];
  const isOld = ({ at }) => Date.now() - at > WEEKS;
  for (const { key } of rows.filter(isOld)) forgetFile(key);
  return rows.filter((row) => !isOld(row)).sort((one, other) => one.at - other.at);
}
