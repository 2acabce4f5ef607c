// The shell's screens and slots. All markup comes from the server's template; scripts only show one screen, put text
// into slots and copy row templates: there is no place where text could become markup.

const main = document.querySelector("main");
export const issuer = main.dataset.issuer;
export const mayPaste = "paste" in main.dataset;

let current = null;
export const isShown = (name) => current?.dataset.screen === name;
export const screen = (name) => main.querySelector(`[data-screen="${name}"]`);

// Shows a screen with its slots filled; problems of earlier visits are gone.
export function show(name, slots = {}) {
    current = screen(name);
    for (const section of main.querySelectorAll("[data-screen]")) section.hidden = section !== current;
    problem("");
    fill(slots);
    const first = ["[data-do=decline]", "input:not([type=hidden], [type=radio], [type=checkbox])", "button.main"]
        .map((which) => current.querySelector(which)).find((element) => element?.checkVisibility?.() ?? element);
    first?.focus({ preventScroll: true });
    scrollTo(0, 0);
}

const slotsOf = (name) => [...(current ?? main).querySelectorAll(`[data-slot="${name}"]`), ...main.querySelectorAll(`:scope > [data-slot="${name}"]`)];

// A text fills a slot, true and false show and hide it.
export function fill(values) {
    for (const [name, value] of Object.entries(values)) {
        for (const slot of slotsOf(name)) {
            if (typeof value === "boolean") slot.hidden = !value;
            else slot.textContent = value ?? "";
        }
    }
}

// What went wrong, said in the screen that is shown; an empty text takes it back.
export function problem(text_, slot = "problem") {
    for (const note of slotsOf(slot)) {
        note.textContent = text_;
        note.hidden = !text_;
    }
}

// A text of the catalogue; without one, the other key's, or the other text itself.
export function text(key, otherwise = "code.other") {
    const find = (name) => main.querySelector(`[data-text="${CSS.escape(name)}"]`)?.textContent;
    return find(key) ?? find(otherwise) ?? otherwise;
}

const when = new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: "short", timeStyle: "short" });
export const time = (seconds) => when.format(new Date(seconds * 1000));

// Draws a list anew: each item is {cells: {name: text or bool}, id} in a copy of the row's template.
export function list(name, items) {
    const row = main.querySelector(`template[data-row="${name}"]`);
    const drawn = items.map(({ cells, id }) => {
        const item = row.content.firstElementChild.cloneNode(true);
        for (const cell of [item, ...item.querySelectorAll("[data-cell]")].filter((c) => c.dataset.cell in cells)) {
            const value = cells[cell.dataset.cell];
            if (typeof value === "boolean") cell.hidden = !value;
            else cell.textContent = value ?? "";
        }
        for (const button of item.querySelectorAll("button")) button.dataset.id = id;
        return item;
    });
    main.querySelector(`[data-list="${name}"]`).replaceChildren(...drawn);
}

// Acts of buttons (data-do) and forms (data-form) by name. While one runs no other begins: a double tap does one
// thing once.
export function listen(acts, forms, failed) {
    let busy = false;
    const run = async (act, element, values) => {
        if (busy || !act) return;
        busy = true;
        try {
            await act(element, values);
        } catch (error) {
            failed(error);
        } finally {
            busy = false;
        }
    };
    main.addEventListener("click", (event) => {
        const button = event.target.closest("[data-do]");
        if (button) run(acts[button.dataset.do], button);
    });
    main.addEventListener("submit", (event) => {
        event.preventDefault();
        run(forms[event.target.dataset.form], event.target, new FormData(event.target));
    });
}
