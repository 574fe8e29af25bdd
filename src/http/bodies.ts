import type { FastifyInstance, FastifyRequest } from "fastify";
import { StsError } from "../errors.ts";
import { parseStrict } from "../identity/index.ts";
import { JSON_TYPE } from "./accept.ts";
import { type Fields, readForm } from "./form.ts";

/** What forms are sent as. */
export const FORM_TYPE = "application/x-www-form-urlencoded";

/** No bytes mean no wishes, under any content type; bytes must be JSON in UTF-8 that has one meaning. */
export function acceptJson(app: FastifyInstance): void {
  const utf8 = new TextDecoder("utf-8", { fatal: true });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(JSON_TYPE, { parseAs: "buffer" }, (_, body, done) => {
    if (body.length === 0) return done(null, {});
    try {
      // `as`: the type does not know what parseAs asked for.
      done(null, parseStrict(utf8.decode(body as Buffer)));
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : ""; // of either, one that quotes nothing
      done(new StsError("request_invalid", { reason: `body: ${reason}` }, { cause }));
    }
  });
  refuseOthers(app);
}

/** The same for forms. */
export function acceptForms(app: FastifyInstance, read: (fields: Fields) => unknown): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(
    FORM_TYPE,
    { parseAs: "buffer" },
    async (_: unknown, body: unknown) => read(readForm(body as Buffer)), // the type does not know what parseAs asked for
  );
  refuseOthers(app);
}

/** Where no bytes come, it does not matter what they are said to be. */
export function forgetTypeOfNothing({ headers }: FastifyRequest): void {
  const { "content-length": length = "0", "transfer-encoding": coding } = headers;
  if (Number(length) !== 0 || coding !== undefined) return;
  delete headers["content-type"];
  delete headers["content-encoding"];
}

/**
 * Nothing is decompressed here, and what says that it is compressed is not read as if it were not.
 *
 * @throws StsError `content_type_unsupported` (RFC 9110 §15.5.16)
 */
export function refuseEncoded(request: FastifyRequest): void {
  if (request.headers["content-encoding"] !== undefined)
    throw new StsError("content_type_unsupported", { reason: "content-encoding" });
}

function refuseOthers(app: FastifyInstance): void {
  app.addContentTypeParser("*", { parseAs: "buffer" }, (_, body, done) => {
    if (body.length === 0) done(null, {});
    else done(new StsError("content_type_unsupported"));
  });
}
