// Before anything is painted: the theme that was chosen in this browser, if any. It blocks, so it stays this short.
"use strict";

try {
  const chosen = localStorage.getItem("theme");
  if (chosen === "light" || chosen === "dark") {
    document.documentElement.dataset.theme = chosen;
  }
} catch {
  // Storage may be switched off; then the system's theme holds.
}
