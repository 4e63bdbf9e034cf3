import { isbot } from "isbot";

/** What an open or a click came with. */
export interface Visit {
  readonly userAgent: string | null;
  readonly method: string;
}

/** Within this time of sending, nobody has opened a message yet: what comes is a gateway that inspects it. */
export const hastySeconds = 2;

/** Different links of one message clicked within this time … */
export const burstSeconds = 2;
/** … and this many of them: a scanner that follows every link. */
export const burstLinks = 3;

/** Security gateways and link checkers that `isbot` does not know by these names. */
const scanners =
  /barracuda|proofpoint|mimecast|messagelabs|symantec|fireeye|trellix|trend ?micro|sophos|forcepoint|ironport|fortimail|avanan|checkpoint|safelinks|url ?defense|urlscan|virustotal|link ?check|scanner|preview/i;

/** Mail programs that name themselves so briefly that `isbot` takes them for robots. */
const mailPrograms = /^(thunderbird|postbox|airmail|outlook|evolution|k-?9 mail)\b/i;

/** Gmail and Yahoo fetch an image through these when somebody looks at the message, not before. */
const imageProxies = /googleimageproxy|yahoomailproxy/i;

/** Apple's Mail Privacy Protection loads every image of every message, read or not, and says just this. */
const appleMailPrivacy = /^mozilla\/5\.0$/i;

/** Whether a click came from a machine, as far as the request alone tells. People use GET. */
export function isMachineClick(visit: Visit): boolean {
  return visit.method !== "GET" || isMachineAgent(visit.userAgent);
}

/** Whether the image was loaded by a machine on its own account, as far as the request alone tells. */
export function isMachineOpen(visit: Visit): boolean {
  if (visit.method !== "GET") return true;
  const agent = visit.userAgent?.trim() ?? "";
  if (imageProxies.test(agent) || mailPrograms.test(agent)) return false;
  return appleMailPrivacy.test(agent) || isMachineAgent(agent);
}

function isMachineAgent(userAgent: string | null): boolean {
  const agent = userAgent?.trim() ?? "";
  return agent === "" || scanners.test(agent) || isbot(agent);
}
