// The types of embed.js: the element <replica-scope>, its methods and its events. docs/embedding.md explains them.
// Every time is in milliseconds of the simulation, with up to three decimals. Nodes are named "n1", "n2", …

/** A scenario as docs/scenario.md describes it. */
export interface Scenario {
  version: number;
  [field: string]: unknown;
}

export type Theme = "light" | "dark" | "auto";

/** The page takes commands. */
export interface Ready {
  name: "ReplicaScope";
  /** The version of the program. */
  build?: string;
  /** The lesson that is shown. */
  lesson?: string;
  /** The scenario that is shown, if it is one that the page offers. */
  scenario?: string;
}

/** How the run stands. Told at most four times a second, and at once after a command. */
export interface State {
  at_ms: number;
  /** Where the page's timeline ends now. */
  end_ms: number;
  playing: boolean;
  /** Virtual over real time: 0.1 is a tenth of real time. */
  speed: number;
  /** null where the database has no modes. */
  mode: "async" | "semi_sync" | "sync" | null;
  /** Who takes writes; null if nobody does, or more than one. */
  primary: string | null;
  nodes: Node[];
  writes: Writes;
  reads: { fresh: number; stale: number };
  lesson?: { id: string; /** From 1; one more than there are at the end. */ step: number; steps: number };
}

export interface Node {
  id: string;
  role: "primary" | "replica" | "candidate" | "promoting" | "fenced" | "old_primary" | "diverged";
  health: "up" | "slow" | "cut_off" | "frozen" | "down" | "lost";
  /** A replica that runs: how far it is behind. */
  lag_ms?: number;
}

export interface Writes {
  sent: number;
  /** Of which clients were told OK. */
  acked: number;
  failed: number;
  /** Of which clients never learned what became of them. */
  unknown: number;
  /** Of the acked ones: gone. */
  lost: number;
}

/**
 * One event, as a line of `replicascope trace --json`: `at_us` is its instant in microseconds, `cause` the number of the event that led to it, 0
 * for none. Or that time jumped to `sought`, in milliseconds, and what follows begins there.
 */
export type TraceEvent = { id: number; at_us: number; cause: number; event: string; sought?: never; [field: string]: unknown } | { sought: number };

/** How a lesson went so far. */
export interface Lesson {
  id: string;
  finished: boolean;
  step: number;
  steps: number;
  score: {
    /** Steps that were done, of `steps`. */
    done: number;
    steps: number;
    /** Questions that were answered rightly, of `questions`. */
    right: number;
    questions: number;
    /** Tasks whose solution was accepted, of `tasks`. */
    accepted: number;
    tasks: number;
  };
}

/** Why a command was not done. `re` is its number. */
export interface Refusal {
  re?: string | number;
  field: string;
  value: string;
  reason: string;
}

/** With what a promise of a method is rejected. */
export interface Refused extends Error, Omit<Refusal, "re"> {
  name: "Refused";
}

export interface ReplicaScopeElement extends HTMLElement {
  /** How the run stood last; null before the page has said so. */
  readonly state: State | null;
  /** Plays; `speed` is virtual over real time, 0.001 to 100, as before if left out. */
  play(speed?: number): Promise<void>;
  pause(): Promise<void>;
  /** Goes to an instant, 0 to 3,600,000 ms. */
  seek(ms: number): Promise<void>;
  /** To the next event, or to before the last one. */
  step(back?: boolean): Promise<void>;
  /** One that the page offers by its id, a scenario, or what stands after # in a link: "run=1…". */
  setScenario(scenario: string | Scenario): Promise<void>;
  openLesson(id: string): Promise<void>;
  setTheme(theme: Theme): Promise<void>;
  /** Whether events are told from now on. */
  subscribe(events?: boolean): Promise<void>;

  addEventListener<K extends keyof ReplicaScopeEvents>(type: K, listener: (this: ReplicaScopeElement, event: ReplicaScopeEvents[K]) => unknown, options?: boolean | AddEventListenerOptions): void;
  addEventListener(type: string, listener: EventListenerOrEventListenerObject, options?: boolean | AddEventListenerOptions): void;
}

/** The events of the element. All of them bubble. */
export interface ReplicaScopeEvents {
  "rs-ready": CustomEvent<Ready>;
  "rs-state": CustomEvent<State>;
  "rs-event": CustomEvent<{ events: TraceEvent[] }>;
  "rs-lesson": CustomEvent<Lesson>;
  "rs-refused": CustomEvent<Refusal>;
}

declare global {
  interface HTMLElementTagNameMap {
    "replica-scope": ReplicaScopeElement;
  }
}
