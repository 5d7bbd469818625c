// A service's form in the browser: questions that come and go, options that follow other answers, what will run, and the
// question whether it is meant. All of it only helps: the server reads the answers again and decides.

import { zone } from "../common/moments.js";
import { answersOf, Field, showApplicable } from "./field.js";

class ServiceForm {
  constructor(form) {
    this.form = form;
    this.texts = JSON.parse(document.getElementById("form-texts").textContent);
    this.fields = [...form.querySelectorAll("[data-field]")].map((element) => new Field(element));
    this.byKey = new Map(this.fields.map((field) => [field.key, field]));
    this.dialog = document.getElementById(form.dataset.confirm ?? "");
    this.asked = 0;
    this._timesInOwnZone();
    showApplicable(this.fields);
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

  changed(event) {
    const changed = event.target.closest("[data-field]");
    showApplicable(this.fields);
    if (changed && this.fields.some((field) => field.dependsOn.includes(changed.dataset.field))) {
      clearTimeout(this.waiting);
      this.waiting = setTimeout(() => this.resolveOptions(changed.dataset.field), 200);
    }
  }

  /** Offers what may be chosen after a change; a choice that is lost by it may change what others offer in turn. */
  async resolveOptions(changed) {
    this.asked += 1;
    const ask = this.asked;
    const following = this.fields.filter((field) => field.dependsOn.includes(changed));
    following.forEach((field) => field.element.setAttribute("aria-busy", "true"));
    let before;
    let answers = JSON.stringify(answersOf(this.fields));
    do {
      before = answers;
      const offered = await this._offered(before);
      if (ask !== this.asked) {
        return; // a later change asks again
      }
      if (offered === null) {
        following.forEach((field) => field.offer([], answersOf(this.fields), { ...this.texts, none: this.texts.failed }));
      }
      for (const { key, options } of offered ?? []) {
        const field = this.byKey.get(key);
        if (field?.dependsOn.length && options) {
          field.offer(options, answersOf(this.fields), this.texts);
        }
      }
      showApplicable(this.fields);
      answers = offered === null ? before : JSON.stringify(answersOf(this.fields));
    } while (answers !== before);
    this.fields.forEach((field) => field.element.removeAttribute("aria-busy"));
  }

  /** The fields with their options, as the server says; null where it does not. */
  async _offered(answers) {
    const query = new URLSearchParams({ answers });
    try {
      const answer = await fetch(`${this.form.dataset.options}?${query}`, { headers: { Accept: "application/json" } });
      return answer.ok ? (await answer.json()).fields : null;
    } catch {
      return null;
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
