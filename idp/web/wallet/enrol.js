// Enrolling this phone (docs/PROTOCOL-qr.md section 6).

import { call, fetchKeys, makeKey, post, watch } from "./calls.js";
import { issuer, problem, screen, show, text } from "./screen.js";
import { erase, save } from "./store.js";

let enrolment = null;

export async function begin(secret) {
    const started = await post(issuer, "/qr/v1/enrol/start", { secret });
    if (started.issuer !== issuer) throw new Error("other-issuer");
    enrolment = { ...started, wallet: { issuer, name: started.name, keyPair: await makeKey() } };
    show("enrol", { name: started.name });
    screen("enrol").querySelector("[name=label]").value ||= text("label.default");
}

async function finish(pin, label) {
    const { wallet, enrolment: id, nonce } = enrolment;
    const answer = await call(wallet, "/qr/v1/enrol/finish", "enrol", { enrolment: id, nonce }, { pin, label });
    Object.assign(wallet, { qid: answer.qid, label });
    await save(wallet);
    return answer;
}

// Resolves to the new wallet once it may be used, "pending" included; null when it came to nothing, which was shown.
export async function complete(form, values, signal) {
    const pin = values.get("pin"), label = values.get("label").trim();
    if (pin !== values.get("repeat")) {
        problem(text("pin.differs"));
        return null;
    }
    const { wallet } = enrolment, answer = await finish(pin, label);
    form.reset();
    if (answer.state === "digits") {
        show("digits", { digits: answer.digits });
        const over = (state) => state === "done" || state === "pending" || state === "dead";
        const end = await watch(issuer, "/qr/v1/enrol/watch", answer.watch, over, signal);
        if (!end || end.state === "dead") {
            await erase();
            if (end) show("result", { title: text("ended.title"), text: text(`ended.${end.reason}`, "code.enrolment_gone") });
            return null;
        }
    }
    await fetchKeys(wallet);
    return wallet;
}
