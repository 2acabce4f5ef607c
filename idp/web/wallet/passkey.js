// Approving by the phone's own fingerprint, face or screen lock instead of the PIN (docs/PROTOCOL-qr.md sections 7 and 9):
// a passkey that this browser keeps for the wallet. The phone keeps its name beside the device key; the server, its public key.

import { fromB64u, toB64u } from "../static/qr/bytes.js";
import { call } from "./calls.js";
import { fill, problem, text } from "./screen.js";
import { save } from "./store.js";

export async function possible() {
    return Boolean(await window.PublicKeyCredential?.isUserVerifyingPlatformAuthenticatorAvailable?.().catch(() => false));
}

const answerOf = (credential, members) => JSON.stringify({ id: credential.id, type: credential.type, response: members });

const bytesOf = (list = []) => list.map((c) => ({ ...c, id: fromB64u(c.id) }));

async function create(publicKey) {
    const { user, challenge, excludeCredentials } = publicKey;
    const credential = await navigator.credentials.create({ publicKey: { ...publicKey, challenge: fromB64u(challenge),
        user: { ...user, id: fromB64u(user.id) }, excludeCredentials: bytesOf(excludeCredentials) } });
    const { clientDataJSON, attestationObject } = credential.response;
    return answerOf(credential, { clientDataJSON: toB64u(new Uint8Array(clientDataJSON)),
        attestationObject: toB64u(new Uint8Array(attestationObject)), transports: credential.response.getTransports?.() ?? [] });
}

// With the PIN, once.
export async function enrol(wallet, form, values) {
    let made;
    try {
        const { ticket, publicKey } = await call(wallet, "/qr/v1/passkey/start", "passkey", {}, { pin: values.get("pin") });
        const credential = await create(publicKey);
        made = await call(wallet, "/qr/v1/passkey/finish", "passkey-bind", { ticket }, { credential });
    } catch (error) {
        const word = error.code === "pin_wrong" ? "code.pin_wrong" : "code.passkey_invalid";
        if (error.code && error.code !== "pin_wrong" && error.code !== "passkey_invalid") throw error;
        problem(text(word), "passkey-problem");
        return false;
    } finally {
        form.reset();
    }
    wallet.passkey = made.id;
    await save(wallet);
    fill({ "passkey-add": false, "passkey-have": true });
    return true;
}

// Over the digest of what was displayed (base64url). Null when the person called it off.
export async function assertion(wallet, digest) {
    let credential;
    try {
        credential = await navigator.credentials.get({ publicKey: { challenge: fromB64u(digest), userVerification: "required",
            allowCredentials: [{ type: "public-key", id: fromB64u(wallet.passkey), transports: ["internal"] }] } });
    } catch {
        return null;
    }
    const { clientDataJSON, authenticatorData, signature } = credential.response;
    return answerOf(credential, { clientDataJSON: toB64u(new Uint8Array(clientDataJSON)),
        authenticatorData: toB64u(new Uint8Array(authenticatorData)), signature: toB64u(new Uint8Array(signature)), userHandle: null });
}
