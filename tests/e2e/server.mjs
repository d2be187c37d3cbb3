// A server for dist/ as a plain web host would be one: files, their types, 404 for the rest, and what docs/embedding.md says that a host has to send.

import { createServer } from "node:http";
import { readFile } from "node:fs/promises";
import { extname, join, normalize, sep } from "node:path";

const TYPES = {
  ".css": "text/css; charset=utf-8",
  ".html": "text/html; charset=utf-8",
  ".ico": "image/x-icon",
  ".js": "text/javascript; charset=utf-8",
  ".json": "application/json",
  ".md": "text/markdown; charset=utf-8",
  ".mjs": "text/javascript; charset=utf-8",
  ".png": "image/png",
  ".svg": "image/svg+xml",
  ".txt": "text/plain; charset=utf-8",
  ".wasm": "application/wasm",
  ".webmanifest": "application/manifest+json",
  ".woff2": "font/woff2",
};

/** What lets a sandboxed frame, which has no origin of its own, have the page's files. */
const FOR_ALL = { "access-control-allow-origin": "*" };

/**
 * Serves `folder` on a free port, `under` a path that begins and ends with a slash.
 *
 * `requests` lists everything that was asked for, as `{ path, status }`: the browser's own requests, such
 * as the one for an icon, are seen only here. `put(folder)` is a new release: another folder from now on.
 */
export async function serve(folder, { under = "/", headers = FOR_ALL } = {}) {
  const requests = [];
  const server = createServer(async (request, response) => {
    const path = decodeURIComponent(new URL(request.url, "http://localhost").pathname);
    const name = path.startsWith(under) ? path.slice(under.length) : "..";
    const file = normalize(join(folder, /(^|\/)$/.test(name) ? `${name}index.html` : name));
    let status = 200;
    let body = "";
    try {
      if (!file.startsWith(folder + sep)) throw new Error("outside the folder");
      body = await readFile(file);
    } catch {
      status = 404;
    }
    requests.push({ path, status });
    const type = status === 200 ? (TYPES[extname(file)] ?? "application/octet-stream") : "text/plain";
    response.writeHead(status, { "content-type": type, "cache-control": "no-store", ...headers });
    response.end(body);
  });
  await new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  return {
    url: `http://127.0.0.1:${server.address().port}${under}`,
    requests,
    put(another) {
      folder = another;
    },
    close() {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(resolve));
    },
  };
}
