// What the pages of the explorer do besides links and forms, which work without it: lists grow as one scrolls, and
// decisions are saved at once, by a click or a key.
"use strict";

const next = () => document.querySelector(".pages a[rel=next]");

// Lists: the tiles of the next page are added when its link comes near.
const tiles = document.querySelector(".tiles");
if (tiles && next()) {
  let loading = false;
  const grow = async () => {
    const link = next();
    if (loading || !link || link.getBoundingClientRect().top > 3 * innerHeight) return;
    loading = true;
    let added = false;
    try {
      const response = await fetch(link.href);
      if (!response.ok) return;
      const page = new DOMParser().parseFromString(await response.text(), "text/html");
      tiles.append(...page.querySelectorAll(".tiles > a"));
      const following = page.querySelector(".pages a[rel=next]");
      if (following) link.href = following.href;
      else link.remove();
      const count = document.querySelector(".count");
      count.textContent = count.textContent.replace(/ to [\d,]+$/, ` to ${shownTo()}`);
      added = true;
    } finally {
      loading = false;
    }
    if (added) grow();
  };
  const first = Number(new URLSearchParams(location.search).get("from")) || 0;
  const shownTo = () => (first + tiles.children.length).toLocaleString("en");
  addEventListener("scroll", grow, { passive: true });
  addEventListener("resize", grow, { passive: true });
  grow();
}

// Decisions, which are saved one after the other, also while one goes on to another page.
const form = document.querySelector(".decision");
let saved = Promise.resolve();
if (form) {
  const status = form.querySelector(".saved");
  const send = async body => {
    try {
      const response = await fetch(form.action, {
        method: "POST", body, headers: { Accept: "text/plain" }, keepalive: true,
      });
      const text = await response.text();
      status.textContent = response.ok ? "saved" : `not saved: ${text}`;
      if (response.ok) document.querySelector("nav.explorer a:last-child").textContent = `Decisions (${text})`;
    } catch {
      status.textContent = "not saved: explore has ended";
    }
  };
  form.addEventListener("change", event => {
    if (event.target.name === "correct") form.querySelector("[name=label][value=wrong]").checked = true;
    status.textContent = "saving…";
    const body = new URLSearchParams(new FormData(form));
    saved = saved.then(() => send(body));
  });
}

// Keys: those beside the choices, and p and n for the examples before and after this one. They can be switched off, for
// those who speak to their computer.
const keys = document.querySelector(".keys");
if (keys) {
  keys.checked = localStorage.getItem("keys") !== "off";
  keys.addEventListener("change", event => {
    event.stopPropagation();
    localStorage.setItem("keys", keys.checked ? "on" : "off");
  });
}
addEventListener("keydown", event => {
  if (!(keys?.checked ?? true) || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.matches("select, input[type=search]")) return;
  const choice = form?.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
  if (choice) {
    if (!choice.checked) {
      choice.checked = true;
      choice.dispatchEvent(new Event("change", { bubbles: true }));
    }
    event.preventDefault();
  } else if (event.key === "n" || event.key === "p") {
    saved.then(() => document.getElementById(event.key === "n" ? "next" : "prev")?.click());
  }
});
