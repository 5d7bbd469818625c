// One question as its author writes it.

import { isObject, listed, putAt, shown, typed, valueAt } from "./editor.js";

const SELECTS = ["select", "multiselect"];
const INPUT_TYPES = { date: "date", number: "text", integer: "text" };
let cards = 0;

export class Card {
  constructor(questions, field, fresh = false) {
    this.questions = questions;
    this.field = field;
    this.named = !fresh; // a new question is named after its words until somebody names it
    this.element = questions.piece("card");
    this.number = cards += 1;
    this.part = (selector) => this.element.querySelector(selector);
    this.parts = (selector) => [...this.element.querySelectorAll(selector)];
    this.sources = this.questions.rules.sources;
    this._fill();
    this._listen();
  }

  open() {
    this.part("details").open = true;
    this.part('[data-bind="label"]').focus();
  }

  // --- from the question to the card

  _fill() {
    this.parts("[data-bind]").forEach((control) => this._show(control));
    this.parts("[data-way]").forEach((radio) => {
      radio.name = `builder-way-${this.number}`;
      radio.checked = radio.dataset.way === (this.field.optionsFrom ? "optionsFrom" : "options");
    });
    this._drawOptions();
    this._drawFilters();
  }

  _show(control) {
    const value = valueAt(this.field, control.dataset.bind);
    if (control.type === "checkbox") {
      control.checked = value === true;
    } else {
      control.value = shown(value);
    }
  }

  /** What depends on the type, on the place and on the questions before this one. */
  refresh(earlier, index, all) {
    const { field } = this;
    this.part("[data-up]").disabled = index === 0;
    this.part("[data-down]").disabled = index === all - 1;
    const title = this.part("[data-title]");
    title.textContent = field.label || title.dataset.untitled;
    this.part("[data-kind]").textContent = this.part(`[data-bind="type"] [value="${CSS.escape(field.type)}"]`)?.textContent ?? "";
    this.parts("[data-for]").forEach((part) => {
      part.hidden = !part.dataset.for.split(" ").includes(field.type);
    });
    this.parts("[data-when]").forEach((part) => {
      part.hidden = part.dataset.when !== this.way;
    });
    this.parts('input[data-bind="default"], input[data-bind^="validation.m"][data-typed=""]').forEach((input) => {
      input.type = INPUT_TYPES[field.type] ?? "text";
    });
    this.parts("[data-counted]").forEach((label) => {
      label.dataset.plain ??= label.firstChild.textContent;
      label.firstChild.textContent = field.type === "multiselect" ? label.dataset.counted : label.dataset.plain;
    });
    this._drawDepends(earlier);
    this._drawCondition(earlier);
  }

  get way() {
    return this.parts("[data-way]").find((radio) => radio.checked)?.dataset.way;
  }

  _drawOptions() {
    const options = Array.isArray(this.field.options) ? this.field.options.filter(isObject) : [];
    this.part("[data-options]").replaceChildren(...options.map((option) => this._optionRow(option)));
  }

  _optionRow(option) {
    const row = this.questions.piece("option");
    row.querySelectorAll("[data-part]").forEach((input) => {
      input.value = shown(option[input.dataset.part]);
      input.addEventListener("input", () => {
        option[input.dataset.part] = input.value;
        this.questions.write();
      });
    });
    row.querySelector("[data-remove]").addEventListener("click", () => {
      this.field.options.splice(this.field.options.indexOf(option), 1);
      const next = row.nextElementSibling ?? row.previousElementSibling;
      row.remove();
      (next?.querySelector("input") ?? this.part("[data-add-option]")).focus();
      this.questions.write();
    });
    return row;
  }

  _drawFilters() {
    const source = this.part("[data-source]");
    const provider = valueAt(this.field, "optionsFrom.provider") ?? source.value;
    source.value = provider;
    const filters = (this.sources[provider] ?? []).map((name) => {
      const label = this.questions.piece("filter");
      const input = label.querySelector("input");
      label.querySelector("[data-name]").textContent = name;
      input.value = shown(valueAt(this.field, `optionsFrom.filter.${name}`));
      input.addEventListener("input", () => {
        putAt(this.field, `optionsFrom.filter.${name}`, input.value.trim() || undefined);
        this.questions.write();
      });
      return label;
    });
    this.part("[data-filters]").replaceChildren(...filters);
  }

  _drawDepends(earlier) {
    const chosen = [this.field.dependsOn ?? []].flat();
    const possible = earlier.filter(({ key, type }) => key && !["file", "secret"].includes(type));
    const lost = chosen.filter((key) => !possible.some((each) => each.key === key)).map((key) => ({ key }));
    const ticks = [...possible, ...lost].map(({ key, label }) => {
      const tick = document.createElement("label");
      const box = document.createElement("input");
      Object.assign(box, { type: "checkbox", value: key, checked: chosen.includes(key) });
      box.addEventListener("change", () => this._dependsChanged());
      tick.append(box, ` ${label || key}`);
      return tick;
    });
    const place = this.part("[data-depends]");
    const focused = place.contains(document.activeElement) ? document.activeElement.value : null;
    place.replaceChildren(...ticks);
    place.querySelector(focused && `[value="${CSS.escape(focused)}"]`)?.focus();
    this.part("[data-depends-box]").hidden = ticks.length === 0;
  }

  _dependsChanged() {
    const keys = this.parts("[data-depends] input:checked").map(({ value }) => value);
    putAt(this.field, "dependsOn", keys.length ? keys : undefined);
    this.questions.changed();
  }

  _drawCondition(earlier) {
    const condition = this.field.showIf;
    const choose = this.part('[data-if="field"]');
    const keys = earlier.map(({ key }) => key).filter(Boolean);
    const names = new Map(earlier.map(({ key, label }) => [key, label || key]));
    if (condition && !keys.includes(condition.field)) {
      keys.push(condition.field);
    }
    choose.replaceChildren(choose.options[0], ...keys.map((key) => new Option(names.get(key) ?? key, key)));
    choose.value = condition?.field ?? "";
    this.part("[data-condition]").hidden = keys.length === 0;
    this.parts("[data-if-rest]").forEach((part) => {
      part.hidden = !condition;
    });
    this.part("[data-if-many]").hidden = true;
    if (condition) {
      this._drawComparison(condition);
    }
  }

  _drawComparison(condition) {
    const { suitable, presence, membership } = this.questions.rules;
    const operator = this.part('[data-if="operator"]');
    const type = this.questions.typeOf(condition.field);
    [...operator.options].forEach((option) => {
      option.hidden = option.disabled = type !== undefined && !suitable[option.value].includes(type);
    });
    if (![...operator.options].some(({ value }) => value === condition.operator)) {
      operator.append(new Option(condition.operator, condition.operator)); // another spelling of the same
    }
    operator.value = condition.operator;
    this.part("[data-if-value]").hidden = presence.includes(condition.operator);
    this.part("[data-if-many]").hidden = !membership.includes(condition.operator);
    const value = this.part('[data-if="value"]');
    if (value !== document.activeElement) {
      value.value = shown(condition.value);
    }
  }

  // --- from the card to the question

  _listen() {
    const { questions } = this;
    this.part("[data-up]").addEventListener("click", (event) => questions.move(this, -1, event.currentTarget));
    this.part("[data-down]").addEventListener("click", (event) => questions.move(this, 1, event.currentTarget));
    this.part("[data-copy]").addEventListener("click", () => questions.copy(this));
    this.part(".builder-tools [data-remove]").addEventListener("click", () => questions.remove(this));
    this.parts("[data-bind]").forEach((control) => {
      control.addEventListener(control.dataset.bind === "key" ? "change" : "input", () => this._changed(control));
    });
    this.parts("[data-way]").forEach((radio) => radio.addEventListener("change", () => this._wayChanged()));
    this.part("[data-source]").addEventListener("change", (event) => {
      this.field.optionsFrom = { provider: event.currentTarget.value };
      this._drawFilters();
      questions.changed();
    });
    this.part("[data-add-option]").addEventListener("click", () => this._addOption());
    this.parts("[data-if]").forEach((control) => control.addEventListener("input", () => this._conditionChanged(control)));
  }

  _changed(control) {
    const path = control.dataset.bind;
    if (path === "key") {
      this._rename(control.value.trim());
    } else if (control.type === "checkbox") {
      putAt(this.field, path, control.checked || undefined);
    } else if ("typed" in control.dataset) {
      putAt(this.field, path, typed(control.dataset.typed || this.field.type, control.value));
    } else {
      putAt(this.field, path, path === "label" ? control.value : control.value || undefined);
    }
    if (path === "label" && !this.named) {
      this._rename(this.questions.freeKey(nameFor(control.value) || "question", this.field), false);
      this.part('[data-bind="key"]').value = this.field.key;
    }
    if (path === "type") {
      this._typeChanged();
    }
    this.questions.changed();
  }

  _rename(key, byHand = true) {
    const before = this.field.key;
    this.named ||= byHand;
    this.field.key = key;
    if (before && key && before !== key) {
      this.questions.renamed(before, key);
    }
  }

  /** What has no meaning for the new type goes; what it needs comes. */
  _typeChanged() {
    const { field } = this;
    if (SELECTS.includes(field.type)) {
      field.optionsFrom ?? (field.options ??= []);
    } else {
      ["options", "optionsFrom", "dependsOn"].forEach((name) => delete field[name]);
    }
    ["default", "validation"].forEach((name) => delete field[name]);
    this._fill();
  }

  _wayChanged() {
    const { field } = this;
    if (this.way === "options") {
      ["optionsFrom", "dependsOn"].forEach((name) => delete field[name]);
      field.options ??= [];
    } else {
      delete field.options;
      field.optionsFrom ??= { provider: this.part("[data-source]").value };
    }
    this._drawOptions();
    this._drawFilters();
    this.questions.changed();
  }

  _addOption() {
    const option = { label: "", value: "" };
    (this.field.options ??= []).push(option);
    const row = this._optionRow(option);
    this.part("[data-options]").append(row);
    row.querySelector("input").focus();
    this.questions.write();
  }

  _conditionChanged(control) {
    const { presence, membership } = this.questions.rules;
    const read = (name) => this.part(`[data-if="${name}"]`).value;
    if (!read("field")) {
      delete this.field.showIf;
    } else {
      const field = read("field");
      const operator = control.dataset.if === "field" ? "filled" : read("operator");
      const type = this.questions.typeOf(field);
      const condition = { field, operator };
      if (!presence.includes(operator)) {
        const values = membership.includes(operator) ? listed(read("value")) : [read("value")];
        const given = values.map((value) => typed(type === "multiselect" ? "text" : type, value) ?? "");
        condition.value = membership.includes(operator) ? given : given[0];
      }
      this.field.showIf = condition;
    }
    this.questions.changed();
  }
}

/** Words as a name: `Incluir inativos?` → `incluir_inativos`. */
function nameFor(words) {
  return words
    .normalize("NFD")
    .replace(/\p{M}/gu, "")
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "_")
    .replace(/^[^a-z]+|_+$/g, "")
    .slice(0, 60);
}
