#!/bin/sh
# What the official image's entrypoint does of deploy/compose.yaml: a cluster at the first start, then the server.
set -eu
data=/var/lib/postgresql/data
as_postgres() { setpriv --reuid=postgres --regid=postgres --init-groups "$@"; }

install -d -o postgres -g postgres -m 700 "$data"
install -d -o postgres -g postgres /run/postgresql
if [ ! -e "$data/PG_VERSION" ]; then
  password=$(mktemp) && printf %s "$POSTGRES_PASSWORD" >"$password" && chown postgres "$password"
  as_postgres initdb --pgdata "$data" --username "$POSTGRES_USER" --auth-local trust --auth-host scram-sha-256 \
    --pwfile "$password" --encoding UTF8 --locale C.UTF-8 >/dev/null
  rm "$password"
  echo "host all all all scram-sha-256" >>"$data/pg_hba.conf"
  as_postgres pg_ctl --pgdata "$data" --wait --silent --options "-c listen_addresses=" start
  as_postgres createdb --username "$POSTGRES_USER" --maintenance-db postgres "$POSTGRES_DB"
  as_postgres pg_ctl --pgdata "$data" --wait --silent stop
fi
exec setpriv --reuid=postgres --regid=postgres --init-groups postgres -D "$data" -c listen_addresses='*'
