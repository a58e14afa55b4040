//! Methods of serde's traits that differ in one expression.

/// Methods of a `Deserializer`: `method(hints) => expression`.
macro_rules! deserialize_methods {
    (|$self:tt, $visitor:ident| $($method:ident($($hint:ty),*) => $visit:expr,)*) => {
        $(fn $method<V: Visitor<'de>>($self, $(_: $hint,)* $visitor: V) -> Result<V::Value, TypedFailure> {
            $visit
        })*
    };
}

/// Methods of a `Deserializer` for integers, which `whole` reads.
macro_rules! deserialize_integers {
    ($($method:ident $visit:ident $type:ident)*) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, TypedFailure> {
            let whole = self.whole::<$type>(stringify!($type), &visitor)?;
            visitor.$visit(whole)
        })*
    };
}

/// Methods of a `Serializer`: `method(parameters) -> type => expression`.
macro_rules! serialize_methods {
    (|$self:tt| $($method:ident($($name:tt: $type:ty),*) -> $ok:ty => $write:expr,)*) => {
        $(fn $method($self, $($name: $type),*) -> Result<$ok, TypedFailure> {
            $write
        })*
    };
}
