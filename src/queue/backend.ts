import type { JobsOptions, QueueOptions, RepeatOptions, WorkerOptions } from "bullmq";

/** Where the queues live. Nothing else in the code knows which it is. */
export type QueuePlace =
  | {
      readonly kind: "redis";
      readonly url: string;
      /** Keeps installations apart that share a Redis. */ readonly prefix: string;
    }
  | { readonly kind: "postgres"; readonly url: string; readonly schema: string };

/** What we use of a BullMQ queue, whatever it is kept in. */
export interface OpenQueue {
  add(name: string, data: JobIds, options: JobsOptions): Promise<unknown>;
  upsertJobScheduler(
    id: string,
    repeat: Omit<RepeatOptions, "key">,
    job: {
      name: string;
      data: JobIds;
      opts: Omit<JobsOptions, "jobId" | "repeat" | "delay" | "deduplication">;
    },
  ): Promise<unknown>;
  removeJobScheduler(id: string): Promise<boolean>;
  getJobSchedulers(): Promise<readonly KeptSchedule[]>;
  getJobCounts(): Promise<Record<string, number>>;
  close(): Promise<void>;
}

export interface KeptSchedule {
  readonly key: string;
  readonly every?: number;
  readonly pattern?: string;
  readonly tz?: string;
}

export interface OpenWorker {
  close(): Promise<void>;
}

/** A job carries ids and nothing else: it can be lost, doubled or late without harm. */
export interface JobIds {
  readonly journeyId?: number;
  readonly channel?: string;
  readonly lane?: number;
}

export type Work = (job: { readonly name: string; readonly data: JobIds }) => Promise<void>;

/** Makes queues and workers on one backend. */
export interface QueueBackend {
  readonly place: QueuePlace;
  queue(name: string): OpenQueue;
  worker(name: string, work: Work, options: Omit<WorkerOptions, "connection">): OpenWorker;
  /** A line kept outside the database; where the queues are inside it there is no such place. */
  readonly notes?: Notes;
  /** What the queues' server says of itself; where it is the database, that is asked. */
  server?(): Promise<Readonly<Record<string, string>>>;
}

/** How jobs are traced; empty when they are not. */
export type Traced = Pick<QueueOptions, "telemetry">;

/** What cannot be read is null, and what cannot be written is not: the queue's server may be gone for a while. */
export interface Notes {
  read(): Promise<string | null>;
  write(text: string): Promise<void>;
}
