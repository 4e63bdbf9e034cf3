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
  "bintrees/test",
  "pino/test",
  // Vite's minifier of styles; there are no styles in the tests.
  "lightningcss-linux-x64-gnu",
  "lightningcss-linux-arm64-gnu",
  "lightningcss-darwin-x64",
  "lightningcss-darwin-arm64",
  // Only for minifying what MJML makes, which is never asked for.
  "html-minifier-terser/dist",
];
// The SDK asks for each of Twilio's services when it is first used. We use messages.
const services = path.join(modules, "twilio/lib/rest");
const USED_SERVICES = new Set(["api", "oauth"]);

const isDeadWeight = (name) =>
  /\.(map|md|markdown|d\.cts|a)$/i.test(name) && !/^licen[sc]e/i.test(name);

for (const folder of FOLDERS)
  fs.rmSync(path.join(modules, folder), { recursive: true, force: true });
if (fs.existsSync(services))
  for (const entry of fs.readdirSync(services, { withFileTypes: true }))
    if (entry.isDirectory() && !USED_SERVICES.has(entry.name))
      fs.rmSync(path.join(services, entry.name), { recursive: true, force: true });
for (const entry of fs.readdirSync(modules, { recursive: true, withFileTypes: true })) {
  if (entry.isFile() && isDeadWeight(entry.name)) {
    fs.rmSync(path.join(entry.parentPath ?? entry.path, entry.name), { force: true });
  }
}
