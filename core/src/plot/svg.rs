//! Text inside SVG and HTML.

use alloc::string::String;

/// The text for an element or a quoted attribute of SVG and HTML.
pub(crate) fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_ends_an_element_or_an_attribute() {
        let markup = "<script a='b' c=\"d\">&amp;";
        assert_eq!(escaped(markup), "&lt;script a=&#39;b&#39; c=&quot;d&quot;&gt;&amp;amp;");
    }
}
