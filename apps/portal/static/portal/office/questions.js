// The questions of a service's form, each a card: added, copied, moved, removed, and written without JSON.

import { Card } from "./card.js";
import { clearProblems, complain, Editor, isObject } from "./editor.js";

export class Questions extends Editor {
  constructor(box) {
    super(box);
    this.list = box.querySelector("[data-cards]");
    this.empty = box.querySelector("[data-empty]");
    this.said = box.querySelector("[data-said]");
    this.adder = box.querySelector("[data-add]");
    this.rules = JSON.parse(document.getElementById("builder-rules").textContent);
    this.adder.addEventListener("click", () => this.add());
    this.read();
  }

  fits(content) {
    const { fields = [] } = content;
    return Array.isArray(fields) && fields.every(isObject);
  }

  get fields() {
    return (this.content.fields ??= []);
  }

  get keys() {
    return this.readable ? this.fields.map(({ key }) => key).filter(Boolean) : [];
  }

  typeOf(key) {
    return this.readable ? this.fields.find((field) => field.key === key)?.type : undefined;
  }

  draw() {
    this.cards = this.fields.map((field) => new Card(this, field));
    this.list.replaceChildren(...this.cards.map((card) => card.element));
    this.refresh();
  }

  /** What the cards show of each other. */
  refresh() {
    this.empty.hidden = this.cards.length > 0;
    this.cards.forEach((card, index) => card.refresh(this.fields.slice(0, index), index, this.cards.length));
  }

  changed() {
    this.refresh();
    this.write();
  }

  add() {
    const field = { key: this.freeKey("question"), label: "", type: "text" };
    this._insert(field, this.cards.length, true);
  }

  copy(card) {
    const field = structuredClone(card.field);
    field.key = this.freeKey(field.key || "question");
    this._insert(field, this.cards.indexOf(card) + 1, false);
  }

  _insert(field, at, fresh) {
    const card = new Card(this, field, fresh);
    this.fields.splice(at, 0, field);
    this.cards.splice(at, 0, card);
    this.list.insertBefore(card.element, this.list.children[at] ?? null);
    this.changed();
    card.open();
  }

  move(card, step, button) {
    const from = this.cards.indexOf(card);
    const to = from + step;
    if (to < 0 || to >= this.cards.length) {
      return;
    }
    this.fields.splice(to, 0, ...this.fields.splice(from, 1));
    this.cards.splice(to, 0, ...this.cards.splice(from, 1));
    this.list.insertBefore(card.element, this.list.children[to + (step > 0 ? 1 : 0)] ?? null);
    this.changed();
    (button.disabled ? card.element.querySelector("summary") : button).focus();
    const { moved } = this.said.dataset;
    this.said.textContent = moved.replace("{at}", to + 1).replace("{all}", this.cards.length);
  }

  remove(card) {
    const at = this.cards.indexOf(card);
    this.fields.splice(at, 1);
    this.cards.splice(at, 1);
    card.element.remove();
    this.changed();
    (this.cards[at]?.element.querySelector("summary") ?? this.adder).focus();
    this.said.textContent = this.said.dataset.removed;
  }

  /** A question has another name: whatever refers to it follows. */
  renamed(from, to) {
    for (const field of this.fields) {
      if (field.showIf?.field === from) {
        field.showIf.field = to;
      }
      if (Array.isArray(field.dependsOn)) {
        field.dependsOn = field.dependsOn.map((key) => (key === from ? to : key));
      }
    }
    this.dispatchEvent(new CustomEvent("renamed", { detail: { from, to } }));
  }

  /** The wanted name, or it with a number where another question has it. */
  freeKey(wanted, own = null) {
    const taken = new Set(this.fields.filter((field) => field !== own).map(({ key }) => key));
    let key = wanted;
    for (let number = 2; taken.has(key); number += 1) {
      key = `${wanted.slice(0, 70)}_${number}`;
    }
    return key;
  }

  complain(problems) {
    clearProblems(this.box);
    for (const problem of problems) {
      const card = problem.number === null ? null : this.cards?.[problem.number - 1];
      complain(card?.element ?? this.box.querySelector(".builder-edit"), problem);
      card?.element.querySelector(":scope > details").setAttribute("open", "");
    }
  }
}
