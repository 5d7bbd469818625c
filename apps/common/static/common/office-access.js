// What unfold draws for the mouse, for the keyboard and for screen readers too: its icons are words of a font, and what
// opens and closes things is often no button.

const texts = new URL(import.meta.url).searchParams;
const ICONS = { dock_to_right: "menu", close: "close", dark_mode: "theme", light_mode: "theme", computer: "theme", handyman: "home" };

/** The words of an element, its icons left aside. */
function ownText(element) {
  const copy = element.cloneNode(true);
  copy.querySelectorAll(".material-symbols-outlined").forEach((icon) => icon.remove());
  return copy.classList.contains("material-symbols-outlined") ? "" : copy.textContent.trim();
}

/** An icon says nothing beside words; a control that has nothing but an icon is called as its title, or as the icon. */
function nameIcon(icon) {
  const control = icon.closest("a, button, [role=button]");
  const name = control?.title || texts.get(ICONS[icon.textContent.trim()]);
  if (control && name && !ownText(control) && !control.hasAttribute("aria-label")) {
    control.setAttribute("aria-label", name);
  }
  if (control !== icon && (!control || ownText(control) || control.hasAttribute("aria-label"))) {
    icon.setAttribute("aria-hidden", "true");
  }
}

/** What listens to clicks and is no control becomes a button. */
function makeButton(element) {
  element.setAttribute("role", "button");
  element.tabIndex = 0;
  element.addEventListener("keydown", (event) => {
    if (event.target === element && (event.key === "Enter" || event.key === " ")) {
      event.preventDefault();
      element.click();
    }
  });
}

const clicked = '[x-on\\:click]:not(a[href], button, input, select, label, summary, tr, td, [role], [x-on\\:click=""])';
document.querySelectorAll(clicked).forEach(makeButton);
document.querySelectorAll(".material-symbols-outlined").forEach(nameIcon);

/** On phones cells stand below each other (`.office-wide`), each under the head of its column but the first. */
function labelCells(table) {
  const heads = [...table.tHead.rows[0].cells].map((head) => (head.querySelector(".only-read") ? "" : head.textContent.trim()));
  for (const row of table.tBodies[0].rows) {
    [...row.cells].forEach((cell, index) => index > 0 && heads[index] && (cell.dataset.label = heads[index]));
  }
}

document.querySelectorAll(".office-wide").forEach(labelCells);

/** Lists stand so too. Names of columns begin small there; a capital for each word is not how Portuguese is written. */
for (const cell of document.querySelectorAll("#result_list [data-label]")) {
  const [first = "", ...rest] = cell.dataset.label;
  cell.dataset.label = first.toUpperCase() + rest.join("");
}
