// The service worker: the whole book in the reader's browser, so that it works without a network.
// It comes when a reader first runs a page, never to one who only reads.

const PREFIX = `lantern ${registration.scope} `; // several editions may live on one host
const CACHE = PREFIX + new URL(location).searchParams.get("build");

addEventListener("install", (event) => event.waitUntil(fill()));
addEventListener("activate", (event) => event.waitUntil(takeOver()));
addEventListener("fetch", (event) => {
  const { method, url, mode, destination } = event.request;
  // Firefox fetches the next page ahead, and calls it an error of ours when the reader leaves sooner.
  const ahead = mode === "no-cors" && destination === "";
  if (method !== "GET" || ahead || !url.startsWith(registration.scope)) return;
  event.respondWith(answer(event.request));
});

async function fill() {
  const files = await (await fetch("offline.json", { cache: "no-cache" })).json();
  const cache = await caches.open(CACHE);
  await cache.addAll(files);
  await skipWaiting();
}

async function takeOver() {
  for (const name of await caches.keys()) {
    if (name.startsWith(PREFIX) && name !== CACHE) await caches.delete(name);
  }
  await clients.claim();
}

// Files of a build never change. Pages do: the network's are newer, ours are there.
async function answer(request) {
  const kept = async () => {
    const address = request.url.endsWith("/") ? `${request.url}index.html` : request;
    return (await caches.open(CACHE)).match(address, { ignoreSearch: true });
  };
  const built = request.url.startsWith(`${registration.scope}live/`);
  if (built) {
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
