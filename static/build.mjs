// Builds static/src into static/dist and prints what a browser downloads on its first visit.
import { build, context } from "esbuild";
import { cp, mkdir, readFile, readdir, rename, rm, writeFile } from "node:fs/promises";
import { brotliCompressSync, gzipSync } from "node:zlib";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const dist = join(here, "dist");
// Built beside and put in place whole: whoever asks for a file meanwhile gets the one that was there.
const isWatching = process.argv.includes("--watch");
const target = isWatching ? dist : `${dist}.new`;
// What a first visit may bring, in bytes of gzip. Charts come beside the desk or the portal, only to pages of insights.
const BUDGETS = { portal: 150_000, desk: 150_000, charts: 220_000 };

const options = {
  entryPoints: [
    { in: join(here, "src/js/portal.js"), out: "portal" },
    { in: join(here, "src/js/desk.js"), out: "desk" },
    { in: join(here, "src/js/sw.js"), out: "sw" },
    { in: join(here, "src/js/api-docs.js"), out: "api-docs" },
    { in: join(here, "src/js/charts.js"), out: "charts" },
    { in: join(here, "src/css/api-docs.css"), out: "api-docs" },
    { in: join(here, "src/css/portal.css"), out: "portal" },
    { in: join(here, "src/css/desk.css"), out: "desk" },
    { in: join(here, "src/css/insights.css"), out: "insights" },
    { in: join(here, "src/css/insights-plain.css"), out: "insights-plain" },
  ],
  outdir: target,
  bundle: true,
  splitting: true,
  format: "esm",
  target: ["chrome123", "firefox121", "safari17.5"],
  minify: true,
  sourcemap: isWatching,
  loader: { ".woff2": "file" },
  assetNames: "[name]",
  chunkNames: "[name]-[hash]",
  metafile: true,
  logLevel: "warning",
};

await rm(target, { recursive: true, force: true });
await mkdir(target, { recursive: true });
await cp(join(here, "src/img"), target, { recursive: true });

if (isWatching) {
  await (await context(options)).watch();
} else {
  const { metafile } = await build(options);
  // What the service worker keeps: helpdesk/portal/installing.py reads it.
  await writeFile(join(target, "kept.json"), JSON.stringify(firstVisit(metafile, "portal")));
  await rm(`${dist}.old`, { recursive: true, force: true });
  await rename(dist, `${dist}.old`).catch(() => {});
  await rename(target, dist);
  await rm(`${dist}.old`, { recursive: true, force: true });
  await report(metafile);
}

async function report(metafile) {
  const sizes = {};
  for (const name of await readdir(dist)) {
    const bytes = await readFile(join(dist, name));
    // Fonts are compressed already and are sent as they are.
    const gzip = name.endsWith(".woff2") ? bytes.length : gzipSync(bytes, { level: 9 }).length;
    const brotli = name.endsWith(".woff2") ? bytes.length : brotliCompressSync(bytes).length;
    sizes[name] = { bytes: bytes.length, gzip, brotli };
  }
  console.table(sizes);
  for (const [page, budget] of Object.entries(BUDGETS)) {
    const files = firstVisit(metafile, page);
    const total = (how) => files.reduce((sum, name) => sum + sizes[name][how], 0);
    console.log(`${page}, first visit: ${total("gzip")} bytes gzip, ${total("brotli")} brotli (${files.join(", ")})`);
    if (total("gzip") > budget) {
      console.error(`${page} is over its budget of ${budget} bytes`);
      process.exitCode = 1;
    }
  }
}

// Everything the page loads at once, and on the desk also what it loads later (Tom Select).
function firstVisit(metafile, page) {
  const outputs = Object.fromEntries(Object.entries(metafile.outputs).map(([path, out]) => [path.split("/").pop(), out]));
  const seen = new Set();
  const walk = (name) => {
    if (seen.has(name) || !outputs[name]) return;
    seen.add(name);
    for (const link of outputs[name].imports) walk(link.path.split("/").pop());
  };
  walk(`${page}.js`);
  walk(`${page}.css`);
  if (page !== "charts") seen.add("favicon.svg");
  return [...seen];
}
