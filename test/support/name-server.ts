import { createSocket } from "node:dgram";
import { once } from "node:events";

const TXT = 16;
const noSuchName = 3;

/** A name server that knows the TXT records it is given, and says of all else that there is no such name. */
export async function startNameServer(
  records: Readonly<Record<string, readonly string[]>>,
): Promise<{ readonly address: string; close(): void }> {
  const socket = createSocket("udp4");
  socket.on("message", (query, { port, address }) => {
    const { name, end } = nameIn(query);
    socket.send(answer(query.subarray(0, end + 4), records[name.toLowerCase()]), port, address);
  });
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  return { address: `127.0.0.1:${socket.address().port}`, close: () => socket.close() };
}

/** The name asked for, which stands after the header of twelve bytes. */
function nameIn(query: Buffer): { name: string; end: number } {
  const labels: string[] = [];
  let at = 12;
  for (let length = query[at] ?? 0; length > 0; length = query[at] ?? 0) {
    labels.push(query.toString("latin1", at + 1, at + 1 + length));
    at += length + 1;
  }
  return { name: labels.join("."), end: at + 1 };
}

function answer(question: Buffer, texts: readonly string[] | undefined): Buffer {
  const head = Buffer.from(question);
  head.writeUInt16BE(0x8180 + (texts === undefined ? noSuchName : 0), 2);
  head.writeUInt16BE(texts?.length ?? 0, 6);
  head.writeUInt16BE(0, 8);
  head.writeUInt16BE(0, 10);
  return Buffer.concat([head, ...(texts ?? []).map(textRecord)]);
}

function textRecord(text: string): Buffer {
  // Long ones are carried in pieces of 255 bytes.
  const pieces = text.match(/.{1,255}/gs) ?? [""];
  const data = Buffer.concat(
    pieces.map((piece) => Buffer.concat([Buffer.from([piece.length]), Buffer.from(piece)])),
  );
  const head = Buffer.alloc(12);
  head.writeUInt16BE(0xc00c, 0);
  head.writeUInt16BE(TXT, 2);
  head.writeUInt16BE(1, 4);
  head.writeUInt32BE(60, 6);
  head.writeUInt16BE(data.length, 10);
  return Buffer.concat([head, data]);
}
