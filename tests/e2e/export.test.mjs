// What goes out: the stage as SVG and PNG, the ledger and the metrics as CSV, the trace as JSON lines.

import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { button, goTo, ledger, pause } from "./deeds.mjs";
import { pageTest } from "./harness.mjs";

async function openDialog(page) {
  await button(page, "Share").click();
  await page.getByRole("dialog", { name: "Pass it on" }).waitFor();
}

/** Saves by a button of the dialog; the file's path and its name. */
async function save(page, name) {
  const download = page.waitForEvent("download");
  await button(page, name).click();
  const file = await download;
  await page.getByText(`Saved: ${file.suggestedFilename()}`).waitFor();
  return { path: await file.path(), name: file.suggestedFilename() };
}

const rows = (text) => {
  assert.ok(text.endsWith("\r\n"));
  return text.trimEnd().split("\r\n").map((line) => line.split(","));
};

for (const colorScheme of ["light", "dark"]) {
  pageTest(`the stage as SVG and PNG, ${colorScheme}`, { colorScheme }, async ({ page }) => {
    await pause(page);
    await goTo(page, 1_240);
    await openDialog(page);
    const svg = await readFile((await save(page, "SVG")).path, "utf8");
    assert.doesNotMatch(svg, /var\(|currentColor|class=|style=|href=/, "it needs nothing of the page");
    const seen = await page.evaluate(async (svg) => {
      const parsed = new DOMParser().parseFromString(svg, "image/svg+xml");
      const root = parsed.documentElement;
      const texts = [...parsed.querySelectorAll("text")].map((text) => text.textContent);
      const paper = getComputedStyle(document.documentElement).getPropertyValue("--paper").trim();
      // Alone, as any program would show it.
      const image = new Image();
      image.src = URL.createObjectURL(new Blob([svg], { type: "image/svg+xml" }));
      await image.decode();
      const canvas = document.createElement("canvas");
      [canvas.width, canvas.height] = [image.naturalWidth, image.naturalHeight];
      const context = canvas.getContext("2d");
      context.drawImage(image, 0, 0);
      const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
      const colours = new Set();
      for (let at = 0; at < data.length; at += 4) colours.add((data[at] << 16) | (data[at + 1] << 8) | data[at + 2]);
      const field = document.querySelector(".sg-field").getBoundingClientRect();
      return {
        error: parsed.querySelector("parsererror")?.textContent,
        title: root.querySelector("title").textContent,
        size: [image.naturalWidth, image.naturalHeight],
        field: [Math.ceil(field.width), Math.ceil(field.height)],
        texts,
        colours: colours.size,
        corner: `#${[...data.slice(0, 3)].map((part) => part.toString(16).padStart(2, "0")).join("")}`.toUpperCase(),
        paper,
        messages: root.querySelectorAll("path").length,
      };
    }, svg);
    assert.equal(seen.error, undefined);
    assert.match(seen.title, /^ReplicaScope at 1\.240 s: /);
    assert.deepEqual(seen.size, seen.field);
    for (const words of ["n1", "n2", "n3", "n4", "n5", "primary", "Takes writes", "Copies", "checkout"]) {
      assert.ok(seen.texts.includes(words), `${words} is not among ${seen.texts.join(", ")}`);
    }
    assert.equal(seen.corner, seen.paper.toUpperCase(), "on the theme's paper");
    assert.ok(seen.colours > 50 && seen.messages > 40, `${seen.colours} colours, ${seen.messages} paths`);
    const png = await readFile((await save(page, "PNG")).path);
    assert.equal(png.subarray(1, 4).toString(), "PNG");
    assert.deepEqual([png.readUInt32BE(16), png.readUInt32BE(20)], seen.size.map((side) => side * 2));
    assert.ok(png.length > 20_000, `${png.length} bytes`);
  });
}

pageTest("the ledger and the metrics as CSV say what the page says", async ({ page }) => {
  await pause(page);
  await goTo(page, 6_000);
  const told = await ledger(page).textContent();
  const count = (pattern) => Number(pattern.exec(told)[1]);
  await openDialog(page);
  const [header, ...ops] = rows(await readFile((await save(page, "Ledger, CSV")).path, "utf8"));
  const column = (name) => header.indexOf(name);
  assert.equal(ops.filter((op) => op[column("kind")] === "write").length, count(/(\d+) writes/));
  assert.equal(ops.filter((op) => op[column("kind")] === "read").length, count(/(\d+) reads/));
  assert.equal(ops.filter((op) => op[column("lost_though_acked")] === "true").length, count(/(\d+) lost/));
  assert.equal(ops.filter((op) => Number(op[column("stale_versions")]) > 0).length, count(/(\d+) stale/));
  const [names, ...stretches] = rows(await readFile((await save(page, "Metrics, CSV")).path, "utf8"));
  assert.equal(stretches.at(-1)[names.indexOf("to_us")], "6000000");
  const lost = stretches.reduce((sum, stretch) => sum + Number(stretch[names.indexOf("lost_acked")]), 0);
  assert.equal(lost, count(/(\d+) lost/));
});

const COMMAND = ["release", "debug"]
  .map((profile) => fileURLToPath(new URL(`../../target/${profile}/replicascope`, import.meta.url)))
  .find(existsSync);

pageTest("the trace as JSON lines is what the command line writes of the saved file", async ({ page }) => {
  await pause(page);
  await goTo(page, 3_000);
  await openDialog(page);
  const trace = await readFile((await save(page, "Trace, JSON lines")).path, "utf8");
  const events = trace.trimEnd().split("\n").map((line) => JSON.parse(line));
  assert.ok(events.length > 500);
  events.forEach((event, index) => assert.equal(event.id, index + 1));
  assert.ok(events.some(({ event }) => event === "killed"));
  if (COMMAND === undefined) return;
  const scenario = await readFile((await save(page, "Save file")).path, "utf8");
  const file = fileURLToPath(new URL("../../target/exported.json", import.meta.url));
  await writeFile(file, scenario);
  const { stdout } = await promisify(execFile)(COMMAND, ["trace", file, "--json", "--until", "3s"], { maxBuffer: 1 << 28 });
  assert.equal(trace, stdout);
});
