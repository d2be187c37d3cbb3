// <replica-scope>: ReplicaScope inside another page. One file without dependencies, as a module or as a classic script, from any origin.
//
//   <script type="module" src="https://example.org/replicascope/embed.js"></script>
//   <replica-scope scenario="vanished-write"><a href="https://example.org/replicascope/">Open ReplicaScope</a></replica-scope>
//
// The element holds one frame with the page, whose address is made of its attributes, as high as the page says. Methods are messages to
// the page, events are messages of it; embed.d.ts has their types, docs/embedding.md the rest.
"use strict";
(() => {
  const NAME = "replica-scope";
  if (customElements.get(NAME)) return;

  /** The version of the messages. */
  const VERSION = 1;
  /** The height before the page says its own, in pixels: what a stage with its controls takes. */
  const HEIGHT = 480;

  /** The page lies beside this script. A module is not told its own address in a way that a classic script could be written with. */
  const SCRIPT = document.currentScript?.src ?? /https?:\/\/[^\s()]+?(?=:\d+:\d+)/.exec(new Error().stack)?.[0];

  /** Attributes that stand in the page's address as they are. */
  const VALUES = ["controls", "locked", "theme"];
  const FLAGS = ["paused", "events"];
  /** Attributes whose change is a command; that of any other but the label makes the frame anew. */
  const COMMANDS = {
    theme: (element, theme) => element.setTheme(theme ?? "auto"),
    paused: (element, paused) => (paused === null ? element.play() : element.pause()),
    scenario: (element, id) => id && element.setScenario(id),
    link: (element, link) => link && element.setScenario(fragmentOf(link)),
    lesson: (element, id) => id && element.openLesson(id),
  };

  /** The stylesheet of the element's inside: no inline style, which the page around may forbid. */
  const SHEET = new CSSStyleSheet();
  SHEET.replaceSync(`
    :host { display: block; min-width: 320px }
    :host([hidden]) { display: none }
    iframe { display: block; width: 100%; border: 0 }
    p { margin: 0; padding: 16px; border: 1px solid; font: 14px/1.5 system-ui, sans-serif }
  `);

  /** What stands after # in a link, or the fragment itself. */
  const fragmentOf = (link) => link.slice(link.indexOf("#") + 1);

  /** Why a command was not done. */
  class Refused extends Error {
    constructor({ field, value, reason }) {
      super(`${field}: ${reason}`);
      this.name = "Refused";
      Object.assign(this, { field, value, reason });
    }
  }

  class ReplicaScope extends HTMLElement {
    static observedAttributes = ["page", "scenario", "link", "lesson", "height", "origins", "label", "sandbox", "loading", ...VALUES, ...FLAGS];

    #root = this.attachShadow({ mode: "open" });
    #frame = null;
    /** Where the messages of the frame come from. */
    #from = "";
    #state = null;
    #isReady = false;
    /** Commands that wait: for the page to be ready, or for their answer. */
    #unsent = [];
    #unanswered = new Map();
    #lastId = 0;
    /** Attributes that have changed just now. */
    #changed = new Set();
    #hear = (event) => this.#received(event);
    #begin = () => this.#make();

    constructor() {
      super();
      this.#root.adoptedStyleSheets = [SHEET];
    }

    /** How the run stood last; null before the page has said so. */
    get state() {
      return this.#state;
    }

    play(speed) {
      return this.#command("play", speed === undefined ? {} : { speed });
    }
    pause() {
      return this.#command("pause");
    }
    seek(ms) {
      return this.#command("seek", { at_ms: ms });
    }
    step(back = false) {
      return this.#command("step", back ? { back } : {});
    }
    setScenario(scenario) {
      return this.#command("set_scenario", { scenario });
    }
    openLesson(lesson) {
      return this.#command("open_lesson", { lesson });
    }
    setTheme(theme) {
      return this.#command("set_theme", { theme });
    }
    subscribe(events = true) {
      return this.#command("subscribe", { events });
    }

    connectedCallback() {
      addEventListener("message", this.#hear);
      // What stands inside the element may not have been read yet.
      if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", this.#begin, { once: true });
      else this.#make();
    }

    /** A frame that is taken out of a page is gone, and so is its run. */
    disconnectedCallback() {
      removeEventListener("message", this.#hear);
      document.removeEventListener("DOMContentLoaded", this.#begin);
      this.#drop("The element was taken out of the page.");
    }

    attributeChangedCallback(name, before, now) {
      if (!this.#frame || before === now) return;
      if (this.#changed.size === 0) queueMicrotask(() => this.#follow());
      this.#changed.add(name);
    }

    /** Does what the changed attributes ask for, all of them at once. */
    #follow() {
      const names = [...this.#changed];
      this.#changed.clear();
      if (!this.#frame) return;
      this.#frame.title = this.#label();
      const rest = names.filter((name) => name !== "label");
      const can = (name) => name in COMMANDS && (this.hasAttribute(name) || name === "theme" || name === "paused");
      if (rest.every(can) && this.#isReady && this.#mayCommand()) {
        for (const name of rest) {
          // What is refused is told as an event.
          COMMANDS[name](this, this.getAttribute(name)).catch(() => {});
        }
      } else if (rest.length > 0) {
        this.#make();
      }
    }

    #label() {
      const what = this.getAttribute("lesson") ?? this.getAttribute("scenario") ?? "a replicated database, simulated";
      return this.getAttribute("label") ?? `ReplicaScope: ${what}`;
    }

    /** Makes the frame, in place of an older one. */
    #make() {
      this.#drop("The frame was made anew.");
      let address;
      try {
        address = this.#address();
      } catch (error) {
        // A mistake in the page around: said where it would be seen, and in the console.
        const said = document.createElement("p");
        said.setAttribute("role", "alert");
        said.textContent = `ReplicaScope is not shown. ${error.message}`;
        this.#root.replaceChildren(said);
        console.error(`<${NAME}>: ${error.message}`, this);
        return;
      }
      const frame = document.createElement("iframe");
      frame.title = this.#label();
      frame.loading = this.getAttribute("loading") === "eager" ? "eager" : "lazy";
      const sandbox = this.getAttribute("sandbox");
      if (sandbox !== null) frame.setAttribute("sandbox", sandbox);
      const opaque = sandbox !== null && !/\ballow-same-origin\b/.test(sandbox);
      this.#from = opaque ? "null" : address.origin;
      this.#high(Number(this.getAttribute("height")) || HEIGHT, frame);
      frame.src = address.href;
      this.#frame = frame;
      this.#root.replaceChildren(frame);
    }

    #address() {
      const page = this.getAttribute("page");
      if (page === null && !SCRIPT) throw new Error("Where the page lies cannot be told from the script: name it in the attribute page.");
      const address = page === null ? new URL(".", SCRIPT) : new URL(page, document.baseURI);
      const query = ["embed"];
      const add = (name, value) => query.push(`${name}=${encodeURIComponent(value)}`);
      const inline = this.querySelector(":scope > script[type='application/json']");
      const [lesson, link, scenario] = ["lesson", "link", "scenario"].map((name) => this.getAttribute(name));
      if (lesson !== null) add("lesson", lesson);
      else if (inline) address.hash = `scenario=${encodeURIComponent(compact(inline.textContent))}`;
      else if (link !== null) address.hash = fragmentOf(link);
      else if (scenario !== null) add("scenario", scenario);
      for (const name of VALUES) if (this.hasAttribute(name)) add(name, this.getAttribute(name));
      for (const name of FLAGS) if (this.hasAttribute(name)) query.push(name);
      const height = this.getAttribute("height");
      if (height !== null && height !== "auto") add("height", height);
      const origins = this.#origins();
      if (origins.length > 0) add("origins", origins.join(","));
      address.search = query.join("&");
      return address;
    }

    /** The origins that the author has named. */
    #origins() {
      const named = (this.getAttribute("origins") ?? "").split(/[\s,]+/).filter(Boolean);
      return named.map((origin) => {
        if (origin !== "self") return origin;
        if (self.origin !== "null") return self.origin;
        throw new Error("This page has no origin of its own, so origins=\"self\" names nobody: origins=\"*\" lets any page command.");
      });
    }

    #mayCommand() {
      const origins = this.#origins();
      return origins.includes("*") || origins.includes(self.origin);
    }

    #high(pixels, frame = this.#frame) {
      // Through the DOM, which a policy against inline styles allows.
      frame.style.height = `${pixels}px`;
    }

    /** Forgets the frame; commands that wait come to nothing. */
    #drop(reason) {
      this.#root.replaceChildren();
      this.#frame = null;
      this.#isReady = false;
      this.#state = null;
      this.#changed.clear();
      const waiting = [...this.#unsent.splice(0), ...this.#unanswered.values()];
      this.#unanswered.clear();
      for (const { reject } of waiting) reject(new Refused({ field: "frame", value: "", reason }));
    }

    #command(type, fields = {}) {
      const refuse = (field, value, reason) => Promise.reject(new Refused({ field, value, reason }));
      if (!this.#frame) return refuse("frame", "", "The element is not in a page yet, or cannot be shown.");
      if (!this.#mayCommand()) {
        return refuse("origins", this.getAttribute("origins") ?? "", `The attribute origins does not name this page: add origins="self" for ${self.origin}.`);
      }
      return new Promise((resolve, reject) => {
        const id = ++this.#lastId;
        const command = { id, message: { replicascope: VERSION, type, id, ...fields }, resolve, reject };
        if (this.#isReady) {
          this.#send(command);
        } else {
          this.#unsent.push(command);
          // It is wanted now, seen or not.
          this.#frame.loading = "eager";
        }
      });
    }

    #send(command) {
      this.#unanswered.set(command.id, command);
      // To the page and nobody else; a sandboxed one has no origin to name.
      this.#frame.contentWindow.postMessage(command.message, this.#from === "null" ? "*" : this.#from);
    }

    #received({ data, origin, source }) {
      // Other scripts talk by messages too, and other frames.
      if (!this.#frame || source !== this.#frame.contentWindow) return;
      if (typeof data !== "object" || data === null || !("replicascope" in data)) return;
      if (origin !== this.#from) {
        console.warn(`<${NAME}> ignores a message from ${origin}: its page is at ${this.#from}.`, this);
        return;
      }
      const { replicascope, type, ...said } = data;
      if (replicascope !== VERSION) {
        console.warn(`<${NAME}> ignores a message of version ${replicascope}: embed.js and the page are from different releases.`, this);
        return;
      }
      // Types that are not here may come with a later release.
      this.#messages[type]?.(said);
    }

    #messages = {
      ready: (said) => {
        this.#isReady = true;
        this.#tell("ready", said);
        for (const command of this.#unsent.splice(0)) this.#send(command);
      },
      resize: ({ height }) => {
        if (Number.isFinite(height) && height > 0) this.#high(Math.ceil(height));
      },
      state: (said) => {
        this.#state = said;
        this.#tell("state", said);
      },
      event: (said) => this.#tell("event", said),
      lesson: (said) => this.#tell("lesson", said),
      done: ({ re }) => this.#answered(re)?.resolve(),
      refused: (said) => {
        this.#tell("refused", said);
        this.#answered(said.re)?.reject(new Refused(said));
      },
    };

    #answered(id) {
      const command = this.#unanswered.get(id);
      this.#unanswered.delete(id);
      return command;
    }

    #tell(name, detail) {
      this.dispatchEvent(new CustomEvent(`rs-${name}`, { bubbles: true, detail }));
    }
  }

  /** JSON without what is only for the eye. */
  function compact(text) {
    try {
      return JSON.stringify(JSON.parse(text));
    } catch (error) {
      throw new Error(`The scenario inside it is no JSON: ${error.message}`);
    }
  }

  customElements.define(NAME, ReplicaScope);
})();
