// The home screen: the code in its three forms, notices, sessions, the phone's own affairs.

import { decodeBase45 } from "../static/qr/base45.js";
import { inflate } from "../static/qr/bytes.js";
import { decodeCbor } from "../static/qr/cbor.js";
import { parseSign1 } from "../static/qr/cose.js";
import { makeLive } from "../static/qr/identity.js";
import { drawSymbol } from "../static/qr/symbol.js";
import { call, clock } from "./calls.js";
import * as passkey from "./passkey.js";
import { fill, isShown, list, problem, screen, show, text, time } from "./screen.js";
import { erase, save } from "./store.js";

const LIVE_EVERY_MS = 10_000, SYNC_EVERY_MS = 300_000;
let ticking = null;

const tier = () => screen("home").querySelector("[name=tier]:checked").value;

async function over(codeText, now) {
    const claims = decodeCbor(parseSign1(await inflate(decodeBase45(codeText), 8192)).payload);
    return claims.get(4) <= now;
}

async function codeFor(wallet) {
    const kept = tier() === "card" ? wallet.card : wallet.handle;
    if (!kept || await over(kept, clock(wallet))) return null;
    return tier() === "live" ? makeLive(kept, wallet.keyPair, clock(wallet)) : kept;
}

export async function drawCode(wallet) {
    const code = await codeFor(wallet);
    if (!isShown("home")) return;
    fill({ code: code !== null, "tier-text": text(`tier.${tier()}`) });
    if (code !== null) drawSymbol(screen("home").querySelector("svg[data-qr]"), code);
}

function drawAffairs({ sessions = [], notices = [] }) {
    fill({ "no-sessions": sessions.length === 0, notices: notices.length > 0 });
    list("sessions", sessions.map((s) => ({ id: s.id, cells: { client: s.client, origin: s.origin ?? "", screen: s.screen ?? "",
        seen: `${text("notice.seen")} ${time(s.last_seen)}`, foreign: !s.own_screen } })));
    list("notices", notices.map((n) => ({ id: n.id, cells: { text: `${text(`notice.${n.kind}`)} ${n.text}`, at: time(n.at), act: n.undo } })));
}

// Every trace but the reason goes; what the server revoked must not be shown any more, offline either.
export async function die(state) {
    clearInterval(ticking);
    await erase();
    show("dead", { text: text(`state.${state}`) });
}

const deaths = { identity_revoked: "revoked", proof_invalid: "unknown" };

// Asks the server how things stand. False when this identity is over.
export async function sync(wallet) {
    let answer;
    try {
        answer = await call(wallet, "/qr/v1/sync", "sync");
    } catch (error) {
        if (deaths[error.code]) {
            await die(deaths[error.code]);
            return false;
        }
        throw error;
    }
    if (answer.identity.state === "revoked") {
        await die("revoked");
        return false;
    }
    Object.assign(wallet, { identity: answer.identity, handle: answer.handle, card: answer.card, label: answer.identity.label });
    wallet.offset = answer.server_time - Math.floor(Date.now() / 1000);
    if (!answer.passkeys?.includes(wallet.passkey)) delete wallet.passkey; // removed at /me
    await save(wallet);
    if (isShown("home")) {
        await drawPasskey(wallet);
        draw(wallet);
        drawAffairs(answer);
        await drawCode(wallet);
    }
    return true;
}

async function drawPasskey(wallet) {
    const active = wallet.identity?.state === "active", can = active && await passkey.possible();
    fill({ "passkey-add": can && !wallet.passkey, "passkey-have": Boolean(wallet.passkey) });
}

function draw(wallet) {
    const state = wallet.identity?.state ?? "pending", level = wallet.identity?.level;
    fill({ name: wallet.name, label: wallet.label, level: level ? text(`level.${level.split(":").pop()}`, level) : "" });
    problem(state === "active" ? "" : text(`state.${state}`), "state");
    fill({ code: Boolean(wallet.handle) });
}

// offline: told whether the server answers. It is asked while the person goes on: a slow line holds no button.
export async function openHome(wallet, offline) {
    show("home");
    draw(wallet);
    drawAffairs({});
    await drawPasskey(wallet);
    await drawCode(wallet);
    const refresh = async () => {
        try {
            await sync(wallet);
            offline(false);
        } catch (error) {
            offline(error.code === "offline" || error.code === "unavailable");
            if (error.code !== "offline" && isShown("home")) problem(text(`code.${error.code}`));
        }
    };
    clearInterval(ticking);
    let since = Date.now();
    ticking = setInterval(() => {
        if (!isShown("home") || document.hidden) return;
        if (tier() === "live") drawCode(wallet).catch(() => {});
        if (Date.now() - since > SYNC_EVERY_MS) {
            since = Date.now();
            refresh();
        }
    }, LIVE_EVERY_MS);
    refresh();
}

export async function endSession(wallet, session) {
    await call(wallet, "/qr/v1/sessions/end", "end", { session });
    await sync(wallet);
}

export async function undo(wallet, notice) {
    await call(wallet, "/qr/v1/notices/undo", "undo", { notice });
    await sync(wallet);
}

export async function changePin(wallet, form, values) {
    try {
        await call(wallet, "/qr/v1/pin", "pin", {}, { pin: values.get("pin"), new_pin: values.get("new_pin") });
    } catch (error) {
        if (error.code !== "pin_wrong" && error.code !== "pin_weak") throw error;
        problem(text(`code.${error.code}`), "pin-problem");
        return;
    } finally {
        form.reset();
    }
    show("result", { title: text("done.title"), text: text("done.pin") });
}

// The first press asks, the second one within ten seconds revokes.
export async function remove(wallet, button) {
    if (!button.dataset.sure) {
        const label = button.textContent;
        button.dataset.sure = "yes";
        button.textContent = text("sure.remove");
        setTimeout(() => {
            delete button.dataset.sure;
            button.textContent = label;
        }, 10_000);
        return;
    }
    await call(wallet, "/qr/v1/revoke", "revoke", { qid: wallet.qid, reason: "replaced" });
    await die("revoked");
}
