// The service worker: the whole book in the reader's browser, so that it works without a network.
// It comes when a reader first runs a page, never to one who only reads.

const PREFIX = `lantern ${registration.scope} `; // several editions may live on one host
const CACHE = PREFIX + new URL(location).searchParams.get("build");
const BUILT = /^live\/[a-z]+-[0-9a-f]{12}\//;

addEventListener("install", (event) => event.waitUntil(fill()));
addEventListener("activate", (event) => event.waitUntil(takeOver()));
addEventListener("fetch", (event) => {
  const { method, url, mode, destination } = event.request;
  // Firefox fetches the next page ahead, and calls it an error of ours when the reader leaves sooner.
  const ahead = mode === "no-cors" && destination === "";
  if (method !== "GET" || ahead || !url.startsWith(registration.scope)) return;
  const begins = mode === "navigate" || destination === "worker";
  event.respondWith(begins ? answer(event.request).then(isolated) : answer(event.request));
});

async function fill() {
  const list = await fetch("offline.json", { cache: "no-cache" });
  const files = Object.entries(await list.clone().json());
  const earlier = await keptEarlier();
  const cache = await caches.open(CACHE);
  try {
    await Promise.all(files.map(async ([name, hash]) =>
      cache.put(name, (await earlier.get(name + hash)?.match(name)) ?? (await download(name)))));
    await cache.put("offline.json", list);
  } catch (error) {
    await caches.delete(CACHE);
    throw error;
  }
  await skipWaiting();
}

// Where earlier builds have left a file: their caches, by its name and hash in their lists.
async function keptEarlier() {
  const found = new Map();
  for (const build of await caches.keys()) {
    if (!build.startsWith(PREFIX) || build === CACHE) continue;
    const cache = await caches.open(build);
    const files = await (await cache.match("offline.json"))?.json();
    for (const [name, hash] of Object.entries(files ?? {})) found.set(name + hash, cache);
  }
  return found;
}

// What the browser's own cache has of a page may be of another build than the list.
async function download(name) {
  const response = await fetch(name, { cache: BUILT.test(name) ? "default" : "no-cache" });
  if (!response.ok) throw new Error(`${name}: ${response.status} ${response.statusText}`);
  return response;
}

async function takeOver() {
  for (const name of await caches.keys()) {
    if (name.startsWith(PREFIX) && name !== CACHE) await caches.delete(name);
  }
  await clients.claim();
}

// A page and its worker share memory, by which a cell is interrupted, where these headers come with both.
// Few hosts send them. Nothing else is given a copy of its response: the compiled code lies with that.
function isolated(response) {
  if (!response.ok) return response;
  const headers = new Headers(response.headers);
  headers.set("Cross-Origin-Opener-Policy", "same-origin");
  headers.set("Cross-Origin-Embedder-Policy", "require-corp");
  return new Response(response.body, { headers });
}

// What lies in a folder with a hash never changes. Pages do: the network's are newer, ours are there.
async function answer(request) {
  const kept = async () => {
    const address = request.url.endsWith("/") ? `${request.url}index.html` : request;
    return (await caches.open(CACHE)).match(address, { ignoreSearch: true });
  };
  if (BUILT.test(request.url.slice(registration.scope.length))) {
    // The browser's own cache has the compiled code as well; our copy is without.
    const response = await fetch(request, { cache: "force-cache" }).catch(() => null);
    return response?.ok ? response : ((await kept()) ?? response ?? Response.error());
  }
  try {
    return await fetch(request);
  } catch (error) {
    return (await kept()) ?? Promise.reject(error);
  }
}
