// The service worker: keeps everything that the page consists of, so that after the first visit it opens without a network.
//
// One build is one cache. It is filled while the worker is being installed, the page last: a cache that has the page is complete. A
// new worker waits, as browsers have it, until no page is open that an older one looks after; only then the older caches go. So what a
// page was opened with stays there as long as it is open, and nothing is taken from another build: files with a hash in their
// name are the same wherever they are found, lessons are asked for with the number of the build (`lessons/index.json?1f2e…`), and
// the page itself comes from the network or, without one, from the newest cache that is complete.

// `cargo xtask finish` writes both lines anew: the number of the build, and every file of it.
const BUILD = "none";
const FILES = [];

const SCOPE = self.registration.scope;
/** One origin may hold several copies of the page, under several paths. */
const MINE = `replicascope ${SCOPE} `;
const PAGE = "index.html";
/** Trunk leaves out leading zeros. */
const HASHED = /-[0-9a-f]{12,16}(_bg)?\.[a-z]+$/;

self.addEventListener("install", (event) => event.waitUntil(fill()));
self.addEventListener("activate", (event) => event.waitUntil(take()));

async function fill() {
  // It is, where the browser was told to forget the worker and kept the cache.
  const known = await caches.has(MINE + BUILD);
  const [cache, older] = [await caches.open(MINE + BUILD), await mine()];
  try {
    for (const name of [...FILES.filter((name) => name !== PAGE), PAGE]) {
      const same = HASHED.test(name) && (await found(name, older));
      await cache.put(SCOPE + name, same || (await fetched(name)));
    }
  } catch (error) {
    // The browser tries again at a later visit.
    if (!known) await caches.delete(MINE + BUILD);
    throw error;
  }
}

/** A file from the network. The page has to be the one of this build: a server may be in the middle of getting another. */
async function fetched(name) {
  const address = SCOPE + name;
  // Some hosts know a page by its folder alone, others by its file.
  const folder = address.replace(/\/index\.html$/, "/");
  const get = (address) => fetch(address, { cache: HASHED.test(name) ? "default" : "no-cache" });
  let response = await get(folder);
  if (!response.ok && folder !== address) response = await get(address);
  if (!response.ok) throw new Error(`${address}: status ${response.status}`);
  const body = await response.blob();
  if (name === PAGE && !(await body.text()).includes(BUILD)) throw new Error(`${address} is of another build than ${BUILD}`);
  // Made anew: a page must not be opened with an answer that was redirected.
  return new Response(body, { headers: response.headers });
}

/** No page is open that an older worker looks after. */
async function take() {
  for (const name of await mine()) {
    if (name !== MINE + BUILD) await caches.delete(name);
  }
  // The page of the first visit was opened without a worker.
  await self.clients.claim();
}

/** The names of this copy's caches, newest first. */
async function mine() {
  return (await caches.keys()).filter((name) => name.startsWith(MINE)).reverse();
}

async function found(name, among) {
  for (const cache of among) {
    const response = await (await caches.open(cache)).match(SCOPE + name, { ignoreVary: true });
    if (response) return response;
  }
  return undefined;
}

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname, search } = new URL(request.url);
  const address = origin + pathname;
  if (request.method !== "GET" || !address.startsWith(SCOPE)) return;
  const name = address.slice(SCOPE.length).replace(/(^|\/)$/, "$1index.html");
  if (HASHED.test(name)) event.respondWith(cacheFirst(request, name));
  else if (/^\?[0-9a-f]{16}$/.test(search)) event.respondWith(ofBuild(request, name, search.slice(1)));
  else event.respondWith(networkFirst(request, name));
});

async function cacheFirst(request, name) {
  return (await found(name, await mine())) ?? fetch(request);
}

async function ofBuild(request, name, build) {
  // Only if it is there: to open a cache is to make it.
  const known = (await caches.has(MINE + build)) && (await found(name, [MINE + build]));
  return known || fetch(request);
}

async function networkFirst(request, name) {
  let failure;
  try {
    const response = await fetch(request);
    if (response.status < 500) return response;
    failure = response;
  } catch (error) {
    failure = error;
  }
  for (const cache of await mine()) {
    const complete = await found(PAGE, [cache]);
    const known = complete && (await found(name, [cache]));
    if (known) return known;
  }
  if (failure instanceof Response) return failure;
  throw failure;
}
