// Passkeys on pages. A form with data-passkey asks the server for a challenge (data-options), the browser for the answer
// of an authenticator, puts both into its fields and is sent like any other form: what comes next is a page again.
// "get" signs in and "create" enrols, when the form is sent; "autofill" waits behind the field of the user name, where the
// browser offers the passkeys that it knows.

const form = document.querySelector("form[data-passkey]");
const RENEW_MS = 240_000; // a challenge lives five minutes

const bytes = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
const text = (buffer) =>
    btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");

function problem(message) {
    const note = document.querySelector("[data-problem]");
    if (!note) return;
    note.textContent = message;
    note.hidden = !message;
}

const named = (list) => list?.map((credential) => ({ ...credential, id: bytes(credential.id) }));

async function options() {
    const t = form.elements.namedItem("t")?.value ?? "";
    const answer = await fetch(form.dataset.options, { method: "POST", body: new URLSearchParams({ t }) });
    if (!answer.ok) throw new Error("options");
    const { ticket, publicKey } = await answer.json();
    publicKey.challenge = bytes(publicKey.challenge);
    if (publicKey.user) publicKey.user.id = bytes(publicKey.user.id);
    if (publicKey.excludeCredentials) publicKey.excludeCredentials = named(publicKey.excludeCredentials);
    return { ticket, publicKey };
}

// The members that the server reads, in the standard's JSON form.
function answerOf(credential) {
    const { response } = credential, out = { clientDataJSON: text(response.clientDataJSON) };
    if (response.attestationObject) {
        out.attestationObject = text(response.attestationObject);
        out.transports = response.getTransports?.() ?? [];
    } else {
        out.authenticatorData = text(response.authenticatorData);
        out.signature = text(response.signature);
        out.userHandle = response.userHandle ? text(response.userHandle) : null;
    }
    return JSON.stringify({ id: credential.id, type: credential.type, response: out });
}

function send(ticket, credential) {
    form.elements.namedItem("ticket").value = ticket;
    form.elements.namedItem("response").value = answerOf(credential);
    form.submit();
}

async function act() {
    problem("");
    if (!window.PublicKeyCredential) return problem(form.dataset.unsupported);
    try {
        const { ticket, publicKey } = await options();
        const make = form.dataset.passkey === "create";
        const credential = await (make ? navigator.credentials.create({ publicKey }) : navigator.credentials.get({ publicKey }));
        return send(ticket, credential);
    } catch (error) {
        return problem(error.name === "InvalidStateError" ? form.dataset.taken ?? form.dataset.failed : form.dataset.failed);
    }
}

// The page says the standard "username"; that passkeys may stand in its list too is added when somebody looks for it.
function invite() {
    const field = document.querySelector("input[autocomplete=username]");
    const add = () => field.setAttribute("autocomplete", "username webauthn");
    for (const event of ["pointerdown", "keydown"]) field?.addEventListener(event, add, { once: true });
}

async function autofill() {
    if (!await window.PublicKeyCredential?.isConditionalMediationAvailable?.()) return;
    invite();
    for (;;) {
        const renew = new AbortController(), clock = setTimeout(() => renew.abort(), RENEW_MS);
        try {
            const { ticket, publicKey } = await options();
            return send(ticket, await navigator.credentials.get({ publicKey, mediation: "conditional", signal: renew.signal }));
        } catch {
            if (!renew.signal.aborted) return; // the page still has its other ways
        } finally {
            clearTimeout(clock);
        }
    }
}

if (form?.dataset.passkey === "autofill") autofill();
else form?.addEventListener("submit", (event) => {
    event.preventDefault();
    act();
});
