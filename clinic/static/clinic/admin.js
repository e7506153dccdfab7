// What every page of the admin does: the header's menus close by a click elsewhere and by Escape, as menus do.
"use strict";

// On a phone the navigation scrolls sideways: begin where one is.
document.querySelector("#work-nav [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });

// A list that a phone shows as cards has no heading over each value.
const headings = [...document.querySelectorAll("#result_list thead th")].map((heading) => heading.querySelector(".text")?.textContent.trim());
for (const row of document.querySelectorAll("#result_list tbody tr")) {
    [...row.cells].forEach((cell, column) => {
        if (headings[column] && !cell.matches(".action-checkbox")) {
            cell.dataset.label = headings[column];
        }
    });
}

const openMenus = () => document.querySelectorAll("details.menu[open]");

document.addEventListener("click", (event) => {
    for (const menu of openMenus()) {
        if (!menu.contains(event.target)) {
            menu.open = false;
        }
    }
});

document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") {
        return;
    }
    for (const menu of openMenus()) {
        menu.open = false;
        menu.querySelector("summary").focus();
    }
});

// What was typed or chosen before htmx listened, or was brought back by the browser, counts as if it were done now.
const isOther = (field) => {
    if (field.matches("[type=checkbox], [type=radio]")) {
        return field.checked !== field.defaultChecked;
    }
    if (field.matches("select")) {
        return field.selectedIndex !== Math.max(0, [...field.options].findIndex((option) => option.defaultSelected));
    }
    return field.value !== field.defaultValue;
};

document.addEventListener("htmx:load", (event) => {
    if (event.detail.elt !== document.body) {
        return; // a part that came later
    }
    for (const field of document.querySelectorAll("form:is([hx-trigger], :has([hx-trigger])) :is(input, select, textarea)")) {
        if (isOther(field)) {
            field.dispatchEvent(new Event("input", { bubbles: true }));
            field.dispatchEvent(new Event("change", { bubbles: true }));
        }
    }
});

// Django's search icons beside two lists have words for screen readers, which only an image may have.
window.addEventListener("load", () => {
    for (const icon of document.querySelectorAll(".help-tooltip[aria-label]")) {
        icon.setAttribute("role", "img");
    }
});

// A second click before the answer is there sends nothing more: it would only be refused what the first has done.
const PATIENCE = 10_000; // ms
const sentAt = new Map();

document.addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented || form.method !== "post") {
        return;
    }
    if (event.timeStamp - (sentAt.get(form) ?? -PATIENCE) < PATIENCE) {
        event.preventDefault();
    } else {
        sentAt.set(form, event.timeStamp);
    }
});

window.addEventListener("pageshow", () => sentAt.clear()); // by the way back
