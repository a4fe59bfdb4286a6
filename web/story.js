// What the events of a run add up to; everything on the run's page is drawn from this.

export class Story {
  /** `usual` are the phases that every run goes through, `every` all that there are, in order: names, as the server lists them. */
  constructor(usual, every) {
    this.usual = usual;
    this.every = every;
    this.events = [];
    this.begin();
  }

  begin() {
    this.phases = new Map();
    for (const name of this.usual) this.phase(name);
    this.subgraphs = new Map();
    this.cuts = [];
    this.warnings = [];
    this.answers = [];
    this.problem = null;
    this.end = null;
    this.changed = new Set();
  }

  phase(name) {
    if (!this.phases.has(name)) this.phases.set(name, { name, state: "", summary: "", seconds: 0 });
    return this.phases.get(name);
  }

  /** The phases of this run, in order. */
  steps() { return this.every.filter((name) => this.phases.has(name)).map((name) => this.phases.get(name)); }

  subgraph(id) {
    if (!this.subgraphs.has(id)) this.subgraphs.set(id, { id, title: "", candidates: [], kernel: null, failure: "" });
    this.changed.add(id);
    return this.subgraphs.get(id);
  }

  hear(event) {
    this.events.push(event);
    const act = this[event.event];
    if (act) act.call(this, event);
  }

  // One method for each kind of event, of the same name.
  run_started(event) {
    const { answers, problem } = this;
    this.begin();
    if (event.resumed) Object.assign(this, { answers, problem }); // what was answered before is not asked again
  }
  phase_started(event) { Object.assign(this.phase(event.phase), { state: "now" }); }
  phase_finished(event) { Object.assign(this.phase(event.phase), { state: "done", summary: event.summary, seconds: event.seconds, reused: event.reused }); }
  problem_written(event) { this.problem = event; }
  answer_checked(event) { this.answers.push(event); }
  subgraph_planned(event) { Object.assign(this.subgraph(event.id), event); }
  cut_made(event) { this.cuts.push(event); }
  candidate_judged(event) { this.subgraph(event.subgraph).candidates.push(event); }
  candidate_timed(event) {
    const judged = this.subgraph(event.subgraph).candidates.find((one) => one.number === event.number);
    if (judged) judged.milliseconds = event.milliseconds;
  }
  subgraph_tuned(event) { this.subgraph(event.subgraph).tuned = event; }
  kernel_chosen(event) { this.subgraph(event.subgraph).kernel = event; }
  /** What is taken replaces its parts, which are announced anew where they stand for others as well; else they stay. */
  fusion_decided(event) {
    const parts = event.parts.split(",");
    for (const id of event.taken ? parts : [event.subgraph]) this.subgraphs.delete(id);
    if (!event.taken) this.warnings.push(`${parts.join(" + ")} stay apart: ${event.reason}`);
  }
  subgraph_failed(event) { this.subgraph(event.subgraph).failure = event.reason; }
  warned(event) { this.warnings.push(event.message); }
  program_judged(event) { Object.assign(this.phase("judge"), { state: event.verdict.startsWith("accepted") ? "done" : "broken", summary: `${event.verdict}: ${event.reason}`, seconds: event.seconds }); }
  run_finished(event) {
    this.end = event;
    for (const phase of this.phases.values()) if (phase.state === "now") phase.state = ["accepted", "stopped"].includes(event.status) ? "done" : "broken";
  }
}

/** Follows a run; `heard` is called after every event, `changed` with "queued", "running" or "ended". Returns how to stop. */
export function follow(id, heard, changed) {
  let source = null, last = 0, over = false, timer = 0;
  const open = () => {
    source = new EventSource(`/api/v1/runs/${id}/events?after=${last}`);
    source.onmessage = (message) => {
      const number = Number(message.lastEventId);
      if (number <= last) return;
      last = number;
      heard(JSON.parse(message.data));
    };
    source.addEventListener("activity", (message) => changed(JSON.parse(message.data).activity));
    source.addEventListener("end", () => { over = true; source.close(); changed("ended"); });
    // The browser itself tries again where the connection broke; a refusal ends it.
    source.onerror = () => {
      if (over) return;
      changed("lost");
      if (source.readyState === EventSource.CLOSED) timer = setTimeout(open, 2000);
    };
  };
  open();
  return () => { over = true; clearTimeout(timer); source.close(); };
}
