// The wallet: which screen follows which.

import { scan } from "../static/qr/camera.js";
import * as approve from "./approve.js";
import * as enrol from "./enrol.js";
import * as home from "./home.js";
import { launchOf, readLink } from "./links.js";
import * as passkey from "./passkey.js";
import { fill, isShown, issuer, listen, problem, screen, show, text } from "./screen.js";
import { load } from "./store.js";

let wallet = null;
let doing = new AbortController();

// What the screen before had running (camera, watching) ends with it.
function begin() {
    doing.abort();
    doing = new AbortController();
    return doing.signal;
}

async function goHome(message = "") {
    begin();
    if (!wallet) {
        show("welcome");
        problem(message);
        return;
    }
    await home.openHome(wallet, (offline) => fill({ offline }));
    if (message) problem(message);
}

// Shown where the person is; a screen that has no place for it gives way to home.
async function failed(error) {
    const word = error.code ? `code.${error.code}` : `link.${error.message}`;
    if (error.code === "identity_revoked") {
        wallet = null;
        await home.die("revoked");
    } else if (isShown("enrol") || isShown("ask") || isShown("home")) problem(text(word));
    else await goHome(text(word));
}

// A code that was seen, pasted or launched. False: nothing that we know, look on.
async function use(seen, via) {
    const link = readLink(seen, issuer);
    if (link.kind === "bad") {
        problem(text(`link.${link.why}`));
        return false;
    }
    if (link.kind === "enrolment" && wallet) throw new Error("enrolled");
    if (link.kind === "order" && !wallet) throw new Error("not-enrolled");
    const signal = begin();
    if (link.kind === "enrolment") await enrol.begin(link.secret);
    else await approve.take(wallet, link, via, signal, failed);
    return true;
}

async function openScanner() {
    const signal = begin();
    show("scan");
    const video = screen("scan").querySelector("video");
    scan(video, (seen) => use(seen, "scan").catch(async (error) => {
        await failed(error);
        return true;
    }), signal).catch(() => {
        if (!signal.aborted) problem(text("camera"));
    });
}

async function finishEnrolment(form, values) {
    const fresh = await enrol.complete(form, values, begin());
    if (!fresh) return;
    wallet = fresh;
    await goHome();
}

async function launch() {
    const link = launchOf(location.hash);
    if (!link) return false;
    history.replaceState(null, "", location.pathname);
    try {
        if (!await use(link, "same")) await goHome(text("link.foreign"));
    } catch (error) {
        await failed(error);
    }
    return true;
}

listen({
    add: openScanner,
    scan: openScanner,
    home: () => goHome(),
    decline: () => approve.decline("declined"),
    "not-me": () => approve.decline("not-me"),
    passkey: (button) => approve.approveByPasskey(button.form),
    end: (button) => home.endSession(wallet, button.dataset.id),
    undo: (button) => home.undo(wallet, button.dataset.id),
    async remove(button) {
        await home.remove(wallet, button);
        if (isShown("dead")) wallet = null;
    },
    forget() {
        wallet = null;
        return goHome();
    },
}, {
    paste: async (form, values) => {
        const seen = String(values.get("link")).trim();
        form.reset();
        await use(seen, "link");
    },
    enrol: finishEnrolment,
    approve: approve.approve,
    pin: (form, values) => home.changePin(wallet, form, values),
    passkey: (form, values) => passkey.enrol(wallet, form, values),
}, failed);

screen("home").addEventListener("change", (event) => {
    if (event.target.name === "tier") home.drawCode(wallet).catch(failed);
});
addEventListener("hashchange", launch);
addEventListener("online", () => fill({ offline: false }));
addEventListener("offline", () => fill({ offline: true }));

// The one script address that this page may hand to the browser.
function keepOffline() {
    const address = "/wallet/sw.js";
    const policy = globalThis.trustedTypes?.createPolicy("nixa", {
        createScriptURL(url) {
            if (url !== address) throw new TypeError("not ours");
            return url;
        },
    });
    navigator.serviceWorker?.register(policy ? policy.createScriptURL(address) : address, { scope: "/wallet" }).catch(() => {});
}

wallet = await load();
keepOffline();
if (!await launch()) await goHome();
