# docker build -t waypost .      One image for `worker`, `web`, `migrate` and every other command.
# The project (waypost.yaml, workflows/, templates/) is mounted at /project, or copied there by an image of your own.

FROM node:24-bookworm-slim AS build
WORKDIR /build
COPY package.json package-lock.json ./
COPY scripts/trim.cjs scripts/trim.cjs
RUN npm ci --no-audit --no-fund
COPY . .
RUN npm run build && npm pack --ignore-scripts

FROM node:24-bookworm-slim AS install
WORKDIR /app
COPY package.json package-lock.json ./
# By the lockfile, and without the optional packages: a container has a Postgres beside it and not in it.
RUN npm ci --omit=dev --omit=optional --no-audit --no-fund --ignore-scripts
COPY --from=build /build/waypost-*.tgz /tmp/
RUN mkdir node_modules/waypost && tar -xzf /tmp/waypost-*.tgz --strip-components=1 -C node_modules/waypost

FROM node:24-bookworm-slim
COPY --from=install --chown=root:root /app /app
RUN ln -s /app/node_modules/waypost/bin/waypost.cjs /usr/local/bin/waypost \
  && mkdir -p /project/.waypost && chown node:node /project /project/.waypost
# Packages of yours beside the project: a provider, or those of traces (docs/operating.md).
ARG WAYPOST_PACKAGES=""
RUN if [ -n "$WAYPOST_PACKAGES" ]; then npm install --prefix /project --no-audit --no-fund $WAYPOST_PACKAGES; fi
# Half of what Node would set aside for young objects: 90 MB less for each process (docs/scaling.md).
ENV NODE_ENV=production HOST=0.0.0.0 PORT=8080 NODE_OPTIONS=--max-semi-space-size=8
USER node
WORKDIR /project
EXPOSE 8080
STOPSIGNAL SIGTERM
# For `web`; a worker answers the same at METRICS_PORT, see compose.yaml.
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/readyz`).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["waypost"]
CMD ["web"]
