# bordergw, and the ovsdb-server that stands in for a switch in docker-compose.yml. `make image` builds the binary first.
ARG BASE=debian:bookworm-slim
FROM ${BASE}
# A BASE that brings Open vSwitch needs no package mirror.
RUN command -v vtep-ctl >/dev/null || { \
      apt-get update && \
      DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends openvswitch-common openvswitch-vtep && \
      rm -rf /var/lib/apt/lists/*; \
    }
COPY hack/switch-db.sh bin/bordergw /usr/local/bin/
RUN install -d -o nobody -g nogroup /var/lib/bordergw
USER nobody
VOLUME /var/lib/bordergw
EXPOSE 9696 6640
ENTRYPOINT ["bordergw"]
CMD ["serve", "--data-dir", "/var/lib/bordergw"]
