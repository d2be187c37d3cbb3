// Pictures of the built page for people to look at: `cargo xtask pictures`.
// Words on the command line are what follows the address, such as "#seed=7".

import { mkdir } from "node:fs/promises";
import { relative } from "node:path";
import { fileURLToPath } from "node:url";
import { launchBrowser, openPage, serveDist } from "./stage.mjs";

const FOLDER = fileURLToPath(new URL("pictures", import.meta.url));
const SIZES = [
  { width: 1440, height: 900 },
  { width: 1024, height: 768 },
  { width: 390, height: 844 },
];

const press = (page, name) => page.getByRole("button", { name, exact: true }).click();

/** The opening a while after its primary has died. */
async function later(page) {
  await press(page, "Pause");
  await page.getByRole("slider", { name: "Timeline", exact: true }).fill("3000");
}

/** What else is pictured of the page as it opens: what it is called, and what leads there. */
const VIEWS = {
  "": async () => {},
  compare: async (page) => {
    await later(page);
    await press(page, "Compare");
    await page.getByRole("region", { name: "Sync", exact: true }).waitFor();
  },
  "compare-table": async (page) => {
    await later(page);
    await press(page, "Compare");
    await press(page, "Table");
  },
};

await mkdir(FOLDER, { recursive: true });
const server = await serveDist();
const browser = await launchBrowser();
let wrong = 0;
try {
  for (const path of process.argv.length > 2 ? process.argv.slice(2) : [""]) {
    const name = path.replace(/[^a-z0-9]+/gi, "-").replace(/^-|-$/g, "") || "playground";
    const views = path === "" ? Object.entries(VIEWS) : [["", VIEWS[""]]];
    for (const [view, show] of views) {
      for (const viewport of SIZES) {
        for (const colorScheme of ["light", "dark"]) {
          const phone = viewport.width < 500 ? { hasTouch: true, isMobile: true, deviceScaleFactor: 2 } : {};
          const { page, context, problems } = await openPage(browser, server, {
            path,
            viewport,
            colorScheme,
            ...phone,
          });
          await show(page);
          const file = `${FOLDER}/${view || name}-${viewport.width}x${viewport.height}-${colorScheme}.png`;
          await page.screenshot({ path: file });
          console.log(relative(process.cwd(), file));
          for (const problem of problems()) {
            console.error(`  ${problem}`);
            wrong += 1;
          }
          await context.close();
        }
      }
    }
  }
} finally {
  await browser.close();
  await server.close();
}
process.exitCode = wrong === 0 ? 0 : 1;
