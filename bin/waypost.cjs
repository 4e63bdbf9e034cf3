#!/usr/bin/env node
"use strict";

// The terminal's door. Written so that any Node can read it: one that is too old for Waypost hands over to the Node
// that the installation carries, and stands between it and whoever started it: signals go in once, the end comes out.

var fs = require("fs");
var path = require("path");

var MINIMUM = [24, 16];
// What Node sets aside for young objects makes a worker a third larger and no faster. It can be said at its start only:
// where Node is new enough to stay, package.json, the Dockerfile and the systemd units say it.
var SMALL_NURSERY = "--max-semi-space-size=8";

if (isNewEnough(process.version)) enter();
else handOver();

function isNewEnough(version) {
  var parts = version.slice(1).split(".").map(Number);
  return parts[0] > MINIMUM[0] || (parts[0] === MINIMUM[0] && parts[1] >= MINIMUM[1]);
}

function enter() {
  endWithParent();
  keepCompiled();
  // Node does not run TypeScript below node_modules, so the published package carries its JavaScript too.
  var isInstalled = __dirname.split(path.sep).indexOf("node_modules") !== -1;
  var door = path.join(__dirname, "..", isInstalled ? "dist/main.js" : "src/main.ts");
  import(require("url").pathToFileURL(door).href)
    .then(function (main) {
      return main.run(process.argv.slice(2));
    })
    .catch(function (error) {
      console.error(error);
      process.exitCode = 1;
    });
}

// Halves the start of every command. Beside the code and not in the shared folder for temporary files, where others
// could leave something to be run; where it cannot be written, nothing is kept.
function keepCompiled() {
  require("module").enableCompileCache(
    path.join(__dirname, "..", "node_modules", ".cache", "waypost"),
  );
}

// A killed parent cannot pass its end on; the channel between the two closes by itself.
function endWithParent() {
  if (!process.send || !process.channel) return;
  process.on("disconnect", function () {
    process.kill(process.pid, "SIGKILL");
  });
  process.channel.unref();
}

function handOver() {
  var carried = findCarriedNode();
  if (carried === undefined) {
    console.error(
      "waypost: expected Node " +
        MINIMUM.join(".") +
        " or newer, found " +
        process.version +
        " at " +
        process.execPath +
        ". Install a newer Node, or run `npm install node@24` beside Waypost and it will use that one.",
    );
    process.exitCode = 1;
    return;
  }
  // A process group of its own: the terminal's Ctrl-C would otherwise reach it twice, directly and through us.
  var command = [SMALL_NURSERY, __filename].concat(process.argv.slice(2));
  var child = require("child_process").spawn(carried, command, {
    stdio: ["inherit", "inherit", "inherit", "ipc"],
    detached: process.platform !== "win32",
  });
  child.on("error", function (error) {
    console.error("waypost: " + carried + " does not start: " + error.message);
    process.exitCode = 1;
  });
  passOn(child);
}

function findCarriedNode() {
  try {
    var folder = path.dirname(require.resolve("node/package.json", { paths: [__dirname] }));
    var program = path.join(folder, "bin", process.platform === "win32" ? "node.exe" : "node");
    return fs.existsSync(program) ? program : undefined;
  } catch (error) {
    return undefined;
  }
}

function passOn(child) {
  var signals = ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT", "SIGUSR2", "SIGWINCH", "SIGCONT"];
  var last = {};
  signals.forEach(function (signal) {
    if (process.platform === "win32" && signal !== "SIGINT") return;
    process.on(signal, function () {
      // `timeout` and some supervisors send one both to the process and to its group.
      var now = Date.now();
      if (now - (last[signal] || 0) > 100) child.kill(signal);
      last[signal] = now;
    });
  });
  child.on("exit", function (code, signal) {
    if (signal === null) process.exit(code);
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  });
}
