// What the wallet says to the server (docs/PROTOCOL-qr.md section 5): proofs, calls, refusals.

import { ES256 } from "../static/qr/cose.js";
import { encodeText, sha256, toB64u } from "../static/qr/bytes.js";
import { signJws, verifyJws } from "../static/qr/jws.js";
import { save } from "./store.js";

// A refusal by the server, code of section 11, or "offline".
export class Refusal extends Error {
    constructor(code, more = {}) {
        super(code);
        this.code = code;
        this.more = more;
    }
}

async function ask(url, options) {
    let answer;
    try {
        answer = await fetch(url, { credentials: "omit", redirect: "error", cache: "no-store", ...options });
    } catch {
        throw new Refusal("offline");
    }
    const body = await answer.json().catch(() => ({}));
    if (!answer.ok) throw new Refusal(body.code ?? "internal", body);
    return body;
}

export const post = (issuer, path, body) =>
    ask(issuer + path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });

export const clock = (wallet) => Math.floor(Date.now() / 1000) + (wallet.offset ?? 0);

export const makeKey = () => crypto.subtle.generateKey({ name: ES256.name, namedCurve: "P-256" }, false, ["sign", "verify"]);

// A key that does not sign yet has no qid: its proof carries the key itself.
async function proof(wallet, label, members) {
    let holder = { kid: wallet.qid };
    if (!wallet.qid) {
        const { kty, crv, x, y } = await crypto.subtle.exportKey("jwk", wallet.keyPair.publicKey);
        holder = { jwk: { kty, crv, x, y } };
    }
    const jti = toB64u(crypto.getRandomValues(new Uint8Array(16)));
    const payload = { aud: wallet.issuer, iat: clock(wallet), jti, ...members };
    return signJws({ typ: `nixa-${label}+jwt`, ...holder }, payload, wallet.keyPair.privateKey);
}

// A call with a proof. When the server says that our clock is off, the difference is kept and the call made once more.
export async function call(wallet, path, label, members = {}, beside = {}) {
    const once = async () => post(wallet.issuer, path, { proof: await proof(wallet, label, members), ...beside });
    try {
        return await once();
    } catch (error) {
        if (error.code !== "clock" || !Number.isInteger(error.more.server_time)) throw error;
        wallet.offset = error.more.server_time - Math.floor(Date.now() / 1000);
        if (wallet.qid) await save(wallet);
        return once();
    }
}

export async function fetchKeys(wallet) {
    const { keys } = await ask(`${wallet.issuer}/qr/jwks`, {});
    wallet.keys = Array.isArray(keys) ? keys : [];
    if (wallet.qid) await save(wallet);
}

// The payload of something that the server signed with a `wallet` key; an unknown key is looked for once.
export async function readSigned(wallet, text, typ) {
    try {
        return await verifyJws(text, typ, wallet.keys ?? [], "wallet");
    } catch (error) {
        if (error.message !== "key") throw error;
    }
    await fetchKeys(wallet);
    return verifyJws(text, typ, wallet.keys, "wallet");
}

export const digestOf = async (text) => toB64u(await sha256(encodeText(text)));

// Asks once a second how something ends, until `over(state)` or the signal; null when it was called off. A lost
// answer is asked again.
export async function watch(issuer, path, handle, over, signal) {
    while (!signal.aborted) {
        await new Promise((resolve) => setTimeout(resolve, 1100));
        if (signal.aborted) return null;
        try {
            const answer = await post(issuer, path, { watch: handle });
            if (!signal.aborted && over(answer.state)) return answer;
        } catch (error) {
            if (error.code !== "offline" && error.code !== "unavailable" && error.code !== "rate_limited") throw error;
        }
    }
    return null;
}

