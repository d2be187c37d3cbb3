// What the example course does with its embeds: commands, a read-out, a list of what happens, and a score. embed.d.ts has the types.

const byId = (id) => document.getElementById(id);
const seconds = (ms) => `${(ms / 1_000).toFixed(2)} s`;

// A run that is commanded from outside, and what it says.
const vanished = byId("vanished");
const DEEDS = {
  before: () => vanished.seek(1_200),
  after: () => vanished.seek(3_000),
  play: () => vanished.play(0.2),
  pause: () => vanished.pause(),
};
for (const button of document.querySelectorAll("[data-do]")) {
  button.addEventListener("click", async () => {
    byId("said").textContent = "";
    try {
      await DEEDS[button.dataset.do]();
    } catch (error) {
      byId("said").textContent = error.message;
    }
  });
}
vanished.addEventListener("rs-state", ({ detail: { at_ms, primary, writes } }) => {
  byId("at").textContent = seconds(at_ms);
  byId("primary").textContent = primary ?? "nobody";
  byId("acked").textContent = writes.acked;
  byId("lost").textContent = writes.lost;
  byId("lost").parentElement.classList.toggle("some", writes.lost > 0);
});

// What happens in a scenario of one's own: of its events those that tell the story.
const CLIENTS = ["The editor", "The reader"];
const operations = new Map();
const STORY = {
  write_issued: (event) => [`${CLIENTS[event.client]} writes.`],
  write_acked: () => ["The editor is told OK."],
  received: (event) => [`${event.node} has received the record.`],
  replayed: (event) => [`${event.node} has applied it.`],
  read_issued: (event) => [`${CLIENTS[event.client]} asks ${operations.get(event.op)?.node ?? "a node"}.`],
  read_answered: ({ op, stale_versions: old }) => {
    const { client, node } = operations.get(op) ?? {};
    return old > 0 ? [`${node} answers ${CLIENTS[client]?.toLowerCase()} with the old value.`, "old"] : [`${node} answers with the new value.`, "new"];
  },
};

/** Where a read goes is an event of its own, right after the read. */
function learn({ event, op, client, node }) {
  if (event === "read_issued" || event === "write_issued") operations.set(op, { client });
  if (event === "op_routed") operations.set(op, { ...operations.get(op), node });
}

byId("stale").addEventListener("rs-event", ({ detail: { events } }) => {
  const list = byId("events");
  for (const event of events) learn(event);
  for (const event of events) {
    // Time has jumped: what comes is told from there.
    if ("sought" in event) {
      list.replaceChildren();
      continue;
    }
    const [text, look] = STORY[event.event]?.(event) ?? [];
    if (text === undefined) continue;
    const [item, time] = [document.createElement("li"), document.createElement("time")];
    time.textContent = seconds(event.at_us / 1_000);
    const said = document.createElement("span");
    said.textContent = text;
    if (look) said.className = look;
    item.append(time, said);
    list.append(item);
  }
  byId("none").hidden = list.childElementCount > 0;
  byId("log-of-events").scrollTop = list.scrollHeight;
});

// How far a learner came.
byId("lesson").addEventListener("rs-lesson", ({ detail: { finished, step, steps, score } }) => {
  byId("score").classList.toggle("finished", finished);
  byId("progress").textContent = finished ? "Finished" : `Step ${step} of ${steps}`;
  byId("detail").textContent = `${score.done} of ${score.steps} steps done, ${score.right} of ${score.questions} questions right, ${score.accepted} of ${score.tasks} tasks solved.`;
});
