// A kiosk's key: made in this browser, never to be taken out of it, and used to sign what the server asks. The labels
// are those of idp/qr/kiosk.h.

const form = document.querySelector("form[data-kiosk]");

const b64u = (bytes) =>
    btoa(String.fromCharCode(...new Uint8Array(bytes))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");

function store(mode, act) {
    return new Promise((resolve, reject) => {
        const open = indexedDB.open("nixa-kiosk", 1);
        open.onupgradeneeded = () => open.result.createObjectStore("key");
        open.onerror = () => reject(open.error);
        open.onsuccess = () => {
            const request = act(open.result.transaction("key", mode).objectStore("key"));
            request.onsuccess = () => resolve(request.result);
            request.onerror = () => reject(request.error);
        };
    });
}

async function sign(key, label, text) {
    const message = new TextEncoder().encode(`${label}\n${form.dataset.issuer}\n${text}`);
    return b64u(await crypto.subtle.sign({ name: "ECDSA", hash: "SHA-256" }, key, message));
}

const field = (name) => form.elements.namedItem(name);

async function prove() {
    const key = await store("readonly", (s) => s.get("key"));
    if (!key) throw new Error("no key");
    field("signature").value = await sign(key, "nixa-kiosk-prove-v1", field("challenge").value);
    form.submit();
}

async function enrol() {
    const pair = await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, false, ["sign"]);
    const { kty, crv, x, y } = await crypto.subtle.exportKey("jwk", pair.publicKey);
    field("secret").value = location.hash.slice(1);
    field("jwk").value = JSON.stringify({ kty, crv, x, y });
    field("signature").value = await sign(pair.privateKey, "nixa-kiosk-enrol-v1", field("secret").value);
    await store("readwrite", (s) => s.put(pair.privateKey, "key"));
    form.submit();
}

// Without its key the screen is an ordinary one.
if (form?.dataset.kiosk === "prove") prove().catch(() => location.replace(document.querySelector("[data-plain]").href));
form?.addEventListener("submit", (event) => {
    event.preventDefault();
    enrol();
});
