// A QR order seen from the screen that shows the code (docs/PROTOCOL-qr.md section 13). The server draws each
// state as a page of its own; this script keeps the code moving and asks for the page when the state has changed. It sets
// three attributes and never builds markup from what it receives.

const page = document.querySelector("[data-events]");
const state = page?.querySelector("[data-state]")?.dataset.state;
const symbol = page?.querySelector("svg[data-qr]");

function draw(frame) {
    if (!symbol || !Number.isInteger(frame.size)) return;
    symbol.setAttribute("viewBox", `0 0 ${frame.size} ${frame.size}`);
    symbol.querySelector("path").setAttribute("d", frame.d);
    symbol.dataset.qr = frame.text;
}

// The page may be the answer to a form (wrong digits), which a reload would send again: it is asked for anew. What is
// being typed survives, since a page that asks for digits moves on only when that is over.
function follow(next, source) {
    if (next === state) return;
    source.close();
    location.replace(page.dataset.here);
}

function listen() {
    const source = new EventSource(page.dataset.events);
    source.addEventListener("frame", (event) => draw(JSON.parse(event.data)));
    source.addEventListener("state", (event) => follow(JSON.parse(event.data).state, source));
    addEventListener("pagehide", () => source.close());
}

// A link for pasting is a frame of its own, good for 30 s.
if (page?.querySelector("[data-renew]")) setTimeout(() => location.replace(page.dataset.here), 25_000);
if (state && state !== "dead" && state !== "done") listen();
