// What a service makes of the answers: arguments, variables, fixed values and other names, row by row.

import { clearProblems, complain, Editor, isObject, shown, typed } from "./editor.js";

const PLACES = {
  arguments: "runtime_arguments",
  environment: "runtime_env",
  aliases: "parameter_aliases",
};
const PLACEHOLDER = /\{\{|\}\}|\{([A-Za-z][A-Za-z0-9_]*)\}/g;

export class Command extends Editor {
  constructor(box, questions) {
    super(box);
    this.questions = questions;
    this.names = box.querySelector("[data-names]");
    this.namesList = box.querySelector("[data-names-list]");
    box.querySelectorAll("[data-add]").forEach((button) => {
      button.addEventListener("click", () => this._add(button.dataset.add));
    });
    box.addEventListener("focusin", ({ target }) => {
      this.last = target.matches('[data-part="value"]') ? target : this.last;
    });
    questions.addEventListener("changed", () => this._offerNames());
    questions.addEventListener("renamed", ({ detail }) => this._rename(detail.from, detail.to));
    this.read();
    this._offerNames();
  }

  fits({ defaults = {}, mapping = {} }) {
    const { runtime_arguments: words = [], runtime_env: variables = {}, parameter_aliases: aliases = {} } = mapping ?? {};
    const texts = [words, Object.values(variables ?? {}), Object.values(aliases ?? {})].flat();
    return isObject(defaults) && isObject(mapping) && Array.isArray(words) && texts.every((each) => typeof each === "string");
  }

  draw() {
    const { defaults = {}, mapping = {} } = this.content;
    this.rows = { defaults: pairs(defaults) };
    this.rows.arguments = (mapping[PLACES.arguments] ?? []).map((value) => ({ value }));
    this.rows.environment = pairs(mapping[PLACES.environment]);
    this.rows.aliases = pairs(mapping[PLACES.aliases]);
    for (const [name, rows] of Object.entries(this.rows)) {
      this._list(name).replaceChildren(...rows.map((row) => this._element(name, row)));
      const fold = this.box.querySelector(`[data-fold="${name}"]`);
      fold?.toggleAttribute("open", fold.open || rows.length > 0);
    }
    this._turnMovers();
  }

  _list(name) {
    return this.box.querySelector(`[data-rows="${name}"]`);
  }

  _element(name, row) {
    const element = this.piece("row", name);
    element.querySelectorAll("[data-part]").forEach((input) => {
      input.value = shown(row[input.dataset.part]);
      input.addEventListener("input", () => {
        row[input.dataset.part] = input.value;
        this._collect();
      });
    });
    element.querySelector("[data-remove]").addEventListener("click", () => this._remove(name, row, element));
    element.querySelector("[data-up]")?.addEventListener("click", (event) => this._move(row, element, -1, event));
    element.querySelector("[data-down]")?.addEventListener("click", (event) => this._move(row, element, 1, event));
    return element;
  }

  _add(name) {
    const row = name === "arguments" ? { value: "" } : { key: "", value: "" };
    this.rows[name].push(row);
    const element = this._element(name, row);
    this._list(name).append(element);
    element.querySelector("input").focus();
    this._turnMovers();
  }

  _remove(name, row, element) {
    this.rows[name].splice(this.rows[name].indexOf(row), 1);
    const next = element.nextElementSibling ?? element.previousElementSibling;
    element.remove();
    (next?.querySelector("input") ?? this.box.querySelector(`[data-add="${name}"]`)).focus();
    this._turnMovers();
    this._collect();
  }

  _move(row, element, step, { currentTarget: button }) {
    const rows = this.rows.arguments;
    const from = rows.indexOf(row);
    rows.splice(from + step, 0, ...rows.splice(from, 1));
    const list = this._list("arguments");
    list.insertBefore(element, step > 0 ? element.nextElementSibling.nextElementSibling : element.previousElementSibling);
    this._turnMovers();
    (button.disabled ? element.querySelector("input") : button).focus();
    this._collect();
  }

  _turnMovers() {
    const elements = [...this._list("arguments").children];
    elements.forEach((element, index) => {
      element.querySelector("[data-up]").disabled = index === 0;
      element.querySelector("[data-down]").disabled = index === elements.length - 1;
    });
  }

  /** The rows as the document; a row without a name, and an empty argument, are not there yet. */
  _collect() {
    const mapping = isObject(this.content.mapping) ? this.content.mapping : {};
    put(mapping, PLACES.arguments, this.rows.arguments.map(({ value }) => value).filter(Boolean));
    put(mapping, PLACES.environment, unpaired(this.rows.environment));
    put(mapping, PLACES.aliases, unpaired(this.rows.aliases));
    put(this.content, "mapping", mapping);
    const defaults = this.rows.defaults.map((row) => ({ key: row.key, value: this._valueOf(row) }));
    put(this.content, "defaults", unpaired(defaults));
    this.write();
  }

  /** An answer by the type of its question; a fixed value as a number or a yes only where it reads the same. */
  _valueOf({ key, value }) {
    const type = this.questions.typeOf(key.trim());
    if (typeof value !== "string") {
      return value;
    }
    if (type) {
      return typed(type, value) ?? "";
    }
    if (["true", "false"].includes(value)) {
      return value === "true";
    }
    return value !== "" && String(Number(value)) === value && Number.isFinite(Number(value)) ? Number(value) : value;
  }

  _offerNames() {
    const names = [...this.questions.keys, ...(this.rows?.defaults ?? []).map(({ key }) => key)];
    const known = [...new Set(names)].filter(Boolean);
    this.names.hidden = known.length === 0;
    this.namesList.replaceChildren(
      ...known.map((name) => {
        const button = document.createElement("button");
        Object.assign(button, { type: "button", className: "builder-chip builder-mono", textContent: `{${name}}` });
        button.addEventListener("click", () => this._putIn(button.textContent));
        return button;
      }),
    );
  }

  /** Where somebody wrote last, or else in an argument of its own. */
  _putIn(text) {
    if (!this.last?.isConnected) {
      this._add("arguments");
      this.last = this._list("arguments").lastElementChild.querySelector("input");
    }
    this.last.setRangeText(text, this.last.selectionStart, this.last.selectionEnd, "end");
    this.last.dispatchEvent(new Event("input"));
    this.last.focus();
  }

  _rename(from, to) {
    if (!this.readable) {
      return;
    }
    const follow = (text) => text.replace(PLACEHOLDER, (whole, name) => (name === from ? `{${to}}` : whole));
    [...this.rows.arguments, ...this.rows.environment].forEach((row) => {
      row.value = follow(row.value);
    });
    [...this.rows.defaults, ...this.rows.aliases].forEach((row) => {
      row.key = row.key === from ? to : row.key;
    });
    this._collect();
    this.draw();
  }

  complain(problems) {
    clearProblems(this.box);
    problems.forEach((problem) => complain(this.box.querySelector(".builder-edit"), problem));
  }
}

function pairs(object) {
  return Object.entries(object ?? {}).map(([key, value]) => ({ key, value }));
}

function unpaired(rows) {
  return Object.fromEntries(rows.filter(({ key }) => key.trim()).map(({ key, value }) => [key.trim(), value]));
}

/** What is empty is left out. */
function put(thing, name, value) {
  if (Object.keys(value).length) {
    thing[name] = value;
  } else {
    delete thing[name];
  }
}
