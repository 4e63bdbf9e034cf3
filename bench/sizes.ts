/** How much of everything. A smoke run takes seconds and its figures say nothing. */
export interface Sizes {
  readonly customers: number;
  /** Of each customer, over the last 180 days. */
  readonly eventsEach: number;
  readonly latencyEvents: number;
  /** Events in one of a provider's reports: of SendGrid 768 KB at most. */
  readonly eventsInReport: number;
  /** How many reports come at a fixed pace. */
  readonly pacedReports: number;
  /** How many workers carry the messages, one measurement after the other. */
  readonly crews: readonly number[];
  readonly jobs: { readonly postgres: number; readonly redis: number };
  readonly rawMessages: number;
}

export function sizesFor(
  customers: number,
  { small, growth }: { readonly small: boolean; readonly growth: boolean },
): Sizes {
  if (small) {
    return {
      customers,
      eventsEach: 3,
      latencyEvents: 5,
      eventsInReport: 20,
      pacedReports: 10,
      crews: [2],
      jobs: { postgres: 50, redis: 50 },
      rawMessages: 200,
    };
  }
  return {
    customers,
    eventsEach: 10,
    latencyEvents: 200,
    eventsInReport: 1800,
    pacedReports: 1000,
    crews: growth ? [1] : [1, 2],
    jobs: { postgres: 3000, redis: 20_000 },
    rawMessages: Math.min(customers, 30_000),
  };
}
