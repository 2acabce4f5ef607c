// Token Status List: two bits an entry, least significant first, in a zlib stream.

import { fromB64u, inflate } from "./bytes.js";

const LIST_MAX = 4 << 20;
const words = ["valid", "revoked", "suspended"];

// list: {bits, lst}. "valid", "revoked" or "suspended"; anything else, and an index outside the list, is an error.
export async function statusAt(list, index) {
    if (list.bits !== 2) throw new Error("encoding");
    const bytes = await inflate(fromB64u(list.lst), LIST_MAX);
    if (!Number.isInteger(index) || index < 0 || index >= bytes.length * 4) throw new Error("encoding");
    const word = words[bytes[index >> 2] >> (index & 3) * 2 & 3];
    if (!word) throw new Error("encoding");
    return word;
}
