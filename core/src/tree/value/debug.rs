//! A value as a failing test shows it.

use core::fmt;

use super::Value;
use crate::text::visible;
use crate::tree::Key;

/// One `key = value  # place` line for each leaf, in key order, in the usual and in the alternate form. A value that is no table
/// is one line without a key.
///
/// A value does not know whether it is secret, so it is shown. Types that hold a whole configuration show no values.
impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut written = Ok(());
        let mut separator = "";
        self.leaves(&mut |key, leaf| {
            if written.is_ok() {
                written = f.write_str(separator).and_then(|()| write_leaf(f, key, leaf));
                separator = "\n";
            }
        });
        written
    }
}

fn write_leaf(f: &mut fmt::Formatter<'_>, key: &Key, leaf: &Value) -> fmt::Result {
    if !key.is_root() {
        write!(f, "{key} = ")?;
    }
    write!(f, "{leaf}  # {}", visible(&alloc::string::ToString::to_string(leaf.origin())))
}

#[cfg(test)]
mod tests {
    use alloc::format;

    use super::*;
    use crate::tree::{Kind, LayerKind, Number, Origin, Source};

    #[test]
    fn debug_is_a_line_with_the_place_for_each_leaf() {
        let source = Source::document(LayerKind::File, "app.toml", "port = 80\n");
        let port = Value::new(Kind::Number(Number::Int(80)), Origin::new(&source, 7..9));
        let list =
            Value::array([port.clone(), port.clone()], Origin::whole(&Source::variable("APP_PORTS", "")));
        let server =
            Value::table([("ports".into(), list), ("port".into(), port.clone())], Origin::whole(&source));
        let root = Value::table([("server".into(), server)], Origin::whole(&source));
        let lines = "server.port = 80  # app.toml:1:8\nserver.ports = [80, 80]  # APP_PORTS";
        assert_eq!([format!("{root:?}"), format!("{root:#?}")], [lines, lines]);
        assert_eq!(format!("{port:?}"), "80  # app.toml:1:8");
        let hostile = Source::document(LayerKind::File, "a\u{1b}[2J.toml", "1");
        let hostile = Value::new(Kind::Number(Number::Int(1)), Origin::new(&hostile, 0..1));
        assert_eq!(format!("{hostile:?}"), r"1  # a\u{1b}[2J.toml:1:1");
        let nested = format!("{:#?}", [&root]);
        assert_eq!(
            nested,
            "[\n    server.port = 80  # app.toml:1:8\n    server.ports = [80, 80]  # APP_PORTS,\n]"
        );
    }
}
