// Finding a patient as one types: the list of buttons that the server sends becomes a combobox's. Without this the page works by its buttons.
"use strict";

const booking = {
    waiting: false, // Enter was pressed before what it should choose from was there
    get input() {
        return document.getElementById("search");
    },
    get options() {
        return [...document.querySelectorAll("#found-list .found")];
    },
};

function say(words) {
    const said = document.getElementById("said");
    if (words && said.textContent !== words) {
        said.textContent = words;
    }
}

function point(option) {
    for (const other of booking.options) {
        other.setAttribute("aria-selected", String(other === option));
    }
    if (option) {
        booking.input.setAttribute("aria-activedescendant", option.id);
        option.scrollIntoView({ block: "nearest" });
    } else {
        booking.input.removeAttribute("aria-activedescendant");
    }
}

function dress() {
    const { input, options } = booking;
    if (!input) {
        return;
    }
    const list = document.getElementById("found-list");
    input.setAttribute("role", "combobox");
    input.setAttribute("aria-autocomplete", "list");
    input.setAttribute("aria-expanded", String(Boolean(list)));
    if (!list) {
        input.removeAttribute("aria-controls");
        point(null);
        return;
    }
    input.setAttribute("aria-controls", "found-list");
    list.setAttribute("role", "listbox");
    for (const option of options) {
        option.parentElement.setAttribute("role", "presentation");
        option.setAttribute("role", "option");
        option.tabIndex = -1;
    }
    point(options[0]);
}

function choose() {
    const chosen = document.querySelector('#found-list .found[aria-selected="true"]');
    chosen?.click();
}

document.addEventListener("keydown", (event) => {
    if (event.target !== booking.input || event.isComposing) {
        return;
    }
    const { input, options } = booking;
    const at = options.findIndex((option) => option.getAttribute("aria-selected") === "true");
    if (event.key === "ArrowDown" && options.length) {
        event.preventDefault();
        point(options[(at + 1) % options.length]);
    } else if (event.key === "ArrowUp" && options.length) {
        event.preventDefault();
        point(options[(at <= 0 ? options.length : at) - 1]);
    } else if (event.key === "Escape" && options.length) {
        event.preventDefault();
        document.getElementById("found-list").remove();
        dress();
    } else if (event.key === "Enter") {
        event.preventDefault();
        if (input.value === (input.dataset.found ?? input.defaultValue)) {
            choose();
        } else {
            booking.waiting = true;
        }
    }
});

document.addEventListener("input", (event) => {
    if (event.target === booking.input) {
        booking.waiting = false;
    }
});

document.addEventListener("htmx:configRequest", (event) => {
    if (event.target === booking.input) {
        event.target.dataset.asked = event.target.value;
    }
});

// --- what is typed or chosen while an answer is on its way: it isn't in it, and is put back ------------------------------

const meanwhile = new Map(); // id: {value, checked}

const note = (event) => {
    const { id, value, checked, type } = event.target;
    if (id && type !== "search" && event.target.form?.id === "booking") {
        meanwhile.set(id, { value, checked });
    }
};

// Before htmx hears of it, and asks.
document.addEventListener("input", note, { capture: true });
document.addEventListener("change", note, { capture: true });

document.addEventListener("htmx:configRequest", (event) => {
    if (event.target !== booking.input) {
        meanwhile.clear(); // it is in that one
    }
});

// Before the next question goes, which may wait for this answer.
document.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target.id === "found") {
        return; // beside the form's own questions
    }
    for (const [id, { value, checked }] of meanwhile) {
        const field = document.getElementById(id);
        const offered = field?.options && [...field.options].some((option) => option.value === value);
        if (!field || (field.options && !offered) || (field.value === value && field.checked === checked)) {
            meanwhile.delete(id); // gone, not offered any more, or as it was
        } else if (field.matches("[type=checkbox], [type=radio]")) {
            field.checked = checked;
        } else {
            field.value = value;
        }
    }
});

// Where the next question waited in what is gone, nobody has asked it.
document.addEventListener("htmx:afterSettle", (event) => {
    if (event.detail.target.id === "found" || document.querySelector("#booking .htmx-request")) {
        return;
    }
    for (const id of [...meanwhile.keys()]) {
        if (meanwhile.delete(id)) { // and not asked with another one
            document.getElementById(id)?.dispatchEvent(new Event("change", { bubbles: true }));
        }
    }
});

// Settled, since htmx gives elements of the same id their old attributes until then.
document.addEventListener("htmx:afterSettle", (event) => {
    document.getElementById("trouble").hidden = true;
    dress();
    if (event.detail.target.id === "found") {
        booking.input.dataset.found = booking.input.dataset.asked;
        say(document.getElementById("found-count").textContent);
        if (booking.waiting && booking.input.value === booking.input.dataset.found) {
            booking.waiting = false;
            if (booking.options.length === 1) {
                choose(); // several have to be seen first
            }
        }
    } else {
        say(document.querySelector("#panel :is(.suits, .does-not-suit), #panel h2")?.textContent);
    }
});

// A page that isn't this one, such as the one to sign in, never takes the place of what was typed.
document.addEventListener("htmx:beforeSwap", (event) => {
    const { target, xhr } = event.detail;
    if (xhr.status !== 200 || !xhr.responseText.includes(`id="${target.id}"`)) {
        event.detail.shouldSwap = false;
        document.getElementById("trouble").hidden = false;
    }
});

document.addEventListener("htmx:sendError", () => {
    document.getElementById("trouble").hidden = false;
});

document.documentElement.classList.add("has-scripts");
dress();
