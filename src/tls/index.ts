/**
 * TLS: the certificates and private keys by which our listeners are known, and whose callers' are
 * believed.
 *
 * Promises: what a listener is given was read, checked and tried with the TLS library before; each
 * set is complete, so that taking up a renewed one changes nothing else; nothing that can be printed
 * shows a key. May touch: the files that the configuration names.
 */
export { type Certificate, untimely } from "./certificate.ts";
export { type Certificates, loadCertificates } from "./load.ts";
