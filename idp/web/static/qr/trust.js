// The trust bundle of a reader (docs/PROTOCOL-qr.md section 10): keys and status lists, signed, a day old at most.
// The first one is believed because TLS brought it, every later one because a key of the one before signed it.

import { statusAt } from "./status.js";
import { unverified, verifyJws } from "./jws.js";

const TYP = "nixa-bundle+jwt";

function shape(bundle, issuer) {
    const ok = bundle.iss === issuer && Number.isInteger(bundle.iat) && Number.isInteger(bundle.exp)
        && Array.isArray(bundle.keys) && Array.isArray(bundle.lists);
    if (!ok) throw new Error("encoding");
    return bundle;
}

// text: as fetched; known: the bundle that this reader holds, or null. A held bundle that is past its time binds no more.
export async function acceptBundle(text, known, issuer, now) {
    const keys = known && known.exp > now ? known.keys : unverified(text).keys;
    const bundle = shape(await verifyJws(text, TYP, Array.isArray(keys) ? keys : [], "wallet"), issuer);
    if (bundle.exp <= now || (known && bundle.iat < known.iat)) throw new Error("expired");
    return bundle;
}

// What the bundle says of a status reference, "unknown" where it has no such list.
export async function bundleStatus(bundle, { uri, idx }) {
    const list = bundle.lists.find((l) => l.uri === uri);
    return list ? statusAt(list, idx) : "unknown";
}

// What a freshly fetched list token says.
export async function tokenStatus(token, { uri, idx }, keys, now) {
    const list = await verifyJws(token, "statuslist+jwt", keys, "status");
    if (list.sub !== uri || !(list.exp > now) || !list.status_list) throw new Error("encoding");
    return statusAt(list.status_list, idx);
}
