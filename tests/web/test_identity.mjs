// Reading QR identities: objects are made here with node's own signer, independently of the code under test.
import "./platform.mjs";
import { createHash, generateKeyPairSync, sign } from "node:crypto";
import { deflateSync } from "node:zlib";
import { equal, finish, ok, scenario } from "../e2e/tap.mjs";
import { encodeBase45 } from "../../idp/web/static/qr/base45.js";
import { toB64u } from "../../idp/web/static/qr/bytes.js";
import { encodeCbor } from "../../idp/web/static/qr/cbor.js";
import { makeLive, readIdentity } from "../../idp/web/static/qr/identity.js";
import { acceptBundle, bundleStatus, tokenStatus } from "../../idp/web/static/qr/trust.js";

const NOW = 1795300000;
const make = () => generateKeyPairSync("ec", { namedCurve: "P-256" });
const keys = { card: make(), wallet: make(), status: make(), next: make(), device: make() };
const jwk = (purpose, kid = purpose) => ({ ...keys[kid].publicKey.export({ format: "jwk" }), alg: "ES256", use: "sig", kid, purpose });
const set = [jwk("card"), jwk("wallet"), jwk("status")];
const raw = (data, pair) => sign("sha256", data, { key: pair.privateKey, dsaEncoding: "ieee-p1363" });

function cose(typ, claims, pair, kid, alg = -7) {
    const header = encodeCbor(new Map([[1, alg], [16, typ]])), payload = encodeCbor(claims);
    const signature = new Uint8Array(raw(encodeCbor(["Signature1", header, new Uint8Array(0), payload]), pair));
    const open = new Map(kid ? [[4, new TextEncoder().encode(kid)]] : []);
    return encodeCbor({ tag: 18, value: [header, open, payload, signature] });
}
const text = (bytes) => encodeBase45(new Uint8Array(deflateSync(bytes)));

function point(pair) {
    const { x, y } = pair.publicKey.export({ format: "jwk" });
    return [x, y].map((n) => new Uint8Array(Buffer.from(n, "base64url")));
}
function thumbprint(pair) {
    const [x, y] = point(pair);
    return new Uint8Array(createHash("sha256").update(encodeCbor(new Map([[1, 2], [-1, 1], [-2, x], [-3, y]]))).digest());
}
const claims = (more = []) => new Map([[1, "https://id.example"], [2, "q"], [4, NOW + 1000], [6, NOW - 10],
    [7, new Uint8Array(4)], [8, new Map([[5, thumbprint(keys.device)]])],
    [65535, new Map([["status_list", new Map([["idx", 5], ["uri", "https://id.example/s/1"]])]])], ...more]);
const handle = () => cose("nx-h", claims(), keys.card, "card");
const person = [[169, new Map([[4, "Nguyễn Văn An"]])]];

function live(iat, { inner = handle(), pair = keys.device, shown = pair, kid } = {}) {
    const [x, y] = point(shown);
    const key = new Map([[1, 2], [-1, 1], [-2, x], [-3, (y[31] & 1) === 1]]);
    return text(cose("nx-l", new Map([[6, iat], [8, new Map([[1, key]])], [-70170, inner]]), pair, kid));
}

async function fails(name, why, run) {
    try {
        await run();
        ok(false, name, "accepted");
    } catch (error) {
        equal(error.message, why, name);
    }
}
const refuse = (name, why, code) => fails(name, why, () => readIdentity(code, set, NOW));

await scenario("handle and card", async () => {
    const read = await readIdentity(text(handle()), set, NOW);
    equal(read.sub, "q", "a handle is read");
    equal(read.live, false, "a handle is not live");
    equal(read.subject, null, "a handle holds nobody's data");
    const card = await readIdentity(text(cose("nx-c", claims(person), keys.card, "card")), set, NOW);
    equal(card.subject.get(4), "Nguyễn Văn An", "a card says who");
    const tagged = { tag: 61, value: { tag: 18, value: [] } };
    ok(encodeCbor(tagged).length > 0, "tags can be written");
    await refuse("an unknown key", "key", text(cose("nx-h", claims(), keys.card, "other")));
    await refuse("a key of another purpose", "key", text(cose("nx-h", claims(), keys.wallet, "wallet")));
    await refuse("another signer", "signature", text(cose("nx-h", claims(), keys.wallet, "card")));
    await refuse("another algorithm", "encoding", text(cose("nx-h", claims(), keys.card, "card", -35)));
    await refuse("another type", "encoding", text(cose("nx-z", claims(), keys.card, "card")));
    await refuse("a handle with a subject", "encoding", text(cose("nx-h", claims(person), keys.card, "card")));
    await refuse("a card without one", "encoding", text(cose("nx-c", claims(), keys.card, "card")));
    await refuse("sub that is no text", "encoding", text(cose("nx-h", claims([[2, 7]]), keys.card, "card")));
    await refuse("one that is over", "expired", text(cose("nx-h", claims([[4, NOW]]), keys.card, "card")));
    await refuse("one from the future", "early", text(cose("nx-h", claims([[6, NOW + 90]]), keys.card, "card")));
    await refuse("the code of a chip card", "unsigned", "001084000018|123456789|Nguyễn Văn An|18041984|Nam|Hà Nội|01012022");
    await refuse("any text", "encoding", "HTTPS://EXAMPLE.ORG");
});

await scenario("rule 10: live codes", async () => {
    equal((await readIdentity(live(NOW - 5), set, NOW)).live, true, "a live code is live");
    equal((await readIdentity(live(NOW - 30), set, NOW)).live, true, "for 30 s");
    await refuse("not longer", "stale", live(NOW - 31));
    await refuse("nor from the future", "stale", live(NOW + 11));
    await refuse("a key that is not the handle's", "holder", live(NOW, { pair: keys.next }));
    await refuse("a signature by another key", "holder", live(NOW, { pair: keys.next, shown: keys.device }));
    await refuse("a key id on a live code", "encoding", live(NOW, { kid: "card" }));
    await refuse("a card inside", "encoding", live(NOW, { inner: cose("nx-c", claims(person), keys.card, "card") }));
    await refuse("a live code inside", "encoding", live(NOW, { inner: cose("nx-l", claims(), keys.card, "card") }));
    await refuse("a handle passing for a live code", "encoding", text(cose("nx-l", claims(), keys.card, "card")));
});

await scenario("a live code of the wallet's own making", async () => {
    for (let i = 0; i < 4; i += 1) {
        const pair = await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, false, ["sign", "verify"]);
        const { x, y } = await crypto.subtle.exportKey("jwk", pair.publicKey);
        const ckt = createHash("sha256").update(encodeCbor(new Map([[1, 2], [-1, 1], [-2, new Uint8Array(Buffer.from(x, "base64url"))],
            [-3, new Uint8Array(Buffer.from(y, "base64url"))]]))).digest();
        const own = text(cose("nx-h", claims([[8, new Map([[5, new Uint8Array(ckt)]])]]), keys.card, "card"));
        equal((await readIdentity(await makeLive(own, pair, NOW), set, NOW)).live, true, `key ${i + 1} is read back`);
    }
});

const part = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
function jws(typ, payload, kid, pair = keys[kid]) {
    const signed = `${part({ alg: "ES256", typ, kid })}.${part(payload)}`;
    return `${signed}.${raw(Buffer.from(signed), pair).toString("base64url")}`;
}
// Entries 0 valid, 1 revoked, 2 suspended, 3 valid, 4 not defined.
const lst = toB64u(new Uint8Array(deflateSync(Buffer.from([0b00100100, 0b00000011]))));
const list = { uri: "https://id.example/s/1" };
const token = (more, kid = "status") => jws("statuslist+jwt", { sub: list.uri, iat: NOW, exp: NOW + 60, ttl: 60, status_list: { bits: 2, lst }, ...more }, kid);
const body = (more) => ({ iss: "https://id.example", iat: NOW, exp: NOW + 86400, keys: set, lists: [list.uri], ...more });
const bundle = (more, kid = "wallet", pair = undefined, lists = [token()]) =>
    JSON.stringify({ bundle: jws("nixa-bundle+jwt", body(more), kid, pair), lists });
const accept = (b, known = null, now = NOW) => acceptBundle(b, known, "https://id.example", now);

await scenario("the trust bundle", async () => {
    const first = await accept(bundle());
    equal(first.keys.length, 3, "the first is believed");
    const nextKeys = [...set, { ...jwk("wallet", "next"), kid: "next" }];
    equal((await accept(bundle({ iat: NOW + 1, keys: nextKeys }), first)).keys.length, 4, "a later one by a known key");
    await fails("a later one by an unknown key", "key", () => accept(bundle({ keys: nextKeys }, "next"), first));
    await fails("an altered one", "signature", () => accept(bundle({}, "wallet", keys.next), first));
    await fails("one by a card key", "key", () => accept(bundle({}, "card"), first));
    await fails("an older one", "expired", () => accept(bundle({ iat: NOW - 60 }), first));
    await fails("one past its time", "expired", () => accept(bundle({ exp: NOW })));
    await fails("a list by a card key", "key", () => accept(bundle({}, "wallet", undefined, [token({}, "card")])));
    await fails("a list that is not named", "encoding", () => accept(bundle({}, "wallet", undefined, [token({ sub: "https://id.example/s/9" })])));
    await fails("something else", "encoding", () => accept("hello"));
    await fails("another issuer's", "encoding", () => accept(bundle({ iss: "https://other.example" })));
    equal((await accept(bundle({ iat: NOW + 90000, exp: NOW + 99999, keys: [set[0], set[2], { ...jwk("wallet", "next"), kid: "next" }] }, "next"),
        first, NOW + 90000)).iat, NOW + 90000, "after a day without one, the next is a first one");
});

await scenario("status lists", async () => {
    const known = await accept(bundle()), at = (idx, uri = list.uri) => bundleStatus(known, { uri, idx });
    for (const [idx, word] of ["valid", "revoked", "suspended", "valid"].entries()) equal(await at(idx), word, `entry ${idx}`);
    equal(await at(0, "https://id.example/s/2"), "unknown", "a list that is not there");
    await fails("a value without a meaning", "encoding", () => at(4));
    await fails("an index outside", "encoding", () => at(8));
    equal(await tokenStatus(token(), { uri: list.uri, idx: 1 }, set, NOW), "revoked", "a token");
    await fails("a token of another list", "encoding", () => tokenStatus(token({ sub: "x" }), { uri: list.uri, idx: 1 }, set, NOW));
    await fails("a token that is over", "encoding", () => tokenStatus(token({ exp: NOW }), { uri: list.uri, idx: 1 }, set, NOW));
    await fails("a bundle passing for a list", "encoding", () => tokenStatus(JSON.parse(bundle()).bundle, { uri: list.uri, idx: 1 }, set, NOW));
});

finish();
