/** How a state feels, which decides its colour. The word itself is always written as well. */
export type Tone = "good" | "busy" | "calm" | "warn" | "bad" | "off";

const tones: Readonly<Record<string, Tone>> = {
  active: "good",
  delivered: "good",
  completed: "good",
  granted: "good",
  open: "good",
  accepted: "busy",
  sending: "busy",
  entered: "busy",
  waiting: "busy",
  planned: "calm",
  retry: "warn",
  unknown: "warn",
  throttled: "warn",
  paused: "warn",
  later: "warn",
  bounced: "bad",
  failed: "bad",
  held: "bad",
  refused: "bad",
  misconfigured: "bad",
  complained: "bad",
  blocked: "bad",
  suppressed: "off",
  expired: "off",
  withdrawn: "off",
  exited: "off",
  archived: "off",
  holdout: "off",
  returned: "off",
  cancelled: "off",
};

export function toneOf(state: string): Tone {
  return tones[state] ?? "calm";
}
