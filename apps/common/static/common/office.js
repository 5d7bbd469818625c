// The back-office, before its libraries start: one theme for portal and back-office, and no markup or code from htmx.
"use strict";

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
