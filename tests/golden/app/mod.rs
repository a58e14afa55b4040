mod migration;
mod prepared_schema;
mod trust;
