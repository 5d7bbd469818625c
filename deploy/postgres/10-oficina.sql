-- Run once by the PostgreSQL image, on an empty volume: the role the product signs in with, and its database.
-- The role may create the roles of organizations and take them on. It is not a superuser, so that these roles mean something.
\set ON_ERROR_STOP on
\getenv password DATABASE_PASSWORD
SET log_min_error_statement = panic; -- no password in the log, not even when this fails
CREATE ROLE oficina LOGIN CREATEROLE PASSWORD :'password';
ALTER ROLE oficina SET createrole_self_grant = 'set';
CREATE DATABASE oficina OWNER oficina;
