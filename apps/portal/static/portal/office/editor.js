// What both editors have in common: a document that stands as JSON in a textarea, which stays what is sent.

export class Editor extends EventTarget {
  constructor(box) {
    super();
    this.box = box;
    this.textarea = box.querySelector("[data-raw] textarea");
    this.app = box.querySelector("[data-app]");
    this.raw = box.querySelector("[data-raw]");
    this.toggle = box.querySelector("[data-as-json]");
    this.toggle.hidden = false;
    this.toggle.addEventListener("click", () => this.showRaw(this.toggle.getAttribute("aria-expanded") === "false"));
    this.textarea.addEventListener("change", () => this.read());
  }

  /** Takes the document as it stands; what is no document stays in front of its author, as JSON. */
  read() {
    const content = parsed(this.textarea.value);
    this.readable = content !== null && this.fits(content);
    this.app.hidden = !this.readable;
    if (this.readable) {
      this.content = content;
      this.draw();
    }
    this.showRaw(!this.readable || this.toggle.getAttribute("aria-expanded") === "true");
    this.tell();
  }

  write() {
    this.textarea.value = JSON.stringify(this.content, null, 2);
    this.tell();
  }

  tell() {
    this.dispatchEvent(new Event("changed"));
  }

  showRaw(shown) {
    this.raw.hidden = !shown;
    this.toggle.setAttribute("aria-expanded", String(shown));
  }

  piece(name, value) {
    const template = this.box.querySelector(value ? `template[data-${name}="${value}"]` : `template[data-${name}]`);
    return template.content.firstElementChild.cloneNode(true);
  }
}

function parsed(text) {
  try {
    const content = text.trim() ? JSON.parse(text) : {};
    return isObject(content) ? content : null;
  } catch {
    return null;
  }
}

export function isObject(value) {
  return value !== null && typeof value === "object" && !Array.isArray(value);
}

/** The value at a path such as `validation.min`. */
export function valueAt(thing, path) {
  return path.split(".").reduce((each, name) => (isObject(each) ? each[name] : undefined), thing);
}

/** Puts a value at a path, or takes it away (undefined) with whatever is empty then. */
export function putAt(thing, path, value) {
  const [name, ...rest] = path.split(".");
  if (rest.length) {
    const inner = isObject(thing[name]) ? thing[name] : {};
    putAt(inner, rest.join("."), value);
    value = Object.keys(inner).length ? inner : undefined;
  }
  if (value === undefined) {
    delete thing[name];
  } else {
    thing[name] = value;
  }
}

const NUMBERS = ["number", "integer"];

/** What somebody typed, as a value of this type; what is none is left as it is, for the server to refuse. */
export function typed(type, text) {
  const words = text.trim();
  if (words === "") {
    return undefined;
  }
  if (NUMBERS.includes(type) && Number.isFinite(Number(words))) {
    return Number(words);
  }
  if (type === "checkbox" && ["true", "false"].includes(words)) {
    return words === "true";
  }
  return type === "multiselect" ? listed(words) : text;
}

export function listed(text) {
  return text
    .split(",")
    .map((word) => word.trim())
    .filter(Boolean);
}

/** A value as it stands in an input. */
export function shown(value) {
  return Array.isArray(value) ? value.join(", ") : String(value ?? "");
}

/** Takes all complaints of an editor away. */
export function clearProblems(box) {
  box.querySelectorAll("[data-problem]").forEach((line) => {
    line.hidden = true;
    line.textContent = "";
  });
  box.querySelectorAll(".builder-error:not([data-problem])").forEach((line) => line.remove());
  box.querySelectorAll("[aria-invalid]").forEach((control) => {
    control.removeAttribute("aria-invalid");
    control.removeAttribute("aria-describedby");
  });
}

let complaints = 0;

/** Says beside the controls of a rule (`validation.regex`, `options[2].value`) what is wrong with them. */
export function complain(box, { rule, message, text }) {
  const places = [...box.querySelectorAll("[data-rule]")].filter((place) => !place.hidden && covers(place, rule));
  const place = places.sort((one, other) => other.dataset.rule.length - one.dataset.rule.length)[0];
  if (!place) {
    const line = box.querySelector(":scope > [data-problem], :scope > details > [data-problem], [data-problem]");
    line.hidden = false;
    line.textContent = line.textContent ? `${line.textContent} ${text}` : text;
    return;
  }
  const line = document.createElement("p");
  line.className = "builder-error";
  line.id = `builder-error-${(complaints += 1)}`;
  line.textContent = message;
  const control = controlOf(place, rule);
  control?.setAttribute("aria-invalid", "true");
  control?.setAttribute("aria-describedby", line.id);
  (control?.closest("li:not(.builder-card)") ?? place).append(line);
  for (let fold = place.closest("details"); fold && box.contains(fold); fold = fold.parentElement.closest("details")) {
    fold.open = true;
  }
}

function covers(place, rule) {
  return rule === place.dataset.rule || rule.startsWith(`${place.dataset.rule}.`) || rule.startsWith(`${place.dataset.rule}[`);
}

/** Of a list, the control of its row: by number, or by what stands in it. */
function controlOf(place, rule) {
  const rest = rule.slice(place.dataset.rule.length);
  const number = /^\[(\d+)\]/.exec(rest);
  const rows = [...place.querySelectorAll("li")];
  const row = number ? rows[Number(number[1])] : rows.find((each) => `.${each.querySelector("input").value}` === rest);
  return (row ?? place).querySelector("input, select, textarea");
}
