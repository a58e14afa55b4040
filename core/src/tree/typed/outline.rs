//! The outline of a type: which keys it reads, and as what.

use alloc::boxed::Box;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;
use core::fmt;
use core::ops::Deref;

use once_cell::race::OnceBox;

use crate::tree::{Key, Segment, Text, TypeSet};

/// What a type reads at one key, and below it.
///
/// It is found by deserializing the type from made-up values, so it knows what the code of the type asks for. serde reads the
/// members of untagged, internally tagged and flattened types into a buffer first; nothing is known about them
/// ([`is_buffered`](Self::is_buffered)).
///
/// ```
/// use speckit_core::tree::TypeSet;
/// use speckit_core::tree::typed::Outline;
/// #[derive(serde::Deserialize)]
/// struct Settings { server: Option<Server> }
/// #[derive(serde::Deserialize)]
/// struct Server { port: u16, #[serde(alias = "names")] hosts: Vec<String> }
///
/// let outline = Outline::of::<Settings>();
/// let port = outline.get(&"server.port".parse()?).unwrap();
/// assert_eq!(port.types(), TypeSet::INTEGER);
/// let server = outline.get(&"server".parse()?).unwrap();
/// assert_eq!(server.names().collect::<Vec<_>>(), ["hosts", "port"]);
/// assert_eq!(server.field("names"), Some("hosts"));
/// assert_eq!(server.is_open(), false);
/// # Ok::<(), speckit_core::tree::KeyError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Outline {
    pub(super) types: TypeSet,
    /// The fields of a struct, or the variants with content of an enum: in the order in which the type or the search names them.
    pub(super) fields: Vec<(&'static str, Outline)>,
    /// The values of a map, whose keys are free.
    pub(super) others: Option<Box<Outline>>,
    /// The elements of a list.
    pub(super) elements: Option<Box<Outline>>,
    /// Boxed, since most keys have none of it.
    pub(super) rare: Option<Box<RareParts>>,
    pub(super) is_buffered: bool,
    pub(super) is_secret: bool,
    /// Whether it, or something below it, is secret; known at the end of the search.
    pub(super) has_secret: bool,
    /// Whether it, or something below it, has aliases; known at the end of the search.
    pub(super) has_aliases: bool,
    pub(super) state: ProbeState,
}

/// What the outlines of some types have.
#[derive(Clone, Debug)]
pub(super) struct RareParts {
    /// Further names of fields, with the field.
    pub(super) aliases: BTreeMap<&'static str, &'static str>,
    /// The elements of a tuple.
    pub(super) items: Vec<Outline>,
    /// The variants without content of an enum, in the order of the search until its end, then sorted.
    pub(super) variants: Vec<&'static str>,
    /// The variants that are not probed.
    pub(super) open_variants: &'static [&'static str],
    /// The field that is read once more, since its next name may be an alias too.
    pub(super) repeated: Option<&'static str>,
}

impl RareParts {
    const fn none() -> Self {
        Self {
            aliases: BTreeMap::new(),
            items: Vec::new(),
            variants: Vec::new(),
            open_variants: &[],
            repeated: None,
        }
    }
}

/// How far an outline is probed.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct ProbeState {
    /// Whether the type asked for this value at least once.
    pub(super) is_asked: bool,
    /// Whether another pass would find nothing more.
    pub(super) is_complete: bool,
    /// How many texts were refused as the key of a map, or as this element of a tuple.
    pub(super) tried_texts: u8,
}

impl Default for Outline {
    fn default() -> Self {
        Self {
            types: TypeSet::NONE,
            fields: Vec::new(),
            others: None,
            elements: None,
            rare: None,
            is_buffered: false,
            is_secret: false,
            has_secret: false,
            has_aliases: false,
            state: ProbeState::default(),
        }
    }
}

impl Outline {
    /// The outline at a key; `None` if the type reads nothing there, or nothing is known about it.
    pub fn get(&self, key: &Key) -> Option<&Self> {
        key.segments().iter().try_fold(self, Self::below)
    }

    pub(super) fn rare(&self) -> &RareParts {
        static NONE: RareParts = RareParts::none();
        self.rare.as_deref().unwrap_or(&NONE)
    }

    pub(super) fn rare_mut(&mut self) -> &mut RareParts {
        self.rare.get_or_insert_with(|| Box::new(RareParts::none()))
    }

    pub(crate) fn below(&self, segment: &Segment) -> Option<&Self> {
        match segment {
            Segment::Name(name) => self.member(name),
            Segment::Index(index) => self.rare().items.get(*index).or(self.elements.as_deref()),
        }
    }

    pub(super) fn member(&self, name: &str) -> Option<&Self> {
        let name = self.rare().aliases.get(name).copied().unwrap_or(name);
        let field = self.fields.iter().find(|(field, _)| *field == name);
        field.map(|(_, field)| field).or(self.others.as_deref())
    }

    /// The types that are read; all if it is not known.
    pub fn types(&self) -> TypeSet {
        if self.is_buffered || self.types.is_empty() { TypeSet::ANY } else { self.types }
    }

    /// The types of the elements; all if it is not known.
    pub fn element_types(&self) -> TypeSet {
        self.elements.as_ref().map_or(TypeSet::ANY, |elements| elements.types())
    }

    /// The types of the elements of a tuple; none for a list.
    pub fn item_types(&self) -> impl Iterator<Item = TypeSet> {
        self.rare().items.iter().map(Self::types)
    }

    /// The names of the fields and of the variants with content, without aliases, sorted.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.sorted_fields().into_iter().map(|(name, _)| *name)
    }

    /// A type is searched at each start, and its names are listed now and then, so they are sorted here.
    fn sorted_fields(&self) -> Vec<&(&'static str, Self)> {
        let mut fields: Vec<_> = self.fields.iter().collect();
        fields.sort_unstable_by_key(|(name, _)| *name);
        fields
    }

    /// [`names`](Self::names) in any order.
    pub(crate) fn unsorted_names(&self) -> impl Iterator<Item = &str> {
        self.fields.iter().map(|(name, _)| *name)
    }

    /// Further names of the fields, sorted.
    pub(crate) fn aliases(&self) -> impl Iterator<Item = &str> {
        self.rare().aliases.keys().copied()
    }

    /// The field with this name or alias.
    pub fn field(&self, name: &str) -> Option<&str> {
        let name = self.rare().aliases.get(name).copied().unwrap_or(name);
        self.unsorted_names().find(|field| *field == name)
    }

    /// The texts of an enum: its variants without content, sorted; none for other types.
    pub fn variants(&self) -> impl Iterator<Item = &str> {
        self.rare().variants.iter().copied()
    }

    /// Whether other members than those of [`names`](Self::names) may be read, as in a map.
    pub fn is_open(&self) -> bool {
        self.others.is_some() || self.types() == TypeSet::ANY
    }

    /// Whether the value at a key may have any members: it [is open](Self::is_open), or nothing is known about it.
    pub(crate) fn is_open_at(&self, key: &Key) -> bool {
        self.is_unknown_at(key) || self.get(key).is_some_and(Self::is_open)
    }

    /// Whether the value at a key, or one around it, is read into a buffer.
    pub(crate) fn is_unknown_at(&self, key: &Key) -> bool {
        let mut segments = key.segments().iter();
        core::iter::successors(Some(self), |outline| outline.below(segments.next()?))
            .any(|outline| outline.is_buffered)
    }

    /// Whether serde reads the value into a buffer, so that nothing is known about its members.
    pub fn is_buffered(&self) -> bool {
        self.is_buffered
    }

    /// Whether the value at a key, or one around it, is a [`Secret`](super::Secret).
    pub fn has_secret_at(&self, key: &Key) -> bool {
        let mut outline = Some(self);
        let mut around = key.segments().iter().map(|segment| {
            outline = outline.and_then(|outline| outline.below(segment));
            outline
        });
        self.is_secret || around.any(|outline| outline.is_some_and(Self::is_secret))
    }

    /// Whether it is a [`Secret`](super::Secret), or has one below it.
    pub(crate) fn has_secret(&self) -> bool {
        self.has_secret
    }

    /// The fields with a wanted name or alias.
    pub(crate) fn named(&self, is_wanted: &dyn Fn(&str) -> bool) -> impl Iterator<Item = &Self> {
        let has_alias =
            |name: &str| self.rare().aliases.iter().any(|(alias, field)| *field == name && is_wanted(alias));
        self.fields.iter().filter(move |(name, _)| is_wanted(name) || has_alias(name)).map(|(_, field)| field)
    }

    /// The fields with a wanted name or alias and with a secret, here and below.
    pub(crate) fn anywhere<'o>(&'o self, is_wanted: &dyn Fn(&str) -> bool, found: &mut Vec<&'o Self>) {
        if self.has_secret {
            found.extend(self.named(is_wanted).filter(|field| field.has_secret));
            self.below_it().for_each(|inner| inner.anywhere(is_wanted, found));
        }
    }

    /// The values of a map.
    pub(crate) fn others(&self) -> Option<&Self> {
        self.others.as_deref()
    }

    /// The elements of a list or a tuple.
    pub(crate) fn elements(&self) -> impl Iterator<Item = &Self> {
        self.elements.as_deref().into_iter().chain(&self.rare().items)
    }

    /// Whether the type is [`Secret`](super::Secret).
    pub fn is_secret(&self) -> bool {
        self.is_secret
    }

    /// Calls `visit` for each key that is no struct, in key order. A map and a list are one key each.
    pub fn leaves(&self, visit: &mut dyn FnMut(&Key, &Self)) {
        self.leaves_below(&mut Key::root(), visit);
    }

    fn leaves_below(&self, key: &mut Key, visit: &mut dyn FnMut(&Key, &Self)) {
        if self.fields.is_empty() || !self.types.without(TypeSet::OBJECT.or(TypeSet::NULL)).is_empty() {
            visit(key, self);
        }
        for (name, field) in self.sorted_fields() {
            key.push(Segment::Name(Text::new_static(name)));
            field.leaves_below(key, visit);
            key.pop();
        }
    }

    /// Every key of a field, and of a field below one, in key order.
    pub(crate) fn keys(&self) -> BTreeSet<Key> {
        let mut keys = BTreeSet::new();
        self.keys_below(&mut Key::root(), &mut keys);
        keys
    }

    fn keys_below(&self, key: &mut Key, keys: &mut BTreeSet<Key>) {
        for (name, field) in &self.fields {
            key.push(Segment::Name(Text::new_static(name)));
            keys.insert(key.clone());
            field.keys_below(key, keys);
            key.pop();
        }
    }

    /// Whether it is read from a table only: a struct or a map, and no enum with names.
    pub(crate) fn is_table(&self) -> bool {
        let has_members = !self.fields.is_empty() || self.others.is_some();
        has_members && self.types.without(TypeSet::OBJECT.or(TypeSet::NULL)).is_empty()
    }

    /// What lies below it: fields, the values of a map, elements.
    pub(super) fn below_it(&self) -> impl Iterator<Item = &Self> {
        self.fields
            .iter()
            .map(|(_, field)| field)
            .chain(self.others.as_deref())
            .chain(self.elements.as_deref())
            .chain(&self.rare().items)
    }
}

/// The outline of a type, found when it is first needed.
pub struct LazyOutline {
    probe: fn() -> Outline,
    found: OnceBox<Outline>,
}

impl LazyOutline {
    /// The outline that `probe` finds: [`Outline::of`] for a type, in a wrapper if code of the type may panic.
    pub fn new(probe: fn() -> Outline) -> Self {
        Self { probe, found: OnceBox::new() }
    }
}

impl Deref for LazyOutline {
    type Target = Outline;

    fn deref(&self) -> &Outline {
        self.found.get_or_init(|| Box::new((self.probe)()))
    }
}

impl fmt::Debug for LazyOutline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LazyOutline").field("found", &self.found.get()).finish_non_exhaustive()
    }
}
