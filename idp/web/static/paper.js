// A camera for the sign-in by paper: it fills in the field and does nothing else. Without script or camera the code
// is read by a hand scanner or typed.
import { scan } from "./qr/camera.js";

const box = document.querySelector("[data-camera]"), field = document.getElementById("code");
const [start, view] = [box.querySelector("button"), box.querySelector("div")];

box.hidden = false;
start.addEventListener("click", async () => {
    view.hidden = false;
    start.disabled = true;
    try {
        await scan(view.querySelector("video"), (seen) => {
            field.value = seen;
            document.getElementById("pin").focus();
            return true;
        }, new AbortController().signal);
        view.hidden = true;
    } catch {
        box.hidden = true;
        field.focus();
    }
    start.disabled = false;
});
