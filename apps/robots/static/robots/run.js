// A run's page around its log: state, time, progress, place in the queue, and what it left, as they change.
// The element with data-run (see `run_attributes`) holds the parts; a log viewer inside it brings the news.

import { duration, language, showMoment } from "../common/moments.js";
import { filled } from "./log/viewer.js";

const AGAIN_SECONDS = 5;
const SIZES = ["KB", "MB", "GB", "TB", "PB"];
const tenths = new Intl.NumberFormat(language, {
  minimumFractionDigits: 1,
  maximumFractionDigits: 1,
  roundingMode: "halfEven",
  useGrouping: false,
});
const FINISHED = ["SUCCESS", "FAILED", "CANCELED", "LOST"];

class RunPage {
  constructor(root) {
    this.root = root;
    this.texts = JSON.parse(document.getElementById("log-texts").textContent);
    this.part = (name) => root.querySelector(`[data-run-${name}]`); // each may be missing
    this.state = root.dataset.state;
    this.started = moment(root.dataset.started);
    this.finished = moment(root.dataset.finished);
    this.skew = Date.now() - new Date(root.dataset.now).getTime();
    this.title = document.title;
    this.asked = 0;
    root.addEventListener("log:status", ({ detail }) => this.news(detail));
    root.addEventListener("log:end", ({ detail }) => this.news(detail));
    this.tick();
    this.showTitle();
  }

  news({ type, status, progress, queue }) {
    if (progress) {
      this.showProgress(progress);
    }
    if (type === "status") {
      this.showQueue(status === "PENDING" ? (queue ?? {}) : null);
    }
    if (status !== this.state) {
      const before = this.state;
      this.state = status;
      this.showState(before);
      this.refresh();
    } else if (type === "end") {
      this.refresh();
    }
  }

  /** Writes a text where the page has a place for it. */
  write(name, text) {
    const part = this.part(name);
    if (part) {
      (part.querySelector("span") ?? part).textContent = text;
    }
  }

  show(name, shown) {
    const part = this.part(name);
    if (part) {
      part.hidden = !shown;
    }
  }

  get isFinished() {
    return FINISHED.includes(this.state);
  }

  showState(before) {
    this.root.dataset.state = this.state;
    this.write("state", this.texts.states[this.state]);
    this.part("state")?.setAttribute("data-state", this.state);
    this.root.querySelectorAll("[data-run-while]").forEach((element) => {
      element.hidden = !element.dataset.runWhile.split(" ").includes(this.state);
    });
    if (this.isFinished) {
      this.show("queue", false);
      document.getElementById("cancel-dialog")?.close();
    } else if (before === "PENDING" && this.state === "RUNNING") {
      this.root.querySelector("[data-log]")?.logViewer?.say(this.texts.started);
    }
    this.showTitle();
  }

  showTitle() {
    document.title = `${this.texts.states[this.state]} · ${this.title}`;
  }

  showQueue(queue) {
    this.show("queue", queue !== null);
    if (queue === null) {
      return;
    }
    const { next, place, eta } = this.texts.queue;
    const words = [queue.position > 1 ? filled(place, queue) : next];
    if (queue.eta_seconds !== null && queue.eta_seconds !== undefined) {
      words.push(filled(eta, { time: duration(queue.eta_seconds) }));
    }
    this.write("queue", words.join(" "));
  }

  showProgress({ done, total, message }) {
    if (done === null || done === undefined) {
      return;
    }
    this.show("progress", true);
    const bar = this.part("progress")?.querySelector("progress");
    if (bar && total) {
      bar.max = total;
      bar.value = Math.min(done, total);
    } else {
      bar?.removeAttribute("value");
    }
    const number = new Intl.NumberFormat(language);
    this.write("progress-count", total ? `${number.format(done)} / ${number.format(total)}` : number.format(done));
    this.write("progress-message", message ?? "");
  }

  tick() {
    if (this.started) {
      const end = this.finished ?? new Date(Date.now() - this.skew);
      this.write("duration", duration((end - this.started) / 1000));
    }
    if (!this.isFinished) {
      setTimeout(() => this.tick(), 1000);
    }
  }

  /** What frames do not tell: when it started and ended, what went wrong, what it left. */
  async refresh() {
    this.asked += 1;
    const ask = this.asked;
    const answer = await fetch(this.root.dataset.detail, { headers: { Accept: "application/json" } }).catch(() => null);
    if (answer === null || answer.status >= 500) {
      setTimeout(() => ask === this.asked && this.refresh(), AGAIN_SECONDS * 1000);
    }
    if (ask !== this.asked || !answer?.ok) {
      return; // what was asked later is newer
    }
    const run = await answer.json();
    this.started = moment(run.started_at);
    this.finished = moment(run.finished_at);
    this.showTime("started", run.started_at);
    this.showTime("finished", run.finished_at);
    this.write("attempt", `${run.attempt} / ${run.max_attempts}`);
    this.write("exit", run.exit_code ?? "—");
    this.show("error", Boolean(run.error_message));
    this.write("error", this.problem(run.error_message ?? ""));
    this.showArtifacts(run.artifacts);
    if (this.finished && this.started) {
      this.write("duration", duration((this.finished - this.started) / 1000));
    }
    if (this.isFinished) {
      const said = filled(this.texts.ended, { state: this.texts.states[this.state] });
      this.root.querySelector("[data-log]")?.logViewer?.say(said);
    }
  }

  /** What went wrong, as `problem_text` says it. */
  problem(message) {
    for (const [start, text] of Object.entries(this.texts.problems)) {
      const number = message.slice(start.length);
      if (message.startsWith(start) && /^\d*$/.test(number)) {
        return filled(text, { number });
      }
    }
    return message;
  }

  showTime(name, iso) {
    if (iso && this.part(name)) {
      const time = document.createElement("time");
      time.dateTime = iso;
      time.dataset.moment = "minute";
      showMoment(time);
      this.part(name).replaceChildren(time);
    }
  }

  showArtifacts(artifacts) {
    const template = this.part("artifact");
    const page = this.root.dataset.artifactPage;
    if (!page || !template) {
      return;
    }
    const pictures = this.part("artifacts").dataset.pictures?.split(" ") ?? [];
    const items = artifacts.map((artifact) => {
      const item = template.content.cloneNode(true);
      const find = (name) => item.querySelector(`[data-artifact="${name}"]`);
      find("page").textContent = artifact.name;
      find("page").href = `${page}${artifact.id}/`;
      find("size").textContent = bytes(artifact.size);
      find("download").href = artifact.download_url;
      find("download").setAttribute("aria-label", find("download").dataset.label.replace("%s", artifact.name));
      if (pictures.includes(artifact.content_type)) {
        find("picture").src = artifact.download_url;
      } else {
        find("picture")?.remove();
      }
      return item;
    });
    this.part("artifacts").replaceChildren(...items);
    this.show("no-artifacts", items.length === 0);
  }
}

function moment(iso) {
  return iso ? new Date(iso) : null;
}

/** "1 byte", "512 bytes", "1.5 KB": the same as the server writes. */
export function bytes(size) {
  const step = Math.min(SIZES.length, Math.floor(Math.log2(Math.max(size, 1)) / 10));
  if (step === 0) {
    return `${size}\u00a0${new Intl.PluralRules(language).select(size) === "one" ? "byte" : "bytes"}`;
  }
  return `${tenths.format(size / 1024 ** step)}\u00a0${SIZES[step - 1]}`;
}

document.querySelectorAll(".run[data-run]").forEach((root) => {
  root.runPage = new RunPage(root);
});
