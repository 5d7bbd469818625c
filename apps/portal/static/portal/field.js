// One question of a form in the browser, and which of them apply: what the portal and the preview of its author share.

import { holds } from "./conditions.js";

export class Field {
  constructor(element) {
    this.element = element;
    this.key = element.dataset.field;
    this.type = element.dataset.type;
    this.condition = element.dataset.showIf ? JSON.parse(element.dataset.showIf) : null;
    this.dependsOn = (element.dataset.dependsOn ?? "").split(" ").filter(Boolean);
    this.applies = true;
  }

  get controls() {
    return [...this.element.querySelectorAll("input:not([type=hidden]), select, textarea")];
  }

  /** The answer as JSON; null for none. */
  get answer() {
    const [control] = this.controls;
    if (this.type === "checkbox") {
      return control.checked;
    }
    if (this.type === "multiselect") {
      const chosen = this.controls.filter((each) => each.checked).map((each) => each.value);
      return chosen.length ? chosen : null;
    }
    if (this.type === "file") {
      return control.files.length || this.element.querySelector('input[name^="kept-"]') ? "file" : null;
    }
    const text = control?.value ?? "";
    return text.trim() ? text : null;
  }

  get isUnreadable() {
    return this.controls.some((control) => control.validity.badInput);
  }

  /** A question that is not asked is not sent either. */
  show(asked) {
    this.applies = asked;
    this.element.hidden = !asked;
    this.element.querySelectorAll("input, select, textarea").forEach((control) => (control.disabled = !asked));
  }

  /** What may be chosen now; ``answers`` tell whether what the options follow is answered. */
  offer(options, answers, texts) {
    const waits = this.dependsOn.some((key) => !(key in answers));
    const none = waits ? this.element.dataset.first : texts.none;
    const select = this.element.querySelector("select");
    if (select) {
      const chosen = select.value;
      const first = new Option(options.length ? texts.choose : none, "");
      select.replaceChildren(first, ...options.map(({ label, value }) => new Option(label, value)));
      select.value = options.some(({ value }) => String(value) === chosen) ? chosen : "";
      return;
    }
    const box = this.element.querySelector("[data-choices]");
    const chosen = this.controls.filter((each) => each.checked).map((each) => each.value);
    box.replaceChildren(...options.map(({ label, value }) => this._tick(label, String(value), chosen)));
    if (!options.length) {
      box.append(none);
    }
  }

  _tick(text, value, chosen) {
    const label = document.createElement("label");
    label.className = "check";
    const box = document.createElement("input");
    Object.assign(box, { type: "checkbox", name: `answer-${this.key}`, value, checked: chosen.includes(value) });
    const words = document.createElement("span");
    words.textContent = text;
    label.append(box, words);
    return label;
  }

  complain(text) {
    const [control] = this.controls;
    control.setAttribute("aria-invalid", "true");
    let line = this.element.querySelector(".error");
    if (!line) {
      line = document.createElement("p");
      line.className = "error";
      line.id = `error-${this.key}`;
      this.element.append(line);
    }
    line.textContent = text;
    control.setAttribute("aria-describedby", line.id);
    control.focus();
  }
}

/** In the order of the form, because a question that does not apply has no answer for those behind it. */
export function showApplicable(fields) {
  const byKey = new Map(fields.map((field) => [field.key, field]));
  const known = {};
  for (const field of fields) {
    const asked = holds(field.condition, known, byKey.get(field.condition?.field)?.type);
    field.show(asked);
    if (asked && field.answer !== null) {
      known[field.key] = field.answer;
    }
  }
}

/** The answers so far, of the questions that apply. */
export function answersOf(fields) {
  const known = {};
  for (const field of fields) {
    const answer = field.applies ? field.answer : null;
    if (answer !== null) {
      known[field.key] = answer;
    }
  }
  return known;
}
