/** One thing that was measured, beside the most that this machine could have done in the same run. */
export interface Row {
  readonly work: string;
  /** Where the queues were; null where none took part. */
  readonly queues: "postgres" | "redis" | null;
  readonly value: number;
  readonly unit: string;
  /** The raw ceiling, in the same unit, and what it was. */
  readonly ceiling?: { readonly value: number; readonly of: string };
  /** Of one message, row or enrollment: processor time of our own process. */
  readonly cpuMs?: number;
  /** The same of the database's processes; left out where it cannot be read. */
  readonly databaseCpuMs?: number;
  /** The most memory our process held. */
  readonly peakMb?: number;
  /** What it must reach, in the words of the design. */
  readonly target?: string;
  readonly note?: string;
  /** What was wrong with the work itself, however fast it was. Any makes the run fail. */
  readonly faults?: readonly string[];
}

/** A row with the state of the machine when it was measured. */
export type Noted = Row & {
  /** Of the run it belongs to. */
  readonly customers: number;
  readonly ratio: number | null;
  /** Load average of the last minute: above the number of cores, others were at work too. */
  readonly load: number;
};
