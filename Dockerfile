# syntax=docker/dockerfile:1
# The image of `carto controller`: Node 24 on distroless, no shell, not root, ytt included. docs/install.md says how to
# build it. For a release, name every base image by digest: --build-arg NODE_IMAGE=node:24-bookworm-slim@sha256:…
ARG GO_IMAGE=golang:1.26-bookworm
ARG NODE_IMAGE=node:24-bookworm-slim
ARG BASE_IMAGE=gcr.io/distroless/nodejs24-debian12:nonroot

FROM ${GO_IMAGE} AS go

# What a build makes does not depend on the machine that it is made for: TypeScript and WebAssembly.
FROM --platform=$BUILDPLATFORM ${NODE_IMAGE} AS build
WORKDIR /app
COPY package.json package-lock.json ./
COPY packages packages
# Versions and hashes are those of package-lock.json; no script of a package runs. What is optional is the Node for a
# developer's machine.
RUN npm ci --omit=dev --omit=optional --ignore-scripts --no-audit --no-fund
COPY --from=go /usr/local/go /usr/local/go
# Versions and hashes are those of packages/ytt/go/go.sum.
RUN PATH="/usr/local/go/bin:$PATH" GOTOOLCHAIN=local node packages/ytt/build.ts
# What the controller does not run, and times of files, which would make two builds of one commit differ.
ARG SOURCE_DATE_EPOCH=0
RUN rm -rf packages/testkit node_modules/@cartographer/testkit \
 && find packages \( -name '*.test*.ts' -o -name '*.long.ts' \) -delete \
 && find packages -depth -type d -name testing -exec rm -rf {} + \
 && rm -rf node_modules/.package-lock.json \
 && find /app -print0 | xargs -0 touch --no-dereference --date="@${SOURCE_DATE_EPOCH}"

FROM ${BASE_IMAGE}
LABEL org.opencontainers.image.title="cartographer-controller" \
      org.opencontainers.image.licenses="Apache-2.0"
COPY --from=build --chown=0:0 /app /app
WORKDIR /app
ENV NODE_ENV=production
USER 65532:65532
ENTRYPOINT ["/nodejs/bin/node", "/app/packages/cli/src/main.ts"]
CMD ["controller"]
