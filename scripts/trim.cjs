"use strict";

// `prepare`, after every install in a checkout: removes from node_modules what nothing here ever reads, about a fifth
// of it. The largest single thing is the header files of the carried Node, for building addons against.

const fs = require("node:fs");
const path = require("node:path");

const modules = path.join(__dirname, "..", "node_modules");
const FOLDERS = [
  "node/node_modules",
  "libphonenumber-js/bundle",
  "playwright-core/lib/vite",
  "zod/src",
  // Only for minifying what MJML makes, which is never asked for.
  "html-minifier-terser/dist",
];
const isDeadWeight = (name) =>
  /\.(map|md|markdown|d\.cts|a)$/i.test(name) && !/^licen[sc]e/i.test(name);

for (const folder of FOLDERS)
  fs.rmSync(path.join(modules, folder), { recursive: true, force: true });
for (const entry of fs.readdirSync(modules, { recursive: true, withFileTypes: true })) {
  if (entry.isFile() && isDeadWeight(entry.name)) {
    fs.rmSync(path.join(entry.parentPath ?? entry.path, entry.name), { force: true });
  }
}
