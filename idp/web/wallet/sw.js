// Keeps the wallet's shell for showing the code without a network. The network comes first, so that a new version is
// there at the next opening; what it brought last is the fallback. Calls of the protocol are never kept.

const CACHE = "nixa-wallet-1", PATIENCE_MS = 3000;
const SHELL = ["/wallet", "/wallet/wallet.css", "/wallet/manifest.webmanifest", "/wallet/icon-192.png",
    ..."app approve calls enrol home links passkey screen store".split(" ").map((name) => `/wallet/${name}.js`),
    "/wallet/lib/qrcode.js", "/wallet/lib/jsqr.js", "/static/nixa.css", "/static/mark.svg",
    ..."base45 bytes camera cbor cose identity jws symbol".split(" ").map((name) => `/static/qr/${name}.js`)];

self.addEventListener("install", (event) => {
    event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll(SHELL)).then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => {
    const old = (names) => names.filter((name) => name.startsWith("nixa-wallet-") && name !== CACHE);
    event.waitUntil(caches.keys().then((names) => Promise.all(old(names).map((name) => caches.delete(name))))
        .then(() => self.clients.claim()));
});

async function networkFirst(request, path) {
    const cache = await caches.open(CACHE);
    try {
        const answer = await fetch(request, { signal: AbortSignal.timeout(PATIENCE_MS) });
        if (answer.ok && !answer.redirected) await cache.put(path, answer.clone());
        if (answer.status < 500) return answer;
    } catch { /* below */ }
    return await cache.match(path) ?? Response.error();
}

self.addEventListener("fetch", (event) => {
    const url = new URL(event.request.url);
    if (event.request.method !== "GET" || url.origin !== location.origin || !SHELL.includes(url.pathname)) return;
    event.respondWith(networkFirst(event.request, url.pathname));
});
