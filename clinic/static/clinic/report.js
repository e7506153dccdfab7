// The report's list: a box that chooses the whole page, and how many are chosen. Everything else works without it.
"use strict";

const list = document.getElementById("due-form");

if (list && document.getElementById("choose-all")) {
    const all = document.getElementById("choose-all");
    const page = document.getElementById("choose-page");
    const said = document.getElementById("chosen-count");
    const boxes = [...list.querySelectorAll("[name=patient]")];

    const show = () => {
        const chosen = boxes.filter((box) => box.checked).length;
        page.checked = chosen === boxes.length;
        page.indeterminate = chosen > 0 && chosen < boxes.length;
        said.textContent = all.checked || !chosen ? "" : (chosen === 1 ? said.dataset.one : said.dataset.many.replace("%s", chosen));
        list.classList.toggle("all-chosen", all.checked);
    };

    page.closest("label").hidden = false;
    page.addEventListener("change", () => {
        for (const box of boxes) {
            box.checked = page.checked;
        }
        show();
    });
    list.addEventListener("change", show);
    window.addEventListener("pageshow", show); // by the way back, a browser ticks them again
}
