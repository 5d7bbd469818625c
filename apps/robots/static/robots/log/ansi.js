// Colours of terminals (SGR: 16, 256 and true colours), as segments of text. Other escape sequences are left out, and
// other control characters are shown as their pictures: what a robot prints can look like anything but do nothing.

/** @typedef {{fg: ?(number|string), bg: ?(number|string), bold: boolean, dim: boolean, italic: boolean,
 *   underline: boolean, strike: boolean, inverse: boolean}} Style */

// CSI … final byte · OSC … BEL or ST · other two-byte escapes · control characters (tab aside)
const SPECIAL =
  // eslint-disable-next-line no-control-regex
  /\x1b\[([0-?]*)[ -/]*([@-~])|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[@-Z\\^_]|[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029]/g;
const NEEDS_CARE = /[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029]/;

export const PLAIN = Object.freeze({
  fg: null,
  bg: null,
  bold: false,
  dim: false,
  italic: false,
  underline: false,
  strike: false,
  inverse: false,
});

/** Whether a text is anything but plain characters. */
export function isPlain(text) {
  return !NEEDS_CARE.test(text);
}

/** Cuts a text into segments of one style each: `{segments: [{text, style}], end}`, `end` being the style afterwards. */
export function parse(text, start = PLAIN) {
  const segments = [];
  let style = start;
  let from = 0;
  const add = (part) => {
    const last = segments[segments.length - 1];
    if (last && last.style === style) {
      last.text += part;
    } else if (part) {
      segments.push({ text: part, style });
    }
  };
  for (const found of text.matchAll(SPECIAL)) {
    add(text.slice(from, found.index));
    from = found.index + found[0].length;
    if (found[2] === "m") {
      style = applied(style, found[1]);
    } else if (found[0].length === 1) {
      add(picture(found[0].charCodeAt(0)));
    }
  }
  add(text.slice(from));
  return { segments, end: style };
}

/** The text as people read it, without colours. */
export function plainText(text) {
  return isPlain(text) ? text : parse(text).segments.map((segment) => segment.text).join("");
}

function picture(code) {
  if (code < 0x20) {
    return String.fromCharCode(0x2400 + code);
  }
  return code === 0x7f ? "\u2421" : "\ufffd";
}

function applied(style, parameters) {
  if (!/^[0-9;:]*$/.test(parameters)) {
    return style;
  }
  const codes = parameters.split(/[;:]/).map(Number);
  let next = { ...style };
  for (let at = 0; at < codes.length; at += 1) {
    const code = codes[at];
    if (code === 38 || code === 48) {
      const [color, used] = extended(codes, at + 1);
      next[code === 38 ? "fg" : "bg"] = color;
      at += used;
    } else {
      next = simple(next, code);
    }
  }
  return same(next, PLAIN) ? PLAIN : next;
}

function simple(style, code) {
  if (code === 0) {
    return { ...PLAIN };
  }
  const switched = {
    1: { bold: true },
    2: { dim: true },
    3: { italic: true },
    4: { underline: true },
    7: { inverse: true },
    9: { strike: true },
    21: { bold: false },
    22: { bold: false, dim: false },
    23: { italic: false },
    24: { underline: false },
    27: { inverse: false },
    29: { strike: false },
    39: { fg: null },
    49: { bg: null },
  }[code];
  if (switched) {
    return { ...style, ...switched };
  }
  if (code >= 30 && code <= 37) {
    return { ...style, fg: code - 30 };
  }
  if (code >= 40 && code <= 47) {
    return { ...style, bg: code - 40 };
  }
  if (code >= 90 && code <= 97) {
    return { ...style, fg: code - 82 };
  }
  return code >= 100 && code <= 107 ? { ...style, bg: code - 92 } : style;
}

/** `5;n` or `2;r;g;b`: the colour, and how many codes it took. */
function extended(codes, at) {
  const byte = (number) => Math.min(255, Math.max(0, number || 0));
  if (codes[at] === 5) {
    const index = byte(codes[at + 1]);
    return [index < 16 ? index : cube(index), 2];
  }
  if (codes[at] === 2) {
    return [rgb(byte(codes[at + 1]), byte(codes[at + 2]), byte(codes[at + 3])), 4];
  }
  return [null, 1];
}

function cube(index) {
  if (index >= 232) {
    const grey = 8 + (index - 232) * 10;
    return rgb(grey, grey, grey);
  }
  const level = (number) => (number ? 55 + number * 40 : 0);
  const rest = index - 16;
  return rgb(level(Math.floor(rest / 36)), level(Math.floor(rest / 6) % 6), level(rest % 6));
}

function rgb(red, green, blue) {
  return `rgb(${red} ${green} ${blue})`;
}

function same(one, other) {
  return Object.keys(PLAIN).every((name) => one[name] === other[name]);
}

/** A span in a style. Names of classes for the 16 colours, which follow the theme; values for all others. */
export function styled(style, children) {
  const span = document.createElement("span");
  const [fg, bg] = style.inverse ? [style.bg ?? "bg", style.fg ?? "fg"] : [style.fg, style.bg];
  paint(span, "fg", "color", fg);
  paint(span, "bg", "backgroundColor", bg);
  for (const name of ["bold", "dim", "italic", "underline", "strike"]) {
    if (style[name]) {
      span.classList.add(`ansi-${name}`);
    }
  }
  span.append(...children);
  return span;
}

function paint(span, kind, property, color) {
  if (typeof color === "number") {
    span.classList.add(`ansi-${kind}-${color}`);
  } else if (color === "fg" || color === "bg") {
    span.classList.add(`ansi-${kind}-as-${color}`);
  } else if (color) {
    span.style[property] = color;
  }
}
