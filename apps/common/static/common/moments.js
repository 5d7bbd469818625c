// Times in the reader's zone and language. The server has written them too, so that nothing is empty without us.
//
//   <time datetime="2026-02-03T12:00:00Z" data-moment="day|minute|ago">…</time>
//
// The zone is the one the account names (<html data-zone>), else the browser's. Where that of the page is another time
// than the browser's, hours say of which zone they are.

const root = document.documentElement;
export const language = root.lang || "en";
const here = Intl.DateTimeFormat().resolvedOptions().timeZone;
export const zone = root.dataset.zone || here;

const formats = {
  day: new Intl.DateTimeFormat(language, { dateStyle: "medium", timeZone: zone }),
  minute: new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "short", timeZone: zone }),
  exact: new Intl.DateTimeFormat(language, { dateStyle: "full", timeStyle: "long", timeZone: zone }),
};
const offsets = [zone, here].map((timeZone) => new Intl.DateTimeFormat("en", { timeZone, timeZoneName: "shortOffset" }));
const relative = new Intl.RelativeTimeFormat(language, { numeric: "auto" });
const UNITS = [
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
];

/** "3 minutes ago", "in 2 hours", "now"; older than a week it is the date. */
export function ago(moment, now = new Date()) {
  const seconds = (moment - now) / 1000;
  if (Math.abs(seconds) > 7 * 86_400) {
    return formats.day.format(moment);
  }
  const [unit, size] = UNITS.find(([, size]) => Math.abs(seconds) >= size) ?? ["second", 1];
  return unit === "second" ? relative.format(0, "second") : relative.format(Math.round(seconds / size), unit);
}

/** "UTC−3", "UTC": as that zone is at a moment. */
function offset(format, moment) {
  const { value } = format.formatToParts(moment).find((part) => part.type === "timeZoneName");
  return value.replace("GMT", "UTC").replace("-", "−").replace(/\+0$/, "");
}

function minute(moment) {
  const [shown, own] = offsets.map((format) => offset(format, moment));
  return formats.minute.format(moment) + (shown === own ? "" : ` ${shown}`);
}

/** "< 1 s", "42 s", "3 min 07 s", "1 h 02 min", "2 d 3 h": the same as the server writes. */
export function duration(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  const two = (number) => String(number).padStart(2, "0");
  if (whole < 1) {
    return "< 1 s";
  }
  if (whole < 60) {
    return `${whole} s`;
  }
  if (whole < 3_600) {
    return `${Math.floor(whole / 60)} min ${two(whole % 60)} s`;
  }
  if (whole < 86_400) {
    return `${Math.floor(whole / 3_600)} h ${two(Math.floor((whole % 3_600) / 60))} min`;
  }
  return `${Math.floor(whole / 86_400)} d ${Math.floor((whole % 86_400) / 3_600)} h`;
}

export function showMoment(element) {
  const moment = new Date(element.dateTime);
  if (Number.isNaN(moment.getTime())) {
    return;
  }
  const kind = element.dataset.moment;
  element.textContent = kind === "ago" ? ago(moment) : kind === "day" ? formats.day.format(moment) : minute(moment);
  element.title = formats.exact.format(moment);
}

export function showMoments(within = document) {
  within.querySelectorAll("time[data-moment]").forEach(showMoment);
}
