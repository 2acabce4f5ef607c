// Reading a QR identity (docs/PROTOCOL-qr.md section 3): text → Base45 → zlib → COSE_Sign1 → claims. A reader
// learns who signed it and for whom, whether a phone signed it just now, and what the status lists say.

import { decodeBase45, encodeBase45 } from "./base45.js";
import { deflate, equal, inflate } from "./bytes.js";
import { decodeCbor, encodeCbor } from "./cbor.js";
import { coseKey, coseThumbprint, importCoseKey, importJwk, isBytes, makeSign1, parseSign1, verifySign1 } from "./cose.js";

const TEXT_MAX = 4296, BYTES_MAX = 8192;
const LIVE_AFTER_S = 30, LIVE_BEFORE_S = 10;
const ISS = 1, SUB = 2, EXP = 4, IAT = 6, CTI = 7, CNF = 8, STATUS = 65535;
const HANDLE = -70170, PERSON = 169, OTHER = -70169;

const fail = (why) => { throw new Error(why); };

function claimsOf(object) {
    const claims = decodeCbor(object.payload);
    return claims instanceof Map ? claims : fail("encoding");
}

function statusOf(claims) {
    const list = claims.get(STATUS)?.get?.("status_list");
    const idx = list?.get?.("idx"), uri = list?.get?.("uri");
    return Number.isInteger(idx) && idx >= 0 && typeof uri === "string" ? { idx, uri } : fail("encoding");
}

// The claims of a handle or card, in words.
function describe(typ, claims) {
    const [iss, sub, exp, iat] = [ISS, SUB, EXP, IAT].map((key) => claims.get(key));
    if (typeof iss !== "string" || typeof sub !== "string" || !Number.isInteger(exp) || !Number.isInteger(iat)) fail("encoding");
    if (!isBytes(claims.get(CTI))) fail("encoding");
    const ckt = claims.get(CNF)?.get?.(5) ?? null;
    if (ckt !== null && !isBytes(ckt, 32)) fail("encoding");
    const subject = claims.get(PERSON) ?? claims.get(OTHER) ?? null;
    if ((typ === "nx-c") !== subject instanceof Map) fail("encoding");
    return { typ, iss, sub, exp, iat, ckt, status: statusOf(claims), subject };
}

async function readSigned(object, keys, now) {
    const jwk = keys.find((k) => k.kid === object.kid && k.purpose === "card" && k.alg === "ES256");
    if (!jwk) fail("key");
    if (!await verifySign1(object, await importJwk(jwk))) fail("signature");
    const identity = describe(object.typ, claimsOf(object));
    if (identity.exp <= now) fail("expired");
    if (identity.iat > now + 60) fail("early");
    return identity;
}

async function readLive(object, keys, now) {
    const claims = claimsOf(object), iat = claims.get(IAT), inner = claims.get(HANDLE);
    if (!Number.isInteger(iat) || !isBytes(inner) || object.kid !== null) fail("encoding");
    const handle = parseSign1(inner);
    if (handle.typ !== "nx-h") fail("encoding");
    const identity = await readSigned(handle, keys, now);
    const key = await importCoseKey(claims.get(CNF)?.get?.(1));
    if (!identity.ckt || !equal(await coseThumbprint(key), identity.ckt)) fail("holder");
    if (!await verifySign1(object, key)) fail("holder");
    if (now > iat + LIVE_AFTER_S || now < iat - LIVE_BEFORE_S) fail("stale");
    return { ...identity, live: true };
}

// keys: the JWKs of the trust bundle; now: seconds. Gives {typ, iss, sub, exp, iat, ckt, status, subject, live} or
// fails with a word: encoding, key, signature, expired, early, holder, stale, unsigned.
export async function readIdentity(text, keys, now) {
    if (text.length > TEXT_MAX) fail("encoding");
    // The code on chip cards since 2021 and the personal code of 2021: fields between bars, signed by nobody.
    if (text.split("|").length >= 5) fail("unsigned");
    const object = parseSign1(await inflate(decodeBase45(text), BYTES_MAX));
    if (object.typ === "nx-l") return readLive(object, keys, now);
    if (object.typ !== "nx-h" && object.typ !== "nx-c") fail("encoding");
    return { ...await readSigned(object, keys, now), live: false };
}

// A live code around a handle: signed by the device key at this second.
export async function makeLive(handleText, keyPair, now) {
    const handle = await inflate(decodeBase45(handleText), BYTES_MAX);
    const claims = new Map([[IAT, now], [CNF, new Map([[1, await coseKey(keyPair.publicKey)]])], [HANDLE, handle]]);
    return encodeBase45(await deflate(await makeSign1("nx-l", encodeCbor(claims), keyPair.privateKey)));
}
