// Compact JWS with ES256 (RFC 7515), for contexts, bundles and status lists, and the proofs that a phone makes.

import { decodeText, encodeText, fromB64u, toB64u } from "./bytes.js";
import { ES256, importJwk } from "./cose.js";

const json = (part) => {
    try {
        const value = JSON.parse(decodeText(fromB64u(part)));
        if (value && typeof value === "object" && !Array.isArray(value)) return value;
    } catch { /* below */ }
    throw new Error("encoding");
};

// keys: a JWK set's members; only one of that purpose and kid is asked. The payload, or an error "encoding",
// "key" (nobody we know) or "signature".
export async function verifyJws(text, typ, keys, purpose) {
    const parts = text.split(".");
    if (parts.length !== 3) throw new Error("encoding");
    const header = json(parts[0]);
    if (header.alg !== "ES256" || header.typ !== typ || "crit" in header) throw new Error("encoding");
    const jwk = keys.find((k) => k.kid === header.kid && k.purpose === purpose && k.alg === "ES256");
    if (!jwk) throw new Error("key");
    const signed = encodeText(`${parts[0]}.${parts[1]}`);
    if (!await crypto.subtle.verify(ES256, await importJwk(jwk), fromB64u(parts[2]), signed)) throw new Error("signature");
    return json(parts[1]);
}

// What a JWS claims before anybody has checked it.
export const unverified = (text) => json(text.split(".")[1] ?? "");

export async function signJws(header, payload, privateKey) {
    const part = (value) => toB64u(encodeText(JSON.stringify(value)));
    const text = `${part({ alg: "ES256", ...header })}.${part(payload)}`;
    return `${text}.${toB64u(new Uint8Array(await crypto.subtle.sign(ES256, privateKey, encodeText(text))))}`;
}
