/** One Redis, or the nodes of a Redis Cluster that are asked first; they name the others. */
export type RedisAddress =
  | { readonly kind: "one"; readonly url: string }
  | {
      readonly kind: "cluster";
      readonly nodes: readonly { readonly host: string; readonly port: number }[];
      readonly username: string | null;
      readonly password: string | null;
      readonly isEncrypted: boolean;
    };

/**
 * `redis://host:6379` is one Redis. `redis://user:password@a:6379,b:6379,c:6379`, or one node with `?cluster=true`, is a
 * Redis Cluster. Undefined when it is neither.
 */
export function readRedisAddress(url: string): RedisAddress | undefined {
  const parts = /^(rediss?):\/\/(?:([^@]*)@)?([^/?#@]+)(\/\d*)?(\?[^#]*)?$/.exec(url);
  if (parts === null) return URL.canParse(url) ? { kind: "one", url } : undefined;
  const [, scheme, credentials = "", hosts = "", database = "", query = ""] = parts;
  const isCluster = hosts.includes(",") || new URLSearchParams(query).get("cluster") === "true";
  if (!isCluster) return URL.canParse(url) ? { kind: "one", url } : undefined;
  const nodes = hosts.split(",").map((host) => URL.parse(`redis://${host}`));
  // A cluster has the database 0 alone.
  if (!/^\/?0?$/.test(database) || nodes.some((node) => node === null || node.hostname === ""))
    return undefined;
  const [username = "", password = ""] = credentials.split(/:(.*)/s);
  return {
    kind: "cluster",
    nodes: nodes.flatMap((node) =>
      node === null
        ? []
        : [{ host: node.hostname.replace(/^\[|\]$/g, ""), port: Number(node.port || 6379) }],
    ),
    username: username === "" ? null : decodeURIComponent(username),
    password: password === "" ? null : decodeURIComponent(password),
    isEncrypted: scheme === "rediss",
  };
}
