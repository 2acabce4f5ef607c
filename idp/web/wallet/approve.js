// Signing in on another screen, or on this phone's own browser (docs/PROTOCOL-qr.md sections 7 and 8): take the order,
// show what the server signed, approve over the digest of exactly that.

import { call, clock, digestOf, readSigned, Refusal, watch } from "./calls.js";
import * as passkey from "./passkey.js";
import { isShown, list, problem, show, text, time } from "./screen.js";

let order = null;

async function readContext(wallet, answer, link, via) {
    let context;
    try {
        context = await readSigned(wallet, answer.context, "nixa-context+jwt");
    } catch (error) {
        throw error instanceof Refusal ? error : new Refusal("context");
    }
    const ours = context.iss === wallet.issuer && context.order === link.order && context.qid === wallet.qid
        && context.via === via && context.exp > clock(wallet);
    if (!ours) throw new Refusal("context");
    return context;
}

function display(wallet, context) {
    const { client, broker, acr, claims, screen } = context.display, same = context.via === "same";
    show("ask", {
        client: client.name, organisation: [client.organisation, client.organisation_code].filter(Boolean).join(" · "),
        origin: client.origin, broker, acr: text(`level.${acr.split(":").pop()}`),
        browser: screen.browser ?? "", network: [screen.network, screen.place].filter(Boolean).join(" · "),
        since: time(screen.since), "screen-row": !same, remote: !same, "own-row": !same, "by-passkey": Boolean(wallet.passkey),
    });
    list("claims", claims.map((name) => ({ cells: { text: text(`claim.${name}`, name) } })));
}

function ended({ state, reason }) {
    const done = state === "done";
    show("result", { title: text(done ? "done.title" : "ended.title"), text: done ? text("done.text") : text(`ended.${reason}`) });
    order = null;
}

// The order may end while its question is on the screen: by time, by a second phone, by the other screen.
async function follow(current, signal) {
    const end = await watch(current.wallet.issuer, "/qr/v1/orders/watch", current.watch, (s) => s === "done" || s === "ended", signal);
    if (end && order === current && (isShown("ask") || isShown("digits"))) ended(end);
}

// link: {order, t, mac}; via: "scan", "link" or "same". failed: told what stops the watching.
export async function take(wallet, link, via, signal, failed) {
    const answer = await call(wallet, "/qr/v1/orders/take", "take", { order: link.order, t: link.t, mac: link.mac, via });
    const context = await readContext(wallet, answer, link, via);
    order = { wallet, context, ctx: await digestOf(answer.context), watch: answer.watch };
    display(wallet, context);
    follow(order, signal).catch(failed);
}

function redirect(wallet, url) {
    if (!url.startsWith(`${wallet.issuer}/`)) throw new Refusal("context");
    location.assign(url);
}

// beside: what verified the person, {pin} or {assertion}.
function ask({ wallet, context, ctx }, own, beside) {
    const members = { order: context.order, t: context.t, nonce: context.nonce, ctx, own_screen: context.via === "same" || own };
    return call(wallet, "/qr/v1/orders/approve", "approve", members, beside);
}

function approved(form, wallet, answer) {
    form.reset();
    if (answer.state === "redirect") redirect(wallet, answer.redirect_to);
    else if (answer.state === "digits") show("digits", { digits: answer.digits });
    else show("result", { title: text("done.title"), text: text("done.at_kiosk") });
}

export async function approve(form, values) {
    const { wallet } = order;
    let answer;
    try {
        answer = await ask(order, values.get("own") === "on", { pin: values.get("pin") });
    } catch (error) {
        form.elements.pin.value = "";
        if (error.code !== "pin_wrong") throw error;
        problem(`${text("code.pin_wrong")} ${text("pin.left")} ${error.more.attempts_left}`);
        form.elements.pin.focus();
        return;
    }
    approved(form, wallet, answer);
}

// By fingerprint, face or screen lock: the challenge is the digest of the context, so the signature is over what was shown.
export async function approveByPasskey(form) {
    const { wallet, ctx } = order, current = order;
    const assertion = await passkey.assertion(wallet, ctx);
    if (order !== current) return; // it ended meanwhile, which was shown
    if (assertion === null) problem(text("code.passkey_invalid"));
    else approved(form, wallet, await ask(order, form.elements.own.checked, { assertion }));
}

export async function decline(reason) {
    const { wallet, context } = order;
    order = null;
    await call(wallet, "/qr/v1/orders/decline", "decline", { order: context.order, reason });
    show("result", { title: text("ended.title"), text: text("done.declined") });
}
