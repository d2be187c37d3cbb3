// What a first visit loads, compressed as a server would: `cargo xtask test` runs this after each release build and fails when
// the page has grown beyond its budget; `cargo xtask measure` prints it among its figures.

import { readdir, readFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants } from "node:zlib";

const DIST = fileURLToPath(new URL("../../dist", import.meta.url));

/**
 * The most that a first load may weigh, brotli, in KB of 1,024 bytes. The goal is 250. What was measured last is
 * 332; whoever makes the page lighter lowers this, so that the ground is held.
 */
export const BUDGET_KB = 337;

/**
 * Fetched only when a person asks for what they do: the parts of the program, the lessons, the examples, the styles of the embedded page; by other pages: what embeds this
 * one; or by the browser, once the page is up and idle: the service worker.
 */
const LATER = /^(part-[^/]*\.wasm$|lessons\/|examples\/|embed\.(css|js|d\.ts)$|offline\.js$)/;

/** Whether a file, named from the folder of the page, belongs to the first load. `smoke.test.mjs` holds the page to it. */
export const isFirst = (name) => !LATER.test(name);

const BROTLI = { params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_LGWIN]: 24 } };

/** Bytes of every file in `folder` after brotli, heaviest first. */
export async function weigh(folder = DIST) {
  const files = [];
  for (const entry of await readdir(folder, { withFileTypes: true, recursive: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath ?? entry.path, entry.name);
    files.push({ name: relative(folder, path), bytes: brotliCompressSync(await readFile(path), BROTLI).length });
  }
  return files.toSorted((a, b) => b.bytes - a.bytes);
}

/** Bytes of a first load, of the wasm in it, and of what comes later if everything is asked for. */
export function sums(files) {
  const sum = (chosen) => chosen.reduce((sum, file) => sum + file.bytes, 0);
  const first = files.filter(({ name }) => isFirst(name));
  return {
    first: sum(first),
    wasm: sum(first.filter(({ name }) => name.endsWith(".wasm"))),
    later: sum(files.filter(({ name }) => !isFirst(name))),
  };
}

export const inKb = (bytes) => `${(bytes / 1024).toFixed(1)} KB`;

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const files = await weigh();
  const { first, later } = sums(files);
  for (const { name, bytes } of files.slice(0, 8)) {
    console.log(`  ${inKb(bytes).padStart(10)}  ${name}${isFirst(name) ? "" : ", later"}`);
  }
  console.log(`  ${inKb(first).padStart(10)}  a first load, brotli; the budget is ${BUDGET_KB} KB. Later, when asked for: ${inKb(later)}`);
  if (files.length === 0 || first > BUDGET_KB * 1024) {
    console.error(`The page weighs ${inKb(first)}, which is more than its budget of ${BUDGET_KB} KB (tests/e2e/weight.mjs).`);
    process.exitCode = 1;
  }
}
