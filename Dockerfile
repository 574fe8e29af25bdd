# The service in an image: a Node base, the compiled program, the packages that it runs on, and
# nothing else. It runs as a user without a name, on a read-only root, with all capabilities dropped:
#
#   docker build -t nats-sts .
#   docker run --read-only --cap-drop ALL --security-opt no-new-privileges \
#     -v ./sts:/etc/nats-sts:ro -v journal:/var/lib/nats-sts -p 8080:8080 nats-sts
#
# The base is an argument. A tag moves: release builds name it by digest
# (--build-arg BASE=node:22-slim@sha256:...). It needs Node 22 or newer and prlimit, which every
# Debian base has (util-linux is essential there).
ARG BASE=node:22-slim

FROM ${BASE} AS packages
WORKDIR /build
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund

FROM ${BASE} AS program
WORKDIR /build
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY tsconfig.json ./
COPY src src
RUN npm exec -- tsc && mkdir -p /state/nats-sts /config/nats-sts

FROM ${BASE}
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="nats-sts" \
  org.opencontainers.image.description="An identity provider's token in, a short-lived NATS credential out." \
  org.opencontainers.image.licenses="Apache-2.0" \
  org.opencontainers.image.version="${VERSION}" \
  org.opencontainers.image.revision="${REVISION}"
WORKDIR /app
COPY --from=packages /build/node_modules node_modules
COPY --from=program /build/dist/src dist/src
COPY openapi openapi
COPY package.json LICENSE ./
# A volume that is mounted here for the first time takes over the owner.
COPY --from=program --chown=65532:65532 /state/nats-sts /var/lib/nats-sts
COPY --from=program /config/nats-sts /etc/nats-sts
ENV NODE_ENV=production NATS_STS_CONFIG=/etc/nats-sts/nats-sts.yaml
# A number, so that runAsNonRoot can be checked without the image's list of users.
USER 65532:65532
EXPOSE 8080
STOPSIGNAL SIGTERM
# Without a shell: prlimit turns core dumps off, which would hold keys, and then becomes Node itself.
ENTRYPOINT ["prlimit", "--core=0", "--", "node", "/app/dist/src/main.js"]
CMD ["serve"]
HEALTHCHECK --interval=30s --timeout=5s --start-period=10s --retries=3 \
  CMD ["node", "/app/dist/src/main.js", "healthcheck"]
