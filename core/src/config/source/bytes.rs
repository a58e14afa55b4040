//! Decoding the bytes of a document as UTF-8.

use alloc::format;
use alloc::string::String;
use alloc::sync::Arc;

use super::syntax;
use crate::tree::{Code, Diagnostic, LayerKind, Source};

const SAVE: &str = "save the file as UTF-8";

/// The bytes of a document as its text.
///
/// # Errors
/// `parse/not-utf8` at the first invalid byte. The source of the report has replacement characters for invalid bytes.
///
/// ```
/// use speckit_core::LayerKind;
/// use speckit_core::config::source::decode;
/// assert_eq!(decode(LayerKind::File, "app.toml", b"port = 80\n".to_vec())?.text(), "port = 80\n");
/// let error = decode(LayerKind::File, "app.toml", b"a = 1\nname = \"B\xfcro\"\n".to_vec()).unwrap_err();
/// assert_eq!(error.origin.unwrap().to_string(), "app.toml:2:10");
/// # Ok::<(), speckit_core::Diagnostic>(())
/// ```
pub fn decode(layer: LayerKind, name: &str, bytes: alloc::vec::Vec<u8>) -> Result<Arc<Source>, Diagnostic> {
    if is_utf16_without_mark(&bytes) {
        let source = Source::document(layer, name, String::from_utf8_lossy(&bytes));
        let message = "expected UTF-8, found UTF-16 without a byte order mark";
        return Err(syntax(&source, Code::ParseNotUtf8, message, 0..1).help(SAVE));
    }
    let error = match String::from_utf8(bytes) {
        Ok(text) => return Ok(Source::document(layer, name, text)),
        Err(error) => error,
    };
    let bytes = error.as_bytes();
    let good = error.utf8_error().valid_up_to();
    let wrong = bytes.get(good).copied().unwrap_or_default();
    // RFC 2781, section 3.2: the byte order marks.
    let is_utf16 = bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]);
    let (message, help) = if is_utf16 {
        (String::from("expected UTF-8, found UTF-16"), SAVE)
    } else {
        (
            format!("expected UTF-8, found the byte 0x{wrong:02x}"),
            "save the file as UTF-8; its current encoding may be Latin-1 or Windows-1252",
        )
    };
    // Offsets up to the invalid byte do not change.
    let source = Source::document(layer, name, String::from_utf8_lossy(bytes));
    let end = good + char::REPLACEMENT_CHARACTER.len_utf8();
    Err(syntax(&source, Code::ParseNotUtf8, message, good..end).help(help))
}

/// Whether the first characters are ASCII in UTF-16: every second byte is zero, and the others are not.
fn is_utf16_without_mark(bytes: &[u8]) -> bool {
    let first = bytes.get(..bytes.len().min(16)).unwrap_or_default();
    let alternates = |zero: usize| first.iter().enumerate().all(|(i, byte)| (*byte == 0) == (i % 2 == zero));
    first.len() >= 4 && (alternates(0) || alternates(1))
}
