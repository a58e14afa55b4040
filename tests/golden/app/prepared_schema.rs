//! The prepared form of the shipped schema.

use speckit_core::app::AppConfig;
use speckit_core::config::schema::Schema;

#[test]
fn it_is_what_this_version_prepares_from_the_text() {
    let prepared = Schema::prepare(AppConfig::SCHEMA).expect("the schema has no mistake");
    if prepared == AppConfig::PREPARED_SCHEMA {
        return;
    }
    if std::env::var("INSTA_UPDATE").as_deref() == Ok("always") {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../core/src/app/config.schema.prepared");
        std::fs::write(path, prepared).expect("it can be written");
        return;
    }
    panic!("`core/src/app/config.schema.prepared` is old; write it with INSTA_UPDATE=always");
}
