# bordergw, built here, and the ovsdb-server that stands in for a switch in docker-compose.yml.
ARG BUILDER=golang:1.26
ARG BASE=debian:bookworm-slim

FROM ${BUILDER} AS build
WORKDIR /src
ENV CGO_ENABLED=0 GOWORK=off
COPY . .
# What the image is of: git is not in it.
ARG COMMIT=
RUN go build -trimpath -buildvcs=false -ldflags "-X main.commit=${COMMIT}" -o /bordergw ./cmd/bordergw

FROM ${BASE}
# A BASE that brings Open vSwitch needs no package mirror.
RUN command -v vtep-ctl >/dev/null || { \
      apt-get update && \
      DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends openvswitch-common openvswitch-vtep && \
      rm -rf /var/lib/apt/lists/*; \
    }
COPY hack/switch-db.sh /usr/local/bin/
COPY --from=build /bordergw /usr/local/bin/
RUN install -d -o nobody -g nogroup /var/lib/bordergw
USER nobody
VOLUME /var/lib/bordergw
EXPOSE 9696 6640
ENTRYPOINT ["bordergw"]
CMD ["serve", "--data-dir", "/var/lib/bordergw"]
