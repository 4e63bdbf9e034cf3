import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export interface Certificate {
  readonly cert: Buffer;
  readonly key: Buffer;
}

/** For 127.0.0.1. Made anew for each run, since one that has expired must have done so lately. */
export interface Certificates {
  /** The file of the authority, for NODE_EXTRA_CA_CERTS. */
  readonly authority: string;
  readonly good: Certificate;
  readonly expired: Certificate;
  /** Good in all but who signed it. */
  readonly untrusted: Certificate;
}

export function makeCertificates(folder: string): Certificates {
  const [ours, another] = [makeAuthority(folder, "ours"), makeAuthority(folder, "another")];
  return {
    authority: `${ours}.pem`,
    good: sign(folder, "good", ours, 2),
    expired: sign(folder, "expired", ours, -1),
    untrusted: sign(folder, "untrusted", another, 2),
  };
}

const newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];

function makeAuthority(folder: string, name: string): string {
  const file = join(folder, name);
  const out = ["-keyout", `${file}.key`, "-out", `${file}.pem`];
  openssl("req", "-x509", ...newKey, ...out, "-days", "2", "-subj", `/CN=${name}`);
  return file;
}

function sign(folder: string, name: string, authority: string, days: number): Certificate {
  const file = join(folder, name);
  writeFileSync(`${file}.ext`, "subjectAltName = IP:127.0.0.1\n");
  const asked = ["-keyout", `${file}.key`, "-out", `${file}.csr`, "-subj", "/CN=provider"];
  openssl("req", ...newKey, ...asked);
  const by = ["-CA", `${authority}.pem`, "-CAkey", `${authority}.key`, "-CAcreateserial"];
  const given = ["-in", `${file}.csr`, "-extfile", `${file}.ext`, "-days", String(days)];
  openssl("x509", "-req", ...given, ...by, "-out", `${file}.pem`);
  return { cert: readFileSync(`${file}.pem`), key: readFileSync(`${file}.key`) };
}

function openssl(...given: readonly string[]): void {
  const { status, stderr, error } = spawnSync("openssl", given, { encoding: "utf8" });
  if (status !== 0)
    throw new Error(`openssl ${given[0]}: ${error?.message ?? stderr}; the scenario needs openssl`);
}
