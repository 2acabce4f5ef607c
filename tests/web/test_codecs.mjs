// The reader's codecs against published vectors and against everything that a strict decoder refuses.
import "./platform.mjs";
import { readFileSync, readdirSync } from "node:fs";
import { equal, finish, ok, scenario } from "../e2e/tap.mjs";
import { decodeBase45, encodeBase45 } from "../../idp/web/static/qr/base45.js";
import { deflate, encodeText, fromB64u, inflate, toB64u } from "../../idp/web/static/qr/bytes.js";
import { decodeCbor, encodeCbor } from "../../idp/web/static/qr/cbor.js";
import { parseSign1, verifySign1 } from "../../idp/web/static/qr/cose.js";

const hex = (text) => Uint8Array.from(text.match(/../g) ?? [], (two) => parseInt(two, 16));
const toHex = (bytes) => Buffer.from(bytes).toString("hex");
const data = new URL("../data/qr/claim-169/", import.meta.url);

async function refused(name, run) {
    try {
        const got = await run();
        ok(false, `refused: ${name}`, `accepted as ${JSON.stringify(got).slice(0, 200)}`);
    } catch (error) {
        equal(error.message, "encoding", `refused: ${name}`);
    }
}

await scenario("Base45, RFC 9285 section 4", async () => {
    for (const [text, code] of [["AB", "BB8"], ["Hello!!", "%69 VD92EX0"], ["base-45", "UJCLQE7W581"], ["ietf!", "QED8WEX0"]]) {
        equal(encodeBase45(encodeText(text)), code, `encodes ${text}`);
        equal(new TextDecoder().decode(decodeBase45(code)), text, `decodes ${code}`);
    }
    for (const bad of [":::", "GGX", "A", "BB8A", "bb8", "BB\u00e9", "::"]) await refused(`Base45 ${bad}`, () => decodeBase45(bad));
});

await scenario("base64url without padding", async () => {
    equal(toB64u(hex("fbff00")), "-_8A", "encodes");
    equal(toHex(fromB64u("-_8A")), "fbff00", "decodes");
    for (const bad of ["-_8=", "+/8A", "A", "AB CD", "AB"]) await refused(`base64url ${bad}`, () => fromB64u(bad));
});

await scenario("CBOR, RFC 8949 appendix A", async () => {
    for (const [code, value] of [["00", 0], ["1818", 24], ["1903e8", 1000], ["1a000f4240", 1000000], ["20", -1], ["3903e7", -1000],
        ["4401020304", hex("01020304")], ["63e6b0b4", "水"], ["83010203", [1, 2, 3]], ["f5", true], ["f4", false]]) {
        equal(JSON.stringify(decodeCbor(hex(code))), JSON.stringify(value), `decodes ${code}`);
        equal(toHex(encodeCbor(value)), code, `encodes ${code}`);
    }
    equal(decodeCbor(hex("1b000000e8d4a51000")), 1000000000000, "decodes 64 bits");
    equal(toHex(encodeCbor(decodeCbor(hex("a201020304")))), "a201020304", "a map comes back");
    equal(decodeCbor(hex("d83dd28141ff")).value.tag, 18, "tags nest");
});

await scenario("CBOR that is not taken", async () => {
    const deep = (n) => `${"81".repeat(n)}00`;
    equal(Array.isArray(decodeCbor(hex(deep(7)))), true, "eight levels are taken");
    const cases = { "nine levels": deep(8), "indefinite bytes": "5f4101ff", "indefinite array": "9f01ff", "indefinite map": "bf0102ff",
        "duplicate key": "a201020103", "duplicate key, longer form": "a20102180103", "trailing byte": "0000", "cut off": "4401",
        "a length past the end": "5affffffff00", "a list longer than its bytes": "9affffffff", "a map longer than its bytes": "baffffffff",
        "not UTF-8": "62c328", "map key that is a list": "a1810102", "more than 53 bits": "1bffffffffffffffff", "reserved length": "1c",
        "break alone": "ff", "half float": "f93c00", "nothing": "" };
    for (const [name, code] of Object.entries(cases)) await refused(name, () => decodeCbor(hex(code)));
});

await scenario("zlib", async () => {
    const packed = await deflate(new Uint8Array(8192));
    equal((await inflate(packed, 8192)).length, 8192, "8192 bytes are taken");
    await refused("8193 bytes", async () => inflate(await deflate(new Uint8Array(8193)), 8192));
    await refused("a bomb", async () => inflate(await deflate(new Uint8Array(1 << 20)), 8192));
    await refused("cut off", () => inflate(packed.slice(0, -3), 8192));
    await refused("bytes behind", () => inflate(Uint8Array.of(...packed, 0), 9000));
    await refused("not zlib", () => inflate(encodeText("hello"), 100));
});

await scenario("Claim 169 vectors", async () => {
    const read = async (file) => {
        const vector = JSON.parse(readFileSync(new URL(file, data)));
        return { vector, bytes: () => inflate(decodeBase45(vector.qr_data), 8192) };
    };
    const { vector, bytes } = await read("valid/ecdsa-p256-signed.json");
    const key = await crypto.subtle.importKey("raw", hex(vector.signing_key.public_key_hex),
        { name: "ECDSA", namedCurve: "P-256" }, false, ["verify"]);
    const object = parseSign1(await bytes());
    equal(await verifySign1(object, key), true, "the signature holds");
    equal(decodeCbor(object.payload).get(169).get(4), vector.expected_claim169.fullName, "the name is read");
    const raw = await bytes();
    let survived = 0;
    for (let i = 0; i < raw.length; i += 1) {
        const bent = raw.slice();
        bent[i] ^= 1;
        try {
            const o = parseSign1(bent);
            // The key id is outside of what is signed; every other byte is inside.
            if (await verifySign1(o, key) && o.kid === object.kid) survived += 1;
        } catch { /* refused, as it should be */ }
    }
    equal(survived, 0, "no byte can be bent");
    for (const file of readdirSync(new URL("invalid/", data))) {
        const bad = await read(`invalid/${file}`);
        if (file === "missing-169.json") continue;
        await refused(file, async () => parseSign1(await bad.bytes()));
    }
});

finish();
