// Searching all lines, a slice at a time, so that typing stays smooth whatever the size of the log.

import { atOrBefore } from "./lines.js";

const SLICE = 20_000;

export class Search {
  constructor(lines, onChange) {
    this.lines = lines;
    this.onChange = onChange;
    this.pattern = null;
    this.matches = []; // rows, ascending
    this.current = -1; // index into them
    this._next = 0;
    this._timer = 0;
  }

  get isActive() {
    return this.pattern !== null;
  }

  get currentRow() {
    return this.current >= 0 ? this.matches[this.current] : -1;
  }

  /** Begins anew; the first match at or behind `from` becomes the current one. */
  start(text, from = 0) {
    clearTimeout(this._timer);
    this.pattern = text ? new RegExp(text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"), "gi") : null;
    this.matches = [];
    this.current = -1;
    this._from = from;
    this._next = 0;
    this.advance();
  }

  /** Looks at rows that have not been looked at: the rest of the log, or what has come since. */
  advance() {
    clearTimeout(this._timer);
    if (this.pattern) {
      const end = Math.min(this._next + SLICE, this.lines.count);
      for (; this._next < end; this._next += 1) {
        if (this._fits(this._next)) {
          this.matches.push(this._next);
        }
      }
      if (this._next < this.lines.count) {
        this._timer = setTimeout(() => this.advance(), 0);
      }
      if (this.current < 0 && this.matches.length) {
        this._choose();
      }
    }
    this.onChange();
  }

  /** The first match at or behind where the reader is; the first of all once everything has been looked at. */
  _choose() {
    const index = atOrBefore(this.matches, this._from - 1) + 1;
    if (index < this.matches.length) {
      this.current = index;
    } else if (this._next >= this.lines.count) {
      this.current = 0;
    }
  }

  _fits(row) {
    this.pattern.lastIndex = 0;
    return this.lines.passes(row) && this.pattern.test(this.lines.plain[row]);
  }

  step(by) {
    if (this.matches.length) {
      this.current = (this.current + by + this.matches.length) % this.matches.length;
      this.onChange();
    }
  }

  /** Where the pattern stands in a text: `[[from, to], …]`. */
  rangesIn(text) {
    if (!this.pattern) {
      return [];
    }
    this.pattern.lastIndex = 0;
    return [...text.matchAll(this.pattern)].map((found) => [found.index, found.index + found[0].length]);
  }
}
