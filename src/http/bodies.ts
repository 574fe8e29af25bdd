import type { FastifyInstance } from "fastify";
import { StsError } from "../errors.ts";
import { JSON_TYPE } from "./accept.ts";
import { type Fields, readForm } from "./form.ts";

/** What forms are sent as. */
export const FORM_TYPE = "application/x-www-form-urlencoded";

/** No bytes mean no wishes, under any content type; bytes must be JSON in UTF-8. */
export function acceptJson(app: FastifyInstance): void {
  const parseJson = app.getDefaultJsonParser("error", "error");
  const utf8 = new TextDecoder("utf-8", { fatal: true });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(JSON_TYPE, { parseAs: "buffer" }, (request, body, done) => {
    if (body.length === 0) return done(null, {});
    try {
      // `as`: the type does not know what parseAs asked for.
      parseJson(request, utf8.decode(body as Buffer), done);
    } catch (cause) {
      done(new StsError("request_invalid", { reason: "body is not UTF-8" }, { cause }));
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

function refuseOthers(app: FastifyInstance): void {
  app.addContentTypeParser("*", { parseAs: "buffer" }, (_, body, done) => {
    if (body.length === 0) done(null, {});
    else done(new StsError("content_type_unsupported"));
  });
}
