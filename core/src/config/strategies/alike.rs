//! Values like a default, within the bounds of a schema and of a type.

use alloc::collections::BTreeSet;
use alloc::string::{String, ToString as _};
use alloc::vec::Vec;

use proptest::collection::vec;
use proptest::prelude::{BoxedStrategy, Just, Strategy, any};
use proptest::strategy::Union;
use proptest::{prop_oneof, sample};

use super::texts;
use super::{PlainValue, text};
use crate::config::resolve::Rules;
use crate::config::schema::bounds::Bounds;
use crate::tree::{Key, Kind, Number, Segment, TypeSet, Value};

/// The last integers of the usual widths, and the first ones beyond.
const EDGES: [i64; 9] = [0, 1, -1, 127, 255, 256, 65_535, 65_536, i64::MAX];

/// Values that the rules probably accept at a key of their defaults.
pub(super) fn alike(rules: &Rules, root: &Value, key: &Key, default: &Value) -> BoxedStrategy<PlainValue> {
    let bounds = rules.schema().map(|schema| schema.bounds(key, root)).unwrap_or_default();
    if let Some(listed) = listed(&bounds) {
        return listed;
    }
    let usual = within(rules, root, key, default, &bounds);
    let alternatives =
        bounds.alternatives.iter().flat_map(|(types, bounds)| of_types(rules, key, *types, bounds));
    Union::new(core::iter::once(usual).chain(alternatives)).boxed()
}

/// The values of an enum, if it is one.
fn listed(bounds: &Bounds) -> Option<BoxedStrategy<PlainValue>> {
    let listed: Vec<PlainValue> = bounds.allowed.iter().map(PlainValue::of).collect();
    (!listed.is_empty()).then(|| sample::select(listed).boxed())
}

/// Values like the default.
fn within(
    rules: &Rules,
    root: &Value,
    key: &Key,
    default: &Value,
    bounds: &Bounds,
) -> BoxedStrategy<PlainValue> {
    match default.kind() {
        Kind::Bool(_) => booleans(),
        Kind::Number(Number::Float(float)) => floats(bounds, *float),
        Kind::Number(number) => integers(bounds, number.as_i64()),
        Kind::String(default) => strings(rules, key, bounds, Some(default)),
        Kind::Datetime(datetime) => texts::like_datetime(datetime)
            .prop_filter_map("a date of TOML", |text| {
                text.parse().ok().map(Kind::Datetime).map(PlainValue::Leaf)
            })
            .boxed(),
        Kind::Array(elements) => {
            let mut alternatives: Vec<_> = (elements.iter().enumerate())
                .map(|(at, element)| alike(rules, root, &below(key, Segment::Index(at)), element))
                .collect();
            if alternatives.is_empty() {
                alternatives.extend(unset(rules, root, &below(key, Segment::Index(0))));
            }
            lists(bounds, alternatives).unwrap_or_else(|| Just(PlainValue::of(default)).boxed())
        }
        Kind::Null => {
            let others = unset(rules, root, key);
            Union::new(others.into_iter().chain([Just(PlainValue::of(default)).boxed()])).boxed()
        }
        Kind::Table(members) => {
            let members: Vec<_> = members
                .iter()
                .map(|(name, member)| {
                    let name = name.clone();
                    alike(rules, root, &below(key, Segment::Name(name.clone())), member)
                        .prop_map(move |member| (name.clone(), member))
                })
                .collect();
            members.prop_map(|members| PlainValue::Table(members.into_iter().collect())).boxed()
        }
        Kind::Unset => Just(PlainValue::of(default)).boxed(),
    }
}

fn below(key: &Key, segment: Segment) -> Key {
    let mut key = key.clone();
    key.push(segment);
    key
}

/// Values of the types that the schema, or else the type of the settings, has for a key without a default.
fn unset(rules: &Rules, root: &Value, key: &Key) -> Vec<BoxedStrategy<PlainValue>> {
    let of_schema = rules.schema().and_then(|schema| schema.types(key)).map(|(types, _)| types);
    let of_type = || Some(rules.keys().outline()?.get(key)?.types());
    let types = of_schema.or_else(of_type).filter(|types| *types != TypeSet::ANY).unwrap_or(TypeSet::NONE);
    let bounds = rules.schema().map(|schema| schema.bounds(key, root)).unwrap_or_default();
    of_types(rules, key, types, &bounds)
}

fn of_types(rules: &Rules, key: &Key, types: TypeSet, bounds: &Bounds) -> Vec<BoxedStrategy<PlainValue>> {
    if let Some(listed) = listed(bounds) {
        return Vec::from([listed]);
    }
    let mut all = Vec::new();
    if types.contains(TypeSet::BOOLEAN) {
        all.push(booleans());
    }
    if types.contains(TypeSet::NUMBER) {
        all.push(floats(bounds, 1.0));
    } else if types.contains(TypeSet::INTEGER) {
        all.push(integers(bounds, Some(1)));
    }
    if types.contains(TypeSet::STRING) {
        all.push(strings(rules, key, bounds, None));
    }
    all
}

fn booleans() -> BoxedStrategy<PlainValue> {
    any::<bool>().prop_map(|bool| PlainValue::Leaf(Kind::Bool(bool))).boxed()
}

fn integers(bounds: &Bounds, default: Option<i64>) -> BoxedStrategy<PlainValue> {
    let bound = |bound: &Option<Number>| bound.as_ref().map(Number::as_f64);
    #[expect(clippy::cast_possible_truncation, reason = "a bound beyond the integers is the highest integer")]
    let whole = |float: f64| float as i64;
    let (min, max) = (bound(&bounds.min).map(whole), bound(&bounds.max).map(whole));
    let step = bounds.step.as_ref().and_then(Number::as_i64).filter(|step| *step > 0).unwrap_or(1);
    let near = default.unwrap_or(1);
    let values = match (min, max) {
        (None, None) => prop_oneof![
            4 => 0..=100_i64,
            3 => near.saturating_div(2)..=near.saturating_mul(2).max(near.saturating_div(2)),
            2 => 0..=i64::from(u16::MAX),
            1 => sample::select(&EDGES[..]),
            1 => any::<i64>(),
        ]
        .boxed(),
        (min, max) => {
            let low = min.unwrap_or_else(|| max.unwrap_or_default().saturating_sub(1000));
            let high = max.unwrap_or_else(|| low.saturating_add(1000)).max(low);
            prop_oneof![6 => low..=high, 1 => Just(low), 1 => Just(high)].boxed()
        }
    };
    values
        .prop_map(move |int| int - int.rem_euclid(step))
        .prop_map(|int| PlainValue::Leaf(Kind::Number(Number::Int(int))))
        .boxed()
}

fn floats(bounds: &Bounds, default: f64) -> BoxedStrategy<PlainValue> {
    let bound = |bound: &Option<Number>| bound.as_ref().map(Number::as_f64);
    let (min, max) = (bound(&bounds.min), bound(&bounds.max));
    let low = min.unwrap_or_else(|| max.map_or(0.0, |max| max - 1000.0));
    let high = max.unwrap_or_else(|| (default.abs() * 2.0).max(low + 1.0).max(low));
    let step = bounds.step.as_ref().map(Number::as_f64);
    // Three decimals at most, as a person writes them.
    let rounded = move |part: u16| {
        let float = low + (high - low) * f64::from(part) / f64::from(u16::MAX);
        match step {
            Some(step) => float - float.rem_euclid(step),
            None => alloc::format!("{float:.3}").parse().unwrap_or(default),
        }
    };
    any::<u16>().prop_map(move |part| PlainValue::Leaf(Kind::Number(Number::Float(rounded(part))))).boxed()
}

fn strings(rules: &Rules, key: &Key, bounds: &Bounds, default: Option<&str>) -> BoxedStrategy<PlainValue> {
    let outline = rules.keys().outline().and_then(|outline| outline.get(key));
    let variants: Vec<String> =
        outline.into_iter().flat_map(|outline| outline.variants()).map(String::from).collect();
    let leaf = |text: String| PlainValue::Leaf(Kind::String(text.into()));
    if !variants.is_empty() {
        return sample::select(variants).prop_map(leaf).boxed();
    }
    let formed = bounds.format.and_then(texts::of_format);
    let formed = formed.or_else(|| bounds.patterns.first().and_then(|pattern| texts::of_pattern(pattern)));
    let (min, max) = (bounds.min_length, bounds.max_length);
    let fit = move |text: String| {
        let padding = core::iter::repeat_n('x', min.saturating_sub(text.chars().count()));
        text.chars().chain(padding).take(max.unwrap_or(usize::MAX)).collect::<String>()
    };
    let texts = match (formed, default.and_then(texts::like), default) {
        (Some(formed), ..) => formed,
        (None, Some(like), Some(default)) => {
            prop_oneof![6 => like, 1 => texts::of_same_classes(default)].boxed()
        }
        (None, _, Some(default)) if default.chars().any(|c| !c.is_ascii_lowercase()) => {
            prop_oneof![3 => texts::of_same_classes(default), 2 => texts::word()].boxed()
        }
        _ => {
            let odd = text().prop_filter_map("a text", |kind| match kind {
                Kind::String(text) => Some(text.to_string()),
                _ => None,
            });
            prop_oneof![4 => texts::word(), 1 => odd].boxed()
        }
    };
    texts.prop_map(fit).prop_map(leaf).boxed()
}

/// Lists of these elements, each once; `None` if there are no elements.
fn lists(bounds: &Bounds, alternatives: Vec<BoxedStrategy<PlainValue>>) -> Option<BoxedStrategy<PlainValue>> {
    if alternatives.is_empty() {
        return None;
    }
    let min = bounds.min_items;
    let max = bounds.max_items.unwrap_or(usize::MAX).min(min.saturating_add(4)).max(min);
    let lists = vec(Union::new(alternatives), min..=max).prop_map(|mut elements| {
        let mut seen = BTreeSet::new();
        elements.retain(|element| seen.insert(alloc::format!("{element:?}")));
        PlainValue::Array(elements)
    });
    Some(lists.boxed())
}
