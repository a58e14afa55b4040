//! Text inside SVG and HTML, and the frame of an HTML page.

#[cfg(any(feature = "bench", feature = "policy"))]
use alloc::format;
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

/// A text of a user: control characters are visible, and nothing in it is markup.
#[cfg(any(feature = "bench", feature = "policy"))]
pub(crate) fn shown(text: &str) -> String {
    escaped(&super::visible(text))
}

/// The colours of both modes, and the layout of the text.
#[cfg(any(feature = "bench", feature = "policy"))]
const STYLE: &str = "\
:root{color-scheme:light dark;--ink:#1b1f27;--soft:#5b6472;--line:#d5d9e0;--page:#fff;--dot:#2166ac;--box:#9ec5e8;--bad:#b2182b;--good:#1a7f37}\
@media(prefers-color-scheme:dark){:root{--ink:#e6e8ec;--soft:#9aa3b2;--line:#3a404b;--page:#15181d;--dot:#7ab8f0;--box:#27486b;--bad:#ff8a80;--good:#7ee2a0}}\
body{margin:2rem auto;max-width:62rem;padding:0 1rem;background:var(--page);color:var(--ink);font:15px/1.5 system-ui,sans-serif}\
h1{font-size:1.5rem}h2{font-size:1.15rem;margin-top:2rem}\
table{border-collapse:collapse;width:100%}th,td{padding:.3rem .6rem;border-bottom:1px solid var(--line);text-align:right;white-space:nowrap}\
th:first-child,td:first-child{text-align:left;white-space:normal;min-width:9rem;overflow-wrap:anywhere}.wide{overflow-x:auto}\
.soft{color:var(--soft)}";

/// An HTML page, complete in itself: a browser loads nothing for it and runs nothing in it. The style is added to the usual one.
#[cfg(any(feature = "bench", feature = "policy"))]
pub(crate) fn page(title: &str, style: &str, body: &str) -> String {
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<title>{title}</title>\n<style>{STYLE}{style}</style>\n</head>\n\
         <body>\n<h1>{title}</h1>\n{body}</body>\n</html>\n"
    )
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
