// The viewer of a log: see docs/log-viewer.md for its attributes and events.

import { language, zone } from "../../common/moments.js";
import { parse, PLAIN, styled } from "./ansi.js";
import { Feed } from "./feed.js";
import { GAP, GROUP, LINE, Lines } from "./lines.js";
import { Rows } from "./rows.js";
import { Search } from "./search.js";

const LEVEL_NAMES = [null, "warning", "error"];
const TYPING_PAUSE = 120; // milliseconds
const TELLING_PAUSE = 2000;

const clock = new Intl.DateTimeFormat(language, {
  timeStyle: "medium",
  timeZone: zone,
});
const number = new Intl.NumberFormat(language);
const plural = new Intl.PluralRules(language);

/** `%(name)s` in a translated text. */
export function filled(text, values) {
  return text.replace(/%\((\w+)\)s/g, (whole, name) => values[name] ?? whole);
}

/** A text that counts, in the form that the number asks for. */
function counted(forms, count) {
  return filled(forms[plural.select(count)] ?? forms.other, { count: number.format(count) });
}

export class LogViewer {
  constructor(root) {
    this.root = root;
    this.texts = JSON.parse(document.getElementById(root.dataset.texts).textContent);
    this.part = (name) => root.querySelector(`[data-log-${name}]`);
    this.viewport = this.part("lines");
    this.lines = new Lines();
    this.search = new Search(this.lines, () => this._showSearch());
    this.following = true;
    this.times = remembered("log-times", false);
    this.marked = null; // [first, last] numbers
    this.newLines = 0;
    this.wasLive = false;
    this.isOver = Boolean(root.closest("[data-run]")?.dataset.finished); // all of it is stored, and only to be read
    this.rows = new Rows({
      viewport: this.viewport,
      space: this.part("space"),
      length: () => this.lines.view.length,
      widthOf: (place) => this.lines.plain[this.lines.view[place]].length,
      draw: (place) => this._draw(place),
      onScroll: (byHand, atEnd) => this._scrolled(byHand, atEnd),
    });
    this.rows.gutter = () => this._gutter(0, "2026-01-01T00:00:00Z");
    this.feed = new Feed({
      socket: root.dataset.socket,
      stream: root.dataset.stream,
      after: () => this.lines.lastSeq,
      onFrame: (frame) => this._frame(frame),
      onState: (state, seconds) => this._connection(state, seconds),
    });
    this._listen();
    this._toggle("times", this.times);
    this.viewport.classList.toggle("timed", this.times);
    const wrap = remembered("log-wrap", matchMedia("(max-width: 40rem)").matches);
    this._toggle("wrap", wrap);
    this.rows.setWrap(wrap);
    this._readHash();
    this.feed.connect();
  }

  // --- frames

  _frame(frame) {
    if (frame.type === "logs") {
      const before = this.lines.view.length;
      this.lines.append(frame.lines);
      this._recount();
      this._grown(this.lines.view.length - before);
    } else if (frame.type === "gap") {
      this.lines.appendGap(frame.from, frame.to, filled(this.texts.gap, frame));
      this._grown(1);
    } else if (frame.type === "end") {
      this.ended = true;
      this._showEmpty();
      this._goToWanted();
      this._follow(false, { quietly: true });
      this.part("follow").disabled = true; // there is nothing more to come
    }
    this.root.dispatchEvent(new CustomEvent(`log:${frame.type}`, { bubbles: true, detail: frame }));
  }

  _grown(shown) {
    this.rows.grow();
    if (this.search.isActive) {
      this.search.advance();
    }
    if (this._goToWanted()) {
      return;
    }
    if (this.following) {
      this.rows.scrollToEnd();
    } else if (!this.rows.atEnd) {
      this.newLines += shown;
    }
    this._showCounts();
    this._showEmpty();
  }

  _showCounts() {
    this.part("count").textContent = counted(this.texts.lines, this.lines.lastSeq);
    this.part("error").disabled = this.lines.errors.length === 0;
    const pill = this.part("new");
    pill.hidden = this.newLines === 0;
    pill.textContent = `↓ ${counted(this.texts.new_lines, this.newLines)}`;
  }

  _showEmpty() {
    const empty = this.part("empty");
    empty.hidden = this.lines.view.length > 0;
    const { waiting_for_lines: waiting, no_lines: none, nothing_fits: nothing } = this.texts;
    empty.textContent = this.lines.count ? nothing : this.ended ? none : waiting;
  }

  // --- connection

  _connection(state, seconds) {
    const line = this.part("connection");
    line.dataset.kind = state;
    const isRead = this.isOver && ["live", "stream"].includes(state);
    const text = filled(this.texts[isRead ? "reading" : state], { seconds });
    this.part("connection-text").textContent = text;
    this.part("reconnect").hidden = !["waiting", "offline"].includes(state);
    if (["live", "stream"].includes(state)) {
      if (this.lost) {
        this.say(this.texts.resumed);
      }
      this.wasLive = true;
      this.lost = false;
    } else if (this.wasLive && !this.lost && !["connecting", "over"].includes(state)) {
      this.lost = true;
      this.say(text);
    }
  }

  /** Tells those who listen rather than look. Never each line: what happens, and rarely. */
  say(text) {
    this.part("status").textContent = text;
  }

  // --- drawing

  _draw(place) {
    const row = this.lines.view[place];
    const element = document.createElement("div");
    element.className = "log-row";
    element.setAttribute("role", "listitem");
    element.setAttribute("aria-setsize", this.ended ? this.lines.view.length : -1);
    element.setAttribute("aria-posinset", place + 1);
    const level = LEVEL_NAMES[this.lines.levels[row]];
    const seq = this.lines.seqs[row];
    if (level && this.lines.kinds[row] === LINE) {
      element.dataset.level = level;
    }
    if (this.marked && seq >= this.marked[0] && seq <= this.marked[1]) {
      element.classList.add("marked");
    }
    if (row === this.search.currentRow) {
      element.classList.add("current");
    }
    element.append(this._gutter(seq, this.lines.times[row], level), this._content(row));
    return element;
  }

  _gutter(seq, time, level = null) {
    const gutter = document.createElement("span");
    gutter.className = "log-gutter";
    const link = document.createElement("a");
    link.className = "log-number";
    link.href = `#L${seq}`;
    link.textContent = seq;
    link.setAttribute("aria-label", filled(this.texts.line, { number: seq }) + (level ? `, ${this.texts[level]}` : ""));
    gutter.append(link);
    if (this.times) {
      const when = document.createElement("time");
      when.className = "log-time";
      when.dateTime = time;
      when.textContent = time ? clock.format(new Date(time)) : "";
      gutter.append(when);
    }
    return gutter;
  }

  _content(row) {
    const kind = this.lines.kinds[row];
    if (kind === GROUP) {
      return this._groupHead(row);
    }
    const text = document.createElement("span");
    text.className = kind === GAP ? "log-text log-gap" : "log-text";
    const start = this.lines.styles.get(row) ?? PLAIN;
    const segments =
      this.lines.texts[row] === this.lines.plain[row] && start === PLAIN
        ? [{ text: this.lines.plain[row], style: PLAIN }]
        : parse(this.lines.texts[row], start).segments;
    const ranges = this.search.rangesIn(this.lines.plain[row]);
    let at = 0;
    for (const segment of segments) {
      const pieces = cut(segment.text, at, ranges);
      text.append(...(segment.style === PLAIN ? pieces : [styled(segment.style, pieces)]));
      at += segment.text.length;
    }
    return text;
  }

  _groupHead(row) {
    const folded = this.lines.folded.has(row);
    const title = this.lines.plain[row];
    const button = document.createElement("button");
    button.type = "button";
    button.className = "log-text log-group";
    button.dataset.row = row;
    button.setAttribute("aria-expanded", String(!folded));
    const count = document.createElement("span");
    count.className = "log-group-size";
    count.textContent = counted(this.texts.lines, this.lines.sizes.get(row) ?? 0);
    button.append(...cut(title, 0, this.search.rangesIn(title)), " ", count);
    return button;
  }

  /** Heads of groups in sight say how many lines they have by now: a group may grow long after its head was drawn. */
  _recount() {
    for (const count of this.part("lines").querySelectorAll(".log-group-size")) {
      const told = counted(this.texts.lines, this.lines.sizes.get(Number(count.parentElement.dataset.row)) ?? 0);
      if (count.textContent !== told) {
        count.textContent = told;
      }
    }
  }

  // --- moving about

  _scrolled(byHand, atEnd) {
    if (atEnd && this.newLines) {
      this.newLines = 0;
      this._showCounts();
    }
    if (byHand && !this.ended) {
      this._follow(atEnd, { quietly: true });
    }
  }

  _follow(following, { quietly = false } = {}) {
    this.following = following;
    this._toggle("follow", following);
    if (following && !quietly) {
      this.newLines = 0;
      this._showCounts();
      this.rows.scrollToEnd();
    }
  }

  /** Shows a row: unfolds what hides it, stops following, brings it into sight. */
  goToRow(row, { always = false } = {}) {
    if (!this.lines.passes(row)) {
      this._setLevel(0);
    }
    if (this.lines.reveal(row)) {
      this.rows.rebuild();
    }
    this._follow(false);
    this.rows.scrollToPlace(this.lines.placeOf(row), { always });
  }

  /** The error behind the one in sight, or with `first` the first of all. */
  goToError({ first = false } = {}) {
    const { errors } = this.lines;
    if (!errors.length) {
      return;
    }
    const here = this.marked ? this.lines.rowOf(this.marked[0]) : -1;
    const row = first ? errors[0] : (errors.find((each) => each > here) ?? errors[0]);
    this._mark([this.lines.seqs[row], this.lines.seqs[row]]);
    this.goToRow(row, { always: true });
    this.say(`${filled(this.texts.line, { number: this.lines.seqs[row] })}: ${this.lines.plain[row].slice(0, 200)}`);
  }

  _mark(range) {
    this.marked = range;
    const [first, last] = range;
    history.replaceState(history.state, "", first === last ? `#L${first}` : `#L${first}-L${last}`);
    this.rows.redraw();
  }

  _readHash() {
    const found = /^#L(\d{1,15})(?:-L(\d{1,15}))?$/.exec(location.hash);
    if (found) {
      const ends = [Number(found[1]), Number(found[2] ?? found[1])].sort((one, other) => one - other);
      this.marked = ends;
      this.wanted = ends[0];
      this._follow(false);
      this._goToWanted();
      this.rows.redraw();
    }
  }

  /** Goes to the line that the address names, as soon as it is here. Returns whether it went there now. */
  _goToWanted() {
    if (!this.wanted) {
      return false;
    }
    const row = this.lines.rowOf(this.wanted);
    if (row < 0) {
      if (this.ended) {
        this.say(filled(this.texts.no_line, { number: this.wanted }));
        this.wanted = null;
      }
      return false;
    }
    this.wanted = null;
    this.goToRow(row, { always: true });
    this._showCounts();
    this._showEmpty();
    return true;
  }

  // --- searching

  _showSearch() {
    const { matches, current, isActive } = this.search;
    const text = matches.length
      ? filled(this.texts.matches, { current: number.format(current + 1), count: number.format(matches.length) })
      : this.texts.no_matches;
    this.part("matches").textContent = isActive ? text : "";
    this.part("previous").disabled = this.part("next").disabled = matches.length === 0;
    this.rows.redraw();
    if (this.seeking && this.search.currentRow >= 0) {
      this.seeking = false;
      this._showMatch();
    }
  }

  _startSearch() {
    this.seeking = true; // the match may be found only slices later
    this.search.start(this.part("query").value, this.lines.view[this.rows.firstInSight] ?? 0);
  }

  _step(by) {
    this.search.step(by);
    this._showMatch();
  }

  _showMatch() {
    if (this.search.currentRow >= 0) {
      this.goToRow(this.search.currentRow);
    }
  }

  // --- choices

  _setLevel(level) {
    this.lines.level = level;
    this.part("level").value = String(level);
    const row = this.lines.view[this.rows.firstInSight] ?? 0;
    this.lines.rebuild();
    this.rows.rebuild();
    if (this.search.isActive) {
      this.search.start(this.part("query").value, row);
    }
    if (this.following) {
      this.rows.scrollToEnd();
    } else if (this.lines.view.length) {
      this.rows.scrollToPlace(Math.max(0, this.lines.placeOf(row)), { always: true });
    }
    this._showEmpty();
  }

  _setWrap(wrap) {
    const row = this.lines.view[this.rows.firstInSight] ?? 0;
    remember("log-wrap", wrap);
    this._toggle("wrap", wrap);
    this.rows.setWrap(wrap);
    this._stay(row);
  }

  _setTimes(times) {
    const row = this.lines.view[this.rows.firstInSight] ?? 0;
    this.times = times;
    remember("log-times", times);
    this._toggle("times", times);
    this.viewport.classList.toggle("timed", times);
    this.rows.remeasure();
    this._stay(row);
  }

  _stay(row) {
    if (this.following) {
      this.rows.scrollToEnd();
    } else if (this.lines.view.length) {
      this.viewport.scrollTop = (this.rows.tops[this.lines.placeOf(row)] * this.rows.lineHeight) / this.rows.scale;
    }
  }

  _toggle(name, pressed) {
    this.part(name).setAttribute("aria-pressed", String(pressed));
  }

  async _copy() {
    const chosen = String(getSelection());
    const text = chosen || this.lines.text(...(this.marked ?? []));
    const copied = await navigator.clipboard?.writeText(text).then(() => true, () => false); // none without TLS
    const told = copied ? this.texts.copied : this.texts.uncopied;
    this.say(told);
    const label = this.part("copy-text");
    label.textContent = told;
    clearTimeout(this.telling);
    this.telling = setTimeout(() => (label.textContent = this.texts.copy), TELLING_PAUSE);
  }

  // --- listening

  _listen() {
    const on = (name, event, act) => this.part(name).addEventListener(event, act);
    on("reconnect", "click", () => this.feed.retryNow());
    on("follow", "click", () => this._follow(!this.following));
    on("new", "click", () => this._follow(true));
    on("error", "click", () => this.goToError({ first: true }));
    on("level", "change", (event) => this._setLevel(Number(event.target.value)));
    on("wrap", "click", () => this._setWrap(!this.rows.wrap));
    on("times", "click", () => this._setTimes(!this.times));
    on("copy", "click", () => this._copy());
    on("previous", "click", () => this._step(-1));
    on("search", "submit", (event) => {
      event.preventDefault();
      this._step(1);
    });
    on("query", "input", () => {
      clearTimeout(this._typing);
      this._typing = setTimeout(() => this._startSearch(), TYPING_PAUSE);
    });
    on("query", "keydown", (event) => {
      if (event.key === "Enter" && event.shiftKey) {
        event.preventDefault();
        this._step(-1);
      } else if (event.key === "Escape") {
        event.target.value = "";
        this.search.start("");
        this.viewport.focus();
      }
    });
    on("space", "click", (event) => this._clicked(event));
    on("keys", "change", (event) => remember("log-keys", event.target.checked));
    this.part("keys").checked = remembered("log-keys", true);
    addEventListener("hashchange", () => this._readHash());
    document.addEventListener("keydown", (event) => this._key(event));
  }

  _clicked(event) {
    const group = event.target.closest(".log-group");
    const link = event.target.closest(".log-number");
    if (group) {
      const row = Number(group.dataset.row);
      this.lines.toggleFold(row);
      this.rows.rebuild();
      this.rows.drawNow();
      this.rows.elements.get(this.lines.placeOf(row))?.querySelector(".log-group")?.focus({ preventScroll: true });
    } else if (link) {
      event.preventDefault();
      const seq = Number(link.textContent);
      const ends = event.shiftKey && this.marked ? [this.marked[0], seq] : [seq, seq];
      this._follow(false);
      this._mark(ends.sort((one, other) => one - other));
    }
  }

  _key(event) {
    const writing = event.target.closest("input, textarea, select, [contenteditable], dialog");
    const elsewhere = event.target !== document.body && !this.root.contains(event.target);
    if (writing || elsewhere || event.ctrlKey || event.metaKey || event.altKey || !this.part("keys").checked) {
      return;
    }
    const act = {
      "/": () => this.part("query").select(),
      n: () => this._step(1),
      N: () => this._step(-1),
      e: () => this.goToError(),
      f: () => this._follow(!this.following),
      g: () => (this._follow(false), this.rows.scrollToStart()),
      G: () => (this.ended ? this.rows.scrollToEnd() : this._follow(true)),
      w: () => this._setWrap(!this.rows.wrap),
      t: () => this._setTimes(!this.times),
      "?": () => document.getElementById("log-keys").showModal(),
    }[event.key];
    if (act) {
      event.preventDefault();
      act();
    }
  }
}

/** Text nodes of a piece of text, with marks where the search found something; ranges count from the line's start. */
function cut(text, offset, ranges) {
  const pieces = [];
  let at = 0;
  for (const [from, to] of ranges) {
    const start = Math.max(from - offset, at);
    const end = Math.min(to - offset, text.length);
    if (end <= start) {
      continue;
    }
    pieces.push(text.slice(at, start));
    const mark = document.createElement("mark");
    mark.textContent = text.slice(start, end);
    pieces.push(mark);
    at = end;
  }
  pieces.push(text.slice(at));
  return pieces.filter((piece) => piece !== "");
}

function remembered(name, otherwise) {
  try {
    return JSON.parse(localStorage.getItem(name)) ?? otherwise;
  } catch {
    return otherwise;
  }
}

function remember(name, value) {
  try {
    localStorage.setItem(name, JSON.stringify(value));
  } catch {
    // It holds for this page then.
  }
}

document.querySelectorAll("[data-log]").forEach((root) => {
  root.logViewer = new LogViewer(root);
});
