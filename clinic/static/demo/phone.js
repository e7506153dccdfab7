// Asks for the phones every few seconds and puts in what is new, without disturbing what somebody is reading.
"use strict";

const EVERY = 3000;
const AT_THE_BOTTOM = 60; // pixels

const place = document.querySelector("main");
const news = document.getElementById("news");
const shown = () => document.getElementById("phones");
const scroll = () => document.querySelector(".scroll");

function toTheNewest() {
  const box = scroll();
  if (box) box.scrollTop = box.scrollHeight;
}

// Children of a list are told apart by id; one is replaced only when its data-version differs.
function mergeList(old, fresh) {
  const arrived = [];
  const kept = new Set();
  let before = old.firstElementChild;
  for (const item of [...fresh.children]) {
    kept.add(item.id);
    let own = document.getElementById(item.id);
    if (!own || own.dataset.version !== item.dataset.version) {
      arrived.push(item);
      if (own) {
        if (own === before) before = own.nextElementSibling;
        own.remove();
      }
      own = item;
    }
    if (own === before) before = before.nextElementSibling;
    else old.insertBefore(own, before);
  }
  for (const item of [...old.children]) if (!kept.has(item.id)) item.remove();
  return arrived;
}

function merge(fresh) {
  const old = shown();
  if (!old || old.dataset.patient !== fresh.dataset.patient) return location.reload();
  const focused = document.activeElement.closest("[data-list] > li")?.id;
  const box = scroll();
  const follows = box && box.scrollHeight - box.scrollTop - box.clientHeight < AT_THE_BOTTOM;
  let arrived = [];
  for (const list of fresh.querySelectorAll("[data-list]")) arrived = arrived.concat(mergeList(document.getElementById(list.id), list));
  for (const text of fresh.querySelectorAll("[data-live]")) document.getElementById(text.id).textContent = text.textContent;
  // Signing in at the desk meanwhile gives the forms another token.
  const token = fresh.querySelector("[name=csrfmiddlewaretoken]");
  if (token) for (const own of document.querySelectorAll("[name=csrfmiddlewaretoken]")) own.value = token.value;
  if (focused && !document.activeElement.closest("[data-list] > li")) document.getElementById(focused)?.querySelector("a, summary")?.focus();
  if (follows) toTheNewest();
  const told = arrived.filter((item) => item.dataset.news && item.classList.contains("is-new")).map((item) => item.dataset.news.replace(/\.$/, ""));
  if (told.length) news.textContent = told.slice(0, 3).join(". ") + (told.length > 3 ? `. And ${told.length - 3} more.` : ".");
}

const parsed = (html) => new DOMParser().parseFromString(html, "text/html");
let asked = 0;
let merged = 0;

async function look() {
  if (document.hidden) return;
  const turn = ++asked;
  try {
    const answer = await fetch(shown().dataset.url);
    const fresh = answer.ok && parsed(await answer.text()).getElementById("phones");
    // An answer that was overtaken doesn't know yet what was written meanwhile.
    if (!fresh || turn < merged) return;
    merged = turn;
    merge(fresh);
  } catch {
    // The server is restarting: the next look finds it.
  }
}

async function lookFor(pauses) {
  for (const pause of pauses) {
    await new Promise((done) => setTimeout(done, pause));
    await look();
  }
}

document.querySelector(".skip").addEventListener("submit", async (event) => {
  event.preventDefault();
  const form = event.currentTarget;
  const buttons = form.querySelectorAll("button");
  const body = new FormData(form, event.submitter);
  buttons.forEach((button) => button.setAttribute("aria-disabled", "true"));
  try {
    await fetch(form.action, { method: "POST", body, redirect: "manual" });
    await lookFor([0, 500, 1000]);
  } finally {
    buttons.forEach((button) => button.removeAttribute("aria-disabled"));
  }
});

// What is being written stays in its field until it is certain to have gone.
let isSending = false;
document.querySelector(".writing")?.addEventListener("submit", async (event) => {
  event.preventDefault();
  if (isSending) return;
  isSending = true;
  const form = event.target;
  const field = form.querySelector(".field");
  const body = new FormData(form, event.submitter);
  const wrong = document.getElementById("what-is-wrong");
  try {
    const answer = await fetch(form.action, { method: "POST", body, redirect: "manual" });
    if (answer.type === "opaqueredirect") {
      wrong.textContent = "";
      if (field?.value === body.get("text")) field.value = "";
    } else {
      wrong.textContent = parsed(await answer.text()).getElementById("what-is-wrong")?.textContent || "That didn’t go. Please load the page again.";
    }
  } catch {
    wrong.textContent = "The server can’t be reached. Please try again.";
  } finally {
    isSending = false;
  }
  if (wrong.textContent) return;
  await look();
  toTheNewest();
  await lookFor([500, 1000]);
});

toTheNewest();
setInterval(look, EVERY);
document.addEventListener("visibilitychange", look);
