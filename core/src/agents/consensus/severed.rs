//! What may have begun before a text that is the end of a longer one.

use alloc::collections::BTreeSet;
use alloc::vec::Vec;

use super::json::Reader;

/// Where in a list or object something stands that has begun before the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// In an object, before a name.
    Name,
    /// In an object, behind a name.
    Colon,
    /// In an object, before the value of a name.
    Member,
    /// In an object, behind a member.
    BehindMember,
    /// In a list, before an element.
    Element,
    /// In a list, behind an element.
    BehindElement,
}

use Place::{BehindElement, BehindMember, Colon, Element, Member, Name};

/// The places behind each of these bytes of the text at which an object may end that began before the text, whatever stood
/// there. Some may be too many: a word or an escape that the beginning of the text cuts is not looked at closely.
pub(super) fn ends(text: &str) -> BTreeSet<usize> {
    let mut ends = BTreeSet::new();
    let mut reader = Reader::new(text, 0);
    reader.skip_word(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte));
    let places = match reader.at() {
        0 => Vec::from([Name, Colon, Member, BehindMember, Element, BehindElement]),
        _ => Vec::from([BehindMember, BehindElement]),
    };
    follow(reader, places, &mut ends);
    // The text may begin within a string, and there behind a backslash.
    let is_escaped = text.starts_with(['"', '\\', '/', 'b', 'f', 'n', 'r', 't', 'u']);
    for reader in (0..=usize::from(is_escaped)).filter_map(|at| Reader::within_text(text, at)) {
        follow(reader, Vec::from([Colon, BehindMember, BehindElement]), &mut ends);
    }
    ends
}

/// Reads on while what was begun may go on, from the places where that may be.
fn follow(mut reader: Reader<'_>, mut places: Vec<Place>, ends: &mut BTreeSet<usize>) {
    while !places.is_empty() {
        reader.skip_space();
        let Some(token) = reader.peek() else { return };
        let is_read = match token {
            b',' | b':' | b'}' | b']' => reader.take(token),
            _ => reader.value().is_some(),
        };
        if !is_read {
            return;
        }
        places = places.into_iter().filter_map(|place| behind(place, token)).collect();
        if token == b'}' && !places.is_empty() {
            ends.insert(reader.at());
        }
        // Nobody knows what the list or the object stands in.
        if matches!(token, b'}' | b']') && !places.is_empty() {
            places = Vec::from([BehindMember, BehindElement]);
        }
    }
}

/// The place behind what begins with this byte; `None` where that cannot stand there.
fn behind(place: Place, token: u8) -> Option<Place> {
    match (place, token) {
        (BehindMember, b'}') | (BehindElement, b']') => Some(place),
        (BehindMember, b',') => Some(Name),
        (BehindElement, b',') => Some(Element),
        (Colon, b':') => Some(Member),
        (_, b',' | b':' | b'}' | b']') => None,
        (Name, b'"') => Some(Colon),
        (Member, _) => Some(BehindMember),
        (Element, _) => Some(BehindElement),
        _ => None,
    }
}
