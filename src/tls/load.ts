import {
  type Fault,
  FaultError,
  LISTENERS,
  type ListenerName,
  type LoadedConfig,
  readSeen,
  type See,
  seeSecret,
  TLS_OF,
  type TlsConfig,
} from "../config/index.ts";
import { type Owner, readSecret } from "../keys/index.ts";
import {
  type Certificate,
  type CertificateFault,
  certificateOf,
  certificatesIn,
  privateKeyIn,
} from "./certificate.ts";

/** By the listener; absent for those in plain text. */
export type Certificates = Readonly<Partial<Record<ListenerName, Certificate>>>;

const KEY_LIMIT = { limit_bytes: 65_536, larger: "a file with one private key is meant" };

/**
 * Reads the certificate of every listener that has one. One that has expired is no fault: who looks
 * at it will refuse it anyway, and what else was changed must be able to come into force.
 *
 * @throws {@link FaultError} with every fault at the line that names the file
 */
export async function loadCertificates(
  { config, fault }: LoadedConfig,
  owner: Owner,
  see: See = () => {},
): Promise<Certificates> {
  const faults: Fault[] = [];
  const loaded: Partial<Record<ListenerName, Certificate>> = {};
  for (const listener of LISTENERS) {
    const key = TLS_OF[listener];
    const files = config[key];
    if (!files) continue;
    const read = await readCertificate(files, owner, see);
    if (!Array.isArray(read)) loaded[listener] = read;
    else
      for (const { at, fault: wrong } of read)
        faults.push(fault([key, at], `${files[at]} ${wrong}`));
  }
  if (faults.length > 0) throw new FaultError(faults);
  return loaded;
}

async function readCertificate(
  { cert_file, key_file, client_ca_file }: TlsConfig,
  owner: Owner,
  see: See,
): Promise<Certificate | CertificateFault[]> {
  const certificates = async (file: string) => {
    const bytes = await readSeen(file, see);
    return "fault" in bytes ? bytes : certificatesIn(bytes);
  };
  const chain = await certificates(cert_file);
  const authorities = client_ca_file === undefined ? undefined : await certificates(client_ca_file);
  await seeSecret(key_file, see);
  const key = await readSecret(key_file, owner, KEY_LIMIT, privateKeyIn);
  const faults: CertificateFault[] = [];
  if ("fault" in chain) faults.push({ at: "cert_file", ...chain });
  if ("fault" in key) faults.push({ at: "key_file", fault: key.fault });
  if (authorities && "fault" in authorities) faults.push({ at: "client_ca_file", ...authorities });
  if ("fault" in chain || "fault" in key || (authorities && "fault" in authorities)) return faults;
  const certificate = certificateOf(chain, key, authorities);
  return "fault" in certificate ? [certificate] : certificate;
}
