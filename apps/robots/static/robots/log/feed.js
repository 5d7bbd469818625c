// The connection of a log: a WebSocket, or Server-Sent Events where sockets do not get through. It goes on after the
// last line that came, whatever happens in between, and says how it is.

const PING_SECONDS = 20;
const ANSWER_SECONDS = 10;
const LONGEST_WAIT = 10;
const SOCKETS_TRIED = 2; // that never opened, before events are tried instead
const FINAL = { 4401: "signed_out", 4403: "forbidden", 4404: "gone" };
const TOO_SLOW = 4408;
const CLOSED_AFTER_END = 1000;

export class Feed {
  /** `after()` is the number of the last line that is here; `onFrame` gets each frame, `onState` each change. */
  constructor({ socket, stream, after, onFrame, onState }) {
    Object.assign(this, { socket, stream, after, onFrame, onState });
    this.state = "connecting";
    this._failures = 0;
    this._neverOpened = 0;
    this._ended = false;
    this._connection = null;
    this._timers = new Set();
    addEventListener("online", () => this.retryNow());
    addEventListener("offline", () => this.state === "live" || this._tell("offline"));
    document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && this.retryNow());
    addEventListener("pagehide", () => this._drop());
    addEventListener("pageshow", (event) => event.persisted && this.retryNow());
  }

  connect() {
    this._drop();
    if (this._ended) {
      return;
    }
    this._tell("connecting");
    if (this._neverOpened >= SOCKETS_TRIED && this.stream) {
      this._openStream();
    } else {
      this._openSocket();
    }
  }

  /** Tries at once where it would have waited. */
  retryNow() {
    if (!this._ended && (this._connection === null || ["waiting", "offline"].includes(this.state))) {
      this.connect();
    }
  }

  _openSocket() {
    const address = new URL(this.socket, location.href);
    address.protocol = address.protocol === "https:" ? "wss:" : "ws:";
    address.searchParams.set("after", this.after());
    let socket;
    try {
      socket = new WebSocket(address);
    } catch {
      this._neverOpened += 1; // a browser that may not
      this._closed(0);
      return;
    }
    let opened = false;
    this._connection = socket;
    socket.addEventListener("open", () => {
      opened = true;
      this._neverOpened = 0;
      this._watch(socket);
    });
    socket.addEventListener("message", (event) => {
      if (this._connection === socket) {
        this._heard(JSON.parse(event.data), "live");
      }
    });
    socket.addEventListener("close", ({ code }) => {
      if (this._connection !== socket) {
        return;
      }
      this._neverOpened += opened ? 0 : 1;
      this._closed(code);
    });
  }

  /** Asks now and then whether the other side is there: a dead connection closes by itself only after minutes. */
  _watch(socket) {
    const ask = () => {
      if (this._connection !== socket || socket.readyState !== WebSocket.OPEN) {
        return;
      }
      const heardBefore = this._heardAt;
      socket.send('{"type":"ping"}');
      this._later(ANSWER_SECONDS, () => {
        if (this._connection === socket && this._heardAt === heardBefore) {
          this._closed(0);
        }
      });
      this._later(PING_SECONDS, ask);
    };
    this._later(PING_SECONDS, ask);
  }

  _openStream() {
    const address = new URL(this.stream, location.href);
    address.searchParams.set("after", this.after());
    const stream = new EventSource(address);
    this._connection = stream;
    stream.addEventListener("message", (event) => {
      if (this._connection === stream) {
        this._heard(JSON.parse(event.data), "stream");
      }
    });
    stream.addEventListener("open", () => {
      if (this._connection === stream) {
        this._connected("stream");
      }
    });
    stream.addEventListener("error", () => {
      if (this._connection === stream) {
        this._neverOpened = 0; // sockets get their chance again
        this._closed(0);
      }
    });
  }

  _heard(frame, kind) {
    this._heardAt = performance.now();
    this._connected(kind);
    if (frame.type === "end") {
      this._ended = true;
      this.onFrame(frame);
      this._drop();
      this._tell("over");
    } else if (frame.type !== "pong") {
      this.onFrame(frame);
    }
  }

  _connected(kind) {
    if (this.state !== kind) {
      this._failures = 0;
      this._tell(kind);
    }
  }

  _closed(code) {
    this._drop();
    if (code === CLOSED_AFTER_END && this._ended) {
      return;
    }
    if (FINAL[code]) {
      this._ended = true;
      this._tell(FINAL[code]);
      return;
    }
    if (code === TOO_SLOW) {
      this.connect();
      return;
    }
    if (!navigator.onLine) {
      this._tell("offline");
      return;
    }
    const seconds = Math.min(LONGEST_WAIT, 2 ** this._failures * 0.5) * (0.75 + Math.random() / 2);
    this._failures += 1;
    this._tell("waiting", Math.max(1, Math.round(seconds)));
    this._later(seconds, () => this.connect());
  }

  _tell(state, seconds = 0) {
    this.state = state;
    this.onState(state, seconds);
  }

  _later(seconds, act) {
    const timer = setTimeout(() => {
      this._timers.delete(timer);
      act();
    }, seconds * 1000);
    this._timers.add(timer);
  }

  _drop() {
    const connection = this._connection;
    this._connection = null;
    this._timers.forEach(clearTimeout);
    this._timers.clear();
    connection?.close();
  }
}
