// All lines of a log, in columns: a hundred thousand of them are a few arrays. Which of them are shown is an array too.

import { isPlain, parse, PLAIN } from "./ansi.js";

export const LINE = 0;
export const GROUP = 1;
export const GROUP_END = 2;
export const GAP = 3;
const LEVELS = { DEBUG: 0, INFO: 0, WARNING: 1, ERROR: 2 };
const DEEPEST = 8;
const GROUP_MARK = "::group::";
const GROUP_END_MARK = "::endgroup::";

export class Lines {
  constructor() {
    this.seqs = [];
    this.kinds = [];
    this.levels = [];
    this.times = [];
    this.texts = []; // as printed
    this.plain = []; // as read; the same string where nothing is coloured
    this.parents = []; // row of the group a row lies in, or -1
    this.sizes = new Map(); // row of a group → lines in it
    this.folded = new Set();
    this.styles = new Map(); // row → the style it begins with, where an earlier line left one
    this.view = []; // rows that are shown, in order
    this.errors = []; // rows of errors, in order
    this.lastSeq = 0;
    this.level = 0;
    this._groups = [];
    this._carried = new Map(); // stream → style its last line left
  }

  get count() {
    return this.seqs.length;
  }

  /** Takes lines as they come over the wire; what is here already is passed over. Returns how many were new. */
  append(lines) {
    let added = 0;
    for (const line of lines) {
      if (line.seq <= this.lastSeq) {
        continue;
      }
      this.lastSeq = line.seq;
      this._appendLine(line);
      added += 1;
    }
    return added;
  }

  appendGap(from, to, text) {
    if (to <= this.lastSeq) {
      return;
    }
    this.lastSeq = to;
    this._push(from, GAP, 1, "", text, text);
  }

  _appendLine({ seq, timestamp, level, stream, message }) {
    if (message.startsWith(GROUP_MARK)) {
      const title = message.slice(GROUP_MARK.length).replace(/::\s*$/, "").trim() || "…";
      const row = this._push(seq, GROUP, 0, timestamp, title, title);
      this.sizes.set(row, 0);
      this._groups.push(this._groups.length < DEEPEST ? row : this._groups.at(-1)); // each end closes its own
      return;
    }
    if (message.startsWith(GROUP_END_MARK)) {
      this._groups.pop();
      this._push(seq, GROUP_END, 0, timestamp, "", "");
      return;
    }
    const start = this._carried.get(stream) ?? PLAIN;
    let plain = message;
    if (!isPlain(message) || start !== PLAIN) {
      const { segments, end } = parse(message, start);
      plain = segments.map((segment) => segment.text).join("");
      this._carried.set(stream, end);
      if (start !== PLAIN) {
        this.styles.set(this.count, start);
      }
    }
    const row = this._push(seq, LINE, LEVELS[level] ?? 0, timestamp, message, plain);
    if (this.levels[row] === 2) {
      this.errors.push(row);
    }
  }

  _push(seq, kind, level, time, text, plain) {
    const row = this.count;
    const parent = this._groups.length ? this._groups[this._groups.length - 1] : -1;
    this.seqs.push(seq);
    this.kinds.push(kind);
    this.levels.push(level);
    this.times.push(time);
    this.texts.push(text);
    this.plain.push(plain);
    this.parents.push(parent);
    if (kind === LINE) {
      for (let group = parent; group >= 0; group = this.parents[group]) {
        this.sizes.set(group, this.sizes.get(group) + 1);
      }
    }
    if (this.isShown(row)) {
      this.view.push(row);
    }
    return row;
  }

  /** Whether the level filter lets a row pass; marks of groups and gaps pass only while nothing is filtered. */
  passes(row) {
    const kind = this.kinds[row];
    if (kind === GROUP_END) {
      return false;
    }
    return this.level === 0 || (kind === LINE ? this.levels[row] >= this.level : kind === GAP);
  }

  isShown(row) {
    return this.passes(row) && (this.level > 0 || !this._isFolded(row));
  }

  _isFolded(row) {
    if (this.folded.size === 0) {
      return false;
    }
    for (let group = this.parents[row]; group >= 0; group = this.parents[group]) {
      if (this.folded.has(group)) {
        return true;
      }
    }
    return false;
  }

  rebuild() {
    this.view = [];
    for (let row = 0; row < this.count; row += 1) {
      if (this.isShown(row)) {
        this.view.push(row);
      }
    }
  }

  toggleFold(row) {
    if (!this.folded.delete(row)) {
      this.folded.add(row);
    }
    this.rebuild();
  }

  /** Unfolds whatever hides a row. Returns whether anything was folded. */
  reveal(row) {
    let changed = false;
    for (let group = this.parents[row]; group >= 0; group = this.parents[group]) {
      changed = this.folded.delete(group) || changed;
    }
    if (changed) {
      this.rebuild();
    }
    return changed;
  }

  /** The row of a line's number; -1 where there is none (yet). */
  rowOf(seq) {
    const row = atOrBefore(this.seqs, seq);
    return row >= 0 && (this.seqs[row] === seq || this.kinds[row] === GAP) ? row : -1;
  }

  /** The place of a row among those shown, or of the nearest shown one before it; -1 where there is none. */
  placeOf(row) {
    return atOrBefore(this.view, row);
  }

  /** Lines `first` to `last` (numbers) as text, without colours. */
  text(first = 1, last = Infinity) {
    const parts = [];
    for (let row = 0; row < this.count; row += 1) {
      if (this.seqs[row] >= first && this.seqs[row] <= last && this.kinds[row] !== GROUP_END) {
        parts.push(this.plain[row]);
      }
    }
    return parts.join("\n");
  }
}

/** Index of the last entry of an ascending list that is not above a value; -1 where all are. */
export function atOrBefore(list, value) {
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (list[middle] <= value) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low - 1;
}
