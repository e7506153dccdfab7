// The header's menus close by a click elsewhere and by Escape, as menus do.
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
