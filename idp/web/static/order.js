// A QR order seen from the screen that shows the code: server-sent events move the page between its states.
// Every state is a section of the page; this script shows one of them and fills named slots with text. It never
// builds markup from what it receives.

const page = document.querySelector("[data-order]");

function show(state) {
    for (const section of page.querySelectorAll("[data-state]")) {
        section.hidden = section.dataset.state !== state;
    }
}

function fill(values) {
    for (const slot of page.querySelectorAll("[data-fill]")) {
        const value = values[slot.dataset.fill];
        if (value !== undefined) slot.textContent = String(value);
    }
}

function draw(code) {
    const symbol = page.querySelector("svg[data-qr]");
    if (!symbol || !Number.isInteger(code.size)) return;
    symbol.setAttribute("viewBox", `0 0 ${code.size} ${code.size}`);
    symbol.querySelector("path").setAttribute("d", code.path);
    symbol.dataset.qr = code.text;
    show("waiting");
}

// Only a path of this server is followed, whatever the event says.
function go(location_) {
    const target = new URL(location_, location.origin);
    if (target.origin === location.origin) location.replace(target.href);
}

const acts = {
    frame: draw,
    taken(event) { fill(event); show("taken"); },
    digits(event) { fill(event); show("digits"); document.getElementById("digits")?.focus(); },
    done(event, source) { source.close(); go(event.location); },
    dead(event, source) { source.close(); fill(event); show("dead"); },
};

function listen() {
    const source = new EventSource(page.dataset.order);
    for (const [name, act] of Object.entries(acts)) {
        source.addEventListener(name, (message) => act(JSON.parse(message.data), source));
    }
    addEventListener("pagehide", () => source.close());
}

const started = page?.querySelector("[data-state]:not([hidden])")?.dataset.state;
if (started && started !== "dead" && started !== "done") listen();
