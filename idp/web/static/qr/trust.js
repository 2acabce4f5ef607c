// The trust bundle of a reader (docs/PROTOCOL-qr.md section 10): keys and status lists, signed, a day old at most.
// The first one is believed because TLS brought it, every later one because a key of the one before signed it.

import { statusAt } from "./status.js";
import { unverified, verifyJws } from "./jws.js";

const TYP = "nixa-bundle+jwt";

const fail = (why) => { throw new Error(why); };

function parse(text) {
    try {
        const { bundle, lists } = JSON.parse(text);
        if (typeof bundle === "string" && Array.isArray(lists) && lists.every((one) => typeof one === "string")) return { bundle, lists };
    } catch { /* below */ }
    return fail("encoding");
}

// A list token by a `status` key: {uri, iat, bits, lst}.
async function readList(token, keys) {
    const list = await verifyJws(token, "statuslist+jwt", keys, "status");
    if (typeof list.sub !== "string" || !Number.isInteger(list.exp) || !list.status_list) fail("encoding");
    return { uri: list.sub, iat: list.iat, exp: list.exp, ...list.status_list };
}

// text: as fetched; known: what this reader holds, or null. A held bundle that is past its time binds no more.
export async function acceptBundle(text, known, issuer, now) {
    const { bundle, lists } = parse(text), held = known && known.exp > now ? known.keys : unverified(bundle).keys;
    const { iss, iat, exp, keys, lists: uris } = await verifyJws(bundle, TYP, Array.isArray(held) ? held : [], "wallet");
    const ok = iss === issuer && Number.isInteger(iat) && Number.isInteger(exp) && Array.isArray(keys) && Array.isArray(uris);
    if (!ok) fail("encoding");
    if (exp <= now || (known && iat < known.iat)) fail("expired");
    const read = await Promise.all(lists.map((token) => readList(token, keys)));
    if (read.some((list) => !uris.includes(list.uri))) fail("encoding");
    return { iss, iat, exp, keys, lists: read };
}

// What the bundle says of a status reference, "unknown" where it has no such list.
export async function bundleStatus(bundle, { uri, idx }) {
    const list = bundle.lists.find((l) => l.uri === uri);
    return list ? statusAt(list, idx) : "unknown";
}

// What a freshly fetched list token says.
export async function tokenStatus(token, { uri, idx }, keys, now) {
    const list = await readList(token, keys);
    return list.uri === uri && list.exp > now ? statusAt(list, idx) : fail("encoding");
}
