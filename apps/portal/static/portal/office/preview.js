// What the server makes of the draft: the form as the portal draws it, what would run, and what is wrong where.

import { zone } from "../../common/moments.js";
import { answersOf, Field, showApplicable } from "../field.js";

const PAUSE = 300; // milliseconds after the last key

export class Preview {
  constructor(questions, command) {
    this.questions = questions;
    this.command = command;
    this.form = questions.textarea.form;
    this.url = questions.box.dataset.previewUrl;
    this.asked = 0;
    this.fields = [];
    this.touched = false;
    this.shadow = this._shadow(questions.box.querySelector("[data-form]"));
    this.broken = questions.box.querySelector("[data-preview-broken]");
    this.part = (name) => command.box.querySelector(`[data-plan${name}]`);
    for (const box of [questions.box, command.box]) {
      box.querySelector("[data-preview]").hidden = false;
    }
    for (const editor of [questions, command]) {
      editor.addEventListener("changed", () => this.later());
    }
    this.form.addEventListener("change", ({ target }) => ["robot", "default_version"].includes(target.name) && this.later());
    this.ask();
  }

  /** A tree of its own, so that the portal's style sheets and nothing of the back-office's reach it. */
  _shadow(place) {
    const root = place.attachShadow({ mode: "open" });
    const sheets = place.dataset.styles.split(" ").map((href) => {
      const link = document.createElement("link");
      return Object.assign(link, { rel: "stylesheet", href });
    });
    this.drawn = document.createElement("form");
    this.drawn.className = "service-form";
    this.drawn.noValidate = true;
    this.drawn.addEventListener("submit", (event) => event.preventDefault());
    this.drawn.addEventListener("input", (event) => this._answered(event));
    root.append(...sheets, this.drawn);
    return root;
  }

  /** What was asked before is out of date by now: a form drawn from it would take back what has been answered since. */
  later() {
    this.asked += 1;
    clearTimeout(this.waiting);
    this.waiting = setTimeout(() => this.ask(), PAUSE);
  }

  async ask() {
    this.asked += 1;
    const ask = this.asked;
    const body = new FormData();
    const sent = this._sent();
    Object.entries(sent).forEach(([name, value]) => body.append(name, value));
    const headers = { "X-CSRFToken": this.form.elements.csrfmiddlewaretoken.value, Accept: "application/json" };
    let content = null;
    try {
      const answer = await fetch(this.url, { method: "POST", body, headers });
      content = await answer.json();
      content.ok = answer.ok;
    } catch {
      content = null;
    }
    if (ask === this.asked) {
      this._show(content, sent.form_schema_json);
    }
  }

  _sent() {
    const { elements } = this.form;
    return {
      service: this.questions.box.dataset.service,
      robot: elements.robot?.value ?? "",
      default_version: elements.default_version?.value ?? "",
      form_schema_json: this.questions.textarea.value,
      run_template_json: this.command.textarea.value,
      answers: this.touched ? JSON.stringify(this._answers()) : "",
      zone,
    };
  }

  /** A chosen file stays in the browser: what it holds changes no command. */
  _answers() {
    const known = answersOf(this.fields);
    this.fields.filter(({ type }) => type === "file").forEach(({ key }) => delete known[key]);
    return known;
  }

  _show(content, written) {
    this.part("-failed").hidden = content !== null;
    if (content === null) {
      return;
    }
    const errors = content.errors ?? {};
    this.questions.complain(content.questions ?? asProblems(errors.form_schema_json));
    this.command.complain(content.command ?? asProblems(errors.run_template_json));
    this.broken.hidden = Boolean(content.ok && content.html !== null);
    if (content.ok && content.html !== null && (written !== this.written || this.stale)) {
      this.written = written;
      this.stale = false;
      this._draw(content.html);
    }
    this._showPlan(content.plan ?? null, content.refusal ?? [content.detail].filter(Boolean));
  }

  _draw(html) {
    const focused = this.shadow.activeElement?.name;
    const drawn = new DOMParser().parseFromString(html, "text/html");
    this.drawn.replaceChildren(...drawn.body.childNodes);
    this.fields = [...this.drawn.querySelectorAll("[data-field]")].map((element) => new Field(element));
    showApplicable(this.fields);
    if (focused) {
      this.drawn.elements.namedItem(focused)?.focus?.();
    }
  }

  _answered({ target }) {
    this.touched = true;
    showApplicable(this.fields);
    const changed = target.closest("[data-field]")?.dataset.field;
    this.stale ||= this.fields.some((field) => field.dependsOn.includes(changed));
    this.later();
  }

  _showPlan(plan, refusal) {
    this.part("").hidden = plan === null;
    const told = this.part("-refusal");
    told.hidden = refusal.length === 0;
    told.replaceChildren(...refusal.map((text) => element("li", text)));
    const chosen = Boolean(this.form.elements.robot?.value);
    this.part("-none").hidden = chosen;
    this.part("-broken").hidden = !chosen || plan !== null || refusal.length > 0;
    if (plan === null) {
      return;
    }
    this.part("-robot").textContent = plan.robot;
    this.part("-version").textContent = plan.version;
    this.part("-arguments").replaceChildren(...plan.arguments.map((word) => element("li", word)));
    for (const name of ["environment", "secrets"]) {
      this.part(`-${name}`).replaceChildren(...plan[name].flatMap(([key, value]) => [element("dt", key), element("dd", value)]));
    }
  }
}

function asProblems(errors) {
  return (errors ?? []).map((text) => ({ text, message: text, rule: "", number: null }));
}

function element(name, text) {
  const made = document.createElement(name);
  made.textContent = text;
  return made;
}
