import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Redis } from "ioredis";
import { freePort } from "./free-port.ts";

const slots = 16_384;

/** Three nodes of a Redis Cluster without replicas; none where there is no `redis-server`. */
export async function startRedisCluster(): Promise<
  { readonly url: string; readonly nodes: readonly Redis[]; stop(): Promise<void> } | undefined
> {
  if (spawnSync("redis-server", ["--version"]).status !== 0) return undefined;
  const folder = mkdtempSync(join(tmpdir(), "waypost-cluster-"));
  // The nodes talk to one another 10,000 above.
  const ports = [await freePort(), await freePort(), await freePort()];
  const children = ports.map((port) => startNode(folder, port));
  const nodes = ports.map(
    (port) => new Redis({ port, retryStrategy: () => 50, maxRetriesPerRequest: 200 }),
  );
  for (const node of nodes) node.on("error", () => {});
  await unite(nodes, ports);
  return {
    url: `redis://${ports.map((port) => `127.0.0.1:${port}`).join(",")}`,
    nodes,
    async stop() {
      for (const node of nodes) node.disconnect();
      await Promise.all(children.map(ended));
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function startNode(folder: string, port: number): ChildProcess {
  const options = {
    port,
    bind: "127.0.0.1",
    dir: folder,
    save: "",
    appendonly: "no",
    "cluster-enabled": "yes",
    "cluster-config-file": `nodes-${port}.conf`,
    "cluster-port": port + 10_000,
  };
  const words = Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)]);
  return spawn("redis-server", words, { stdio: "ignore" });
}

/** Each takes a third of the slots and meets the first; ready when all of them say so. */
async function unite(nodes: readonly Redis[], ports: readonly number[]): Promise<void> {
  for (const [index, node] of nodes.entries()) {
    const from = Math.floor((index * slots) / 3);
    const until = Math.floor(((index + 1) * slots) / 3) - 1;
    await node.call("CLUSTER", "ADDSLOTSRANGE", from, until);
    await node.call("CLUSTER", "SET-CONFIG-EPOCH", index + 1);
  }
  for (const node of nodes.slice(1))
    await node.call("CLUSTER", "MEET", "127.0.0.1", String(ports[0]));
  const isReady = async (node: Redis) => {
    const text = String(await node.call("CLUSTER", "INFO"));
    return text.includes("cluster_state:ok") && text.includes("cluster_known_nodes:3");
  };
  for (const node of nodes)
    while (!(await isReady(node))) await new Promise((done) => setTimeout(done, 50));
}

function ended(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    child.once("exit", () => resolve());
    child.kill("SIGTERM");
  });
}
