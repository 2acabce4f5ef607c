// What the phone keeps: one record in IndexedDB. The private key in it is a CryptoKey that cannot be extracted; the
// PIN is never in it.
//
//   {qid, issuer, name, label, keyPair, keys (JWK set), offset (server's clock minus ours, s), identity, handle, card,
//    passkey (its name for the browser, base64url)}

const open = () => new Promise((resolve, reject) => {
    const request = indexedDB.open("nixa-wallet", 1);
    request.onupgradeneeded = () => request.result.createObjectStore("wallet");
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
});

async function act(mode, work) {
    const db = await open();
    try {
        return await new Promise((resolve, reject) => {
            const transaction = db.transaction("wallet", mode), request = work(transaction.objectStore("wallet"));
            transaction.oncomplete = () => resolve(request.result);
            transaction.onabort = () => reject(transaction.error);
        });
    } finally {
        db.close();
    }
}

export const load = async () => await act("readonly", (s) => s.get("identity")) ?? null;
export const save = (wallet) => act("readwrite", (s) => s.put(wallet, "identity"));
export const erase = () => act("readwrite", (s) => s.delete("identity"));
