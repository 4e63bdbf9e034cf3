/** How large a run is. The scenarios that need no crowd take a part of it. */
export interface Size {
  readonly name: "small" | "full";
  readonly customers: number;
  /** Workers killed in the scenario that kills most. */
  readonly kills: number;
  /** Restarts, stops, losses: how often the other scenarios strike. */
  readonly strikes: number;
  /** The part of the customers the other scenarios have. */
  readonly part: number;
  /** Scenarios beside one another on each backend, each on servers of its own: small ones mostly wait. */
  readonly beside: number;
}

export const sizes: Readonly<Record<Size["name"], Size>> = {
  small: { name: "small", customers: 5000, kills: 8, strikes: 3, part: 0.2, beside: 2 },
  full: { name: "full", customers: 100_000, kills: 100, strikes: 20, part: 0.2, beside: 1 },
};

/** Of a scenario's worker: calls in flight at once, over all its lanes. */
export const concurrency = 16;
/** Seconds; shorter than by default, so that a run takes minutes. The code is the same. */
export const deadline = 2;
/** Where nothing is about silence, so that a loaded machine makes none. */
export const patientDeadline = 20;
export const leaseSeconds = 4;
export const heartbeatMs = 1000;
export const nameIsKeptMs = 5000;
/** What a provider takes for an answer, so that a kill finds calls in flight. */
export const answerMs = 15;
