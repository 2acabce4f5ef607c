// The offline verifier: reads a code, checks it against the trust bundle that it holds, and says how old that is.
// While there is a network the state of the card is asked anew; nothing else is ever sent.

import { scan } from "../static/qr/camera.js";
import { readIdentity } from "../static/qr/identity.js";
import { acceptBundle, bundleStatus, tokenStatus } from "../static/qr/trust.js";

const main = document.querySelector("main"), issuer = main.dataset.issuer;
const STORE = "nixa-verify-bundle", PATIENCE_MS = 3000, DAY_S = 86_400;

const slot = (name) => main.querySelector(`[data-slot="${name}"]`);
const text = (key) => main.querySelector(`[data-text="${CSS.escape(key)}"]`)?.textContent ?? key;
const now = () => Math.floor(Date.now() / 1000);
const when = new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: "short", timeStyle: "short" });
const time = (seconds) => when.format(new Date(seconds * 1000));

let bundle = JSON.parse(localStorage.getItem(STORE) ?? "null");
let scanning = null;

function say(name, message) {
    slot(name).textContent = message;
    slot(name).hidden = !message;
}

function showBundle() {
    slot("bundle").textContent = bundle ? `${text("bundle")} ${time(bundle.iat)}` : text("bundle.none");
    slot("old").hidden = !bundle || bundle.iat + DAY_S > now();
}

// Past every cache: "online" means that the server was asked now.
const get = async (url) => {
    const answer = await fetch(url, { credentials: "omit", redirect: "error", cache: "no-store", signal: AbortSignal.timeout(PATIENCE_MS) });
    if (!answer.ok) throw new Error("offline");
    return answer.text();
};

async function update() {
    try {
        bundle = await acceptBundle((await get(`${issuer}/qr/bundle`)).trim(), bundle, issuer, now());
        localStorage.setItem(STORE, JSON.stringify(bundle));
    } catch { /* the one we hold goes on, its age is shown */ }
    showBundle();
}

// {state, online}: by a fresh list where the network gives one, else by the bundle.
async function stateOf(identity) {
    if (identity.status.uri.startsWith(`${issuer}/`)) {
        try {
            const token = (await get(identity.status.uri)).trim();
            return { state: await tokenStatus(token, identity.status, bundle.keys, now()), online: true };
        } catch { /* no network, or a list that is not right: the bundle decides */ }
    }
    return { state: await bundleStatus(bundle, identity.status).catch(() => "unknown"), online: false };
}

const named = {
    8: (value) => String(value).replace(/^(\d{4})-?(\d{2})-?(\d{2})$/, "$3/$2/$1"),
    9: (value) => text(`gender.${value}`), 75: (value) => text(`type.${value}`), 77: (value) => text(`level.${value}`),
    76: (value) => value.map((pair) => pair.join(" ")).join(", "),
};

function rows(identity) {
    const known = [4, 1, 8, 9, 10, 13, 75, 76, 77].filter((key) => identity.subject?.has(key));
    return [...known.map((key) => [text(`card.${key}`), named[key]?.(identity.subject.get(key)) ?? String(identity.subject.get(key))]),
        [text("card.iss"), identity.iss], [text("card.iat"), time(identity.iat)], [text("card.exp"), time(identity.exp)]];
}

function showVerdict(kind, why, identity = null) {
    const verdict = slot("verdict"), row = main.querySelector("template[data-row=claims]");
    verdict.dataset.verdict = kind;
    slot("word").textContent = text(kind);
    slot("why").textContent = why;
    main.querySelector("[data-list=claims]").replaceChildren(...(identity ? rows(identity) : []).map(([name, value]) => {
        const drawn = row.content.firstElementChild.cloneNode(true);
        drawn.querySelector("[data-cell=name]").textContent = name;
        drawn.querySelector("[data-cell=value]").textContent = value;
        return drawn;
    }));
    main.querySelector("[data-list=claims]").hidden = !identity;
    verdict.hidden = false;
    verdict.scrollIntoView({ block: "nearest" });
}

async function check(code) {
    let identity;
    slot("verdict").hidden = true;
    try {
        if (!bundle) throw new Error("none");
        identity = await readIdentity(code, bundle.keys, now());
    } catch (error) {
        showVerdict(error.message === "none" ? "unknown" : "bad", text(`why.${error.message}`));
        return;
    }
    const { state, online } = await stateOf(identity);
    const holder = text(identity.live ? "live" : "not-live"), freshness = online ? ` ${text("online")}` : "";
    if (state === "valid") showVerdict("good", holder + freshness, identity);
    else if (state === "unknown") showVerdict("unsure", text("why.unknown"), identity);
    else showVerdict("bad", text(`why.${state}`) + freshness);
}

function camera(on) {
    slot("camera").hidden = !on;
    main.querySelector("[data-do=scan]").hidden = on;
    main.querySelector("[data-do=stop]").hidden = !on;
}

async function openCamera() {
    scanning = new AbortController();
    say("problem", "");
    camera(true);
    try {
        await scan(main.querySelector("video"), async (seen) => {
            await check(seen);
            return true;
        }, scanning.signal);
    } catch {
        say("problem", text("camera"));
    }
    camera(false);
}

const acts = { scan: openCamera, stop: () => scanning?.abort(), update };
main.addEventListener("click", (event) => acts[event.target.closest("[data-do]")?.dataset.do]?.());
main.querySelector("[data-form=check]").addEventListener("submit", (event) => {
    event.preventDefault();
    check(new FormData(event.target).get("code").trim());
});

function keepOffline() {
    const address = "/verify/sw.js";
    const policy = globalThis.trustedTypes?.createPolicy("nixa", {
        createScriptURL(url) {
            if (url !== address) throw new TypeError("not ours");
            return url;
        },
    });
    navigator.serviceWorker?.register(policy ? policy.createScriptURL(address) : address, { scope: "/verify" }).catch(() => {});
}

showBundle();
keepOffline();
await update();
main.dataset.ready = "yes";
