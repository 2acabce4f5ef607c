// COSE_Sign1 with ES256 (RFC 9052, RFC 9053 section 2.1) as QR identities use it: the signed header is exactly the
// algorithm and a type, so that no object passes for another; the external data are empty.

import { concat, sha256 } from "./bytes.js";
import { decodeCbor, encodeCbor } from "./cbor.js";

const HEADER_ALG = 1, HEADER_KID = 4, HEADER_TYP = 16;
const ALG_ES256 = -7;
const TAG_SIGN1 = 18, TAG_CWT = 61;
const EMPTY = new Uint8Array(0);
export const ES256 = { name: "ECDSA", hash: "SHA-256" };
const P256 = { name: "ECDSA", namedCurve: "P-256" };

export const isBytes = (value, length) => value instanceof Uint8Array && (length === undefined || value.length === length);

const toSign = (header, payload) => encodeCbor(["Signature1", header, EMPTY, payload]);

// 61(18(…)), 18(…) or no tag at all.
function untag(item) {
    const inner = item?.tag === TAG_CWT ? item.value : item;
    if (inner?.tag === TAG_SIGN1) return inner.value;
    if (inner !== item) throw new Error("encoding");
    return item;
}

// Takes an object apart: {typ or null (a foreign one), kid or null, payload, signature, signed}. Says nothing about who signed it.
export function parseSign1(bytes) {
    const parts = untag(decodeCbor(bytes));
    if (!Array.isArray(parts) || parts.length !== 4) throw new Error("encoding");
    const [header, open, payload, signature] = parts;
    if (!isBytes(header) || !(open instanceof Map) || !isBytes(payload) || !isBytes(signature, 64)) throw new Error("encoding");
    const fields = decodeCbor(header);
    if (!(fields instanceof Map) || fields.get(HEADER_ALG) !== ALG_ES256) throw new Error("encoding");
    const typ = fields.get(HEADER_TYP) ?? null, kid = open.get(HEADER_KID) ?? null;
    if (fields.size !== (typ === null ? 1 : 2) || (kid !== null && !isBytes(kid))) throw new Error("encoding");
    return { typ, kid: kid ? String.fromCharCode(...kid) : null, payload, signature, signed: toSign(header, payload) };
}

// key: a CryptoKey for verifying with ES256.
export const verifySign1 = (object, key) => crypto.subtle.verify(ES256, key, object.signature, object.signed);

export async function makeSign1(typ, payload, privateKey) {
    const header = encodeCbor(new Map([[HEADER_ALG, ALG_ES256], [HEADER_TYP, typ]]));
    const signature = new Uint8Array(await crypto.subtle.sign(ES256, privateKey, toSign(header, payload)));
    return encodeCbor({ tag: TAG_SIGN1, value: [header, new Map(), payload, signature] });
}

export const importJwk = ({ kty, crv, x, y }) => crypto.subtle.importKey("jwk", { kty, crv, x, y }, P256, true, ["verify"]);

// A COSE_Key with a compressed point (RFC 9053 section 7.1.1): importing it also proves that it is on the curve.
export async function importCoseKey(map) {
    const ok = map instanceof Map && map.size === 4 && map.get(1) === 2 && map.get(-1) === 1 && isBytes(map.get(-2), 32);
    if (!ok || typeof map.get(-3) !== "boolean") throw new Error("encoding");
    return crypto.subtle.importKey("raw", uncompress(map.get(-2), map.get(-3)), P256, true, ["verify"]);
}

// WebCrypto takes compressed points in some browsers only, so y is computed here: y² = x³ - 3x + b modulo p; p is
// 3 modulo 4, so a root is the power (p + 1) / 4. The numbers are public: time tells nothing.
const p = 0xffffffff00000001000000000000000000000000ffffffffffffffffffffffffn;
const b = 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604bn;

function power(base, exponent) {
    let result = 1n;
    for (let n = exponent, square = base; n > 0n; n >>= 1n, square = square * square % p) {
        if (n & 1n) result = result * square % p;
    }
    return result;
}

const toHex = (bytes) => [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");

function uncompress(xBytes, odd) {
    const x = BigInt(`0x${toHex(xBytes)}`);
    if (x >= p) throw new Error("encoding");
    const square = (x * x * x - 3n * x + b + 3n * p) % p, root = power(square, (p + 1n) / 4n);
    if (root * root % p !== square) throw new Error("encoding");
    const y = (root & 1n) === (odd ? 1n : 0n) ? root : p - root;
    const hex = y.toString(16).padStart(64, "0");
    return concat(Uint8Array.of(4), xBytes, Uint8Array.from(hex.match(/../g), (two) => parseInt(two, 16)));
}

// x and y, 32 bytes each, of a public CryptoKey.
async function point(key) {
    const raw = new Uint8Array(await crypto.subtle.exportKey("raw", key));
    return [raw.slice(1, 33), raw.slice(33)];
}

export async function coseKey(key) {
    const [x, y] = await point(key);
    return new Map([[1, 2], [-1, 1], [-2, x], [-3, (y[31] & 1) === 1]]);
}

// RFC 9679: the digest of the key's required members in deterministic CBOR.
export async function coseThumbprint(key) {
    const [x, y] = await point(key);
    return sha256(encodeCbor(new Map([[1, 2], [-1, 1], [-2, x], [-3, y]])));
}

