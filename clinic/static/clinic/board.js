// The board without a reload: the card beside it, arrow keys within it, dragging, the line of now. Without this file all of it is links.
"use strict";

(() => {
    const scroller = document.querySelector("#board-scroll");
    if (!scroller) {
        return;
    }
    const sheet = document.querySelector("#board-grid");
    const dialog = document.querySelector("#board-card");
    const cardBody = document.querySelector("#board-card-body");
    const moveForm = document.querySelector("#board-move");
    const said = document.querySelector("#board-said");
    const QUARTER = 15;
    let drag = null;

    const grid = () => sheet.querySelector(".grid");
    const columns = () => [...sheet.querySelectorAll(".column")];
    const stops = (column) => [...column.querySelectorAll("a.slot, a.entry")].filter((link) => link.offsetParent !== null);

    const clock = (minute) => {
        const hour = Math.floor(minute / 60) % 24;
        return `${hour % 12 || 12}:${String(minute % 60).padStart(2, "0")} ${hour < 12 ? "AM" : "PM"}`;
    };

    // --- one tab stop a column, arrow keys within it ----------------------------------------------------------------

    const rove = () => {
        for (const column of columns()) {
            const links = stops(column);
            const kept = links.find((link) => link === document.activeElement) ?? links[0];
            for (const link of column.querySelectorAll("a.slot, a.entry")) {
                link.tabIndex = link === kept ? 0 : -1;
            }
        }
    };

    const focus = (link) => {
        for (const other of link.closest(".column").querySelectorAll("a.slot, a.entry")) {
            other.tabIndex = other === link ? 0 : -1;
        }
        link.focus();
        link.scrollIntoView({ block: "nearest", inline: "nearest" });
    };

    const beside = (link, step) => {
        const all = columns();
        const top = link.getBoundingClientRect().top;
        for (let at = all.indexOf(link.closest(".column")) + step; all[at]; at += step) {
            const links = stops(all[at]);
            if (links.length) {
                const distance = (other) => Math.abs(other.getBoundingClientRect().top - top);
                return links.reduce((best, other) => (distance(other) < distance(best) ? other : best));
            }
        }
        return null;
    };

    sheet.addEventListener("keydown", (event) => {
        const link = event.target.closest?.(".column .lines a");
        if (!link || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) {
            return;
        }
        const links = stops(link.closest(".column"));
        const at = links.indexOf(link);
        const next = {
            ArrowDown: () => links[at + 1],
            ArrowUp: () => links[at - 1],
            ArrowRight: () => beside(link, 1),
            ArrowLeft: () => beside(link, -1),
            Home: () => links[0],
            End: () => links[links.length - 1],
        }[event.key];
        if (next) {
            event.preventDefault();
            const found = next();
            if (found) {
                focus(found);
            }
        }
    });

    // --- the card ---------------------------------------------------------------------------------------------------

    const closeButton = () => {
        const button = document.createElement("button");
        button.type = "button";
        button.className = "card-close";
        button.setAttribute("aria-label", "Close");
        button.textContent = "✕";
        button.addEventListener("click", () => dialog.close());
        return button;
    };

    const openCard = async (link) => {
        await htmx.ajax("GET", link.href, { target: cardBody, swap: "innerHTML" });
        if (!cardBody.querySelector(".appointment-card")) {
            location.assign(link.href); // signed out, or gone: the page itself says so
            return;
        }
        cardBody.prepend(closeButton());
        dialog.setAttribute("aria-labelledby", "card-who");
        link.focus({ preventScroll: true }); // where the focus returns to
        dialog.showModal();
        dialog.scrollTop = 0;
        cardBody.querySelector("#card-who")?.focus();
    };

    sheet.addEventListener("click", (event) => {
        const link = event.target.closest("a.entry");
        if (!link || event.button || event.ctrlKey || event.metaKey || event.shiftKey || typeof dialog.showModal !== "function") {
            return;
        }
        event.preventDefault();
        if (!link.dataset.wasDragged) {
            openCard(link);
        }
    });

    dialog.addEventListener("click", (event) => {
        const box = dialog.getBoundingClientRect();
        const isInside = event.clientX >= box.left && event.clientX <= box.right && event.clientY >= box.top && event.clientY <= box.bottom;
        if (event.target === dialog && !isInside) {
            dialog.close();
        }
    });

    document.addEventListener("htmx:responseError", (event) => {
        if (event.detail.target === cardBody) {
            cardBody.replaceChildren();
        }
    });

    // --- dragging ---------------------------------------------------------------------------------------------------

    const LONG_PRESS = 450;
    const SLACK = 6;

    const place = (x, y) => {
        const column = columns().find((one) => {
            const box = one.getBoundingClientRect();
            return x >= box.left && x < box.right;
        });
        const view = scroller.getBoundingClientRect();
        if (!column || x < view.left || x > view.right || y < view.top || y > view.bottom) {
            return null;
        }
        const ground = column.querySelector(".ground").getBoundingClientRect();
        const count = Number(grid().dataset.rows);
        const row = Math.round((y - drag.grip.y - ground.top) / (ground.height / count));
        return { column, row: Math.max(0, Math.min(count - 1, row)) };
    };

    const start = (event) => {
        const { link } = drag;
        const box = link.getBoundingClientRect();
        drag.isOn = true;
        drag.grip = { x: drag.x - box.left, y: drag.y - box.top };
        drag.from = { column: link.closest(".column"), top: link.className.match(/\brow-\d+/)[0] };
        drag.ghost = link.cloneNode(true);
        drag.ghost.removeAttribute("href");
        drag.ghost.classList.add("is-ghost");
        drag.ghost.style.width = `${box.width}px`;
        drag.ghost.style.height = `${box.height}px`;
        drag.mark = document.createElement("div");
        document.querySelector(".board").append(drag.ghost);
        link.classList.add("is-picked");
        document.body.classList.add("is-dragging");
        link.setPointerCapture?.(drag.pointer);
        follow(event);
    };

    const follow = (event) => {
        drag.x = event.clientX;
        drag.y = event.clientY;
        drag.ghost.style.left = `${drag.x - drag.grip.x}px`;
        drag.ghost.style.top = `${drag.y - drag.grip.y}px`;
        drag.at = place(drag.x, drag.y);
        if (!drag.at) {
            drag.mark.remove();
            return;
        }
        const rows = drag.link.className.match(/\brows-\d+/)[0];
        drag.mark.className = `drop row-${drag.at.row + 1} ${rows}`;
        drag.at.column.querySelector(".lines").append(drag.mark);
        drag.minute = Number(grid().dataset.frame) + drag.at.row * QUARTER;
        drag.ghost.querySelector(".entry-time").textContent = clock(drag.minute);
    };

    const nudge = () => {
        if (!drag?.isOn) {
            return;
        }
        const view = scroller.getBoundingClientRect();
        const edge = 36;
        const push = (at, low, high) => (at < low + edge ? -8 : at > high - edge ? 8 : 0);
        const [dx, dy] = [push(drag.x, view.left, view.right), push(drag.y, view.top, view.bottom)];
        if (dx || dy) {
            scroller.scrollBy(dx, dy);
            follow({ clientX: drag.x, clientY: drag.y });
        }
        requestAnimationFrame(nudge);
    };

    const letGo = () => {
        if (!drag) {
            return;
        }
        clearTimeout(drag.timer);
        drag.ghost?.remove();
        drag.mark?.remove();
        drag.link.classList.remove("is-picked");
        document.body.classList.remove("is-dragging");
        drag = null;
    };

    const drop = () => {
        const { link, at, minute, from } = drag;
        link.dataset.wasDragged = "yes"; // the click that follows opens nothing
        setTimeout(() => delete link.dataset.wasDragged, 50);
        const isElsewhere = at && (at.column !== from.column || `row-${at.row + 1}` !== from.top);
        letGo();
        if (!isElsewhere) {
            return;
        }
        const fields = moveForm.elements;
        const time = `${String(Math.floor(minute / 60)).padStart(2, "0")}:${String(minute % 60).padStart(2, "0")}`;
        fields.starts_at.value = `${at.column.dataset.day}T${time}`;
        fields.practitioner.value = at.column.dataset.practitioner || link.dataset.practitioner;
        fields.room.value = at.column.dataset.room || link.dataset.room;
        fields.seen.value = link.dataset.seen;
        moveForm.action = link.dataset.move;
        said.textContent = `Moving to ${clock(minute)}`;
        moveForm.submit();
    };

    const pickUp = (event) => {
        start(event);
        requestAnimationFrame(nudge);
    };

    sheet.addEventListener("pointerdown", (event) => {
        const link = event.target.closest(".lines a.entry[data-move]");
        if (!link || !moveForm || event.button || !event.isPrimary || drag) {
            return;
        }
        drag = { link, pointer: event.pointerId, x: event.clientX, y: event.clientY, isTouch: event.pointerType !== "mouse", isOn: false };
        if (drag.isTouch) {
            // A finger that moves at once scrolls; one that rests takes the appointment up.
            drag.timer = setTimeout(() => drag && pickUp({ clientX: drag.x, clientY: drag.y }), LONG_PRESS);
        }
    });

    document.addEventListener("pointermove", (event) => {
        if (!drag || event.pointerId !== drag.pointer) {
            return;
        }
        if (drag.isOn) {
            follow(event);
        } else if (Math.hypot(event.clientX - drag.x, event.clientY - drag.y) > SLACK) {
            if (drag.isTouch) {
                letGo();
            } else {
                pickUp(event);
            }
        }
    });

    document.addEventListener("pointerup", (event) => {
        if (!drag || event.pointerId !== drag.pointer) {
            return;
        }
        if (drag.isOn) {
            drop();
        } else {
            letGo();
        }
    });

    document.addEventListener("pointercancel", letGo);
    document.addEventListener("keydown", (event) => {
        if (event.key === "Escape" && drag) {
            drag.link.dataset.wasDragged = "yes";
            const { link } = drag;
            setTimeout(() => delete link.dataset.wasDragged, 500);
            letGo();
        }
    });
    sheet.addEventListener("dragstart", (event) => event.preventDefault()); // the browser's own, of links
    sheet.addEventListener("contextmenu", (event) => {
        if (drag?.isTouch) {
            event.preventDefault();
        }
    });
    document.addEventListener(
        "touchmove",
        (event) => {
            if (drag?.isOn) {
                event.preventDefault(); // no scrolling while something is held
            }
        },
        { passive: false },
    );

    // --- now --------------------------------------------------------------------------------------------------------

    const shownAt = { time: Date.now() };

    const moveNow = () => {
        const passed = Math.floor((Date.now() - shownAt.time) / 60_000);
        for (const line of sheet.querySelectorAll(".now, .now-label")) {
            const minute = Number(line.dataset.minute) + passed;
            const row = Math.floor(minute / QUARTER) + 1;
            if (row > Number(grid().dataset.rows)) {
                line.remove();
            } else {
                line.className = `${line.classList[0]} row-${row} plus-${minute % QUARTER}`;
                line.textContent &&= clock(minute + Number(grid().dataset.frame)).slice(0, -3);
            }
        }
    };

    // --- a minute later ---------------------------------------------------------------------------------------------

    const isBusy = () => drag || dialog.open || document.hidden || document.querySelector("details.menu[open]");
    let cameFrom = null;

    setInterval(() => {
        moveNow();
        if (!isBusy()) {
            htmx.trigger(sheet, "refresh");
        }
    }, 60_000);

    document.addEventListener("htmx:beforeSwap", (event) => {
        if (event.detail.target !== sheet) {
            return;
        }
        const wanted = new URL(event.detail.xhr.responseURL || location.href, location.href);
        if (isBusy() || wanted.pathname !== new URL(sheet.getAttribute("hx-get"), location.href).pathname) {
            event.detail.shouldSwap = false;
        }
        const link = document.activeElement?.closest?.("#board-grid a");
        cameFrom = link ? { href: link.getAttribute("href"), pk: link.dataset.pk } : null;
    });

    document.addEventListener("htmx:afterSwap", (event) => {
        if (event.detail.target !== sheet) {
            return;
        }
        shownAt.time = Date.now();
        const links = cameFrom ? [...sheet.querySelectorAll("a")] : [];
        links.find((link) => (cameFrom.pk ? link.dataset.pk === cameFrom.pk : link.getAttribute("href") === cameFrom.href))?.focus({ preventScroll: true });
        rove();
    });

    // --- at first ---------------------------------------------------------------------------------------------------

    const day = document.querySelector("#board-day");
    let isTyped = false;
    day?.addEventListener("keydown", () => (isTyped = true)); // half a date is a date, too: typed ones wait for Enter
    day?.addEventListener("pointerdown", () => (isTyped = false));
    day?.addEventListener("change", () => {
        if (!isTyped && day.value && day.checkValidity()) {
            day.form.submit();
        }
    });

    rove();
    const target = sheet.querySelector(".now") ?? sheet.querySelector("a.entry");
    if (target && grid()) {
        const offset = target.getBoundingClientRect().top - scroller.getBoundingClientRect().top;
        if (offset > scroller.clientHeight - 60) {
            scroller.scrollTop = offset - scroller.clientHeight / 3; // what is seen anyway stays where it is: the day begins at its beginning
        }
    }
    const today = sheet.querySelector(".column.is-today, .roster thead .is-today");
    if (today) {
        scroller.scrollLeft = today.offsetLeft - sheet.querySelector(".axis, .roster th").offsetWidth;
    }
})();
