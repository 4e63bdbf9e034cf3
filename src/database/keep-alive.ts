/**
 * For every connection to Postgres: one whose machine fell silent, as in a failover, and who has the last word, is noticed
 * after 20 seconds, and not never. (What is sent into the silence the system repeats for as long as its `tcp_retries2` says.)
 */
export const keepAlive = { keepAlive: true, keepAliveInitialDelayMillis: 10_000 } as const;
