// What every page does: times, theme, menus, dialogs, copying. Each part is switched on by an attribute.

import { showMoment, showMoments } from "./moments.js";

showMoments();
setInterval(() => document.querySelectorAll('time[data-moment="ago"]').forEach(showMoment), 30_000);

// --- theme: <button data-theme-choice="auto|light|dark">

const choices = document.querySelectorAll("[data-theme-choice]");

function chosenTheme() {
  return document.documentElement.dataset.theme ?? "auto";
}

function showTheme() {
  choices.forEach((button) => button.setAttribute("aria-pressed", String(button.dataset.themeChoice === chosenTheme())));
}

function chooseTheme(theme) {
  if (theme === "auto") {
    delete document.documentElement.dataset.theme;
  } else {
    document.documentElement.dataset.theme = theme;
  }
  try {
    localStorage.setItem("theme", theme);
  } catch {
    // Not remembered then; it still holds for this page.
  }
  showTheme();
}

choices.forEach((button) => button.addEventListener("click", () => chooseTheme(button.dataset.themeChoice)));
document.querySelectorAll("[data-theme-switch]").forEach((element) => (element.hidden = false));
showTheme();

// --- menus: <details class="menu"> close by Escape, by a click elsewhere, and when focus leaves them

document.querySelectorAll("details.menu").forEach((menu) => {
  menu.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && menu.open) {
      menu.open = false;
      menu.querySelector("summary").focus();
    }
  });
  menu.addEventListener("focusout", (event) => {
    if (event.relatedTarget && !menu.contains(event.relatedTarget)) {
      menu.open = false;
    }
  });
});

document.addEventListener("click", (event) => {
  document.querySelectorAll("details.menu[open]").forEach((menu) => {
    if (!menu.contains(event.target)) {
      menu.open = false;
    }
  });
});

// --- dialogs: <a data-dialog="id"> opens <dialog id="id">; [data-close] inside closes it

document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-dialog]");
  const dialog = opener && document.getElementById(opener.dataset.dialog);
  if (dialog) {
    event.preventDefault();
    dialog.showModal();
  } else if (event.target.closest("dialog [data-close]")) {
    event.target.closest("dialog").close();
  } else if (event.target instanceof HTMLDialogElement) {
    event.target.close(); // the backdrop
  }
});

// --- a form that was sent is not sent again; coming back by the browser's history sets it free

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!(form instanceof HTMLFormElement) || form.method !== "post" || event.defaultPrevented) {
    return;
  }
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = "yes";
  form.setAttribute("aria-busy", "true");
});

window.addEventListener("pageshow", (event) => {
  if (!event.persisted) {
    return;
  }
  document.querySelectorAll("form[data-sent]").forEach((form) => {
    delete form.dataset.sent;
    form.removeAttribute("aria-busy");
    const key = form.querySelector('input[name="idempotency_key"]');
    if (key) {
      key.value = crypto.randomUUID?.() ?? `${Date.now()}-${Math.random()}`;
    }
  });
});

// --- copying: <button data-copy="text">

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (button && navigator.clipboard) {
    await navigator.clipboard.writeText(button.dataset.copy);
    button.dataset.copied = "yes";
    setTimeout(() => delete button.dataset.copied, 1500);
  }
});

// --- "/" goes to the page's search, unless somebody is writing

document.addEventListener("keydown", (event) => {
  const search = document.querySelector("[data-search]");
  const writing = event.target.closest("input, textarea, select, [contenteditable]");
  if (search && event.key === "/" && !writing && !event.ctrlKey && !event.metaKey && !event.altKey) {
    event.preventDefault();
    search.focus();
    search.select();
  }
});

// --- the first thing that is wrong gets the focus: <div data-focus tabindex="-1">

document.querySelector("[data-focus]")?.focus();
