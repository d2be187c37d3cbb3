// Taking a lesson by keyboard: Tab, Enter, Space, the arrow keys and the page's single keys, nothing else. What is acted on is found by
// role and accessible name, as a person who hears the page finds it.

import assert from "node:assert/strict";
import { readFile, readdir } from "node:fs/promises";
import { fileURLToPath } from "node:url";

const FILES = fileURLToPath(new URL("../../www/lessons/", import.meta.url));
const SOLUTIONS = fileURLToPath(new URL("../../crates/lessons/solutions/", import.meta.url));
const read = async (folder, id) => JSON.parse(await readFile(`${folder}${id}.json`, "utf8"));

/** Every lesson of the list, with its solution. */
export async function allLessons() {
  const { lessons } = await read(FILES, "index");
  assert.equal((await readdir(SOLUTIONS)).length, lessons.length);
  return Promise.all(lessons.map(async ({ id }) => ({ lesson: await read(FILES, id), solution: await read(SOLUTIONS, id) })));
}

/** What a lesson's button in the list is called, at its beginning. */
export const entry = ({ title }) => new RegExp(`^\\d+\\. ${title.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")}`);

/** What has the focus: its name, and of which group it is a part. */
const focused = (frame) =>
  frame.evaluate(() => {
    const element = document.activeElement;
    if (!element || element === document.body) return { name: "", group: "" };
    const id = element.id && document.querySelector(`label[for="${element.id}"]`);
    const name = element.getAttribute("aria-label") || (id || element.closest("label") || element).textContent;
    const group = element.closest("[role=group][aria-label], [role=dialog], dialog, fieldset");
    return {
      name: name.trim().replace(/\s+/g, " "),
      group: group?.getAttribute("aria-label") ?? group?.querySelector("legend")?.textContent ?? "",
    };
  });

/** A learner with a keyboard in front of a page, which may be a frame of another one. */
export class Learner {
  constructor(page, frame = page) {
    this.page = page;
    this.frame = frame;
  }

  press(key) {
    return this.page.keyboard.press(key);
  }

  /** Goes on with Tab until something with this name has the focus. */
  async tabTo(name, group = undefined) {
    const seen = [];
    for (let stops = 0; stops < 400; stops += 1) {
      const here = await focused(this.frame);
      const fits = (typeof name === "string" ? here.name === name : name.test(here.name)) && (!group || group.test(here.group));
      if (fits) return;
      seen.push(here.name);
      await this.press("Tab");
    }
    throw new Error(`by Tab there is no ${name} to be found, only ${[...new Set(seen)].join(", ")}`);
  }

  async push(name, group = undefined) {
    await this.tabTo(name, group);
    await this.press("Enter");
  }

  /** The instant, in ms. */
  async now() {
    const slider = this.frame.getByRole("slider", { name: "Timeline", exact: true });
    return Number(await slider.inputValue());
  }

  /** Goes to an instant, in ms, with the arrow keys of the timeline: whole strides, then single milliseconds. */
  async goTo(millis) {
    const slider = this.frame.getByRole("slider", { name: "Timeline", exact: true });
    await this.tabTo("Timeline");
    for (;;) {
      const [from, most] = [await this.now(), Number(await slider.getAttribute("max"))];
      if (from === millis) return;
      const stride = Math.max(1, Math.trunc(most / 200));
      const far = Math.abs(millis - from) >= stride;
      const key = `${far ? "" : "Shift+"}Arrow${millis > from ? "Right" : "Left"}`;
      await this.press(key);
      await this.frame.waitForFunction((from) => document.querySelector("[aria-label=Timeline]").value !== String(from), from);
    }
  }

  /** Chooses a value of a list by its first letters or with the arrow keys. */
  async choose(name, value, group = undefined) {
    await this.tabTo(name, group);
    const at = () => this.frame.evaluate(() => document.activeElement.selectedIndex);
    const wanted = await this.frame.evaluate(
      (value) => [...document.activeElement.options].findIndex((option) => option.value === value || option.textContent.trim() === value),
      value,
    );
    assert.notEqual(wanted, -1, `"${name}" offers ${value}`);
    for (let here = await at(); here !== wanted; here = await at()) await this.press(here < wanted ? "ArrowDown" : "ArrowUp");
  }

  /** Types a number into a box. */
  async type(name, number, group = undefined) {
    await this.tabTo(name, group);
    await this.press("Control+a");
    await this.page.keyboard.type(String(number));
    await this.press("Enter");
  }

  /** Ticks or unticks, or picks of several. */
  async tick(name, on = true, group = undefined) {
    await this.tabTo(name, group);
    const checked = () => this.frame.evaluate(() => document.activeElement.checked);
    if ((await checked()) !== on) await this.press("Space");
  }

  /** Picks one of several answers, whichever is picked now. */
  async pick(name, group = undefined) {
    const options = this.frame.getByRole("radio", { name, exact: true });
    const radios = await options.evaluate((radio) => document.getElementsByName(radio.name).length);
    // One stop for Tab; the arrow keys go from one to the next.
    await this.tabTo(/./, group);
    for (let step = 0; step <= radios; step += 1) {
      if (await options.isChecked()) return;
      await this.press(step === 0 ? "Space" : "ArrowDown");
    }
    assert.ok(await options.isChecked(), name);
  }

  /** Opens the setup, and of its folded parts one. */
  async setup(part = undefined) {
    const drawer = this.frame.getByRole("complementary", { name: /^Setup: / });
    if (!(await drawer.isVisible())) await this.push("Setup");
    await drawer.waitFor();
    if (!part) return;
    const open = () => drawer.locator("details", { has: this.frame.getByRole("heading", { name: part }) }).evaluate((details) => details.open);
    if (!(await open())) await this.push(new RegExp(`^${part}`));
  }

  /** Opens the settings behind the mode switch, and waits for them: they come when they are asked for. */
  async modeSettings() {
    await this.push("Mode settings");
    await this.frame.getByRole("dialog", { name: "Mode settings" }).getByRole("group").first().waitFor();
  }

  /** Closes what lies over the stage. */
  async close() {
    await this.press("Escape");
  }

  /** A button of a node. */
  async node(node, button) {
    const group = new RegExp(`^${node}, `);
    await this.tabTo(group);
    await this.press("Enter");
    await this.push(button, group);
    await this.close();
  }

  /** What an action of a solution is on the page. */
  async act(action) {
    const [[kind, of]] = Object.entries(typeof action === "string" ? { [action]: {} } : action);
    const nodes = { kill: "Kill", restart: "Restart", freeze: "Freeze", thaw: "Thaw", isolate: "Cut off", reconnect: "Reconnect", promote: "Promote", slow: "Slow" };
    if (nodes[kind]) return this.node(of.node, nodes[kind]);
    switch (kind) {
      case "heal_all":
        await this.setup();
        await this.push(/^Heal everything/);
        return this.close();
      case "write":
      case "read": {
        await this.setup();
        await this.choose("App", String(of.client ?? 0));
        await this.choose("Key", String(of.key ?? 0));
        if (kind === "read") await this.choose("Read from", of.node ?? "");
        await this.push(kind === "write" ? "Write" : "Read");
        return this.close();
      }
      case "set":
        return this.set(of);
      default:
        throw new Error(`how is ${kind} done by keyboard?`);
    }
  }

  /** A router, and parameters by their real names, in the cluster's dialog. */
  async cluster(kind, [what, parameters]) {
    await this.setup();
    await this.push("Change cluster");
    await this.frame.getByRole("dialog", { name: "Cluster" }).waitFor();
    if (kind === "routing") await this.choose("Router", what);
    for (const [name, value] of Object.entries(parameters)) {
      if (typeof value === "boolean") await this.tick(name, value);
      else if (name === "priorities") for (const { node, priority } of value) await this.type(`priority of ${node}`, priority);
      else await this.type(name, value);
    }
    await this.close();
    await this.frame.getByRole("dialog", { name: "Cluster" }).waitFor({ state: "detached" });
    await this.close();
  }

  /** A setting. */
  async set(setting) {
    const [[kind, of]] = Object.entries(setting);
    switch (kind) {
      case "mode":
        return this.press({ async: "a", semi_sync: "m", sync: "y" }[of]);
      case "workload": {
        await this.setup();
        await this.type("Operations", of.operations_per_second);
        await this.type("Reads", of.read_percent ?? 50);
        return this.close();
      }
      case "reads": {
        await this.setup();
        const names = { primary_only: "the primary only", round_robin: "replicas, round-robin", random: "replicas, at random" };
        await this.pick(names[of], /^Reads go to$/);
        return this.close();
      }
      case "sync": {
        await this.modeSettings();
        const boxes = this.frame.getByRole("group", { name: "Sync set" }).getByRole("checkbox");
        for (const node of await boxes.evaluateAll((all) => all.map((box) => box.closest("label").textContent.trim()))) {
          await this.tick(node, !of.members || of.members.includes(node), /^Sync set$/);
        }
        if (of.drop_after_us === null) await this.tick("Never leaves", true, /^Sync$/);
        else if (of.drop_after_us) await this.type("A dead member leaves after", of.drop_after_us / 1_000);
        return this.close();
      }
      case "fencing":
        await this.modeSettings();
        await this.tick(/^Fencing/, of);
        return this.close();
      case "semi_sync":
        await this.modeSettings();
        await this.choose("Replicas that must have it", String(of.acks));
        if (of.timeout_us === null) await this.tick("Waits for ever");
        else await this.type("Falls back to async after", of.timeout_us / 1_000);
        return this.close();
      case "failover":
        await this.modeSettings();
        await this.pick(of === "election" ? "the nodes elect a new primary" : "a person promotes", /^Failover$/);
        return this.close();
      case "timers":
        return this.cluster(kind, [kind, of]);
      case "routing":
      case "manager":
      case "database":
        return this.cluster(kind, Object.entries(of)[0]);
      default:
        throw new Error(`how is ${kind} set by keyboard?`);
    }
  }
}

/** Picks the answer at this place and locks it in; the run goes to its end. */
async function answer(learner, place, button) {
  const radios = learner.frame.locator(".quiz input");
  const name = (radio) => radio.evaluate((radio) => radio.closest("label").textContent.trim().replace(/\s+/g, " "));
  // All of them are one stop for Tab, and none is picked yet; the arrow keys go from one to the next.
  await learner.tabTo(await name(radios.first()));
  await learner.press("Space");
  for (let step = 0; !(await radios.nth(place).isChecked()); step += 1) {
    assert.ok(step < 8, `"${await name(radios.nth(place))}" cannot be reached by the arrow keys`);
    await learner.press("ArrowDown");
  }
  await learner.push(button);
  await learner.push("Skip to the end");
}

/** Does a step as its solution says. */
async function solve(learner, step, solved) {
  if (step.predict) return answer(learner, solved.right, "Lock in and run");
  if (step.decide) return answer(learner, solved.fits.indexOf(true), "Choose and run");
  const begun = await learner.now();
  const deeds = (solved.actions ?? []).map(({ after_us, action }) => [after_us, () => learner.act(action)]);
  if (step.script) deeds.push([solved.script_us ?? 0, () => learner.push("Ready: run it")]);
  deeds.sort(([one], [other]) => one - other);
  for (const [after, deed] of deeds) {
    await learner.goTo(begun + Math.round(after / 1_000));
    await deed();
  }
  const script = step.script && (solved.script_us ?? 0) + step.script.for_us;
  await learner.goTo(begun + Math.round((solved.until_us ?? script) / 1_000));
}

/** Takes a lesson that is open from its first step to its end; `look` is called at its beginning, with its first feedback behind the first step, and at its end. */
export async function take(learner, { lesson, solution }, look = async () => {}) {
  const { frame } = learner;
  const panel = frame.getByRole("region", { name: lesson.title, exact: true });
  await panel.waitFor();
  for (const [index, step] of lesson.steps.entries()) {
    await panel.getByRole("heading", { level: 2, name: step.title ?? `Step ${index + 1} of ${lesson.steps.length}`, exact: true }).waitFor();
    try {
      if (index === 0) await look("beginning");
      await solve(learner, step, solution.steps[index]);
      await panel.getByRole("status").filter({ hasText: "Step done." }).waitFor({ state: "attached", timeout: 20_000 });
      if (index === 1) await look("feedback");
    } catch (error) {
      error.message = `${lesson.id}, ${step.id}: ${error.message}`;
      throw error;
    }
    await learner.push(index + 1 === lesson.steps.length ? "Finish" : "Next");
  }
  await panel.getByRole("heading", { level: 2, name: "What to take away" }).waitFor();
  const steps = lesson.steps.length;
  const told = await panel.locator(".small").textContent();
  assert.ok(told.startsWith(`${steps} of ${steps} step`), told);
  await look("end");
}
