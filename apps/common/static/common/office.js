// The back-office, before its libraries start: the reader's zone, one theme for portal and back-office, and no markup or
// code from htmx. A classic script, because it must come before what it sets up.
"use strict";

const given = new URL(document.currentScript.src).search; // the zone, and words of the reader's language
document.documentElement.dataset.zone = new URLSearchParams(given).get("zone") ?? "";

htmx.config.includeIndicatorStyles = false; // a style element, which the policy of the page refuses
htmx.config.allowEval = false;
htmx.config.allowScriptTags = false;

try {
  const chosen = localStorage.getItem("theme");
  localStorage.setItem("adminTheme", JSON.stringify(chosen === "light" || chosen === "dark" ? chosen : "auto"));
  addEventListener("pagehide", () => localStorage.setItem("theme", JSON.parse(localStorage.getItem("adminTheme"))));
} catch {
  // Storage may be switched off; then the system's theme holds.
}

addEventListener("DOMContentLoaded", () => {
  import("./page.js");
  import(`./office-access.js${given}`);
});
