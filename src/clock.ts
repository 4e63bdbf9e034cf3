/**
 * What time it is, for everything that decides about a customer. Time is a parameter: simulation, tests and the demo
 * run the same engine on a clock they move themselves. Leases alone use the database's own clock.
 */
export interface Clock {
  now(): Date;
}

export const systemClock: Clock = { now: () => new Date() };
