# syntax=docker/dockerfile:1
# The image of `carto controller` and its fellows: the released package on Node 24, distroless, no shell, not root, ytt
# included. docs/install.md says how to build it. For a release, name every base image by digest:
# --build-arg NODE_IMAGE=node:24-bookworm-slim@sha256:…
ARG GO_IMAGE=golang:1.26-bookworm
ARG NODE_IMAGE=node:24-bookworm-slim
ARG BASE_IMAGE=gcr.io/distroless/nodejs24-debian12:nonroot

FROM ${GO_IMAGE} AS go

# What a build makes does not depend on the machine that it is made for: JavaScript and WebAssembly.
FROM --platform=$BUILDPLATFORM ${NODE_IMAGE} AS build
WORKDIR /app
COPY package.json package-lock.json LICENSE ./
COPY packages packages
# Versions and hashes are those of package-lock.json; no script of a package runs. The bundler's own program is an optional
# package, so what is optional comes as well; none of it goes into the image.
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY scripts scripts
COPY examples examples
COPY deploy deploy
COPY docs/cli-install.md docs/cli-install.md
COPY --from=go /usr/local/go /usr/local/go
# Versions and hashes of ytt are those of packages/ytt/go/go.sum.
RUN PATH="/usr/local/go/bin:$PATH" GOTOOLCHAIN=local node scripts/build.ts
# Times of files would make two builds of one commit differ.
ARG SOURCE_DATE_EPOCH=0
RUN find dist/carto -print0 | xargs -0 touch --no-dereference --date="@${SOURCE_DATE_EPOCH}"

FROM ${BASE_IMAGE}
LABEL org.opencontainers.image.title="cartographer-controller" \
      org.opencontainers.image.licenses="Apache-2.0"
COPY --from=build --chown=0:0 /app/dist/carto /app
WORKDIR /app
# It writes no file, compiled code neither.
ENV NODE_ENV=production NODE_DISABLE_COMPILE_CACHE=1
USER 65532:65532
ENTRYPOINT ["/nodejs/bin/node", "/app/bin/carto.cjs"]
CMD ["controller"]
