#!/bin/sh
# Runs once, when the database is created: the application's role, with its password. The migrations grant its rights.
set -eu
psql --quiet --set=ON_ERROR_STOP=1 --set=password="$APP_PASSWORD" --username="$POSTGRES_USER" --dbname="$POSTGRES_DB" <<'SQL'
CREATE ROLE fonds_app LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD :'password';
SQL
