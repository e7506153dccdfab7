// The recovery codes, onto the clipboard or paper.
"use strict";

document.querySelector(".with-codes").hidden = false;

document.getElementById("copy-codes").addEventListener("click", async () => {
    const codes = [...document.querySelectorAll("#recovery-codes code")].map((code) => code.textContent);
    await navigator.clipboard.writeText(codes.join("\n"));
    document.getElementById("codes-copied").hidden = false;
});

document.getElementById("print-codes").addEventListener("click", () => window.print());
