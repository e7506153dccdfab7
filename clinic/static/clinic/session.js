// A session that nobody uses ends. A minute before, the page asks whether somebody is still here; afterwards it covers itself, for it names
// patients. What was typed stays beneath, until one has signed in again on another page; if somebody else has, it goes.
"use strict";

(() => {
    const NOTICE = 60_000; // ms, before the end
    const SELDOM = 60_000; // ms, between two words that somebody is here
    const AGAIN = 10_000; // ms, between two looks whether somebody has signed in meanwhile

    const { url, endsIn, who: hers } = document.getElementById("session").dataset;
    const warning = document.getElementById("session-ends");
    const cover = document.getElementById("session-ended");
    // Seconds; nothing where sessions don't end by themselves.
    const after = (seconds) => (seconds ?? "") === "" ? Infinity : Date.now() + Number(seconds) * 1000;

    let endsAt = after(endsIn);
    let toldAt = Date.now();
    let lookedAt = Date.now();
    let hasTyped = false;
    let isOver = false;

    // --- what the server says ---------------------------------------------------------------------------------------

    let asked = null;

    // Whether one is still signed in; null where nobody answers. One question at a time: an answer from before a sign-in would undo it.
    const ask = (method) => {
        lookedAt = Date.now();
        if (!asked || method === "POST") {
            const mine = (asked ?? Promise.resolve()).then(() => askNow(method));
            asked = mine;
            mine.finally(() => (asked = asked === mine ? null : asked));
        }
        return asked;
    };

    const askNow = async (method) => {
        const headers = { "X-Poll": "1", "X-CSRFToken": document.querySelector("[name=csrfmiddlewaretoken]")?.value ?? "" };
        const answer = await fetch(url, { method, headers, redirect: "manual" }).catch(() => null);
        if (answer?.type === "opaqueredirect") {
            end();
            return false;
        }
        if (!answer?.ok) {
            return null;
        }
        const { seconds, token, who } = await answer.json();
        if (String(who) !== hers) {
            end();
            location.replace(location.pathname + location.search); // and not what was sent: in somebody else's name
            return false;
        }
        endsAt = after(seconds);
        for (const field of document.querySelectorAll("[name=csrfmiddlewaretoken]")) {
            field.value = token; // another one after signing in again
        }
        goOn();
        return true;
    };

    const tell = () => {
        toldAt = Date.now();
        return ask("POST");
    };

    // --- what the page says -----------------------------------------------------------------------------------------

    const end = () => {
        isOver = true;
        warning.close();
        const link = cover.querySelector("a");
        link.href = location.href;
        link.target = hasTyped ? "_blank" : "";
        cover.querySelector(".typed").hidden = !hasTyped;
        if (!cover.open) {
            cover.showModal();
        }
    };

    const goOn = () => {
        isOver = false;
        cover.close();
        if (endsAt - Date.now() > NOTICE) {
            warning.close();
        }
    };

    // A browser closes a dialog by Escape, and the second time without asking.
    document.addEventListener("keydown", (event) => isOver && event.key === "Escape" && event.preventDefault(), { capture: true });
    cover.addEventListener("cancel", (event) => event.preventDefault());
    cover.addEventListener("close", () => isOver && !cover.open && cover.showModal());
    warning.querySelector("button").addEventListener("click", tell);

    // Once a second, as a page that sleeps has no other way to notice what time it is.
    setInterval(async () => {
        const left = endsAt - Date.now();
        if (cover.open) {
            if (!document.hidden && Date.now() - lookedAt > AGAIN) {
                await ask("GET");
            }
        } else if (left <= 0) {
            if (Date.now() - lookedAt > 1000 && (await ask("GET")) === null) {
                end(); // nobody answers, and it is over all the same
            }
        } else if (left <= NOTICE && !warning.open) {
            await ask("GET"); // another page may have gone on
            if (endsAt - Date.now() <= NOTICE && !cover.open) {
                warning.showModal();
            }
        }
        warning.querySelector(".seconds").textContent = Math.max(0, Math.round((endsAt - Date.now()) / 1000));
    }, 1000);

    // --- somebody is here -------------------------------------------------------------------------------------------

    const hereIs = (event) => {
        if (event.isTrusted && !cover.open && Date.now() - toldAt > SELDOM && endsAt !== Infinity) {
            tell();
        }
    };
    for (const kind of ["pointerdown", "keydown", "input", "wheel"]) {
        document.addEventListener(kind, hereIs, { capture: true, passive: true });
    }

    document.addEventListener("input", (event) => {
        hasTyped ||= event.isTrusted && event.target.form?.method === "post";
    });

    const lookAgain = () => {
        if (!document.hidden && Date.now() - lookedAt > AGAIN) {
            ask("GET");
        }
    };
    document.addEventListener("visibilitychange", lookAgain);
    window.addEventListener("focus", lookAgain);
    window.addEventListener("pageshow", (event) => event.persisted && ask("GET"));

    // Sent after the end, what was typed would be lost.
    const letThrough = new WeakSet();
    document.addEventListener(
        "submit",
        (event) => {
            const { target: form, submitter } = event;
            if (Date.now() < endsAt - 1000 || form.method !== "post" || letThrough.has(form)) {
                return;
            }
            event.preventDefault();
            event.stopImmediatePropagation();
            ask("GET").then((isIn) => {
                if (isIn !== false) {
                    letThrough.add(form);
                    form.requestSubmit(submitter);
                }
            });
        },
        { capture: true },
    );

    // --- parts of a page --------------------------------------------------------------------------------------------

    // What no person asked for is marked, and keeps no session alive. Nor is it asked for while nobody is signed in.
    document.addEventListener("htmx:configRequest", (event) => {
        if (!event.detail.triggeringEvent?.isTrusted) {
            event.detail.headers["X-Poll"] = "1";
        }
    });
    document.addEventListener("htmx:beforeRequest", (event) => {
        if (cover.open) {
            event.preventDefault();
        }
    });

    // Signed out meanwhile, a part is answered with a page to sign in: that never comes inside another.
    document.addEventListener("htmx:beforeSwap", (event) => {
        const { pathname } = new URL(event.detail.xhr.responseURL || location.href, location.href);
        if (/\/(login|second-factor)\//.test(pathname) && pathname !== location.pathname) {
            event.detail.shouldSwap = false;
            end();
        }
    });
})();
