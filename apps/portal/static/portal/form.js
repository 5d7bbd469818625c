// A service's form in the browser: questions that come and go, options that follow other answers, what will run, and the
// question whether it is meant. All of it only helps: the server reads the answers again and decides.

import { zone } from "../common/moments.js";
import { holds } from "./conditions.js";

class ServiceForm {
  constructor(form) {
    this.form = form;
    this.texts = JSON.parse(document.getElementById("form-texts").textContent);
    this.fields = [...form.querySelectorAll("[data-field]")].map((element) => new Field(element));
    this.byKey = new Map(this.fields.map((field) => [field.key, field]));
    this.dialog = document.getElementById(form.dataset.confirm ?? "");
    this.asked = 0;
    this._timesInOwnZone();
    this.showApplicable();
    form.addEventListener("input", (event) => this.changed(event));
    form.addEventListener("submit", (event) => this.submitted(event));
    form.addEventListener("wheel", (event) => event.target.type === "number" && event.target.blur(), { passive: true });
    this.dialog?.querySelector("[data-confirmed]").addEventListener("click", () => this.confirmed());
  }

  _timesInOwnZone() {
    this.form.elements.zone.value = zone;
    if (zone === this.form.dataset.zone) {
      return;
    }
    this.form.querySelectorAll("input[data-moment]").forEach((input) => {
      const moment = new Date(input.dataset.moment);
      if (!Number.isNaN(moment.getTime()) && /(?:Z|[+-]\d\d:\d\d)$/.test(input.dataset.moment)) {
        input.value = localTime(moment);
      }
    });
  }

  /** The answers so far, of the questions that apply. */
  get answers() {
    const known = {};
    for (const field of this.fields) {
      const answer = field.applies ? field.answer : null;
      if (answer !== null) {
        known[field.key] = answer;
      }
    }
    return known;
  }

  /** In the order of the form, because a question that does not apply has no answer for those behind it. */
  showApplicable() {
    const known = {};
    for (const field of this.fields) {
      const asked = holds(field.condition, known, this.byKey.get(field.condition?.field)?.type);
      field.show(asked);
      if (asked && field.answer !== null) {
        known[field.key] = field.answer;
      }
    }
  }

  changed(event) {
    const changed = event.target.closest("[data-field]");
    this.showApplicable();
    if (changed && this.fields.some((field) => field.dependsOn.includes(changed.dataset.field))) {
      clearTimeout(this.waiting);
      this.waiting = setTimeout(() => this.resolveOptions(changed.dataset.field), 200);
    }
  }

  async resolveOptions(changed) {
    this.asked += 1;
    const ask = this.asked;
    const following = this.fields.filter((field) => field.dependsOn.includes(changed));
    following.forEach((field) => field.element.setAttribute("aria-busy", "true"));
    const query = new URLSearchParams({ answers: JSON.stringify(this.answers) });
    const answer = await fetch(`${this.form.dataset.options}?${query}`, { headers: { Accept: "application/json" } });
    if (ask !== this.asked || !answer.ok) {
      return; // a later change asks again
    }
    const { fields } = await answer.json();
    for (const { key, options } of fields) {
      const field = this.byKey.get(key);
      if (field?.dependsOn.length && options) {
        field.offer(options, this.texts);
      }
    }
    following.forEach((field) => field.element.removeAttribute("aria-busy"));
    this.showApplicable();
    for (const field of following) {
      if (this.fields.some((other) => other.dependsOn.includes(field.key))) {
        this.resolveOptions(field.key);
      }
    }
  }

  // --- sending

  submitted(event) {
    const wrong = this.fields.find((field) => field.applies && field.isUnreadable);
    if (wrong) {
      event.preventDefault();
      wrong.complain(this.texts.bad);
      return;
    }
    const action = event.submitter?.value ?? "run";
    if (action === "preview") {
      event.preventDefault();
      this.preview(event.submitter);
    } else if (action === "run" && this.dialog && !this.form.elements.confirmed) {
      event.preventDefault();
      this.dialog.showModal();
    }
  }

  confirmed() {
    const input = document.createElement("input");
    input.type = "hidden";
    input.name = "confirmed";
    input.value = "yes";
    this.form.append(input);
    this.dialog.close();
    this.form.requestSubmit(this.form.querySelector('button[value="run"]'));
  }

  async preview(button) {
    const body = new FormData(this.form, button);
    const panel = new PlanPanel(document.getElementById("plan"));
    button.setAttribute("aria-busy", "true");
    try {
      const headers = { Accept: "application/json" };
      const answer = await fetch(this.form.getAttribute("action"), { method: "POST", body, headers });
      const content = await answer.json();
      if (answer.ok) {
        panel.show(content);
      } else {
        panel.refuse(Object.values(content.errors ?? {}).flat().join(" ") || content.detail);
      }
    } catch {
      panel.refuse(this.texts.failed);
    } finally {
      button.removeAttribute("aria-busy");
    }
  }
}

class Field {
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

  offer(options, texts) {
    const select = this.element.querySelector("select");
    if (select) {
      const chosen = select.value;
      const first = new Option(options.length ? texts.choose : texts.none, "");
      select.replaceChildren(first, ...options.map(({ label, value }) => new Option(label, value)));
      select.value = options.some(({ value }) => String(value) === chosen) ? chosen : "";
      return;
    }
    const box = this.element.querySelector("[data-choices]");
    const chosen = this.controls.filter((each) => each.checked).map((each) => each.value);
    box.replaceChildren(...options.map(({ label, value }) => this._tick(label, String(value), chosen)));
    if (!options.length) {
      box.append(texts.none);
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

class PlanPanel {
  constructor(section) {
    this.section = section;
    this.error = section.querySelector("[data-plan-error]");
    this.body = section.querySelector("[data-plan-body]");
    this.part = (name) => section.querySelector(`[data-plan="${name}"]`);
  }

  show({ robot, version, arguments: words, environment, secrets }) {
    this._turn(true);
    this.part("robot").textContent = robot;
    this.part("version").textContent = version;
    const list = this.part("arguments");
    list.replaceChildren(...(words.length ? words : [list.dataset.none]).map((word) => element("li", word)));
    for (const [name, pairs] of Object.entries({ environment, secrets })) {
      const part = this.part(name);
      part.replaceChildren(...pairs.flatMap(([key, value]) => [element("dt", key), element("dd", value)]));
      part.parentElement.hidden = pairs.length === 0;
    }
  }

  refuse(text) {
    this._turn(false);
    this.error.querySelector("span").textContent = text;
  }

  _turn(good) {
    this.section.hidden = false;
    this.error.hidden = good;
    this.body.hidden = !good;
    this.section.scrollIntoView({ block: "nearest", behavior: "smooth" });
  }
}

function element(name, text) {
  const made = document.createElement(name);
  made.textContent = text;
  return made;
}

/** What <input type="datetime-local"> shows for a moment, by the reader's clock. */
function localTime(moment) {
  const parts = new Intl.DateTimeFormat("en-CA", {
    timeZone: zone,
    hourCycle: "h23",
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
  }).formatToParts(moment);
  const part = (type) => parts.find((each) => each.type === type).value;
  return `${part("year")}-${part("month")}-${part("day")}T${part("hour")}:${part("minute")}`;
}

document.querySelectorAll("form[data-service-form]").forEach((form) => {
  form.serviceForm = new ServiceForm(form);
});
