import { lookup as resolve } from "node:dns";
import { BlockList, type LookupFunction, isIP } from "node:net";

/** A host that is not to be reached from here, whatever its name leads to. */
export class PrivateAddressError extends Error {
  readonly code = "private_address";
  constructor(host: string, address: string) {
    super(
      `${host} leads to ${address}, an address inside a network; a host that may be called all the same is named in waypost.yaml, calls: { allow: [${host}] }`,
    );
  }
}

/**
 * IPv4 that no service of the public internet has: this network, private, shared, loopback, link-local with the clouds'
 * metadata, protocol assignments, documentation, benchmarks, multicast, reserved (IANA's registry of special addresses).
 */
const special = new BlockList();
for (const [net, prefix] of [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.0.0.0", 24],
  ["192.0.2.0", 24],
  ["192.88.99.0", 24],
  ["192.168.0.0", 16],
  ["198.18.0.0", 15],
  ["198.51.100.0", 24],
  ["203.0.113.0", 24],
  ["224.0.0.0", 4],
  ["240.0.0.0", 4],
] as const)
  special.addSubnet(net, prefix, "ipv4");
/** Inside 2000::/3, which is all of IPv6 that is public: protocol assignments with Teredo, documentation, 6to4. */
for (const [net, prefix] of [
  ["2001::", 23],
  ["2001:db8::", 32],
  ["2002::", 16],
  ["3fff::", 20],
] as const)
  special.addSubnet(net, prefix, "ipv6");

const global6 = new BlockList();
global6.addSubnet("2000::", 3, "ipv6");
/** IPv4 in the clothes of IPv6: mapped, and translated (NAT64). */
const clothed = new BlockList();
clothed.addSubnet("::ffff:0:0", 96, "ipv6");
clothed.addSubnet("64:ff9b::", 96, "ipv6");

export function isPublic(address: string): boolean {
  switch (isIP(address)) {
    case 4:
      return !special.check(address, "ipv4");
    case 6: {
      const inner = clothed.check(address, "ipv6") ? lastFour(address) : undefined;
      if (inner !== undefined) return isPublic(inner);
      return global6.check(address, "ipv6") && !special.check(address, "ipv6");
    }
    default:
      return false;
  }
}

/** The IPv4 address in the last 32 bits, in whichever way they are written. */
function lastFour(address: string): string | undefined {
  const written = URL.parse(`http://[${address}]/`)?.hostname.slice(1, -1);
  if (written === undefined) return undefined;
  const [high = "0", low = "0"] = written.split(":").slice(-2);
  const bits = [high, low].map((part) => Number.parseInt(part === "" ? "0" : part, 16));
  return bits.flatMap((part) => [part >> 8, part & 255]).join(".");
}

/**
 * Resolves a name for a connection that is made to the very address returned: a name that changes its mind after the
 * check leads nowhere else. All of its addresses must be public.
 */
export const lookUpPublic: LookupFunction = (host, options, callback) => {
  resolve(host, { ...options, all: true }, (error, addresses) => {
    if (error !== null) return callback(error, []);
    const inside = addresses.find(({ address }) => !isPublic(address));
    if (inside !== undefined) return callback(new PrivateAddressError(host, inside.address), []);
    if (options.all === true) return callback(null, addresses);
    const [first] = addresses;
    callback(null, first?.address ?? "", first?.family ?? 0);
  });
};
