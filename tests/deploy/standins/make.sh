#!/bin/sh
# Images with the names that deploy/ asks for, made of Debian's packages, where no registry of images is reached:
# `ENGINE=podman PYTHON_PREFIX=/opt/python-3.12 tests/deploy/standins/make.sh`. Good for trying deploy/, not for running
# anything. Python is this machine's own, by default that of `python3.12`; the rest comes from the Debian named here.
set -eu

engine=${ENGINE:-podman}
prefix=${PYTHON_PREFIX:-$(python3.12 -c 'import sys; print(sys.base_prefix)')}
debian=trixie
postgresql=17
here=$(cd "$(dirname "$0")" && pwd)

# NAME PACKAGES HOOK CHANGES...: a small Debian as an image.
image() {
  name=$1 packages=$2 hook=$3
  shift 3
  for change in "$@"; do set -- "$@" --change "$change"; shift; done
  echo "== $name"
  mmdebstrap --quiet --variant=minbase --include="$packages" --customize-hook="$hook" "$debian" - |
    "$engine" import "$@" - "docker.io/library/$name" >/dev/null
}

# The certificates and the index of this machine's own pip, so that a build reaches what the machine reaches.
image python:3.12-slim \
  ca-certificates,libbz2-1.0,libffi8,liblzma5,libncursesw6,libreadline8t64,libsqlite3-0,libssl3t64,libuuid1,tzdata \
  "tar -C '$prefix' --exclude=test --exclude=__pycache__ --exclude='*.a' --exclude=include --exclude=share -c . |
     tar -C \"\$1/usr/local\" -x --no-same-owner
   cp /etc/ssl/certs/ca-certificates.crt \"\$1/etc/ssl/certs/\"
   if [ -e /etc/pip.conf ]; then cp /etc/pip.conf \"\$1/etc/\"; fi
   chroot \"\$1\" ldconfig" \
  'CMD ["python3"]' 'ENV PATH=/usr/local/bin:/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin'

image "postgres:$postgresql" "postgresql-$postgresql" \
  "install '$here/postgres.sh' \"\$1/usr/local/bin/entrypoint\"; rm -rf \"\$1\"/var/lib/postgresql/*" \
  'ENTRYPOINT ["entrypoint"]' 'STOPSIGNAL SIGINT' \
  "ENV PATH=/usr/lib/postgresql/$postgresql/bin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

# The official one answers other containers without a password.
image redis:7 redis-server true 'USER redis' 'CMD ["redis-server"]' \
  'ENTRYPOINT ["sh", "-c", "exec \"$@\" --protected-mode no", "redis"]'
