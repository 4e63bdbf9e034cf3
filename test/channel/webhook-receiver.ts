import { type IncomingMessage, type ServerResponse, createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Provider, Report, ReportRequest } from "../../src/channel/channel.ts";

/** The other end of the stub's webhooks and links: keeps every request, and reads reports with the provider itself. */
export interface WebhookReceiver {
  readonly url: string;
  readonly requests: (ReportRequest & { readonly method: string; readonly path: string })[];
  /** The status of the next answers. */
  status: number;
  /** The next answers wait for this. */
  answersAfter: Promise<void>;
  reports(provider: Provider): Report[];
  close(): Promise<void>;
}

export async function startWebhookReceiver(now = () => new Date()): Promise<WebhookReceiver> {
  const requests: WebhookReceiver["requests"] = [];
  const server = createServer((request, response) => void hear(request, response));
  async function hear(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const headers = Object.fromEntries(
      Object.entries(request.headers).map(([name, value]) => [name, String(value)]),
    );
    const path = request.url ?? "";
    requests.push({
      method: request.method ?? "",
      path,
      url: receiver.url + path,
      headers,
      body: Buffer.concat(chunks),
      receivedAt: now(),
    });
    await receiver.answersAfter;
    response.writeHead(receiver.status).end();
  }
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const receiver: WebhookReceiver = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    status: 200,
    answersAfter: Promise.resolve(),
    reports: (provider) =>
      requests.flatMap((request) => {
        const read = provider.readReports?.(request);
        return read?.kind === "read" ? read.reports : [];
      }),
    close: () =>
      new Promise((closed) => server.close(() => closed()) && server.closeAllConnections()),
  };
  return receiver;
}
