//! The cost of a check follows the input: unique items of a list, and a chain of subschemas that share references. Beside
//! jsonschema, for which each step of the chain doubles the work.

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput};
use serde_json::{Value as Json, json};
use speckit_core::config::schema::{Documents, Schema};
use speckit_core::config::source::{Language, parse};
use speckit_core::{LayerKind, Source, Value};

fn tree(json: &Json) -> Value {
    let source = Source::document(LayerKind::File, "generated.json", json.to_string());
    parse(&source, Language::Json).expect("it is JSON").root().clone()
}

/// Checks `instance` with a new validator each time, which remembers nothing.
fn compare(
    criterion: &mut Criterion,
    group: &str,
    size: usize,
    schema: &Json,
    instance: &Json,
    with_peer: bool,
) {
    let ours = Schema::compile(&Documents::new("speckit://bench/schema.json", &tree(schema)));
    let ours = ours.expect("the schema is right");
    let peer = jsonschema::draft7::new(schema).expect("the schema is right");
    let value = tree(instance);
    assert!(ours.validator().is_valid(&value));
    let mut group = criterion.benchmark_group(group);
    group.throughput(Throughput::Elements(size as u64)).sample_size(10);
    group.bench_function(BenchmarkId::new("speckit", size), |bencher| {
        bencher.iter(|| ours.validator().is_valid(black_box(&value)));
    });
    if with_peer {
        group.bench_function(BenchmarkId::new("jsonschema", size), |bencher| {
            bencher.iter(|| peer.is_valid(black_box(instance)));
        });
    }
    group.finish();
}

fn check(criterion: &mut Criterion) {
    for size in [500, 5_000, 50_000] {
        let items: Vec<Json> =
            (0..size).map(|id| json!({ "id": id, "name": format!("item {id}") })).collect();
        compare(
            criterion,
            "check/unique-items",
            size,
            &json!({ "uniqueItems": true }),
            &items.into(),
            size < 50_000,
        );
    }
    for steps in [8_usize, 16, 24] {
        let step = |index: usize| {
            let next = json!({ "$ref": format!("#/definitions/{}", index + 1) });
            json!({ "allOf": [next, next] })
        };
        let mut definitions: serde_json::Map<_, _> =
            (0..steps).map(|index| (index.to_string(), step(index))).collect();
        definitions.insert(steps.to_string(), json!({ "type": "object" }));
        let schema = json!({ "allOf": [{ "$ref": "#/definitions/0" }], "definitions": definitions });
        compare(criterion, "check/shared-references", steps, &schema, &json!({ "a": 1 }), steps < 24);
    }
}

criterion::criterion_group! {
    name = benches;
    config = Criterion::default().warm_up_time(core::time::Duration::from_millis(300)).measurement_time(core::time::Duration::from_secs(1));
    targets = check
}
criterion::criterion_main!(benches);
