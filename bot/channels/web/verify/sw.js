// Keep the page on the device: after the first visit it needs no network.
//
// The server writes VERSION and FILES before these lines. VERSION is another one as soon as a file
// has changed; then this script is too, the browser installs it, and the new files come together.

const CACHE = `verify-${VERSION}`;

addEventListener("install", (event) => {
  const fresh = FILES.map((path) => new Request(path, { cache: "reload" }));
  event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll(fresh)).then(() => skipWaiting()));
});

addEventListener("activate", (event) => {
  event.waitUntil(settle());
});

async function settle() {
  for (const name of await caches.keys()) {
    if (name.startsWith("verify-") && name !== CACHE) await caches.delete(name);
  }
  await clients.claim();
}

addEventListener("fetch", (event) => {
  const { pathname } = new URL(event.request.url);
  // With or without the slash at its end, and whatever link led here, it is one page.
  const path = event.request.mode === "navigate" ? "/verify" : pathname;
  if (FILES.includes(path)) event.respondWith(kept(path, event.request));
});

async function kept(path, request) {
  const cache = await caches.open(CACHE);
  return (await cache.match(path)) ?? fetch(request);
}
