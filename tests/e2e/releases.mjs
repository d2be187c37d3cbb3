// The built page as its next release would be: other files under other names, and another number.

import { cp, mkdtemp, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DIST } from "./stage.mjs";

const HASH = /-([0-9a-f]{12,16})(?=(?:_bg)?\.[a-z]+$)/;
/** What names other files; the program names its script. */
const NAMES = /\.(html|js|css|wasm)$/;

/** What the page's meta element calls its build. */
export const buildOf = async (folder) => /name="build" content="([0-9a-f]{16})"/.exec(await readFile(join(folder, "index.html"), "utf8"))[1];

/** A folder with another build, whose title begins with `title`, and how to remove it. */
export async function nextRelease(title) {
  const folder = await mkdtemp(join(tmpdir(), "replicascope-"));
  await cp(DIST, folder, { recursive: true });
  const names = (await readdir(folder, { withFileTypes: true, recursive: true })).filter((entry) => entry.isFile());
  const files = names.map((entry) => join(entry.parentPath ?? entry.path, entry.name));
  // As a hash does: one digit of each is another one.
  const other = (hash) => hash.replace(/^./, (digit) => (digit === "e" ? "d" : "e"));
  const hashes = new Map([[await buildOf(folder), other(await buildOf(folder))]]);
  for (const file of files) {
    const [, hash] = HASH.exec(file) ?? [];
    if (hash) hashes.set(hash, other(hash));
  }
  for (const file of files) {
    if (NAMES.test(file)) {
      // Byte by byte, so that a program stays one.
      let text = await readFile(file, "latin1");
      for (const [from, to] of hashes) text = text.replaceAll(from, to);
      if (file.endsWith("index.html")) text = text.replace("<title>", `<title>${title} `);
      await writeFile(file, text, "latin1");
    }
    await rename(file, file.replace(HASH, (_, hash) => `-${hashes.get(hash)}`));
  }
  return { folder, remove: () => rm(folder, { recursive: true }) };
}
