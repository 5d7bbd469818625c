// The list as it is drawn: only the rows in sight are elements, however many lines there are.
//
// A row is as high as its text needs: one line of text, or several when lines wrap. How many is reckoned from its length
// and corrected once it has been drawn (wide characters, tabs). Beyond what browsers can scroll, scrolling is scaled.

import { atOrBefore } from "./lines.js";

const BEYOND_SIGHT = 8;
const TALLEST = 15_000_000; // pixels; browsers end between 17 and 33 million

export class Rows {
  /** `draw(place)` returns a new element for the row at a place of the view. */
  constructor({ viewport, space, length, widthOf, draw, onScroll }) {
    Object.assign(this, { viewport, space, length, widthOf, draw, onScroll });
    this.wrap = false;
    this.columns = 80;
    this.lineHeight = 20;
    this.tops = [0]; // lines of text above each place, and in all
    this.measured = new Map();
    this.elements = new Map(); // place → element
    this._drawing = 0;
    this._expectedTop = 0;
    viewport.addEventListener("scroll", () => this._scrolled(), { passive: true });
    new ResizeObserver(() => this.remeasure()).observe(viewport);
  }

  /** Takes the font's measures anew: after a change of width, font or wrapping. */
  remeasure() {
    const probe = document.createElement("div");
    probe.className = "log-row";
    const text = document.createElement("span");
    text.className = "log-text";
    text.textContent = "0".repeat(100);
    probe.append(this.gutter(), text);
    this.space.append(probe);
    const row = probe.getBoundingClientRect();
    const range = document.createRange();
    range.selectNodeContents(text);
    const first = range.getClientRects()[0];
    const letters = document.createElement("span");
    letters.textContent = "0".repeat(10);
    text.replaceChildren(letters);
    const letter = letters.getBoundingClientRect().width / 10;
    this.lineHeight = parseFloat(getComputedStyle(text).lineHeight) || row.height || 20;
    const room = text.getBoundingClientRect().width;
    this.columns = letter && first ? Math.max(1, Math.floor(room / letter)) : 80;
    probe.remove();
    this.rebuild();
  }

  /** What stands before a text, for measuring. The viewer replaces it. */
  gutter() {
    return document.createElement("span");
  }

  setWrap(wrap) {
    this.wrap = wrap;
    this.viewport.classList.toggle("wrapped", wrap);
    this.remeasure();
  }

  /** The view has other rows than before. */
  rebuild() {
    this.tops = [0];
    this.measured.clear();
    this._forget();
    this.grow();
  }

  /** The view has more rows at its end. */
  grow() {
    const length = this.length();
    for (let place = this.tops.length - 1; place < length; place += 1) {
      this.tops.push(this.tops[place] + this._height(place));
    }
    this.tops.length = length + 1;
    this._resize();
    this.drawSoon();
  }

  redraw() {
    this._forget();
    this.drawSoon();
  }

  _height(place) {
    if (!this.wrap) {
      return 1;
    }
    return this.measured.get(place) ?? Math.max(1, Math.ceil(this.widthOf(place) / this.columns));
  }

  _resize() {
    const wanted = this.tops[this.tops.length - 1] * this.lineHeight;
    const height = Math.min(wanted, TALLEST);
    const seen = this.viewport.clientHeight;
    this.scale = wanted > TALLEST ? (wanted - seen) / (height - seen) : 1;
    this.space.style.height = `${height}px`;
  }

  _scrolled() {
    const byHand = Math.abs(this.viewport.scrollTop - this._expectedTop) > 2;
    this._expectedTop = this.viewport.scrollTop;
    this.drawSoon();
    this.onScroll(byHand, this.atEnd);
  }

  get atEnd() {
    const { scrollTop, clientHeight, scrollHeight } = this.viewport;
    return scrollTop + clientHeight >= scrollHeight - this.lineHeight;
  }

  scrollToEnd() {
    this._scrollTo(this.viewport.scrollHeight);
  }

  scrollToStart() {
    this._scrollTo(0);
  }

  /** Brings a place into the middle of sight, unless it is in sight already. */
  scrollToPlace(place, { always = false } = {}) {
    const top = this.tops[place] * this.lineHeight;
    const bottom = this.tops[place + 1] * this.lineHeight;
    const from = this.viewport.scrollTop * this.scale;
    const seen = this.viewport.clientHeight;
    if (always || top < from + this.lineHeight || bottom > from + seen - this.lineHeight) {
      this._scrollTo(Math.max(0, top - seen / 2 + this.lineHeight) / this.scale);
    }
    this.drawSoon();
  }

  _scrollTo(top) {
    this.viewport.scrollTop = top;
    this._expectedTop = this.viewport.scrollTop;
    this.drawSoon();
  }

  /** The place at the upper edge. */
  get firstInSight() {
    return Math.max(0, atOrBefore(this.tops, (this.viewport.scrollTop * this.scale) / this.lineHeight));
  }

  drawSoon() {
    if (!this._drawing) {
      this._drawing = requestAnimationFrame(() => this.drawNow());
    }
  }

  drawNow() {
    cancelAnimationFrame(this._drawing);
    this._drawing = 0;
    const offset = this.viewport.scrollTop * this.scale;
    const end = (offset + this.viewport.clientHeight) / this.lineHeight;
    const last = Math.min(this.length() - 1, atOrBefore(this.tops, end) + BEYOND_SIGHT);
    const first = Math.max(0, this.firstInSight - BEYOND_SIGHT);
    this._drop((place) => place < first || place > last);
    for (let place = first; place <= last; place += 1) {
      let element = this.elements.get(place);
      if (!element) {
        element = this.draw(place);
        this.elements.set(place, element);
        this.space.append(element);
      }
      const top = this.viewport.scrollTop + this.tops[place] * this.lineHeight - offset;
      element.style.transform = `translateY(${this.scale === 1 ? this.tops[place] * this.lineHeight : top}px)`;
    }
    if (this.wrap) {
      this._correct(first, last);
    }
  }

  /** What turned out higher or lower than reckoned moves all that comes after it; what is in sight stays in place. */
  _correct(first, last) {
    const stuck = this.atEnd;
    const inSight = this.firstInSight;
    let wrong = -1;
    let above = 0;
    for (let place = last; place >= first; place -= 1) {
      const lines = Math.max(1, Math.round(this.elements.get(place).offsetHeight / this.lineHeight));
      const reckoned = this.tops[place + 1] - this.tops[place];
      if (lines !== reckoned) {
        this.measured.set(place, lines);
        above += place < inSight ? lines - reckoned : 0;
        wrong = place;
      }
    }
    if (wrong >= 0) {
      this.tops.length = wrong + 1;
      this.grow();
      if (stuck) {
        this.scrollToEnd();
      } else if (above) {
        this._scrollTo(this.viewport.scrollTop + (above * this.lineHeight) / this.scale);
      }
    }
  }

  _forget() {
    this._drop(() => true);
  }

  _drop(isOut) {
    for (const [place, element] of this.elements) {
      if (isOut(place)) {
        if (element.contains(document.activeElement)) {
          this.viewport.focus({ preventScroll: true }); // or the focus would be lost with the row
        }
        element.remove();
        this.elements.delete(place);
      }
    }
  }
}
